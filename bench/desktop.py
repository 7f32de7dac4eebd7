"""The app on a screen: how soon its window shows, how soon the catalog, and what it holds in memory."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psutil
from tests.desktop.session import Session, app, brand_of, desktop, from_sources, until, vendored
from tests.servers.processes import free_port, program

from bench.rows import Row, row

TRIES = 5
NAME = "Fernhill Self-service"


def measure(folder: Path) -> list[Row]:
    """Starts under Xvfb with Debian's WebKitGTK; the server is away, so that it is the app alone."""
    folder.mkdir()
    library = vendored(folder / "library")
    with ExitStack() as stack:
        session = stack.enter_context(desktop(folder / "session"))
        command = from_sources(library, brand_of(folder, f"http://127.0.0.1:{free_port()}"))
        windows, pages, own, all_ = [], [], [], []
        for _ in range(TRIES):
            begun = time.perf_counter()
            with app(session, command) as shown:
                until(lambda: _window(session), "no window")
                windows.append(time.perf_counter() - begun)
                shown.sees("The server does not answer")
                pages.append(time.perf_counter() - begun)
                process = psutil.Process(shown.process.pid)
                own.append(process.memory_info().rss / 2**20)
                family = [process, *process.children(recursive=True)]
                all_.append(sum(one.memory_full_info().uss for one in family) / 2**20)
    return [
        row("app: window shows after, median of 5", median(windows), "s"),
        row("app: its first page can be read after, median of 5", median(pages), "s"),
        row("app: memory of its own process", median(own), "MiB"),
        row("app: memory with WebKit's processes, not shared with others", median(all_), "MiB"),
    ]


def _window(session: Session) -> bool:
    found = [program("xdotool", "xdotool"), "search", "--onlyvisible", "--name", NAME]
    return subprocess.run(found, env=session.environment, capture_output=True, check=False).returncode == 0
