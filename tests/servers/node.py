"""The npm packages of `tests/node`, installed by their lock file the first time a test needs them."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

from tests.servers.processes import program

FOLDER = Path(__file__).parent.parent / "node"


def node_packages() -> Path:
    """The `node_modules` folder, complete; several workers may ask at once, one of them installs."""
    npm, modules = program("npm", "npm"), FOLDER / "node_modules"
    # npm writes this file last, so it tells a finished installation from one cut short.
    finished = modules / ".package-lock.json"
    with (FOLDER / "package.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not finished.exists():
            done = subprocess.run([npm, "ci"], cwd=FOLDER, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"npm ci failed in tests/node: {done.stderr}"
    return modules
