"""Whose program is at the other end of a connection within this machine: the kernel's word, where it gives one.

Linux lists every connection with the account that owns each end (proc_net(5), `tcp`); macOS and Windows tell a
customer's program about the customer's own processes only.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

LISTS = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""The second too: a program may reach 127.0.0.1 by a socket that knows both families."""
STRANGER = -1
_ESTABLISHED = "01"
_MACHINE = bytes((127, 0, 0, 1))
_MAPPED = bytes(10) + b"\xff\xff" + _MACHINE


def owner(there: int, here: int, lists: Iterable[Path] = LISTS, platform: str = sys.platform) -> int | None:
    """The account whose program holds port `there` of 127.0.0.1 in a connection to our port `here`.

    STRANGER where the kernel shows no such connection that is still held by a program (one that was left behind is
    listed as root's); None on systems that do not tell.
    """
    rows = _rows(lists) if platform == "linux" else None
    if rows is None:
        return None
    ends = {(f"{address}:{there:04X}", f"{address}:{here:04X}") for address in map(_listed, (_MACHINE, _MAPPED))}
    for column in map(str.split, rows):
        if len(column) > 7 and (column[1], column[2]) in ends and column[3] == _ESTABLISHED:
            return int(column[7])
    return STRANGER


def _rows(lists: Iterable[Path]) -> list[str] | None:
    """All connections, a line each; None where the kernel shows no list at all."""
    found: list[str] | None = None
    for path in lists:
        try:
            found = (found or []) + path.read_text().splitlines()[1:]
        except OSError:
            continue
    return found


def _listed(address: bytes) -> str:
    """An address as the lists write it: words of four bytes, each as a number of this processor."""
    words = (address[at : at + 4] for at in range(0, len(address), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
