"""Processes of an installation, started by the command line as an admin starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.app.installation import Installation

MAIN = [sys.executable, "-c", "from selfserve.cli import main; main()"]


def write_config(place: Installation, port: int) -> Path:
    """`selfserve.toml` of the installation, whose server listens on `port`."""
    store, directory = place.settings.store, place.settings.directory
    lines = [
        '[company]\nname = "Fernhill"',
        f'[server]\npublic_url = "http://127.0.0.1:{port}"\nport = {port}',
        f'[store]\nfolder = "{place.folder / "data"}"',
        f'url = "{store.url}"\npassword = "env:STORE_PASSWORD"' if store.url else "",
        f'[catalog]\nfolder = "{place.folder / "catalog"}"',
        f'[oidc]\nissuer = "{place.settings.oidc.issuer}"\nclient_id = "selfserve"\nallow_http_loopback = true',
        f'[roles]\nstaff = ["techops"]\n[directory]\nconnector = "directory"\nbase = "{directory.base}"',
        f'group_base = "{directory.group_base}"',
    ]
    for name, section in place.settings.connectors.items():
        lines.append(f'[connectors.{name}]\nkind = "{section.kind}"')
        lines += [f"{key} = {_toml(value)}" for key, value in section.rest.items()]
    path = place.folder / "selfserve.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_toml(inner)}' for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    return str(value) if isinstance(value, int | float) else f'"{value}"'


def environment(place: Installation) -> dict[str, str]:
    """What the processes find in their environment: the secrets, and nothing of the test runner."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "SELFSERVE"))}
    return {**kept, **place.kept, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}


def command(config: Path, *arguments: str) -> list[str]:
    """The command line of one command."""
    return [*MAIN, "--config", str(config), *arguments]


def ran(place: Installation, config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        command(config, *arguments),
        env=environment(place), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
