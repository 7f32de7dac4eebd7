"""The documented ways to build give the same bytes: from a checkout, from an installation, from a server's package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.demo.process import MAIN, environment
from tests.docs.pages import ROOT
from tests.packaging.building import MOMENT, brand
from tests.packaging.test_server_deb import BUILD, FEW

from selfserve.packaging import locked
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.server_files import server_files
from selfserve.packaging.tree import laid

WHERE = "import selfserve; print(selfserve.__file__)"


@pytest.fixture(scope="module")
def few(wheels: list[Path]) -> list[Path]:
    """Some wheels of the server's; the others change nothing about ourselves."""
    return [wheel for wheel in wheels if wheel.name.lower().startswith(FEW)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """selfserve as `pip install .` puts it, with nothing of the checkout beside it."""
    folder = tmp_path_factory.mktemp("installed")
    how = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--target", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "install", *how, str(ROOT)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def of_the_server(few: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """selfserve as the server's package has it."""
    return laid(server_files("lib", few), tmp_path_factory.mktemp("server")) / "lib"


def _run(at: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], env=environment(PYTHONPATH=str(at), SOURCE_DATE_EPOCH=MOMENT), cwd=at,
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_servers_package_has_the_same_bytes(few: list[Path], installed: Path, of_the_server: Path) -> None:
    """Whichever of them builds it."""
    ways = (ROOT / "src", installed, of_the_server)
    assert [_run(at, "-c", WHERE).strip() for at in ways] == [str(at / "selfserve" / "__init__.py") for at in ways]
    assert len({_run(at, "-c", BUILD, *map(str, few)) for at in ways}) == 1


def test_the_apps_package_has_the_same_bytes(installed: Path, of_the_server: Path, tmp_path: Path) -> None:
    """By the command; the locks ride along, so that it works on a server too."""
    made = set()
    for number, at in enumerate((ROOT / "src", installed, of_the_server)):
        out = tmp_path / str(number)
        _run(at, *MAIN[1:], "package", "--brand", str(brand(tmp_path)), "--out", str(out), "--what", "app-deb")
        (package,) = out.iterdir()
        made.add((package.name, package.read_bytes()))
    assert len(made) == 1


def test_where_pip_is_missing_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a server that has nothing but our package: with the name of what to install."""
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\necho '/usr/bin/python3: No module named pip' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(CannotPackage, match=r"^pip is missing here; install python3-pip\.$"):
        locked.fetch([])
