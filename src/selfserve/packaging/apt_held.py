"""What a repository holds already, as far as it was signed: whoever can write into its folder puts nothing into it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from selfserve.packaging.apt_index import Listed, read
from selfserve.packaging.apt_writing import by_hash
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.signing import Signer


@dataclass(frozen=True)
class Held:
    """What was signed: packages by place, each with the bytes that were signed, and the lists below the suite."""

    packages: Mapping[str, Listed]
    lists: Mapping[str, bytes]


def held(folder: Path, suite: Path, signer: Signer) -> Held:
    """What the signed text of the tree names, directly and by its lists; nothing for a tree to begin.

    `suite` is where the lists are. Raises CannotPackage where the text is not signed by this very key, or where a list
    or a package is another than the signature says. What it does not name is not read: whoever was stopped in writing
    left it, or somebody put it there.
    """
    link = next((one for one in sorted(folder.rglob("*")) if one.is_symlink()), None)
    if link is not None:
        raise CannotPackage(f"{link} is a link, and a repository holds none: somebody altered the tree.")
    if not (suite / "InRelease").exists():
        return Held({}, {})
    lists = {place: _list(suite, place, wanted) for place, wanted in _sums(signer.verified(suite / "InRelease"))}
    found: dict[str, Listed] = {}
    for place, content in lists.items():
        if place.endswith("/Packages"):
            found.update((one.place, one) for one in read(content.decode()))
    for place, one in found.items():
        _same(folder / place, one.sum)
    return Held(found, lists)


def alone(folder: Path, named: set[str]) -> None:
    """Raises CannotPackage where the pool holds a file that is not `named`."""
    for one in sorted((folder / "pool").rglob("*")):
        if not one.is_dir() and one.relative_to(folder).as_posix() not in named:
            raise CannotPackage(
                f"{one} is in no list that was signed, and you did not name it: somebody altered the pool. Take it "
                "away, or name it if it is yours."
            )


def _sums(release: str) -> Iterator[tuple[str, str]]:
    """The files that a Release names below its folder, each with its SHA-256."""
    _, _, lines = release.partition("\nSHA256:\n")
    for line in lines.splitlines():
        if not line.startswith(" "):
            return
        digest, _, place = line.split()
        yield place, digest


def _list(suite: Path, place: str, wanted: str) -> bytes:
    """By its sum, or by its plain name, which is away while somebody writes; each that is there is what was signed."""
    places = (suite / by_hash(place, wanted), suite / place)
    return [_same(one, wanted) for one in places if one.exists() or not any(other.exists() for other in places)][-1]


def _same(path: Path, wanted: str) -> bytes:
    content = path.read_bytes() if path.is_file() else None
    if content is None or hashlib.sha256(content).hexdigest() != wanted:
        what = "is gone" if content is None else "is not what was signed"
        raise CannotPackage(
            f"{path} {what}: somebody altered the tree. Bring back one that you trust, or write a new one and name "
            "every package that it shall hold."
        )
    return content
