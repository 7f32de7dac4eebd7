"""What a demo needs on disk: its secrets, a copy of the catalog, a Munki repository; and free ports."""

from __future__ import annotations

import plistlib
import secrets
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from selfserve.demo.configuration import HOST
from selfserve.settings.references import SecretRef
from selfserve.settings.sealing import new_key
from selfserve.settings.secrets import SecretSource

MACS = ("C02FERN01", "C02FERN02", "C02FERN03")
"""Serial numbers of the sample company's Macs."""
SOFTWARE = {
    "Slack": ("Slack", "The company chat"),
    "FirefoxDeveloperEdition": ("Firefox Developer Edition", "A browser for people who build web pages"),
    "Blender": ("Blender", "Models, renders and animates in 3D"),
    "Inkscape": ("Inkscape", "Draws vector graphics"),
    "KeePassXC": ("KeePassXC", "Keeps passwords in a file of your own"),
    "LibreOffice": ("LibreOffice", "Texts, tables and slides"),
    "VLC": ("VLC", "Plays nearly every film and sound"),
    "VisualStudioCode": ("Visual Studio Code", "An editor for code"),
}
"""What the sample company has packed for its Macs: the name in the repository, and what people read of it."""

DIRECTORY_PASSWORD = SecretRef("file", "secrets/directory-password")
_SECRETS: dict[str, Callable[[], str]] = {
    "secret-key": lambda: secrets.token_urlsafe(40),
    "sealing-key": new_key,
    "oidc-client-secret": lambda: secrets.token_urlsafe(32),
    "directory-password": lambda: secrets.token_urlsafe(24),
    "jetbrains-keys": lambda: "\n".join(f"JB-{secrets.token_hex(4).upper()}" for _ in range(3)),
}


def listener(wanted: int = 0) -> socket.socket:
    """A listening socket at `wanted` where that is free, else at any free port of this machine.

    It listens from now on, so that nobody else can take the port before its server runs.
    """
    try:
        return socket.create_server((HOST, wanted), backlog=128)
    except OSError:
        return socket.create_server((HOST, 0), backlog=128)


def starter_catalog() -> Path:
    """The catalog that ships with selfserve: in the package, or beside the sources."""
    packaged = Path(__file__).parent / "catalog"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "catalog"


def hurry(folder: Path) -> None:
    """Let the item whose target is down call a human after seconds: a tour cannot wait a quarter of an hour."""
    item = folder / "catalog" / "items" / "legacy-crm.yaml"
    item.write_text(item.read_text().replace("escalate: {after: 15m,", "escalate: {after: 4s,"))


def prepare(folder: Path) -> None:
    """Make the secrets, copy the catalog, to be edited freely, and lay out the Munki repository; what is there stays.

    A folder made here is its owner's alone: the store and the secrets of the demo lie in it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = SecretSource(folder, {})
    for name, made in _SECRETS.items():
        if not (folder / "secrets" / name).exists():
            source.keep(SecretRef("file", f"secrets/{name}"), made())
    if not (folder / "catalog").exists():
        shutil.copytree(starter_catalog(), folder / "catalog")
    _munki(folder / "munki")


def _munki(repo: Path) -> None:
    for part in ("catalogs", "manifests", "pkgsinfo", "pkgs"):
        (repo / part).mkdir(parents=True, exist_ok=True)
    if not (repo / "catalogs" / "production").exists():
        items = [
            {"name": name, "version": "1.0", "display_name": label, "description": words, "catalogs": ["production"]}
            for name, (label, words) in SOFTWARE.items()
        ]
        (repo / "catalogs" / "production").write_bytes(plistlib.dumps(items))
    for serial in MACS:
        manifest = repo / "manifests" / serial
        if not manifest.exists():
            manifest.write_bytes(plistlib.dumps({"catalogs": ["production"], "managed_installs": []}))
