"""One window a customer: a second start hands its link to the first and ends."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from selfserve.desktop.lock import Lock
from selfserve.desktop.meeting import PATIENCE, Port, Socket, Way

LONGEST_NAME = 40
CHANGEOVER = 90.0
"""Seconds to wait for one that is just starting or ending: what it asked its server is heard, and kept, before it ends;
and its own server has to end, too, in `--local`."""
PAUSE = 0.05
ANSWER = b"ok\n"


class Elsewhere(Exception):  # noqa: N818  (the good end of a second start)
    """Another instance runs, and has the link now."""


class Silent(Exception):  # noqa: N818  (said to whoever started it, in a sentence)
    """Another instance runs and does not answer; once it does, it may open the link after all."""


class Instance(Protocol):
    """The running one; listens until it is closed."""

    def deafen(self) -> None:
        """Listen no more, as no window is there to open a link in: a later start waits until this one is closed."""

    def close(self) -> None:
        """Be the one instance no more; the folder is left empty."""


def single(folder: Path, link: str, came: Callable[[str], None], platform: str = sys.platform) -> Instance:
    """Become the one instance of `folder`, `came` called with each link (or "") of later starts; raises Elsewhere, or
    Silent.

    `link` is one line of plain text, see `links.handed_over`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    one = _One(Port(folder) if platform == "win32" else Socket(folder), Lock(folder / "app.lock"), came)
    one.begin(link)
    return one


def folder_of(app: str, state: Path, environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where instances of the app `app` meet: in the session's own folder where there is one, else at `state`.

    A long name is shortened there, as a socket's whole path may have 103 bytes (`sun_path` on macOS, 107 on Linux).
    """
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    here = app if len(app) <= LONGEST_NAME else f"{app[:15]}-{sha256(app.encode()).hexdigest()[:16]}"
    if runtime.startswith("/") and platform != "darwin":
        return Path(runtime) / here
    return state if here == app else state.parent / here


class _One:
    def __init__(self, way: Way, lock: Lock, came: Callable[[str], None]) -> None:
        self._way, self._lock, self._came = way, lock, came
        self._listener: socket.socket | None = None
        self._turn = threading.Lock()

    def begin(self, link: str) -> None:
        """See `single`."""
        until = time.monotonic() + CHANGEOVER
        while not self._lock.take():
            if self._handed_over(link):
                raise Elsewhere
            if time.monotonic() > until:
                raise Silent
            time.sleep(PAUSE)
        try:
            self._listener = self._way.listening()
        except BaseException:
            self._lock.release()
            raise
        threading.Thread(target=self._serve, args=(self._listener,), name="instance", daemon=True).start()

    def _handed_over(self, link: str) -> bool:
        """Whether the running one has it; raises Silent where it does not answer."""
        try:
            with self._way.told(link) as there:
                return there.recv(len(ANSWER)) == ANSWER
        except TimeoutError:
            raise Silent from None
        except OSError:
            return False  # it is just starting, or just ending

    def _serve(self, listener: socket.socket) -> None:
        """Hear one after the other until it is closed, also after a moment in which nothing could be opened."""
        while self._listener is listener:
            try:
                caller, _ = listener.accept()
            except OSError:
                if self._listener is listener:
                    time.sleep(PAUSE)
                continue
            with caller:
                caller.settimeout(PATIENCE)
                with contextlib.suppress(OSError, ValueError):
                    self._take(caller)

    def _take(self, caller: socket.socket) -> None:
        """Hand it on, then say so: who was told so may rely on it, and who could wait no longer finds it opened."""
        link = self._way.heard(caller)
        if link is None:
            return
        with self._turn:
            if self._listener is None:
                return
            self._came(link)
        caller.sendall(ANSWER)

    def deafen(self) -> None:
        """See `Instance`."""
        with self._turn:
            listener, self._listener = self._listener, None
        if listener is not None:
            _close(listener)
            self._way.forget()

    def close(self) -> None:
        """See `Instance`."""
        self.deafen()
        self._lock.release()


def _close(listener: socket.socket) -> None:
    """Also where a thread waits in `accept`, which closing alone does not wake."""
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
