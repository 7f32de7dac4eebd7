"""The account that a command runs as, for sentences about what it may not do."""

from __future__ import annotations

import os
import sys


def account() -> str:
    """Its name, or its number where the machine has no name for it."""
    if sys.platform == "win32":
        return os.getlogin()
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
