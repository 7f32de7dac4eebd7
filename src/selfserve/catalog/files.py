"""Reading text from the catalog folder, or from a copy of its files, and from nowhere else."""

from __future__ import annotations

import codecs
import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from selfserve.catalog.problems import Mark

_START: Final = Mark(1, 1)
LARGEST_RUNBOOK: Final = 256 * 1024


class FileRefused(Exception):  # noqa: N818 - refused is what happens to it
    """The file is not one the catalog may read; the text is the sentence, `mark` where in the file it is so."""

    def __init__(self, sentence: str, mark: Mark = _START) -> None:
        super().__init__(sentence)
        self.mark = mark


class ContentRefused(FileRefused):
    """The file is there, and what it holds is nothing that the catalog may read, whoever names it."""


@dataclass(frozen=True, slots=True)
class Copy:
    """The texts of all files that a catalog was made of, by their paths in its folder. No path of it is ever opened."""

    texts: Mapping[str, str]

    @property
    def digest(self) -> str:
        """Equal for equal files."""
        return hashlib.sha256(json.dumps(sorted(self.texts.items())).encode()).hexdigest()

    @property
    def size(self) -> int:
        """Characters in all of them."""
        return sum(len(name) + len(text) for name, text in self.texts.items())


def read_inside(folder: Path | Copy, name: str, largest: int) -> str:
    """The text of `name` below `folder`.

    Raises FileRefused where it is missing, leads outside, is no plain file, is too large (in bytes) or not UTF-8.

    A symbolic link is followed only where it ends inside the folder, as in a mounted ConfigMap.
    """
    if isinstance(folder, Copy):
        if name not in folder.texts:
            raise FileRefused(f"There is no file {name}.")
        return folder.texts[name]
    try:
        root = folder.resolve(strict=True)
        path = (root / name).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise FileRefused(f"There is no file {name}.") from error
    if not path.is_relative_to(root):
        raise FileRefused(f"{name} leads out of the catalog folder.")
    return _decoded(_content(path, name, largest), name)


def is_inside(folder: Path | Copy, name: str) -> bool:
    """Whether there is a file `name`; it may still be refused."""
    return name in folder.texts if isinstance(folder, Copy) else (folder / name).is_file()


def _content(path: Path, name: str, largest: int) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileRefused(f"{name} is not a file.")
        with path.open("rb") as stream:
            content = stream.read(largest + 1)
    except OSError as error:
        raise FileRefused(f"{name} cannot be read: {error.strerror}.") from error
    if len(content) > largest:
        raise ContentRefused(f"{name} is larger than {largest // 1024} KiB.")
    return content


def _decoded(content: bytes, name: str) -> str:
    bare = content.removeprefix(codecs.BOM_UTF8)
    try:
        return bare.decode()
    except UnicodeDecodeError as error:
        before = bare[: error.start].decode()
        mark = Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise ContentRefused(f"{name} is not UTF-8 text.", mark) from error
