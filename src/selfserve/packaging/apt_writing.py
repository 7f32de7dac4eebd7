"""Writes a repository's tree so that whatever stops it, and whoever reads meanwhile, finds one whole signed state.

What counts is what InRelease names. It is renamed into its place once all that it names lies there under names that no
other state has: packages in the pool, lists by their sum (`Acquire-By-Hash`, wiki.debian.org/DebianRepository/Format).
The plain names of lists, which old tools read, are taken away before and come back after it: one that is there always
is what InRelease names.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.tree import PLAIN, PROGRAM

_ASIDE = ".writing"
"""Where files are written before they are renamed; what a run that was stopped left there is never read."""
_BY_HASH = "by-hash/SHA256"


def by_hash(place: str, digest: str) -> str:
    """Where a list lies by its SHA-256, beside its plain name."""
    return (PurePosixPath(place).parent / _BY_HASH / digest).as_posix()


@dataclass(frozen=True)
class State:
    """What is to be seen: packages and other files by place below the tree, lists below the suite, what is signed."""

    files: Mapping[str, bytes]
    lists: Mapping[str, bytes]
    release: bytes
    detached: bytes
    clearsigned: bytes


def show(folder: Path, suite: Path, state: State, former: Mapping[str, bytes]) -> None:
    """Let the tree show `state`; the `former` lists stay for who has read the former InRelease.

    Raises CannotPackage where something cannot be written; the same call again goes on from there.
    """
    kept = {by_hash(place, _sum(content)): content for of in (former, state.lists) for place, content in of.items()}
    with _writing(folder) as tree:
        for place, content in state.files.items():
            tree.put(folder / place, content)
        for place, content in kept.items():
            tree.put(suite / place, content)
        tree.remove(suite / place for place, content in former.items() if state.lists.get(place) != content)
        tree.put(suite / "InRelease", state.clearsigned)
        for place, content in state.lists.items():
            tree.put(suite / place, content)
        tree.remove([suite / "Release.gpg"])  # so that it never stands beside another text
        tree.put(suite / "Release", state.release)
        tree.put(suite / "Release.gpg", state.detached)
        tree.remove(one for one in suite.glob(f"**/{_BY_HASH}/*") if one.relative_to(suite).as_posix() not in kept)


@dataclass(frozen=True)
class _Tree:
    """A tree that is being written."""

    folder: Path

    def put(self, place: Path, content: bytes) -> None:
        """Let a file be there, whole and for a web server to read, whatever the habit (umask) of whoever signs."""
        for one in [one for one in reversed(place.parents) if not one.exists()]:
            above = self.folder / _ASIDE / "above"
            above.mkdir()
            above.chmod(PROGRAM)
            above.rename(one)
        new = self.folder / _ASIDE / "new"
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(PLAIN)
        new.replace(place)

    def remove(self, places: Iterable[Path]) -> None:
        """Take away what of these is there."""
        for one in places:
            one.unlink(missing_ok=True)


@contextmanager
def _writing(folder: Path) -> Iterator[_Tree]:
    """Write below `folder`; raises CannotPackage where that cannot be."""
    aside = folder / _ASIDE
    try:
        if aside.exists():
            shutil.rmtree(aside)
        aside.mkdir(mode=0o700)
        yield _Tree(folder)
        shutil.rmtree(aside)
    except OSError as error:
        raise CannotPackage(
            f"{error.filename or folder} cannot be written: {error.strerror}. Machines still find a whole tree; mend "
            "that, and run the same command again."
        ) from None


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
