"""An empty NiceGUI page in a process of its own: what a page costs that shows nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from tests.servers.processes import free_port

from bench.installation import wait_answers

PROGRAM = """
import sys
from nicegui import ui

@ui.page("/")
def page():
    pass

ui.run(port=int(sys.argv[1]), host="127.0.0.1", show=False, reload=False, show_welcome_message=False, tailwind=False,
       reconnect_timeout=30.0, binding_refresh_interval=None)
"""


@contextmanager
def serving(log: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Where it answers, and its process."""
    port = free_port()
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(port)], stdout=out, stderr=out)
    try:
        wait_answers(f"http://127.0.0.1:{port}/", process, log)
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)
