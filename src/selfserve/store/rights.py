"""Who else on the machine may look into a store that is a file: everything the company asked for is in it."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

FILE, FOLDER = 0o600, 0o700


def open_to_others(store: Path, data: Path) -> str:
    """One sentence with the command that helps, where others than its owner may read or change the store; else "".

    Looked at are the file, what lies beside it under its name (`-wal`, `-shm`, the stores that `restore` kept), and the
    data folder `data`, which holds backups and exports as well; a folder that is not ours (`/var/lib`) is not judged. A
    folder that only its owner may enter keeps everything in it to them.
    """
    if os.name != "posix" or not store.exists() or not _others_may(store.parent):
        return ""
    folders = [data] if store.parent.resolve() == data.resolve() else []
    files = sorted(one for one in _of(store) if _others_may(one))
    if not folders and not files:
        return ""
    parts = [
        f"chmod {mode:o} {shlex.join(map(str, some))}" for mode, some in ((FOLDER, folders), (FILE, files)) if some
    ]
    return f"Others on this machine may look into the store; run `{' && '.join(parts)}`."


def _of(store: Path) -> Iterator[Path]:
    return (one for one in store.parent.iterdir() if one.name.startswith(store.name) and one.is_file())


def _others_may(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False
