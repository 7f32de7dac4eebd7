"""What is inside of a wheel or a source archive; nothing of it is run."""

from __future__ import annotations

import re
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from selfserve.packaging.tree import File

_DATA = re.compile(r"[^/]+\.data/(purelib|platlib)/(.+)")


def unpacked(archive: Path) -> dict[str, bytes]:
    """Every file that the archive would install, by its place below site-packages; of a source archive every file."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            found = {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("/")}
        return {place: content for name, content in found.items() if (place := _installed(name))}
    with tarfile.open(archive) as tar:
        files = {entry.name.partition("/")[2]: tar.extractfile(entry) for entry in tar if entry.isfile()}
        return {name: file.read() for name, file in files.items() if name and file is not None}


def _installed(name: str) -> str:
    """Where a file of a wheel goes; "" for scripts, headers and data, which we do not install (PEP 427)."""
    within = _DATA.fullmatch(name)
    if within:
        return within[2]
    return "" if re.match(r"[^/]+\.data/", name) else name


def of_archive(archive: Path, under: str, *, only: str = "", but: tuple[str, ...] = ()) -> list[File]:
    """The archive's files to be put `under`: of the folder `only` if named, none that matches a pattern of `but`."""
    found = []
    for name, content in sorted(unpacked(archive).items()):
        place = PurePosixPath(name)
        wanted = not only or place.parts[0] == only
        if wanted and not any(place.match(pattern) for pattern in but):
            found.append(File(f"{under}/{name}", content))
    return found
