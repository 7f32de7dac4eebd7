"""The files of a package, before any format has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from selfserve.packaging.problems import CannotPackage

PLAIN, PROGRAM = 0o644, 0o755


@dataclass(frozen=True, slots=True)
class File:
    """One file: where it will lie (`usr/bin/help`, without a leading slash), what is in it, who may do what."""

    path: str
    content: bytes
    mode: int = PLAIN

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.path).parts
        if not parts or self.path.startswith("/") or ".." in parts or str(PurePosixPath(self.path)) != self.path:
            raise CannotPackage(f"{self.path!r} is no place inside a package.")


def ordered(files: Iterable[File]) -> list[File]:
    """The files by path; raises CannotPackage where two want the same place."""
    found: dict[str, File] = {}
    for file in files:
        if found.setdefault(file.path, file) != file:
            raise CannotPackage(f"Two different files want to be {file.path}.")
    return [found[path] for path in sorted(found)]


def folders(files: Iterable[File]) -> list[str]:
    """Every folder above the files, parents first."""
    above = {str(parent) for file in files for parent in PurePosixPath(file.path).parents}
    return sorted(above - {"."})


def laid(files: Iterable[File], folder: Path) -> Path:
    """Write the files below `folder`; gives `folder`.

    Raises CannotPackage where something is there: what an earlier build left does not ride along, and what is somebody
    else's is not taken away.
    """
    if folder.exists() and any(folder.iterdir()):
        raise CannotPackage(f"{folder} holds something already; name a folder that is empty, or not there.")
    for file in ordered(files):
        place = folder / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content)
        place.chmod(file.mode)
    return folder


def folder_for_all(folder: Path) -> None:
    """Make the folder and those above it where they are missing, for everybody to read, whatever the habit (umask) of
    who builds."""
    for one in [one for one in (*reversed(folder.parents), folder) if not one.exists()]:
        one.mkdir()
        one.chmod(PROGRAM)


def file_for_all(place: Path, content: bytes) -> Path:
    """Write one file that is built, for everybody to read like its folder; raises CannotPackage. Gives `place`."""
    try:
        folder_for_all(place.parent)
        place.write_bytes(content)
        place.chmod(PLAIN)
    except OSError as error:
        raise CannotPackage(f"{error.filename or place} cannot be written: {error.strerror}.") from None
    return place


def of_folder(folder: Path, under: str) -> list[File]:
    """The files of a folder of sources as they lie, to be put `under`; caches and links are left out."""
    found = (one for one in sorted(folder.rglob("*")) if one.is_file() and not one.is_symlink())
    sources = (one for one in found if "__pycache__" not in one.parts)
    return [File(f"{under}/{one.relative_to(folder).as_posix()}", one.read_bytes()) for one in sources]
