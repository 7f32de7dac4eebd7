"""Publishes, and is killed at each of its steps in turn: BASE OUT KEY STRIDE PACKAGE…, run as a program.

For each step the tree BASE is copied to OUT/NUMBER, and a process that publishes the packages there ends itself by
SIGKILL before that step (what a step began is then half done). The steps are the calls of the operating system that
change something below the tree, as Python's audit events name them; each STRIDE-th is taken. The last tree is whole.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from selfserve.packaging.apt_repository import Repository
from selfserve.packaging.signing import signer

CHANGING = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.truncate", "shutil.rmtree"}
LATER = datetime(2026, 11, 2, tzinfo=UTC)
REPOSITORY = ("fernhill", "https://apt.fernhill.example")


class Steps:
    """Counts the steps of this process, and ends it before the one with the number `last`."""

    def __init__(self, tree: Path, last: int) -> None:
        self.tree, self.last, self.done = str(tree), last, 0
        self.sync = os.fsync
        os.fsync = self._half  # type: ignore[assignment]

    def __call__(self, event: str, given: tuple[object, ...]) -> None:
        if event in CHANGING and self._ours(given[0]) and (event != "open" or self._writes(given)):
            self._step()

    def _ours(self, place: object) -> bool:
        return isinstance(place, str | os.PathLike) and str(place).startswith(self.tree)

    @staticmethod
    def _writes(given: tuple[object, ...]) -> bool:
        return isinstance(given[2], int) and bool(given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))

    def _half(self, descriptor: int) -> None:
        """What was written is half there when the process ends here."""
        if self.done + 1 == self.last:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
        self._step()
        self.sync(descriptor)

    def _step(self) -> None:
        self.done += 1
        if self.done == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def publishes(tree: Path, key: Path, packages: list[Path], last: int) -> bool:
    """Publish in a process of its own that is killed before its step `last`; False where it ended before."""
    child = os.fork()
    if not child:
        code = 1
        try:
            sys.addaudithook(Steps(tree, last))
            with signer(f"file:{key}", lambda reference: Path(reference.removeprefix("file:")).read_text()) as signing:
                Repository(tree, *REPOSITORY).write(packages, signing, LATER)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert status == 0, f"it stopped by itself at {last}"
    return False


def main(base: Path, out: Path, key: Path, stride: int, packages: list[Path]) -> None:
    """From the first step to the last."""
    number = 1
    while True:
        tree = out / f"{number:03}"
        if base.exists():
            shutil.copytree(base, tree)
        if not publishes(tree, key, packages, number):
            return
        number += stride


if __name__ == "__main__":
    base, out, key, stride, *packages = sys.argv[1:]
    main(Path(base), Path(out), Path(key), int(stride), [Path(one) for one in packages])
