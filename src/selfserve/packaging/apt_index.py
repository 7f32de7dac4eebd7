"""Packages as a repository lists them: one paragraph each, and the one place that follows from what they are called."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from selfserve.packaging.deb import control_of, fields_of
from selfserve.packaging.problems import CannotPackage

PART = "main"
MACHINES = ("amd64", "arm64")
"""Kinds of machines that may ask; packages for all kinds are listed for each."""
_CALLED = {
    "Package": re.compile(r"[a-z0-9][a-z0-9+.-]{1,62}"),  # deb-control(5), without what is longer than any file's name
    "Version": re.compile(r"(?:\d{1,9}:)?\d[A-Za-z0-9.+~-]{0,99}", re.ASCII),  # deb-version(7)
    "Architecture": re.compile("|".join(("all", *MACHINES))),
}
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}")
_OF_THE_LIST = frozenset({"filename", "size", "md5sum", "sha1", "sha256", "sha512"})
"""What the repository says of a package, never the package of itself; field names have no case."""


@dataclass(frozen=True)
class Listed:
    """One package: its fields, and where, how large and which bytes it is."""

    fields: Mapping[str, str]

    @property
    def place(self) -> str:
        """Below the repository, such as `pool/main/s/selfserve-server/selfserve-server_0.1.0-1_amd64.deb`."""
        name = self.fields["Package"]
        file = "{Package}_{Version}_{Architecture}.deb".format(**self.fields).replace(":", "%3a")
        return f"pool/{PART}/{name[0]}/{name}/{file}"

    @property
    def sum(self) -> str:
        """SHA-256 of the whole file."""
        return self.fields["SHA256"]

    def fits(self, machine: str) -> bool:
        """Whether machines of this kind take it."""
        return self.fields["Architecture"] in ("all", machine)


def listed(package: bytes) -> Listed:
    """What a list says of the package with these bytes; raises CannotPackage where it is called what none may be."""
    fields = control_of(package)
    _judge(fields)
    told = next((name for name in fields if name.lower() in _OF_THE_LIST), "")
    if told:
        raise CannotPackage(f"{fields['Package']} says {told} of itself, which is the repository's to say.")
    place = Listed(fields).place
    return Listed(
        {**fields, "Filename": place, "Size": str(len(package)), "SHA256": hashlib.sha256(package).hexdigest()}
    )


def _judge(fields: Mapping[str, str]) -> None:
    for name, allowed in _CALLED.items():
        if not allowed.fullmatch(fields.get(name, "")):
            raise CannotPackage(f"{fields.get(name, '')!r} is no {name} that a repository takes.")
    for name, value in fields.items():
        first, *folded = value.split("\n")
        plain = all(line.replace("\t", " ").isprintable() for line in (first, *folded))
        if not _FIELD.fullmatch(name) or not plain or not all(line.strip() for line in folded):
            raise CannotPackage(f"The field {name!r} of {fields['Package']} would break the list of packages.")


def written(packages: Iterable[Listed]) -> str:
    """The text of a list of packages, as `Packages` holds it."""
    return "\n".join("".join(f"{name}: {value}\n" for name, value in one.fields.items()) for one in packages)


def read(text: str) -> list[Listed]:
    """The packages of such a text; raises CannotPackage where it names one that `listed` would not."""
    found = [Listed(fields_of(paragraph)) for paragraph in text.split("\n\n") if paragraph.strip()]
    for one in found:
        _judge(one.fields)
        if one.fields.get("Filename") != one.place or not re.fullmatch(r"[0-9a-f]{64}", one.fields.get("SHA256", "")):
            raise CannotPackage(f"The list of packages has {one.fields['Package']} at a place that is not its own.")
    return found
