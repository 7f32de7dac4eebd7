"""The server as a Debian package: complete in itself, without a network, run by systemd (docs/decisions/0010)."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import format_datetime
from importlib.metadata import version
from pathlib import Path

from selfserve.packaging.app_deb import documents, packed
from selfserve.packaging.brand import Package
from selfserve.packaging.deb import Deb
from selfserve.packaging.sbom import sbom
from selfserve.packaging.server_files import licences, server_files
from selfserve.packaging.templates import template
from selfserve.packaging.tree import PROGRAM, File

NAME = "selfserve-server"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
UNITS = ("selfserve.service", "selfserve-worker@.service")


def server_deb(package: Package, wheels: Sequence[Path], when: datetime) -> Deb:
    """The package for this machine's kind and Python; `wheels` are those of the lock."""
    major, minor = sys.version_info[:2]
    words = {
        "PACKAGE": NAME,
        "VERSION": f"{version('selfserve')}-{package.revision}",
        "MAINTAINER": package.maintainer,
        "DATE": format_datetime(when),
        "DAY": f"{when:%Y-%m-%d}",
        "LICENCES": licences(wheels, f"usr/lib/{NAME}"),
    }
    fields = {
        "Package": NAME,
        "Version": words["VERSION"],
        "Section": "admin",
        "Priority": "optional",
        "Architecture": MACHINES[platform.machine()],
        "Maintainer": package.maintainer,
        "Depends": f"python3 (>= {major}.{minor}), python3 (<< {major}.{minor + 1}), libc6 (>= 2.34), systemd",
        "Suggests": "postgresql",
        "Homepage": package.homepage,
        "Description": "Self-service for devices, software and access: the server\n"
        " Customers of a TechOps team help themselves: what policy allows is done at\n"
        " once and looked at in the target system, the rest goes to a human.",
    }
    scripts = {name: template(f"server.{name}", words) for name in ("postinst", "prerm", "postrm")}
    return Deb(fields, tuple(_files(words, wheels, when)), scripts)


def _files(words: dict[str, str], wheels: Sequence[Path], when: datetime) -> Iterator[File]:
    yield from server_files(f"usr/lib/{NAME}", wheels)
    yield File("usr/bin/selfserve", template("server.launcher", words).encode(), PROGRAM)
    for unit in UNITS:
        yield File(f"usr/lib/systemd/system/{unit}", template(unit, {"HARDENING": template("hardening", {})}).encode())
    yield File("usr/lib/sysusers.d/selfserve.conf", template("server.sysusers", {}).encode())
    yield File("usr/lib/tmpfiles.d/selfserve.conf", template("server.tmpfiles", {}).encode())
    yield from documents(NAME, words, "server")
    parts = sbom(NAME, words["VERSION"], wheels, when)
    yield File(f"usr/share/doc/{NAME}/sbom.cdx.json", parts.encode())
    yield File("usr/share/man/man1/selfserve.1.gz", packed(template("server.1", words)))
