"""A signed apt repository as a tree of files for any web server (wiki.debian.org/DebianRepository/Format)."""

from __future__ import annotations

import hashlib
import lzma
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from selfserve.packaging.deb import control_of
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.signing import Signer

SUITE, PART = "stable", "main"
MACHINES = ("amd64", "arm64")
"""Kinds of machines that may ask; packages for all kinds are listed for each."""
KEYS = "/etc/apt/keyrings"


@dataclass(frozen=True)
class Repository:
    """Where the tree lies, what it is called, under which address machines will find it.

    `valid_for`: after this long apt refuses the tree, so that nobody can hold back updates by serving an old one; None
    for never, where nobody signs anew regularly.
    """

    folder: Path
    name: str
    url: str
    valid_for: timedelta | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", self.name):
            raise CannotPackage(f"{self.name!r} is no name for a repository: small letters, digits and hyphens.")
        if not re.fullmatch(r"(https?|file|mirror\+https)://?[^\s]+", self.url):
            raise CannotPackage(f"{self.url!r} is no address for a repository, such as https://apt.example.com.")

    def write(self, packages: Iterable[Path], signer: Signer, now: datetime) -> list[Path]:
        """Add the packages to what the tree holds, list and sign all of it; gives the files that machines need."""
        for package in packages:
            self._take(package)
        lists = self._lists()
        at = self.folder / "dists" / SUITE
        for place, content in lists.items():
            (at / place).parent.mkdir(parents=True, exist_ok=True)
            (at / place).write_bytes(content)
        release = self._release(lists, now)
        (at / "Release").write_text(release, "utf-8")
        (at / "Release.gpg").write_bytes(signer.detached(release))
        (at / "InRelease").write_bytes(signer.clearsigned(release))
        return self._for_machines(signer)

    def _take(self, package: Path) -> None:
        content = package.read_bytes()
        fields = control_of(content)
        name = "{Package}_{Version}_{Architecture}.deb".format(**fields)
        place = self.folder / "pool" / PART / fields["Package"][0] / fields["Package"] / name.replace(":", "%3a")
        if place.exists() and place.read_bytes() != content:
            raise CannotPackage(
                f"{name} is there already with other bytes, and machines that have it would never see the new ones; "
                "count up `revision` in the brand file and build again."
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def _lists(self) -> dict[str, bytes]:
        found = [_paragraph(path, self.folder) for path in sorted((self.folder / "pool").rglob("*.deb"))]
        lists = {}
        for machine in MACHINES:
            fitting = [text for kind, text in found if kind in ("all", machine)]
            plain = "\n".join(fitting).encode()
            lists[f"{PART}/binary-{machine}/Packages"] = plain
            lists[f"{PART}/binary-{machine}/Packages.xz"] = lzma.compress(plain)
        return lists

    def _release(self, lists: Mapping[str, bytes], now: datetime) -> str:
        until = f"Valid-Until: {_date(now + self.valid_for)}\n" if self.valid_for else ""
        sums = "".join(
            f" {hashlib.sha256(content).hexdigest()} {len(content)} {place}\n"
            for place, content in sorted(lists.items())
        )
        return (
            f"Origin: {self.name}\nLabel: {self.name}\nSuite: {SUITE}\nCodename: {SUITE}\nDate: {_date(now)}\n{until}"
            f"Architectures: {' '.join(MACHINES)}\nComponents: {PART}\nSHA256:\n{sums}"
        )

    def _for_machines(self, signer: Signer) -> list[Path]:
        key, source = self.folder / f"{self.name}.gpg", self.folder / f"{self.name}.sources"
        key.write_bytes(signer.public())
        source.write_text(
            f"Types: deb\nURIs: {self.url}\nSuites: {SUITE}\nComponents: {PART}\nSigned-By: {KEYS}/{key.name}\n",
            "utf-8",
        )
        return [key, source]


def _paragraph(path: Path, root: Path) -> tuple[str, str]:
    """The kind of machine a package is for, and its paragraph in the list."""
    content = path.read_bytes()
    fields = control_of(content)
    more = {
        "Filename": path.relative_to(root).as_posix(),
        "Size": str(len(content)),
        "SHA256": hashlib.sha256(content).hexdigest(),
    }
    return fields["Architecture"], "".join(f"{name}: {value}\n" for name, value in {**fields, **more}.items())


def _date(when: datetime) -> str:
    return f"{when:%a, %d %b %Y %H:%M:%S} UTC"
