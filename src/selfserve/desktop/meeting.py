"""The two ways in which starts of the app meet; neither hears another account of the machine.

Unix: a socket in a folder of the customer's own, both ends checked by the kernel's word on who is there. Elsewhere: a
port of this machine, and a secret in a file of the customer's own.
"""

from __future__ import annotations

import errno
import hmac
import json
import os
import secrets
import socket
import struct
import sys
from pathlib import Path
from typing import Protocol

LONGEST = 1000
PATIENCE = 3.0
"""Seconds in which a running app answers."""


class Way(Protocol):
    """How the running app is reached by later starts."""

    def listening(self) -> socket.socket:
        """Be the one that is reached; raises OSError."""

    def forget(self) -> None:
        """Be reached no more."""

    def told(self, link: str) -> socket.socket:
        """The running one, told `link`; its answer is to be read. Raises OSError where none is reached, and
        TimeoutError where it takes nothing."""

    def heard(self, caller: socket.socket) -> str | None:
        """What a later start tells; None from anybody else."""


class Socket:
    """Where there are sockets with a place among files."""

    def __init__(self, folder: Path) -> None:
        owner = folder.stat()
        if owner.st_uid != os.getuid():
            raise PermissionError(errno.EPERM, "it belongs to somebody else", str(folder))
        folder.chmod(0o700)
        self._path = folder / "app.sock"

    def listening(self) -> socket.socket:
        """See `Way`."""
        self.forget()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(self._path))
            listener.listen(8)
        except OSError:
            listener.close()
            raise
        return listener

    def forget(self) -> None:
        """See `Way`."""
        self._path.unlink(missing_ok=True)

    def told(self, link: str) -> socket.socket:
        """See `Way`."""
        there = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            there.settimeout(PATIENCE)
            there.connect(str(self._path))
            if peer_of(there) != os.getuid():
                raise PermissionError(errno.EPERM, "it belongs to somebody else", str(self._path))
            there.sendall(link.encode()[:LONGEST] + b"\n")
        except OSError:
            there.close()
            raise
        return there

    def heard(self, caller: socket.socket) -> str | None:
        """See `Way`."""
        return _line(caller) if peer_of(caller) == os.getuid() else None


class Port:
    """Where there are no such sockets. The file lies in the customer's own profile, which others cannot read."""

    def __init__(self, folder: Path) -> None:
        self._file, self._secret = folder / "app.json", secrets.token_urlsafe(32)

    def listening(self) -> socket.socket:
        """See `Way`."""
        self.forget()
        listener = socket.create_server(("127.0.0.1", 0))
        try:
            fresh = self._file.with_suffix(f".{os.getpid()}.json")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump({"port": listener.getsockname()[1], "secret": self._secret}, file)
            fresh.replace(self._file)
        except OSError:
            listener.close()
            raise
        return listener

    def forget(self) -> None:
        """See `Way`."""
        self._file.unlink(missing_ok=True)

    def told(self, link: str) -> socket.socket:
        """See `Way`."""
        try:
            running = json.loads(self._file.read_text())
            port, secret = int(running["port"]), str(running["secret"])
        except (ValueError, KeyError, TypeError):
            raise FileNotFoundError(errno.ENOENT, "no running app wrote it", str(self._file)) from None
        there = socket.create_connection(("127.0.0.1", port), PATIENCE)
        try:
            there.sendall(f"{secret} {link[:LONGEST]}\n".encode())
        except OSError:
            there.close()
            raise
        return there

    def heard(self, caller: socket.socket) -> str | None:
        """See `Way`."""
        told, _, link = (_line(caller) or "").partition(" ")
        return link if hmac.compare_digest(told.encode(), self._secret.encode()) else None


def peer_of(there: socket.socket) -> int:
    """The account at the other end, by the kernel's word; -1 where it does not say."""
    if hasattr(socket, "SO_PEERCRED"):
        told = there.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", told)[1])
    if sys.platform == "darwin":  # xucred: version, uid, number of groups, groups (sys/ucred.h)
        told = there.getsockopt(0, 1, 76)
        return int(struct.unpack_from("II", told)[1])
    return -1


def _line(caller: socket.socket) -> str | None:
    """One line of a bounded length; None for anything else."""
    content = b""
    while not content.endswith(b"\n") and len(content) <= LONGEST + 100:
        more = caller.recv(512)
        if not more:
            return None
        content += more
    return content[:-1].decode() if content.endswith(b"\n") and content.count(b"\n") == 1 else None
