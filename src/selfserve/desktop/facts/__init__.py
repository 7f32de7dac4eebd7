"""What this machine can say about itself: serial number, model, system, disk, network. Plain looks, no rights needed.

Whatever a command answers is taken for a stranger's words: one line, bounded, no controls; what is unreadable is empty.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

LONGEST = 120
LARGEST = 512 * 1024
TIMEOUT = 8.0
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
_NOTHING = re.compile(
    r"(?i)(to be filled by o\.?e\.?m\.?|default string|system (serial|product|manufacturer|name).*"
    r"|not (applicable|specified|available)|none|unknown|n/?a|0+|x+|\.+|invalid|chassis serial number|o\.?e\.?m\.?"
    r"|virtual machine)"
)
"""What makers leave in a field that they did not fill in."""


@dataclass(frozen=True)
class Facts:
    """What is said. Texts are empty and the rest None where it is not known; bytes and seconds."""

    platform: str
    name: str = ""
    serial: str = ""
    model: str = ""
    system: str = ""
    version: str = ""
    build: str = ""
    encrypted: bool | None = None
    free: int | None = None
    total: int | None = None
    uptime: int | None = None
    network: str = ""

    def plain(self) -> dict[str, Any]:
        """As it is sent."""
        return asdict(self)


class Ask(Protocol):
    """The machine, as far as it is asked."""

    def run(self, *command: str) -> str:
        """What a command answered; empty where it is missing, failed or took too long."""

    def text(self, path: str) -> str:
        """A file's content; empty where it cannot be read."""

    def exists(self, path: str) -> bool:
        """Whether there is such a file."""

    def space(self) -> tuple[int, int] | None:
        """Free and all bytes of the disk with the customer's files."""

    def host(self) -> str:
        """What the machine is called in the network."""

    def now(self) -> float:
        """The time, in seconds since 1970."""


class Machine:
    """The real one."""

    def run(self, *command: str) -> str:
        """See `Ask`; by absolute path, without a shell, in a language that can be read."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
        if sys.platform == "win32":
            import os

            environment = dict(os.environ)
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=TIMEOUT, env=environment, stdin=subprocess.DEVNULL, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout[:LARGEST].decode("utf-8", "replace") if done.returncode == 0 else ""

    def text(self, path: str) -> str:
        """See `Ask`."""
        try:
            with Path(path).open("rb") as file:
                return file.read(LARGEST).decode("utf-8", "replace")
        except OSError:
            return ""

    def exists(self, path: str) -> bool:
        """See `Ask`."""
        return Path(path).exists()

    def space(self) -> tuple[int, int] | None:
        """See `Ask`."""
        import shutil

        try:
            told = shutil.disk_usage(Path.home())
        except (OSError, RuntimeError):  # RuntimeError: an account without a home folder
            return None
        return told.free, told.total

    def host(self) -> str:
        """See `Ask`."""
        import socket

        return socket.gethostname()

    def now(self) -> float:
        """See `Ask`."""
        import time

        return time.time()


def read(ask: Ask | None = None, platform: str = sys.platform) -> Facts:
    """What this machine can say now; takes some tenths of a second, on Windows a second or two."""
    from selfserve.desktop.facts import linux, macos, windows

    machine: Ask = ask or Machine()
    look: Callable[[Ask], Facts] = {"darwin": macos.facts, "win32": windows.facts}.get(platform, linux.facts)
    found = look(machine)
    space = machine.space()
    free, total = space if space is not None else (None, None)
    return replace(found, name=found.name or line(machine.host()), free=free, total=total)


def line(value: object) -> str:
    """`value` as one line that hides and turns nothing; empty for what is none."""
    if not isinstance(value, str):
        return ""
    return " ".join(_HIDDEN.sub(" ", value[: LONGEST * 4]).split())[:LONGEST]


def known(value: object) -> str:
    """`line`, but empty where the maker has left a filler."""
    found = line(value)
    return "" if _NOTHING.fullmatch(found) else found


def seconds(value: object) -> int | None:
    """`value` as a span that can be: a whole number of seconds from zero on."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << 40:
        return None
    return int(value)
