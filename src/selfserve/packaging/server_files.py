"""The server's own files: selfserve, and every locked package it runs on, unpacked and not installed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

import selfserve
from selfserve.packaging.about import About, about
from selfserve.packaging.locked import APP, SERVER, Pin, fetch, lock_file, pins
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.tree import File, of_folder
from selfserve.packaging.unpacking import of_archive

TO_BUILD = frozenset({"editables", "hatchling", "pathspec", "pluggy", "setuptools", "trove-classifiers"})
"""Pins that building selfserve wants and running it does not (packaging/build.in)."""


def wanted() -> list[Pin]:
    """What the server runs on."""
    return [pin for name, pin in sorted(pins(SERVER).items()) if name not in TO_BUILD]


@cache
def archives() -> tuple[Path, ...]:
    """The wheels of it for this machine's Python, fetched once; never a source archive, so that nothing is run."""
    return tuple(fetch(wanted(), ["--only-binary", ":all:"]))


def server_files(under: str, wheels: Sequence[Path]) -> Iterator[File]:
    """The folder from which the server runs, to be put `under`."""
    yield from _ours(under)
    for wheel in wheels:
        yield from of_archive(wheel, under, but=("*.dist-info/RECORD",))


def _ours(under: str) -> Iterator[File]:
    package, known = Path(selfserve.__file__).parent, distribution("selfserve")
    yield from (file for file in of_folder(package, f"{under}/selfserve") if "/demo/catalog/" not in file.path)
    yield from of_folder(_catalog(package), f"{under}/selfserve/demo/catalog")
    for lock in (SERVER, APP):  # beside the sources in a checkout, within the package elsewhere
        yield File(f"{under}/selfserve/packaging/{lock}", lock_file(lock).read_bytes())
    about = f"{under}/selfserve-{known.version}.dist-info"
    for name in ("METADATA", "entry_points.txt"):
        text = known.read_text(name)
        if text is None:
            raise CannotPackage(f"This installation of selfserve has no {name}; install it anew.")
        yield File(f"{about}/{name}", text.encode())


def _catalog(package: Path) -> Path:
    places = (package / "demo" / "catalog", package.parents[1] / "catalog")
    found = next((place for place in places if (place / "items").is_dir()), None)
    if found is None:
        raise CannotPackage("The starter catalog is not part of this installation; install selfserve anew.")
    return found


def licences(wheels: Sequence[Path], under: str) -> str:
    """A paragraph for each package that rides along, as its own metadata tells it (DEP-5)."""
    return "\n".join(_licence(about(wheel), under) for wheel in wheels)


def _licence(one: About, under: str) -> str:
    return (
        f"Files: {under}/{one.folder}/*\nCopyright: {one.author}\nLicense: other\n"
        f"Comment: {one.name} {one.version} as a whole: {one.licence}.\n"
    )
