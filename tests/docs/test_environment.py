"""The first thing that `make` does takes minutes, and says so."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.docs.pages import ROOT


def test_who_waits_for_the_environment_is_told_before_it_is_made(tmp_path: Path) -> None:
    """One line, printed before anything is made; nothing else."""
    folder, python = tmp_path / "made", tmp_path / "python"
    python.write_text('#!/bin/sh\n[ "$1" = -c ] || echo "$@"\n')
    python.chmod(0o755)
    done = subprocess.run(
        [ROOT / "packaging" / "environment", python, folder], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [f"Making {folder}, a few minutes the first time…", f"-m venv {folder}"]
    assert done.stderr == ""
