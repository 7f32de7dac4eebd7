"""The command line: thin, each command a call into the rooms below."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point `selfserve`; exits with 0 for done, 1 for a failure, 2 for wrong use or configuration."""
    from selfserve.cli.program import run

    sys.exit(run(sys.argv[1:]))
