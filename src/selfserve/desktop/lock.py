"""A file that one process holds for as long as it lives, and takes away when it gives it up."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path

MOST_TRIES = 1000
"""More than starts and ends can meet in one moment: then the file system gives its files no steady numbers."""


class Lock:
    """The file at `path`, held from `take` until `release`; the system lets go of it when the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> bool:
        """Hold it, unless another does; raises OSError where the file cannot be made or locked."""
        for _ in range(MOST_TRIES):
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                held, last = _held(file), self._lies_there(file)
            except BaseException:
                os.close(file)
                raise
            if held and last:
                self._file = file
                return True
            os.close(file)
            if not held:
                return False
            # Whoever held it took the file away after we had opened it: what we hold is found by nobody.
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK), str(self._path))

    def release(self) -> None:
        """Let go of it, and leave no file. Nobody else takes away the file at `path`: they do not hold it."""
        file, self._file = self._file, None
        if file is None:
            return
        if sys.platform == "win32":  # what is open stays there, also by another who just opened it
            _let_go(file)
            os.close(file)
            with contextlib.suppress(OSError):
                self._path.unlink()
        else:
            self._path.unlink(missing_ok=True)
            os.close(file)

    def _lies_there(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False


if sys.platform == "win32":
    import msvcrt

    def _held(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _let_go(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _held(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
