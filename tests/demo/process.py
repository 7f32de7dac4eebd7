"""The demo as a stranger starts it: a process of its own, its words in a log."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.processes import READY_WITHIN, running

ROOT = Path(__file__).parents[2]
MAIN = [sys.executable, "-c", "from selfserve.cli import main; main()"]
LAST_LINE = "Try it in the demo"


@dataclass(frozen=True)
class Started:
    """A demo that is up: its folder and what it printed."""

    folder: Path
    said: str

    @property
    def url(self) -> str:
        """Where its pages are, as printed."""
        found = re.search(r"selfserve is at +(\S+)", self.said)
        assert found, self.said
        return found[1]

    @property
    def config(self) -> Path:
        """Its configuration."""
        return self.folder / "selfserve.toml"


def environment(*paths: Path, **more: str) -> dict[str, str]:
    """What a process of a test finds: our sources and `paths`, nothing of the test runner."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "SELFSERVE"))}
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "src", *paths))), **more}


@contextmanager
def demo(
    folder: Path, *arguments: str, env: dict[str, str] | None = None, within: float = READY_WITHIN
) -> Iterator[Started]:
    """`selfserve demo --data FOLDER` with more arguments, until it has said all; nothing in its log may be a trace."""
    log = folder.with_name(f"{folder.name}.log")
    command = [*MAIN, "demo", "--data", str(folder), *arguments]
    said = lambda: log.exists() and LAST_LINE in log.read_text()  # noqa: E731
    with running(command, log, said, within=within, env=env or environment(), cwd=folder.parent):
        yield Started(folder, log.read_text())
    assert "Traceback" not in log.read_text()


def ran(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        [*MAIN, *arguments], env=env or environment(), capture_output=True, text=True, check=False, timeout=60
    )
