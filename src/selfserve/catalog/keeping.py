"""The last good version, kept where a restart finds it, and what a broken edit holds back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from selfserve.catalog.files import LARGEST_RUNBOOK, Copy, FileRefused, is_inside, read_inside
from selfserve.catalog.loading import Catalog, copy_of


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy of the last version that was found good, and since when it has been that."""

    copy: Copy
    since: datetime


class Keeper(Protocol):
    """Keeps one version, for all processes of the installation."""

    def kept(self) -> Kept | None:
        """What is kept; None where nothing is, or what is there is damaged."""
        ...

    def keep(self, copy: Copy) -> datetime | None:
        """Keep this version instead, all of it or nothing, and write nothing where it is the one that is kept already.

        Returns since when it is; None where it is too large, and no other is kept then. May raise where it is to be
        tried again: it is served all the same.
        """
        ...


@dataclass(frozen=True, slots=True)
class Unserved:
    """Files that are not as in the version served: `edited` or added, and `gone`, which is served all the same."""

    edited: tuple[str, ...]
    gone: tuple[str, ...]


def unserved(folder: Path, served: Catalog) -> Unserved:
    """What the folder holds otherwise than the version served, by the files' paths in it."""
    texts = copy_of(served).texts
    items = {f"items/{path.name}" for path in (folder / "items").glob("*.yaml") if not path.name.startswith(".")}
    gone = {name for name in texts if not is_inside(folder, name)}
    edited = (items - texts.keys()) | {name for name in texts.keys() - gone if _text(folder, name) != texts[name]}
    return Unserved(tuple(sorted(edited)), tuple(sorted(gone)))


def _text(folder: Path, name: str) -> str | None:
    try:
        return read_inside(folder, name, LARGEST_RUNBOOK)
    except FileRefused:
        return None
