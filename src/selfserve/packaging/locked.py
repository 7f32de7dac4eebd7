"""The locked sets, and the archives they name: fetched by pip from where this machine gets packages."""

from __future__ import annotations

import atexit
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import selfserve
from selfserve.packaging.problems import CannotPackage

SERVER, APP = "requirements.txt", "requirements-desktop.txt"
_PIN = re.compile(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)((?:.*\\\n)*.*)$")


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of the lock: a project, its version, the SHA-256 sums of its archives, and the line itself."""

    name: str
    version: str
    sums: tuple[str, ...]
    line: str


def lock_file(name: str) -> Path:
    """A locked set that comes with selfserve: in the installed package, or in a checkout beside `src`."""
    package = Path(selfserve.__file__).parent
    for place in (package / "packaging" / name, package.parents[1] / name):
        if place.is_file():
            return place
    raise CannotPackage(f"{name} is not part of this installation; build from a checkout of the sources.")


@cache
def pins(lock: str) -> dict[str, Pin]:
    """Every pin of SERVER or APP by its normalised name (packaging.python.org/specifications/name-normalization)."""
    return {pin.name: pin for pin in read_pins(lock_file(lock).read_text("utf-8"))}


def read_pins(text: str) -> list[Pin]:
    """The pins of a lock's text."""
    found = []
    for match in _PIN.finditer(text):
        sums = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", match[3]))
        found.append(Pin(normal(match[1]), match[2], sums, match[0]))
    return found


def normal(name: str) -> str:
    """A project's name as the lock and the archives' names agree on."""
    return re.sub(r"[-_.]+", "-", name).lower()


def fetch(wanted: Iterable[Pin], options: Sequence[str] = ()) -> list[Path]:
    """The archives of `wanted`, in a folder of this process; `options` go to `pip download`.

    Raises CannotPackage where pip cannot have one, or where what came is not what the lock names.
    """
    wanted = list(wanted)
    folder = Path(tempfile.mkdtemp(prefix="selfserve-archives-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    listed = folder / "wanted.txt"
    listed.write_text("\n".join(pin.line for pin in wanted) + "\n", "utf-8")
    how = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--require-hashes", *options]
    command = [sys.executable, "-m", "pip", "download", *how, "--dest", str(folder), "-r", str(listed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        if "No module named pip" in done.stderr:
            raise CannotPackage("pip is missing here; install python3-pip.")
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["it said nothing"]
        raise CannotPackage(f"pip could not fetch what the lock names: {said[-1].removeprefix('ERROR: ')}")
    listed.unlink()
    found = sorted(folder.iterdir())
    for path in found:
        check(path, wanted)
    return found


def check(path: Path, wanted: Iterable[Pin]) -> None:
    """Raise CannotPackage unless the lock holds the sum of this archive: pip looked, we build what we looked at."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if not any(found in pin.sums for pin in wanted):
        raise CannotPackage(f"{path.name} is not what the lock names: its SHA-256 is {found}.")
