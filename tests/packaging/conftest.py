"""What the tests of packages share: a signing key, built packages, throw-away machines."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.packaging.building import brand, deb
from tests.packaging.machine import ROOT_NEEDED, Machine, machine
from tests.servers.processes import program


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


@dataclass(frozen=True)
class Key:
    """A secret key of its own in a file, and its fingerprint."""

    file: Path
    fingerprint: str


def make_key(folder: Path, name: str) -> Key:
    """A fresh signing key."""
    home = folder / f"gpg-{name}"
    home.mkdir(mode=0o700)
    gpg = [program("gpg", "gnupg"), "--homedir", str(home), "--batch", "--quiet", "--no-tty", "--passphrase", ""]
    who = f"{name} <{name}@fernhill.example>"
    subprocess.run([*gpg, "--quick-gen-key", who, "ed25519", "sign", "never"], check=True, capture_output=True)
    listed = subprocess.run([*gpg, "--with-colons", "--list-keys"], check=True, capture_output=True, text=True).stdout
    fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))
    secret = subprocess.run([*gpg, "--armor", "--export-secret-keys"], check=True, capture_output=True).stdout
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
    file = folder / f"{name}.asc"
    file.touch(mode=0o600)
    file.write_bytes(secret)
    return Key(file, fingerprint)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    """Who signs."""
    return make_key(tmp_path_factory.mktemp("key"), "packages")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's package, with the sample company's brand."""
    folder = tmp_path_factory.mktemp("app")
    return deb(brand(folder), folder / "dist")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Machine]:
    """A throw-away machine that sees the test's folder."""
    shared = tmp_path / "shared"
    shared.mkdir()
    with machine(tmp_path / "machine", shared) as made:
        yield made
