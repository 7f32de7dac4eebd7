"""A new connector starts from something that works."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from selfserve.connectors.skeleton import BadSkeleton, write_skeleton

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["lamps", "door_locks"])
def test_a_new_connector_passes_its_conformance_test(tmp_path: Path, name: str) -> None:
    """Written, run, green: from there on every change is one's own."""
    made = write_skeleton(name, tmp_path)
    assert all(path.is_file() for path in made)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error"]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "12 passed" in run.stdout, run.stdout


def test_it_is_registered_by_entry_point(tmp_path: Path) -> None:
    """What pip installs is what selfserve finds."""
    write_skeleton("lamps", tmp_path)
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["selfserve.connectors"] == {"lamps": "selfserve_lamps:LampsConnector"}


def test_its_code_is_checked_as_strictly_as_ours(tmp_path: Path) -> None:
    """mypy --strict and ruff find nothing in it; only the order of imports depends on where it lies."""
    write_skeleton("lamps", tmp_path)
    environment = {**os.environ, "MYPYPATH": str(ROOT / "src")}
    for command in (
        ["mypy", "--strict", "--cache-dir", str(tmp_path / ".mypy_cache"), "src"],
        ["ruff", "check", "--no-cache", "--config", str(ROOT / "pyproject.toml"), "--ignore", "I001", "src"],
    ):
        run = subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("name", ["", "L", "Lamps", "1lamp", "la-mp", "../lamp", "import", "ldap", "x" * 41])
def test_a_bad_name_is_refused_and_nothing_written(tmp_path: Path, name: str) -> None:
    """One sentence, an empty folder."""
    with pytest.raises(BadSkeleton):
        write_skeleton(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_exists_is_overwritten(tmp_path: Path) -> None:
    """Not even partly: the other files are not written either."""
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(BadSkeleton, match="exists already"):
        write_skeleton("lamps", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    assert (tmp_path / "README.md").read_text() == "mine"
