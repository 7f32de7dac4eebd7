"""A new connector starts from something that works."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from selfserve.connectors.contract import AlreadyDone, Connector, Context, Done, Outcome, Ports, Presence
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
    assert "15 passed" in run.stdout, run.stdout


@pytest.fixture
def lamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Connector]:
    """Connectors of the skeleton upon one folder, each as a worker of its own makes it."""
    write_skeleton("lamps", tmp_path / "package")
    monkeypatch.syspath_prepend(str(tmp_path / "package" / "src"))
    module = importlib.import_module("selfserve_lamps.connector")
    monkeypatch.delitem(sys.modules, "selfserve_lamps")
    monkeypatch.delitem(sys.modules, "selfserve_lamps.connector")
    (tmp_path / "lists").mkdir()
    settings = module.LampsSettings(folder=tmp_path / "lists")
    return lambda: module.LampsConnector("lamps", settings, Ports())


def _put(connector: Connector, customer: str) -> Outcome:
    args = connector.actions["add"].args.model_validate({"list_name": "readers", "customer": customer})
    now = datetime(2027, 3, 1, tzinfo=UTC)
    return connector.apply("add", args, Context(customer, now + timedelta(minutes=1), lambda: now))


def test_two_workers_of_it_lose_nobody(lamps: Callable[[], Connector], tmp_path: Path) -> None:
    """Both put people on one list at once, and whoever reads meanwhile never finds it half written."""
    workers, names = [lamps(), lamps()], [f"person-{number:03}" for number in range(200)]
    path = tmp_path / "lists" / "readers.txt"
    _put(workers[0], "first")
    with ThreadPoolExecutor(8) as threads:
        acts = [threads.submit(_put, workers[number % 2], name) for number, name in enumerate(names)]
        while not all(act.done() for act in acts):
            assert path.read_text().startswith("first\n")
    assert {type(act.result()) for act in acts} == {Done}
    assert sorted(path.read_text().split()) == ["first", *names]
    assert sorted(one.name for one in path.parent.iterdir()) == [".lock", "readers.txt"]


@pytest.mark.parametrize("name", ["ana\u2028ben", "ana\u0085ben", "ana\x0bben", "ana\x1cben"])
def test_a_name_of_its_lists_is_one_line_whatever_is_in_it(lamps: Callable[[], Connector], name: str) -> None:
    """What was put there is seen there: a line ends where a line was ended, and nowhere else."""
    connector = lamps()
    assert isinstance(_put(connector, name), Done)
    args = connector.actions["add"].args.model_validate({"list_name": "readers", "customer": name})
    assert connector.observe("add", args, {}).presence is Presence.PRESENT
    assert isinstance(_put(connector, name), AlreadyDone)


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
