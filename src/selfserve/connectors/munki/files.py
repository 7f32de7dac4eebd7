"""Reading and replacing single files of a repository: no symlinks, no half-written file, one writer at a time."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from selfserve.connectors.munki.problems import (
    FileRightsError,
    NoManifestError,
    RepositoryAwayError,
    RepositoryError,
    RepositoryRightsError,
)
from selfserve.languages.messages import msg

LARGEST = 64 * 1024 * 1024
"""Bytes; the largest catalogs known have some ten million."""
_STEP = 0.02


def read(path: Path) -> bytes:
    """The bytes of a regular file. Raises NoManifestError where there is none, RepositoryError for anything else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except PermissionError as error:
        raise _unreadable(error, path) from error
    except OSError as error:
        raise told(error, path) from error
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST:
            raise RepositoryError(msg("{name} is no ordinary file of bearable size.", name=path.name))
        return file.read()


def replace(path: Path, content: bytes) -> None:
    """Put `content` in the file's place at once and for good: written beside it, flushed, renamed; mode and owner
    kept."""
    try:
        facts = path.lstat()
        descriptor, name = tempfile.mkstemp(prefix=".selfserve-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                os.fchmod(descriptor, stat.S_IMODE(facts.st_mode))
                with contextlib.suppress(PermissionError):
                    os.fchown(descriptor, facts.st_uid, facts.st_gid)
                file.flush()
                os.fsync(descriptor)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _flush_folder(path.parent)
    except OSError as error:
        raise told(error, path) from error


@contextlib.contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock file `path` alone among all processes and threads; RepositoryAwayError after `seconds` of
    waiting."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise told(error, path) from error
    try:
        _wait_for(descriptor, path, time.monotonic() + seconds)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, path: Path, limit: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= limit:
                raise RepositoryAwayError(
                    msg("Somebody else has been changing the repository ({name}).", name=path.name)
                ) from None
            # flock has no form that waits for a limited time without signals, which threads cannot use.
            time.sleep(_STEP)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unreadable(error: PermissionError, path: Path) -> RepositoryError:
    """One file that may not be read keeps nobody from the others; a folder that may not be searched does."""
    try:
        path.lstat()
    except OSError:
        return told(error, path)
    return FileRightsError(msg("The process may not read {name} in the repository.", name=path.name))


def told(error: OSError, path: Path) -> RepositoryError:
    """An error of the operating system as one of the repository."""
    if isinstance(error, PermissionError):
        return RepositoryRightsError(msg("The process may not use {name} in the repository.", name=path.name))
    if error.errno == errno.ELOOP:
        return RepositoryError(msg("{name} is a symbolic link, which is never followed.", name=path.name))
    if isinstance(error, FileNotFoundError) and path.parent.is_dir():
        return NoManifestError(msg("There is no {name} in {folder}.", name=path.name, folder=path.parent.name))
    return RepositoryAwayError(msg("The repository cannot be used now: {error}.", error=error.strerror or str(error)))
