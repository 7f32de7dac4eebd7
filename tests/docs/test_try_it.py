"""The connectors of docs/connectors.md, installed beside a demo as the page says, asked for, seen, and taken back."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.demo.process import MAIN, demo, environment
from tests.docs.pages import blocks, section

PAGE = "docs/connectors.md"
AS_PRINTED = "http://127.0.0.1:8080"
PATIENCE = 20.0


@dataclass
class Desk:
    """A folder to type the page's commands in: `selfserve`, `pip` and `pytest` are this Python's, without a network."""

    folder: Path

    @property
    def site(self) -> Path:
        """Where `pip` installs: beside selfserve, as a virtual environment would have it, and gone afterwards."""
        return self.folder / "site"

    def prepare(self) -> None:
        """Put the three programs there."""
        (self.folder / "bin").mkdir()
        pip = f"{sys.executable} -m pip install -q --no-deps --no-build-isolation --target {self.site} ./lamps"
        self._program("selfserve", " ".join(f"'{part}'" for part in MAIN) + ' "$@"')
        self._program("pip", f'[ "$*" = "install -e ./lamps pytest" ] && {pip}')
        self._program("pytest", f'{sys.executable} -m pytest -p no:cacheprovider -p no:asyncio -W error "$@"')

    def _program(self, name: str, line: str) -> None:
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/bash\n{line}\n")
        file.chmod(0o755)

    def env(self) -> dict[str, str]:
        """What its processes find; on a terminal so wide that no sentence is broken behind a long path."""
        found = environment(self.site, COLUMNS="500")
        return {**found, "PATH": f"{self.folder / 'bin'}:{found['PATH']}", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def types(self, block: str) -> str:
        """Run a block of the page with bash; its output. Any command that fails, fails the test."""
        done = subprocess.run(
            ["bash", "-euc", block],
            cwd=self.folder, env=self.env(), capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty one."""
    made = Desk(tmp_path)
    made.prepare()
    return made


def test_the_first_ten_minutes_go_as_the_page_says(desk: Desk) -> None:
    """Every block as it stands: made, installed, configured, asked for, seen in the target, given back."""
    make, first, tell, again, ask, back = blocks(section(PAGE, "## The first ten minutes"), "sh")
    assert "15 passed" in desk.types(make)
    assert _bare(first) == _bare(again) == "selfserve demo --data ./try"
    with demo(desk.folder / "try", "--port", "0", env=desk.env()):
        pass
    said = desk.types(tell)
    assert "The catalog is right" in said
    assert "lists can be written." in said
    book = desk.folder / "try" / "lists" / "book-club.txt"

    with demo(desk.folder / "try", env=desk.env()) as started:
        told = desk.types(f"{ask}\necho\necho $TOKEN".replace(AS_PRINTED, started.url))
        assert '"state":"fulfilled"' in told
        assert book.read_text() == "lukas@fernhill.example\n"
        name, token = _found(r'"name":"([^"]+)"', told), told.strip().splitlines()[-1]
        assert "R-7K3F2" in back
        desk.types(f"TOKEN={token}\n{back}".replace(AS_PRINTED, started.url).replace("R-7K3F2", name))
        _until(lambda: book.read_text() == "", f"{book} empty again")


def test_the_whole_connector_of_the_page_is_asked_for_and_taken_back(desk: Desk) -> None:
    """Class, entry point, section and item are the page's; only the runbook is ours."""
    (code,) = blocks(section(PAGE, "## A whole connector"), "python")
    (project, target), (item,) = _installed(), blocks(section(PAGE, "## Registering and configuring"), "yaml")
    _install(desk.site, code, project)
    folder = desk.folder / "demo"
    with demo(folder, "--port", "0", env=desk.env()):
        pass
    config = folder / "selfserve.toml"
    config.write_text(f"{config.read_text()}\n{target}")
    (folder / "catalog" / "runbooks" / "hall-light.md").write_text("# The light\nThe switch is beside the door.\n")
    (folder / "catalog" / _found(r"# catalog/(\S+\.yaml)", item)).write_text(item)

    with demo(folder, env=desk.env()) as started:
        token = desk.types(f"selfserve --config {started.config} tokens create ana --label t --scope requests:read"
                           " --scope requests:write").strip()  # fmt: skip
        with httpx.Client(base_url=f"{started.url}/api/v1", headers={"Authorization": f"Bearer {token}"}) as http:
            asked = http.post("/requests", json={"item": "hall-light"}, headers={"Idempotency-Key": "one"}).json()
            assert asked["state"] == "fulfilled", asked
            assert "The light is on." in json.dumps(http.get(f"/requests/{asked['name']}").json())
            assert http.post(f"/requests/{asked['name']}/return").status_code == 200
            _until(lambda: _grant(http, asked) == "ended", "the light off again")


def _installed() -> tuple[str, str]:
    project, target = blocks(section(PAGE, "## Registering and configuring"), "toml")
    return project, target


def _install(site: Path, code: str, project: str) -> None:
    """What pip leaves of a package with this one module and these entry points."""
    (points,) = tomllib.loads(project)["project"]["entry-points"].values()
    ((kind, target),) = points.items()
    module = target.partition(":")[0]
    about = site / f"{module}-1.dist-info"
    about.mkdir(parents=True)
    (site / f"{module}.py").write_text(code)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[selfserve.connectors]\n{kind} = {target}\n")


def _grant(http: httpx.Client, asked: dict[str, Any]) -> str:
    return str(http.get(f"/requests/{asked['name']}").json()["grant_state"])


def _bare(block: str) -> str:
    return block.partition("#")[0].strip()


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[1]


def _until(seen: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < limit, f"not seen: {what}"
        time.sleep(0.05)  # another process gives no signal; asking again is the only way
