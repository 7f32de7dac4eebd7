"""`selfserve package`: what is built, and what is said of the rest."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from tests.packaging.building import WHEN, brand, built

from selfserve.packaging.brand import load
from selfserve.packaging.builds import BUILDS, Machine, Order


def _told(name: str, **machine: object) -> str:
    usual = {"platform": "linux", "kind": "x86_64", "module": lambda _: object(), "gtk": lambda: True}
    return BUILDS[name].missing(Machine(**{**usual, **machine}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "machine", "says"),
    [
        ("app-deb", {"platform": "darwin"}, ""),
        ("sbom", {"platform": "win32"}, ""),
        ("server-deb", {}, ""),
        ("server-deb", {"platform": "darwin"}, "Linux on x86_64 or aarch64"),
        ("server-deb", {"kind": "riscv64"}, "Linux on x86_64 or aarch64"),
        ("app-folder", {}, ""),
        ("app-folder", {"platform": "win32"}, "build it on Linux"),
        ("app-dir", {"module": lambda _: None}, "PyInstaller is missing"),
        ("app-dir", {"gtk": lambda: False}, "install python3-gi"),
        ("app-msi", {}, "it takes Windows with WiX; packaging/windows/build.ps1 is the recipe"),
        ("app-msi", {"platform": "win32"}, "run packaging/windows/build.ps1"),
        ("app-dmg", {}, "it takes a Mac with Xcode's tools; packaging/macos/build.sh is the recipe"),
    ],
)
def test_what_cannot_be_built_here_is_said_in_a_sentence(name: str, machine: dict[str, object], says: str) -> None:
    """And what can is not spoken of."""
    told = _told(name, **machine)
    assert says in told
    assert bool(told) == bool(says)
    assert told == "" or (told.endswith(".") and "\n" not in told)


def test_what_was_asked_for_and_cannot_be_built_is_a_failure(tmp_path: Path) -> None:
    """A build machine must not go on as if there were an installer."""
    done = built(brand(tmp_path), tmp_path / "dist", "app-dmg", "app-deb")
    assert done.returncode == 1
    assert "app-dmg is not built here" in done.stderr
    assert list((tmp_path / "dist").glob("*.deb"))


def test_a_wrong_brand_or_a_wrong_name_builds_nothing(tmp_path: Path) -> None:
    """With the sentence that helps."""
    wrong = built(brand(tmp_path, revision=0), tmp_path / "dist")
    unknown = built(brand(tmp_path), tmp_path / "dist", "app-rpm")
    missing = built(tmp_path / "nowhere.toml", tmp_path / "dist")
    assert (wrong.returncode, unknown.returncode, missing.returncode) == (2, 2, 2)
    assert "package.revision" in wrong.stderr
    assert "There is no 'app-rpm' to build; there are app-deb," in unknown.stderr
    assert "cannot be read" in missing.stderr
    assert not (tmp_path / "dist").exists()


def test_whoever_builds_everybody_can_read_what_was_built(tmp_path: Path) -> None:
    """Also where their habit (umask) is to show nothing: apt reads a package as an account of its own."""
    order = Order(load(brand(tmp_path)), tmp_path / "made" / "dist", WHEN)
    before = os.umask(0o077)
    try:
        made = [one for name in ("app-deb", "sbom") for one in BUILDS[name].make(order)]
    finally:
        os.umask(before)
    assert len(made) == 3
    modes = {one: stat.S_IMODE(one.stat().st_mode) for one in (*made, order.out, order.out.parent)}
    assert modes == {**dict.fromkeys(made, 0o644), order.out: 0o755, order.out.parent: 0o755}


def test_where_nothing_can_be_written_that_is_a_sentence(tmp_path: Path) -> None:
    """As where a file has the folder's name."""
    (tmp_path / "dist").touch()
    done = built(brand(tmp_path), tmp_path / "dist", "app-deb")
    assert done.returncode == 1
    assert f"{tmp_path / 'dist'}" in done.stderr
    assert "cannot be written" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
