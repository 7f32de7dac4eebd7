"""What a demo needs on disk: its secrets, a copy of the catalog, a Munki repository, and settings that join them."""

from __future__ import annotations

import base64
import json
import plistlib
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from selfserve.demo.company import Company
from selfserve.settings.model import Settings

HOST = "127.0.0.1"
MACS = ("C02FERN01", "C02FERN02", "C02FERN03")
"""Serial numbers of the sample company's Macs."""
SOFTWARE = ("Slack", "FirefoxDeveloperEdition")


@dataclass(frozen=True)
class Ports:
    """Where the demo's servers listen, all on loopback. Nothing listens on `nobody`."""

    web: int
    provider: int
    directory: int
    nobody: int


def free_port(wanted: int = 0) -> int:
    """`wanted` where it is free, else any free port of this machine."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise OSError("no free port on this machine")


def secrets_of(folder: Path) -> dict[str, str]:
    """The demo's secrets, made at its first start and kept in a file only its owner can read."""
    place = folder / "secrets.json"
    if place.exists():
        kept: dict[str, str] = json.loads(place.read_text())
        return kept
    made = {
        "DEMO_SECRET_KEY": secrets.token_urlsafe(40),
        "DEMO_SEALING_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DEMO_CLIENT_SECRET": secrets.token_urlsafe(32),
        "DEMO_DIRECTORY_PASSWORD": secrets.token_urlsafe(24),
        "DEMO_LICENCES": "\n".join(f"JB-{secrets.token_hex(4).upper()}" for _ in range(3)),
    }
    place.touch(mode=0o600, exist_ok=False)
    place.write_text(json.dumps(made))
    return made


def starter_catalog() -> Path:
    """The catalog that ships with selfserve: in the package, or beside the sources."""
    packaged = Path(__file__).parent / "catalog"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "catalog"


def hurry(folder: Path) -> None:
    """Let the item whose target is down call a human after seconds: a tour cannot wait a quarter of an hour."""
    item = folder / "catalog" / "items" / "legacy-crm.yaml"
    item.write_text(item.read_text().replace("escalate: {after: 15m,", "escalate: {after: 4s,"))


def prepare(folder: Path) -> None:
    """Copy the catalog, to be edited freely, and lay out the Munki repository; what is there stays."""
    if not (folder / "catalog").exists():
        shutil.copytree(starter_catalog(), folder / "catalog")
    repo = folder / "munki"
    for part in ("catalogs", "manifests", "pkgsinfo", "pkgs"):
        (repo / part).mkdir(parents=True, exist_ok=True)
    if not (repo / "catalogs" / "production").exists():
        items = [{"name": name, "version": "1.0", "catalogs": ["production"]} for name in SOFTWARE]
        (repo / "catalogs" / "production").write_bytes(plistlib.dumps(items))
    for serial in MACS:
        manifest = repo / "manifests" / serial
        if not manifest.exists():
            manifest.write_bytes(plistlib.dumps({"catalogs": ["production"], "managed_installs": []}))


def settings_of(folder: Path, company: Company, ports: Ports, service_dn: str) -> Settings:
    """The settings of the demo, as an admin would write them for a real company."""
    people, groups = company.people_dn, company.groups_dn

    def ldap(port: int) -> dict[str, object]:
        return {
            "kind": "ldap",
            "urls": [f"ldap://{HOST}:{port}"],
            "insecure_loopback": True,
            "connect_timeout": 1,
            "bind_dn": service_dn,
            "bind_password": "env:DEMO_DIRECTORY_PASSWORD",
            "people_base": people,
            "groups_base": groups,
            "writable_groups": WRITABLE,
            "placeholder_member": service_dn,
        }

    return Settings.model_validate(
        {
            "company": {"name": company.name, "zone": "Europe/Berlin", "support": SUPPORT},
            "server": {
                "public_url": f"http://{HOST}:{ports.web}",
                "port": ports.web,
                "secret_key": "env:DEMO_SECRET_KEY",
                "sealing_key": "env:DEMO_SEALING_KEY",
            },
            "store": {"folder": str(folder / "data")},
            "catalog": {"folder": str(folder / "catalog")},
            "oidc": {
                "issuer": f"http://{HOST}:{ports.provider}",
                "client_id": "selfserve",
                "client_secret": "env:DEMO_CLIENT_SECRET",
                "allow_http_loopback": True,
            },
            "roles": {"staff": ["techops"], "admin": ["selfserve-admins"], "auditor": ["selfserve-auditors"]},
            "directory": {"connector": "directory", "base": people, "group_base": groups, "every": "30s"},
            "connectors": {
                "directory": ldap(ports.directory),
                "legacy": ldap(ports.nobody),
                "human": {"kind": "human"},
                "munki": {"kind": "munki", "repo": str(folder / "munki")},
                "seats": {"kind": "seats", "pools": POOLS},
            },
        }
    )


SUPPORT = "Walk over to TechOps on the second floor."
WRITABLE = [
    "vpn", "figma-pilot", "wiki-editors", "github-engineering",
    "finance-reports", "production-access", "guest-wifi", "crm",
]  # fmt: skip
POOLS = {
    "figma-editor": {"label": "Figma editor", "total": 4},
    "jetbrains-all": {"label": "JetBrains All Products", "keys": "env:DEMO_LICENCES"},
    "zoom-pro": {"label": "Zoom Pro", "total": 1},
}
