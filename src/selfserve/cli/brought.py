"""A backup that comes in by standard input: whoever calls may read it where this command's account may not."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selfserve.cli.stop import WRONG, Stop

BROUGHT = Path("-")
"""What stands in place of a file."""


@contextmanager
def brought(file: Path, beside: Path) -> Iterator[Path]:
    """The file itself; for `-` what standard input holds, in a file beside the store that is gone afterwards.

    Nobody else may read it meanwhile. A terminal is refused: nobody types a backup, and it would wait forever.
    """
    if file != BROUGHT:
        yield file
        return
    if sys.stdin.isatty():
        raise Stop("`-` reads the backup from standard input: `selfserve db restore - <FILE`.", WRONG)
    beside.parent.mkdir(parents=True, exist_ok=True)
    copy = beside.with_name(f"{beside.name}.brought")
    copy.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as writing:
            shutil.copyfileobj(sys.stdin.buffer, writing)
        yield copy
    finally:
        copy.unlink(missing_ok=True)
