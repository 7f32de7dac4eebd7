"""What starting any server process needs: its program, a free port, a bounded wait, a clean end."""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

LOOPBACK = "127.0.0.1"
READY_WITHIN = 90.0
_PORTS = (12000, 32000)
_ANY = random.SystemRandom()
"""Of its own: a test that seeds the usual one would pick its neighbour's ports."""


class NotReadyError(RuntimeError):
    """The server ended, or did not answer in time; the text holds the end of its log."""


def program(name: str, package: str, *folders: str) -> str:
    """Path of an installed program, looked for in `folders` first; fails the test naming the Debian package."""
    found = next((str(Path(folder) / name) for folder in folders if (Path(folder) / name).is_file()), None)
    found = found or shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing: install the Debian package {package} (apt-get install {package}).", False)
    return found


def free_port() -> int:
    """A loopback port nobody listened on a moment ago.

    It lies below those that Linux gives by itself (ip_local_port_range begins at 32768), so that no connection and no
    other test's "any port" takes it before it is listened on, or while its server is stopped to be started again.
    """
    while True:
        with contextlib.suppress(OSError), socket.socket() as probe:
            # Without SO_REUSEADDR: a port that lingers after its last connection is not free.
            probe.bind((LOOPBACK, _ANY.randrange(*_PORTS)))
            return int(probe.getsockname()[1])


@contextmanager
def running(
    command: list[str],
    log: Path,
    ready: Callable[[], bool],
    end: int = signal.SIGTERM,
    within: float = READY_WITHIN,
    **options: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """The process while `ready()` has become true; ended with the signal `end`, and with SIGKILL after ten seconds.

    Output goes to `log`. Raises NotReadyError where it ends or stays silent for `within` seconds.
    """
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, **options) as process:
        try:
            _wait(process, log, ready, within)
            yield process
        finally:
            stop(process, end)


def stop(process: subprocess.Popen[Any], end: int = signal.SIGTERM) -> None:
    """End the process by its pid and wait until it is gone."""
    if process.poll() is None:
        process.send_signal(end)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool], within: float) -> None:
    limit = time.monotonic() + within
    while not ready():
        if process.poll() is not None or time.monotonic() > limit:
            said = log.read_text(errors="replace")[-2000:]
            raise NotReadyError(f"{process.args!r} did not become ready (exit code {process.poll()}): {said}")
        # A process of its own gives no signal when it listens; asking again is the only way.
        time.sleep(0.02)


def with_free_ports(start: Callable[[], Any], tries: int = 5) -> Any:
    """Call `start`, which picks its own free ports, again where somebody took one in between."""
    for left in reversed(range(tries)):
        try:
            return start()
        except NotReadyError:
            if not left:
                raise
    raise AssertionError("unreachable")
