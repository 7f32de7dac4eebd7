"""Root's launcher of the server: the secrets it hands over lie in /run for one command, however that one ends."""

from __future__ import annotations

import os
import pwd
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

import pytest

from selfserve.packaging.templates import template

PYTHON = "/usr/bin/python3"
ACCOUNT = "daemon"
"""An account that every machine has; the packaged one is made when the package is installed."""
LAUNCHER = """
import sys
from pathlib import Path
place, command = Path(sys.argv[1]), sys.argv[2:]
launcher = {"__name__": "launcher", "__file__": str(place / "launcher")}
exec((place / "launcher").read_text(), launcher)
launcher.update(ACCOUNT=sys.argv[2], RUN=place / "run", SECRETS=place / "secrets")
sys.exit(launcher["as_the_service"](sys.argv[3:]))
"""
WAITS = """
import os, signal, sys
def told(number, _):
    os.write(1, f"told {number}\\n".encode())
    sys.exit(7)
for one in (signal.SIGINT, signal.SIGTERM): signal.signal(one, told)
names = sorted(os.listdir(os.environ["CREDENTIALS_DIRECTORY"]))
held = sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, [])))
os.write(1, f"{names} {os.geteuid()} {held}\\n".encode())
while True: signal.pause()
"""
"""A command that ends by itself where it is asked to, and by the signal where it is not."""
READY = f"['secrets_key'] {pwd.getpwnam(ACCOUNT).pw_uid} []"


@pytest.fixture
def place() -> Iterator[Path]:
    """Where secrets lie, and a folder that stands for /run; both where the service's account comes along."""
    with tempfile.TemporaryDirectory(prefix="selfserve-test-", dir="/tmp") as folder:
        made = Path(folder)
        made.chmod(0o711)
        for name in ("secrets", "run"):
            (made / name).mkdir(mode=0o711)
        (made / "secrets" / "key").write_text("secret")
        (made / "launcher").write_text(template("server.launcher", {"PACKAGE": "selfserve-server"}))
        yield made


@contextmanager
def started(place: Path, *command: str) -> Iterator[tuple[subprocess.Popen[bytes], FileIO]]:
    """The launcher with a command, on a terminal of its own; the other end of that comes along."""
    ours, theirs = os.openpty()
    start = ["env", "--default-signal", "setsid", "--ctty", PYTHON, "-IS", "-c", LAUNCHER]
    process = subprocess.Popen(
        [*start, str(place), ACCOUNT, *command], stdin=theirs, stdout=theirs, stderr=theirs, cwd=place
    )
    os.close(theirs)
    try:
        with FileIO(ours, "r+") as terminal:
            yield process, terminal
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def said(terminal: FileIO, text: str) -> None:
    """Wait until the terminal shows the text."""
    shown = ""
    while text not in shown:
        assert select.select([terminal], [], [], 30)[0], f"no {text!r} in {shown!r}"
        shown += (terminal.read(4096) or b"").decode()


def left(place: Path) -> list[str]:
    """What stands in place of /run."""
    return [one.name for one in (place / "run").iterdir()]


@pytest.mark.needs_root
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, 7), (signal.SIGINT, 7), (signal.SIGHUP, 129), (signal.SIGQUIT, 131), (signal.SIGUSR1, 138),
        (signal.SIGALRM, 142),
    ],
)  # fmt: skip
def test_no_signal_leaves_the_secrets_behind(place: Path, number: signal.Signals, code: int) -> None:
    """Sent to the launcher alone, as by `kill`: the command hears of it, ends as it likes, and the folder is gone."""
    with started(place, PYTHON, "-c", WAITS) as (process, terminal):
        said(terminal, READY)
        assert len(left(place)) == 1
        process.send_signal(number)
        assert process.wait(30) == code
        assert left(place) == []


@pytest.mark.needs_root
def test_a_terminal_that_hangs_up_leaves_no_secrets_behind(place: Path) -> None:
    """As when a connection breaks: both end, and the folder is gone."""
    with started(place, PYTHON, "-c", WAITS) as (process, terminal):
        said(terminal, READY)
        terminal.close()
        assert process.wait(30) == 129
        assert left(place) == []


@pytest.mark.needs_root
def test_what_is_typed_is_heard_once(place: Path) -> None:
    """Control-C goes to all of a terminal's programs; a server that hears it twice would drop what it has begun."""
    again = "    for one, code in ((2, 9), (15, 8)): signal.signal(one, lambda *_, code=code: os._exit(code))\n"
    once = WAITS.replace("_):\n", f"_):\n{again}").replace("    sys.exit(7)\n", "")
    with started(place, PYTHON, "-c", once) as (process, terminal):
        said(terminal, READY)
        terminal.write(b"\x03")
        said(terminal, "told 2")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 8
        assert left(place) == []


@pytest.mark.needs_root
def test_a_signal_while_the_secrets_are_handed_over_waits_for_the_command(place: Path) -> None:
    """Told before the command runs: the secrets are written, it is ended at once, and they are taken back."""
    os.mkfifo(place / "secrets" / "slow")
    (place / "launcher").write_text((place / "launcher").read_text().replace("secret.is_file()", "True"))
    with started(place, PYTHON, "-c", WAITS) as (process, _), (place / "secrets" / "slow").open("w") as slow:
        process.send_signal(signal.SIGHUP)
        slow.write("secret")
        slow.close()
        assert process.wait(30) == 129
        assert left(place) == []


@pytest.mark.needs_root
def test_a_command_that_cannot_be_started_leaves_no_secrets_behind(place: Path) -> None:
    """And its fault is not hidden."""
    with started(place, str(place / "none")) as (process, terminal):
        said(terminal, "No such file or directory")
        assert process.wait(30) == 1
        assert left(place) == []
