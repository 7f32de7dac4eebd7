"""What a build may put something new in the place of: what an earlier build made, and nothing of anybody else's."""

from __future__ import annotations

import json
import plistlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from selfserve.packaging.one_at_a_time import one_at_a_time
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.tree import PLAIN, PROGRAM

PARTS = "sbom.cdx.json"
"""The list of parts, which every folder with a program holds."""
BUILT = "SelfserveBuild"
"""The key by which Info.plist tells that a bundle is of a build; a file beside it would break the bundle's seal."""
_ASIDE = ".selfserve-"
"""How folders begin in which something is just being built."""
_IN_FOLDER = (PARTS, "_internal", "{name}", "{name}.exe")
_IN_APPDIR = ("AppRun", ".DirIcon", "usr", "*.desktop", "*.svg", "*.png")


def replaceable(place: Path) -> None:
    """Raises CannotPackage unless nothing is at `place`, an empty folder, or what an earlier build made."""
    if place.is_symlink() or (place.exists() and not (place.is_dir() and (_is_empty(place) or _is_built(place)))):
        raise CannotPackage(
            f"{place} is in the way, and holds what no build made: move it elsewhere, or build into another folder."
        )


@contextmanager
def replacing(out: Path, *names: str) -> Iterator[Path]:
    """A folder to build into; what was made there lies in `out` afterwards, in place of what earlier builds made.

    `names` are known before the build. Raises CannotPackage as `replaceable` does, for those before anything is built.
    Where a build fails, `out` holds what it held; what one that was killed left is put back or swept first. Everybody
    can read what was made, whatever the habit (umask) of who builds. Raises it also while somebody else builds there.
    """
    for name in names:
        replaceable(out / name)
    with one_at_a_time(out), _aside(out) as folder:
        made, former = folder / "made", folder / "former"
        made.mkdir()
        former.mkdir()
        yield made
        found = sorted(made.iterdir())
        for one in found:
            replaceable(out / one.name)
        _opened(made)
        for one in found:
            if (out / one.name).exists():
                (out / one.name).rename(former / one.name)
            one.rename(out / one.name)


@contextmanager
def _aside(out: Path) -> Iterator[Path]:
    """A folder beside what is built, gone afterwards; but for what has not come back into its place."""
    for left in out.glob(f"{_ASIDE}*"):
        if sorted(one.name for one in left.iterdir()) == ["former", "made"]:
            _put_back(left, out)
    folder = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=out))
    try:
        yield folder
    finally:
        _put_back(folder, out)


def _put_back(folder: Path, out: Path) -> None:
    for one in (folder / "former").glob("*"):
        if not (out / one.name).exists():
            one.rename(out / one.name)
    shutil.rmtree(folder)


def _opened(folder: Path) -> None:
    for one in (one for one in folder.rglob("*") if not one.is_symlink()):
        one.chmod(PROGRAM if one.is_dir() or one.stat().st_mode & 0o100 else PLAIN)


def _is_empty(folder: Path) -> bool:
    return next(folder.iterdir(), None) is None


def _is_built(folder: Path) -> bool:
    """Whether it is a folder with a program, an AppDir or a bundle of a build, and nothing else was put beside what
    it is made of; what lies deeper inside is the program's."""
    if folder.suffix == ".app":
        return _is_bundle(folder / "Contents" / "Info.plist")
    if folder.suffix == ".AppDir":
        return _names(folder / "usr" / "lib" / folder.stem / PARTS, folder.stem) and _holds(folder, _IN_APPDIR)
    known = tuple(one.format(name=folder.name) for one in _IN_FOLDER)
    return _names(folder / PARTS, folder.name) and _holds(folder, known)


def _names(parts: Path, name: str) -> bool:
    """Whether it is a list of the parts of `name`."""
    try:
        return bool(json.loads(parts.read_text("utf-8"))["metadata"]["component"]["name"] == name)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _holds(folder: Path, known: tuple[str, ...]) -> bool:
    return all(any(fnmatch(one.name, pattern) for pattern in known) for one in folder.iterdir())


def _is_bundle(place: Path) -> bool:
    try:
        return BUILT in plistlib.loads(place.read_bytes())
    except (OSError, ValueError, plistlib.InvalidFileException):
        return False
