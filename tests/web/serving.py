"""The stand in a process of its own, for Chromium."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.servers.processes import LOOPBACK, free_port, running


@dataclass(frozen=True)
class Served:
    """The stand in a process of its own: where it answers, and the names of the requests and cases in it."""

    url: str
    names: dict[str, str]
    cases: dict[str, str]
    store: Path

    @contextmanager
    def speaking(self, language: str) -> Iterator[None]:
        """Everybody is spoken to in `language` meanwhile, whatever they read else."""
        with closing(sqlite3.connect(self.store)) as store:
            before = store.execute("SELECT language, id FROM person").fetchall()
            with store:
                store.execute("UPDATE person SET language = ?", (language,))
            try:
                yield
            finally:
                with store:
                    store.executemany("UPDATE person SET language = ? WHERE id = ?", before)


@contextmanager
def serving(
    folder: Path, items: int | None = None, *, hostile: bool = False, port: int | None = None
) -> Iterator[Served]:
    """The stand, lived in, on a loopback port; with `items`, a catalog of so many; `hostile`: see `poison`."""
    port = port or free_port()
    url = f"http://{LOOPBACK}:{port}"
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}

    def ready() -> bool:
        try:
            return httpx.get(f"{url}/static/app.css").status_code == 200
        except httpx.TransportError:
            return False

    command = [sys.executable, "-m", "tests.web.stand", str(port), str(folder)]
    command += ["hostile"] if hostile else [] if items is None else [str(items)]
    with running(command, folder / "log", ready, env=environment, cwd=Path(__file__).parents[2]):
        told = json.loads((folder / "names.json").read_text())
        yield Served(url, told["names"], told["cases"], folder / "house.db")
