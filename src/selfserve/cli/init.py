"""`selfserve init`: a new installation's configuration, keys and starter catalog."""

from __future__ import annotations

import re
import secrets
import shutil
from pathlib import Path
from typing import Annotated

import typer

import selfserve
from selfserve.cli.stop import WRONG, Stop
from selfserve.cli.surroundings import say
from selfserve.settings.loading import FILE
from selfserve.settings.references import SecretRef
from selfserve.settings.sealing import new_key
from selfserve.settings.secrets import SecretSource
from selfserve.settings.starter import CONNECTORS, starter, starter_of_service

_USES = re.compile(r"^\s*(?:- )?use:\s*([a-z][a-z0-9_]*)\.", re.MULTILINE)


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write; made if it does not exist.")] = Path(),
    service: Annotated[
        bool, typer.Option("--service", help="For the Debian package: data in /var/lib, secrets by systemd.")
    ] = False,
) -> None:
    """Write a commented configuration, fresh keys and a starter catalog; overwrites nothing."""
    for name in (FILE, "catalog", "secrets"):
        if (folder / name).exists():
            raise Stop(f"{folder / name} exists already; `selfserve init` overwrites nothing.", WRONG)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(starter_of_service() if service else starter(), encoding="utf-8")
    keys = SecretSource(folder.absolute(), {})
    keys.keep(SecretRef("file", "secrets/secret-key"), secrets.token_urlsafe(48))
    keys.keep(SecretRef("file", "secrets/sealing-key"), new_key())
    (folder / "secrets" / ".gitignore").write_text("*\n", encoding="utf-8")
    items = _copy_catalog(catalog_source(), folder / "catalog")
    say(f"Wrote {folder / FILE}, two keys in {folder / 'secrets'} and a catalog of {items} items.")
    say(f"Next: fill in {FILE}; then `selfserve secrets set …`, `db upgrade`, `people sync`, `doctor`, `serve`.")


def catalog_source() -> Path:
    """The catalog that comes with selfserve: in the installed package, or in a checkout beside `src`."""
    package = Path(selfserve.__file__).parent
    for place in (package / "demo" / "catalog", package.parents[1] / "catalog"):
        if (place / "items").is_dir():
            return place
    raise Stop("The starter catalog is not part of this installation; reinstall selfserve.")


def _copy_catalog(source: Path, target: Path) -> int:
    """Copy what works with the starter's connectors; returns the number of items."""
    shutil.copytree(source, target, ignore=lambda folder, names: _left_out(Path(folder), names))
    return len(list((target / "items").glob("*.yaml")))


def _left_out(folder: Path, names: list[str]) -> set[str]:
    if folder.name != "items":
        return set()
    return {name for name in names if not set(_USES.findall((folder / name).read_text("utf-8"))) <= CONNECTORS}
