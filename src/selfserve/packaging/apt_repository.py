"""A signed apt repository as a tree of files for any web server (wiki.debian.org/DebianRepository/Format)."""

from __future__ import annotations

import hashlib
import lzma
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from selfserve.packaging.apt_held import alone, held
from selfserve.packaging.apt_index import MACHINES, PART, Listed, listed, written
from selfserve.packaging.apt_writing import State, show
from selfserve.packaging.deb import NotDebian
from selfserve.packaging.one_at_a_time import one_at_a_time
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.signing import Signer

SUITE = "stable"
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
        """Add the packages to what the tree holds, list and sign all of it; gives the files that machines need.

        What the tree holds must be what was signed with this key, and the key good, or this raises CannotPackage with
        nothing written.
        So it does where the tree cannot be written: machines then find the former state or the new one, as they do
        where this is stopped, and the same call again writes what is missing. And so it does while somebody else
        publishes into the same tree.
        """
        signer.check(now)
        with one_at_a_time(self.folder):
            return self._written(packages, signer, now)

    def _written(self, packages: Iterable[Path], signer: Signer, now: datetime) -> list[Path]:
        at = self.folder / "dists" / SUITE
        before = held(self.folder, at, signer)
        found, fresh = dict(before.packages), dict[str, bytes]()
        for package in packages:
            self._take(package, found, fresh)
        alone(self.folder, set(found))
        lists = self._lists(found)
        release = self._release(lists, now)
        machines = self._for_machines(signer)
        files = {**fresh, **machines}
        state = State(files, lists, release.encode(), signer.detached(release), signer.clearsigned(release))
        show(self.folder, at, state, before.lists)
        return [self.folder / name for name in machines]

    def _take(self, package: Path, found: dict[str, Listed], fresh: dict[str, bytes]) -> None:
        content = _content(package)
        try:
            one = listed(content)
        except NotDebian:
            raise CannotPackage(f"{package} is not a Debian package.") from None
        if found.setdefault(one.place, one).sum != one.sum:
            raise CannotPackage(
                f"{Path(one.place).name} is there already with other bytes, and machines that have it would never see "
                "the new ones; count up `revision` in the brand file and build again."
            )
        fresh[one.place] = content

    def _lists(self, found: Mapping[str, Listed]) -> dict[str, bytes]:
        lists = {}
        for machine in MACHINES:
            plain = written(one for _, one in sorted(found.items()) if one.fits(machine)).encode()
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
            f"Acquire-By-Hash: yes\nArchitectures: {' '.join(MACHINES)}\nComponents: {PART}\nSHA256:\n{sums}"
        )

    def _for_machines(self, signer: Signer) -> dict[str, bytes]:
        key, source = f"{self.name}.gpg", f"{self.name}.sources"
        told = f"Types: deb\nURIs: {self.url}\nSuites: {SUITE}\nComponents: {PART}\nSigned-By: {KEYS}/{key}\n"
        return {key: signer.public(), source: told.encode()}


def _content(package: Path) -> bytes:
    try:
        return package.read_bytes()
    except OSError as error:
        raise CannotPackage(f"{package} cannot be read: {error.strerror}.") from None


def _date(when: datetime) -> str:
    return f"{when:%a, %d %b %Y %H:%M:%S} UTC"
