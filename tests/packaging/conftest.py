"""What the tests of packages share: a signing key, built packages, throw-away machines."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.packaging.building import MAINTAINER, WHEN, brand, deb
from tests.packaging.machine import ROOT_NEEDED, Machine, machine
from tests.packaging.once import once
from tests.servers.processes import program

from selfserve.packaging.brand import Package
from selfserve.packaging.server_deb import server_deb
from selfserve.packaging.server_files import archives


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without root say in one sentence what cannot run and leave it out; in CI it runs, or fails by itself."""
    rooted = [item for item in items if item.get_closest_marker("needs_root")]
    if not rooted or os.geteuid() == 0 or os.environ.get("CI"):
        return
    config.hook.pytest_deselected(items=rooted)
    items[:] = [item for item in items if item not in rooted]
    config.stash[_LEFT_OUT] = len(rooted)


_LEFT_OUT = pytest.StashKey[int]()


def pytest_report_collectionfinish(config: pytest.Config) -> str:
    """The sentence."""
    number = config.stash.get(_LEFT_OUT, 0)
    return f"{number} tests of tests/packaging are left out: {ROOT_NEEDED}." if number else ""


LASTED = timedelta(days=700)
"""What a key that ends was good for."""


@dataclass(frozen=True)
class Key:
    """A secret key of its own in a file, its fingerprint, and what others have of it."""

    file: Path
    fingerprint: str
    public: bytes
    home: Path


def make_key(folder: Path, name: str, ends: datetime | None = None, part: str = "") -> Key:
    """A signing key, good for ever or until a moment, which may be past; `part`: with one more that signs, good for so
    long."""
    home = folder / f"gpg-{name}"
    home.mkdir(mode=0o700)
    who = f"{name} <{name}@fernhill.example>"
    at, lasts = (f"{ends - LASTED:%Y%m%dT%H%M%S}", f"{LASTED.days}d") if ends else ("", "never")
    _gpg(home, *([f"--faked-system-time={at}"] if at else []), "--quick-gen-key", who, "ed25519", "sign", lasts)
    listed = _gpg(home, "--with-colons", "--list-keys").decode()
    fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))
    if part:
        _gpg(home, "--quick-add-key", fingerprint, "ed25519", "sign", part)
    file = folder / f"{name}.asc"
    file.touch(mode=0o600)
    return _exported(Key(file, fingerprint, b"", home))


def prolonged(key: Key) -> Key:
    """The key as it is once it is good for two years more."""
    _gpg(key.home, "--quick-set-expire", key.fingerprint, "2y")
    return _exported(key)


def _exported(key: Key) -> Key:
    key.file.write_bytes(_gpg(key.home, "--armor", "--export-secret-keys"))
    public = _gpg(key.home, "--export-options", "export-minimal", "--export")
    subprocess.run(["gpgconf", "--homedir", str(key.home), "--kill", "all"], check=True)
    return replace(key, public=public)


def _gpg(home: Path, *words: str) -> bytes:
    quiet = ["--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""]
    command = [program("gpg", "gnupg"), "--homedir", str(home), *quiet, *words]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    """Who signs."""
    return make_key(tmp_path_factory.mktemp("key"), "packages")


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's package, with the sample company's brand."""
    folder = once(tmp_path_factory, "app", lambda made: _deb(brand(made), made))
    return next(folder.glob("*.deb"))


def _deb(brand_file: Path, out: Path) -> None:
    deb(brand_file, out)


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The locked wheels of the server."""

    def fetch(folder: Path) -> None:
        for wheel in archives():
            shutil.copy2(wheel, folder)  # a copy: what fetched them hands them out again

    return sorted(once(tmp_path_factory, "wheels", fetch).iterdir())


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, wheels: list[Path]) -> Path:
    """The server's package; packed quickly, which changes nothing inside."""

    def build(folder: Path) -> None:
        package = server_deb(Package(maintainer=MAINTAINER), wheels, WHEN)
        (folder / package.name).write_bytes(package.written(WHEN, preset=0))

    return next(once(tmp_path_factory, "server", build).glob("*.deb"))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Machine]:
    """A throw-away machine that sees the test's folder."""
    shared = tmp_path / "shared"
    shared.mkdir()
    with machine(tmp_path / "machine", shared) as made:
        yield made
