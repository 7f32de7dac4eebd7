"""A commit per change, where the repository is a git checkout."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from selfserve.connectors.munki.problems import RepositoryError
from selfserve.languages.messages import msg

SECONDS = 20
_AUTHOR = ("-c", "user.name=selfserve", "-c", "user.email=selfserve@localhost")
_PLAIN = ("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false", "-c", "core.fsmonitor=false")
"""Programs that a repository names (hooks, monitors) are never started with our rights."""


def is_checkout(repo: Path) -> bool:
    """True where the folder is inside a git work tree."""
    return _git(repo, "rev-parse", "--is-inside-work-tree").stdout.strip() == b"true"


def commit(repo: Path, path: Path, message: str) -> str:
    """Commit this one file and nothing else that may be staged; the new commit's id. Raises RepositoryError."""
    place = str(path.relative_to(repo))
    for arguments in (
        ("add", "--", place),
        ("commit", "--quiet", "--no-verify", "--message", message, "--", place),
    ):
        done = _git(repo, *arguments)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip() or done.stdout.decode("utf-8", "replace").strip()
            raise RepositoryError(msg("git {arguments} failed: {said}", arguments=arguments[0], said=said[:200]))
    return _git(repo, "rev-parse", "HEAD").stdout.decode().strip()


def _git(repo: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ["git", "-C", str(repo), *_AUTHOR, *_PLAIN, *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=SECONDS, env=environment)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RepositoryError(msg("git cannot be used: {error}.", error=str(error))) from error
