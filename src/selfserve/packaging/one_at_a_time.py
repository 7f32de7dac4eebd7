"""One builder or publisher at a time in a folder: two would write into each other's files."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.tree import folder_for_all

_NOW = 2 | 4
"""flock: for one alone, and without waiting (LOCK_EX | LOCK_NB; the module is not there on Windows)."""


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Nobody else builds or publishes into `folder`, which is made where it is missing, for everybody to read. Raises
    CannotPackage where somebody is at it, or it cannot be made. Whatever ends the process ends its turn (flock)."""
    try:
        folder_for_all(folder)
        turn = _turn(folder)
    except BlockingIOError:
        raise CannotPackage(
            f"Somebody is just building or publishing into {folder}. Wait until that is done, and run the same command "
            "again."
        ) from None
    except OSError as error:
        raise CannotPackage(f"{error.filename or folder} cannot be written: {error.strerror}.") from None
    try:
        yield
    finally:
        if turn is not None:
            os.close(turn)


def _turn(folder: Path) -> int | None:
    """The open folder, locked; None on Windows, which has no locks on folders, and keeps files in use from being
    replaced."""
    if os.name == "nt":
        return None
    turn = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        importlib.import_module("fcntl").flock(turn, _NOW)
    except OSError:
        os.close(turn)
        raise
    return turn
