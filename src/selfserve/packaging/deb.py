"""Writes and reads Debian packages (deb(5)): an `ar` archive of a version, the control files and the files.

It is written here and not by dpkg-deb, because nothing of the machine then gets into it (umask, owner, clock, order),
and because it can be built where there is no dpkg.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.tree import PLAIN, PROGRAM, File, folders, ordered

_MAGIC = b"!<arch>\n"
_SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


@dataclass(frozen=True)
class Deb:
    """A package: its control fields in order, its files, its maintainer scripts by name.

    Files below `etc/` are conffiles: dpkg keeps what an admin changes there (deb-conffiles(5)).
    """

    fields: Mapping[str, str]
    files: tuple[File, ...]
    scripts: Mapping[str, str]

    @property
    def name(self) -> str:
        """The file's name by convention."""
        return "{Package}_{Version}_{Architecture}.deb".format(**self.fields)

    def written(self, when: datetime, preset: int = 9) -> bytes:
        """The package's bytes; `preset` is xz's, from 0 (quick) to 9 (small)."""
        files = ordered(self.files)
        return _ar(
            {
                "debian-binary": b"2.0\n",
                "control.tar.xz": _tar(self._control(files), when, 9),
                "data.tar.xz": _tar(files, when, preset),
            },
            when,
        )

    def _control(self, files: list[File]) -> list[File]:
        size = sum(-(-len(file.content) // 1024) for file in files) + len(folders(files))
        fields = {**self.fields, "Installed-Size": str(size)}
        sums = "".join(f"{_md5(file.content)}  {file.path}\n" for file in files if not file.path.startswith("etc/"))
        kept = "".join(f"/{file.path}\n" for file in files if file.path.startswith("etc/"))
        found = [File("control", _paragraph(fields).encode()), File("md5sums", sums.encode())]
        if kept:
            found.append(File("conffiles", kept.encode()))
        return found + [File(name, self.scripts[name].encode(), PROGRAM) for name in _SCRIPTS if name in self.scripts]


def _md5(content: bytes) -> str:
    """What dpkg --verify compares (deb-md5sums(5)); the repository's signature is what protects."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _paragraph(fields: Mapping[str, str]) -> str:
    for name, value in fields.items():
        if name != "Description" and "\n" in value:
            raise CannotPackage(f"The field {name} of a package has one line.")
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def _tar(files: list[File], when: datetime, preset: int) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for folder in ["", *folders(files)]:
            entry = _entry(f"./{folder}", PROGRAM, when)
            entry.type = tarfile.DIRTYPE
            tar.addfile(entry)
        for file in files:
            entry = _entry(f"./{file.path}", file.mode, when)
            entry.size = len(file.content)
            tar.addfile(entry, io.BytesIO(file.content))
    return lzma.compress(whole.getvalue(), preset=preset)


def _entry(name: str, mode: int, when: datetime) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.mtime, entry.uname, entry.gname = mode, int(when.timestamp()), "root", "root"
    return entry


def _ar(members: Mapping[str, bytes], when: datetime) -> bytes:
    whole = [_MAGIC]
    for name, content in members.items():
        head = f"{name:<16}{int(when.timestamp()):<12}{0:<6}{0:<6}{0o100000 | PLAIN:<8o}{len(content):<10}`\n"
        whole += [head.encode("ascii"), content, b"\n" * (len(content) % 2)]
    return b"".join(whole)


class NotDebian(CannotPackage):
    """What was read is no package at all; whoever read it knows what it is called."""


def control_of(package: bytes) -> dict[str, str]:
    """The control fields of a package, folded lines kept; raises NotDebian for anything else."""
    try:
        members = dict(_members(package))
        packed = next(content for name, content in members.items() if name.startswith("control.tar"))
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            entry = next(one for one in tar if one.name.removeprefix("./") == "control")
            file = tar.extractfile(entry)
            assert file is not None
            return fields_of(file.read().decode())
    except (StopIteration, ValueError, tarfile.TarError, lzma.LZMAError, AssertionError, EOFError):
        raise NotDebian("This is not a Debian package.") from None


def fields_of(paragraph: str) -> dict[str, str]:
    """The fields of one paragraph, in order (deb-control(5))."""
    found: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        if line[:1] in (" ", "\t") and name:
            found[name] += f"\n{line}"
        elif ":" in line:
            name, _, value = line.partition(":")
            found[name] = value.strip()
    return found


def _members(package: bytes) -> Iterator[tuple[str, bytes]]:
    if not package.startswith(_MAGIC):
        raise ValueError("no ar archive")
    place = len(_MAGIC)
    while place + 60 <= len(package):
        head = package[place : place + 60].decode("ascii")
        size = int(head[48:58])
        place += 60
        yield head[:16].strip().rstrip("/"), package[place : place + size]
        place += size + size % 2
