"""`selfserve serve` and `worker` as processes: they begin, answer, end in order; or say in a sentence why not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.cli.conftest import Selfserve
from tests.servers.processes import free_port, running

COMMAND = [sys.executable, "-c", "from selfserve.cli import main; main()"]
SOURCES = str(Path(__file__).parents[2] / "src")


@pytest.fixture
def ready(selfserve: Selfserve, folder: Path) -> Path:
    """An installation with a store, and a catalog of one item that needs nobody in the directory."""
    assert selfserve("db", "upgrade").code == 0
    return folder


@contextmanager
def process(folder: Path, *arguments: str, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program as a process of its own, until it is ready."""
    environ = {**os.environ, "PYTHONPATH": SOURCES, "SELFSERVE__SERVER__PORT": str(port)}

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/healthz", headers={"host": "help.example.com"}).is_success
        except httpx.TransportError:
            return False

    is_up = answers if arguments[0] == "serve" else lambda: "worker_started" in log.read_text()
    with running([*COMMAND, *arguments], log, is_up, cwd=folder, env=environ) as started:
        yield started


@pytest.mark.parametrize("arguments", [("serve",), ("serve", "--no-worker"), ("worker",)])
def test_it_begins_and_ends_in_order(ready: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """SIGTERM is a wish to stop, not a fault; what it logs is JSON without secrets."""
    log = tmp_path / "log"
    with process(ready, *arguments, port=free_port(), log=log) as started:
        started.send_signal(signal.SIGTERM)
        assert started.wait(timeout=30) in (0, -signal.SIGTERM)
    said = log.read_text()
    assert "Traceback" not in said
    assert "a secret for this test" not in said
    assert all(line.startswith("{") for line in said.splitlines())


def test_where_it_is_started_nothing_is_read_but_what_the_settings_name(tmp_path: Path) -> None:
    """Pages have a storage in the current folder by themselves, which may be another's, or closed to the account."""
    storage = tmp_path / ".nicegui" / "storage-general.json"
    storage.parent.mkdir()
    storage.write_text("not ours")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("NICEGUI")}
    done = subprocess.run(
        [sys.executable, "-c", "import selfserve.serving, nicegui; print(dict(nicegui.app.storage.general))"],
        cwd=tmp_path, env={**environ, "PYTHONPATH": SOURCES}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("{}\n", "")


def test_a_missing_secret_is_a_sentence(selfserve: Selfserve, ready: Path) -> None:
    """Before anything is opened to the network."""
    (ready / "secrets/sealing-key").unlink()
    ran = selfserve("serve")
    assert ran.code == 2
    assert "file:secrets/sealing-key does not exist; run `selfserve secrets set file:secrets/sealing-key`." in ran.err


def test_a_broken_catalog_is_told_with_its_place(selfserve: Selfserve, ready: Path) -> None:
    """There is no last good version to begin with."""
    (ready / "catalog/items/broken.yaml").write_text("id: [")
    ran = selfserve("serve")
    assert ran.code == 2
    assert "items/broken.yaml:" in ran.err
    assert "The catalog cannot be used; mend it first." in ran.err


def test_a_killed_program_begins_again_beside_a_broken_edit(selfserve: Selfserve, ready: Path, tmp_path: Path) -> None:
    """The night's kill -9 meets the evening's slip: pages and worker run on by the last good version, and say so."""
    broken, log = ready / "catalog/items/broken.yaml", tmp_path / "log"
    with process(ready, "serve", port=free_port(), log=log) as started:
        broken.write_text("id: broken\nname: [broken\n")
        started.kill()
        started.wait(timeout=30)
    for command in ("serve", "worker"):
        with process(ready, command, port=free_port(), log=log) as started:
            started.kill()
            started.wait(timeout=30)
        said = next(json.loads(line) for line in log.read_text().splitlines() if "catalog_broken" in line)
        assert said["problems"][0].startswith("items/broken.yaml:3:1: This is not YAML")
        assert said["served_since"]
    broken.unlink()
    assert selfserve("catalog", "check").code == 0


def test_everything_that_stands_in_the_way_of_a_start_is_told_at_once(selfserve: Selfserve, ready: Path) -> None:
    """Each thing once and in its own sentence: mending the first is not rewarded with the second."""
    (ready / "secrets/sealing-key").unlink()
    (ready / "secrets/secret-key").write_text("short")
    (ready / "secrets/directory-password").unlink()
    (ready / "catalog/items/broken.yaml").write_text("id: [")
    config = ready / "selfserve.toml"
    config.write_text(config.read_text() + '\n[connectors.lamps]\nkind = "lamb"\n[connectors.mac]\nkind = "munki"\n')
    for command in ("serve", "worker"):
        ran = selfserve(command)
        assert ran.code == 2
        lines = ran.err.strip().splitlines()
        for words in (
            "secrets/sealing-key does not exist",
            "at least 32 are needed",
            "selfserve.toml: connectors.lamps.kind: there is no kind of connector 'lamb'",
            "selfserve.toml: connectors.mac.repo is missing",
            "secrets/directory-password does not exist",
        ):
            assert sum(words in line for line in lines) == 1, ran.err
