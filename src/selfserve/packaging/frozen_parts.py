"""What rides along in the folder with a Python of its own: told by PyInstaller's own list of what it put there."""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import ssl
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from email import message_from_string
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from selfserve.packaging.about import About, about, of_metadata
from selfserve.packaging.app_files import archives
from selfserve.packaging.sbom import Component, component

STARTER = "pyinstaller"
"""Its starter is the program itself."""
OPENSSL = ("libssl", "libcrypto")
_LIBRARY = re.compile(r"\.(so|dylib|dll|pyd)\b")


def frozen_parts(listed: Iterable[tuple[str, str]], of_the_machine: Path) -> list[Component]:
    """The components of what is `listed`: each file's place in the folder, and where it was taken from.

    `of_the_machine` is where the distribution keeps packages of its Python, such as the bridge to GTK.
    """
    owners = _owners(of_the_machine)
    found: dict[str, Component] = {}
    for one in (_python(), *_vendored(), component(_told(distribution(STARTER)))):
        found[one["purl"]] = one
    for inside, source in listed:
        place = Path(source).resolve()
        owner = owners.get(place)
        if owner is not None:
            one = component(_told(owner))
        elif _is_library(inside, place):
            one = _library(inside, place)
        else:
            continue
        found.setdefault(one["purl"], one)
    return list(found.values())


def _owners(of_the_machine: Path) -> dict[Path, Distribution]:
    """Which package each installed file is of."""
    found = {}
    for one in distributions():
        for file in one.files or ():
            found[Path(str(one.locate_file(file))).resolve()] = one
    for one in distributions(path=[str(of_the_machine)]):
        if one.name.lower() == "pygobject":
            found.update((file, one) for file in (of_the_machine / "gi").rglob("*"))
    return found


def _told(one: Distribution) -> About:
    text = one.read_text("METADATA") or one.read_text("PKG-INFO") or one.read_text("") or ""
    return of_metadata(message_from_string(text), "", "")


def _python() -> Component:
    version = platform.python_version()
    return {
        "type": "platform", "bom-ref": f"pkg:generic/cpython@{version}", "name": "CPython", "version": version,
        "purl": f"pkg:generic/cpython@{version}", "licenses": [{"expression": "PSF-2.0"}],
    }  # fmt: skip


def _vendored() -> Iterator[Component]:
    """What was laid beside our own sources before PyInstaller saw it, from the archives of the lock."""
    for archive in archives():
        yield component(about(archive))


def _is_library(inside: str, place: Path) -> bool:
    """A library that is neither Python's own nor of a package; OpenSSL is one wherever it lies."""
    name = Path(inside).name
    if not _LIBRARY.search(name) or name.startswith(("libpython", "python3")):
        return False
    own = (Path(sysconfig.get_path("stdlib")).resolve(), Path(sys.base_prefix).resolve() / "DLLs")
    return name.startswith(OPENSSL) or not any(one in place.parents for one in own)


def _library(inside: str, place: Path) -> Component:
    """A library of the machine that builds, with the version that its packages tell."""
    name = Path(inside).name
    package, version = _packaged(place)
    if not version and name.startswith(OPENSSL):
        version = ssl.OPENSSL_VERSION.split()[1]
    number = f"@{version}" if version else ""
    purl = f"pkg:deb/{package}{number}#{name}" if package else f"pkg:generic/{name}{number}"
    told: Component = {"type": "library", "bom-ref": purl, "name": name, "purl": purl}
    if version:
        told["version"] = version
    told["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(place.read_bytes()).hexdigest()}]
    return told


def _packaged(place: Path) -> tuple[str, str]:
    """The Debian package that a file is of, and its version; "" for both where dpkg does not know it."""
    if sys.platform != "linux" or not shutil.which("dpkg-query"):
        return "", ""
    for path in (str(place), str(place).removeprefix("/usr")):
        done = subprocess.run(["dpkg-query", "--search", path], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            package = done.stdout.partition(":")[0]
            asked = ["dpkg-query", "--show", "--showformat=${Version}\n", package]
            told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.splitlines()
            return f"debian/{package}", told[0] if told else ""
    return "", ""
