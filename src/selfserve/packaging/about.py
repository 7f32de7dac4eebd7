"""What an archive tells about itself in its metadata (packaging.python.org/specifications/core-metadata)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email import message_from_string
from email.message import Message
from pathlib import Path

from selfserve.packaging.locked import normal
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.unpacking import unpacked

_METADATA = re.compile(r"[^/]+\.dist-info/METADATA|PKG-INFO")


@dataclass(frozen=True)
class About:
    """A package that rides along: `expression` is its licence in SPDX's words where it tells it so, else ""."""

    name: str
    version: str
    sha256: str
    expression: str
    licence: str
    author: str
    folder: str

    @property
    def purl(self) -> str:
        """Its name in the words of package-url."""
        return f"pkg:pypi/{normal(self.name)}@{self.version}"


def about(archive: Path) -> About:
    """Read one archive; raises CannotPackage where it has no metadata."""
    files = unpacked(archive)
    place = next((name for name in sorted(files) if _METADATA.fullmatch(name)), None)
    if place is None:
        raise CannotPackage(f"{archive.name} does not tell what it is.")
    told = message_from_string(files[place].decode("utf-8"))
    return of_metadata(told, hashlib.sha256(archive.read_bytes()).hexdigest(), place.rpartition("/")[0])


def of_metadata(told: Message, sha256: str, folder: str) -> About:
    """What the metadata of a package say; `sha256` is "" where only files of it are there, and no archive."""
    return About(
        name=told["Name"],
        version=told["Version"],
        sha256=sha256,
        expression=told["License-Expression"] or "",
        licence=told["License-Expression"] or _classified(told) or _first_line(told["License"]) or "see there",
        author=_first_line(told["Author"] or told["Author-email"] or told["Maintainer"]) or "its authors",
        folder=folder,
    )


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0][:100]


def _classified(told: Message) -> str:
    found = [str(one).rpartition(" :: ")[2] for one in told.get_all("Classifier", []) if one.startswith("License ::")]
    return ", ".join(found)
