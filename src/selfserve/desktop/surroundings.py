"""The environment as whoever started the app has it: what PyInstaller's starter put in goes no further than the app."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

SEARCHED = ("LD_LIBRARY_PATH", "LIBPATH", "DYLD_LIBRARY_PATH")
"""Where a loader looks for libraries. The starter keeps what it found in NAME_ORIG; the app itself needs it no more."""
OWN = "_PYI_"
"""What the starter tells other starters: an app of the same kind would take itself for a part of this one."""


def give_back(environ: MutableMapping[str, str], inside: Path) -> None:
    """Make `environ` what it was: browser, mail and WebKit's helpers are the machine's, not of the folder `inside`."""
    for name in SEARCHED:
        before = environ.pop(f"{name}_ORIG", None)
        told = environ.pop(name, "") if before is None else before
        kept = [one for one in told.split(os.pathsep) if one and not _lies(one, inside)]
        if kept:
            environ[name] = os.pathsep.join(kept)
    for name in [one for one in environ if one.startswith(OWN)]:
        del environ[name]


def _lies(place: str, inside: Path) -> bool:
    return Path(place) == inside or inside in Path(place).parents
