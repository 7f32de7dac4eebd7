"""One window a customer: a second start hands its link to the first and ends. Nobody else's account is listened to.

Unix: a socket in a folder of the customer's own, both ends checked by the kernel's word on who is there. Elsewhere: a
port of this machine, and a secret in a file of the customer's own.
"""

from __future__ import annotations

import contextlib
import errno
import hmac
import json
import os
import secrets
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Protocol

LONGEST = 1000
LONGEST_NAME = 40
PATIENCE = 3.0
ANSWER = b"ok\n"


class Elsewhere(Exception):  # noqa: N818  (the good end of a second start)
    """Another instance runs, and has the link now."""


class Instance(Protocol):
    """The running one; listens until it is closed."""

    def close(self) -> None:
        """Listen no more."""


def single(folder: Path, link: str, came: Callable[[str], None], platform: str = sys.platform) -> Instance:
    """Become the one instance of `folder`, `came` called with each link (or "") of later starts; raises Elsewhere.

    `link` is one line of plain text, see `links.handed_over`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _Port(folder, link, came) if platform == "win32" else _Socket(folder, link, came)


def folder_of(app: str, state: Path, environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where instances of the app `app` meet: in the session's own folder where there is one, else at `state`.

    A long name is shortened there, as a socket's whole path may have 103 bytes (`sun_path` on macOS, 107 on Linux).
    """
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    here = app if len(app) <= LONGEST_NAME else f"{app[:15]}-{sha256(app.encode()).hexdigest()[:16]}"
    if runtime.startswith("/") and platform != "darwin":
        return Path(runtime) / here
    return state if here == app else state.parent / here


class _Socket:
    def __init__(self, folder: Path, link: str, came: Callable[[str], None]) -> None:
        import fcntl

        self._path, self._came = folder / "app.sock", came
        owner = folder.stat()
        if owner.st_uid != os.getuid():
            raise PermissionError(errno.EPERM, "it belongs to somebody else", str(folder))
        folder.chmod(0o700)
        self._lock = (folder / "app.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._hand_over(link)
            raise Elsewhere from None
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._listener.bind(str(self._path))
            self._listener.listen(8)
        except OSError:
            self._listener.close()
            self._lock.close()
            raise
        threading.Thread(target=_serve, args=(self._listener, self._take), name="instance", daemon=True).start()

    def _hand_over(self, link: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as there:
            there.settimeout(PATIENCE)
            try:
                there.connect(str(self._path))
                if peer_of(there) == os.getuid():
                    there.sendall(link.encode()[:LONGEST] + b"\n")
                    there.recv(len(ANSWER))
            except OSError:
                return  # it is just starting or just ending; its customer presses again

    def _take(self, caller: socket.socket) -> None:
        if peer_of(caller) != os.getuid():
            return
        line = _line(caller)
        if line is not None:
            caller.sendall(ANSWER)
            self._came(line)

    def close(self) -> None:
        """Listen no more; the folder is left empty."""
        _close(self._listener)
        self._path.unlink(missing_ok=True)
        Path(self._lock.name).unlink(missing_ok=True)
        self._lock.close()


def peer_of(there: socket.socket) -> int:
    """The account at the other end, by the kernel's word; -1 where it does not say."""
    if hasattr(socket, "SO_PEERCRED"):
        told = there.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", told)[1])
    if sys.platform == "darwin":  # xucred: version, uid, number of groups, groups (sys/ucred.h)
        told = there.getsockopt(0, 1, 76)
        return int(struct.unpack_from("II", told)[1])
    return -1


class _Port:
    """Where there are no such sockets. The file lies in the customer's own profile, which others cannot read."""

    def __init__(self, folder: Path, link: str, came: Callable[[str], None]) -> None:
        self._file, self._came, self._secret = folder / "app.json", came, secrets.token_urlsafe(32)
        if self._handed_over(link):
            raise Elsewhere
        self._listener = socket.create_server(("127.0.0.1", 0))
        fresh = folder / f"app.{os.getpid()}.json"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"port": self._listener.getsockname()[1], "secret": self._secret}, file)
        fresh.replace(self._file)
        threading.Thread(target=_serve, args=(self._listener, self._take), name="instance", daemon=True).start()

    def _handed_over(self, link: str) -> bool:
        try:
            told = json.loads(self._file.read_text())
            with socket.create_connection(("127.0.0.1", int(told["port"])), PATIENCE) as there:
                there.sendall(f"{told['secret']} {link[:LONGEST]}\n".encode())
                return there.recv(len(ANSWER)) == ANSWER
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _take(self, caller: socket.socket) -> None:
        told, _, link = (_line(caller) or "").partition(" ")
        if hmac.compare_digest(told.encode(), self._secret.encode()):
            caller.sendall(ANSWER)
            self._came(link)

    def close(self) -> None:
        """Listen no more."""
        _close(self._listener)
        self._file.unlink(missing_ok=True)


def _serve(listener: socket.socket, take: Callable[[socket.socket], None]) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        with caller:
            caller.settimeout(PATIENCE)
            try:
                take(caller)
            except (OSError, ValueError):
                continue


def _line(caller: socket.socket) -> str | None:
    """One line of a bounded length; None for anything else."""
    content = b""
    while not content.endswith(b"\n") and len(content) <= LONGEST + 100:
        more = caller.recv(512)
        if not more:
            return None
        content += more
    return content[:-1].decode() if content.endswith(b"\n") and content.count(b"\n") == 1 else None


def _close(listener: socket.socket) -> None:
    """Also where a thread waits in `accept`, which closing alone does not wake."""
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
