"""The demo's own `selfserve.toml`: written at its first start, read at every later one, edited by whoever likes to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from selfserve.demo.company import Company
from selfserve.settings.keys import toml
from selfserve.settings.loading import load
from selfserve.settings.model import Settings
from selfserve.settings.problems import SettingsInvalid
from selfserve.settings.starter import starter

HOST = "127.0.0.1"
_HERE = (HOST, "localhost")
NOBODY = 1
"""A port where nobody listens: below 1024, and of a service (RFC 1078) that no system starts any more."""

_HEAD = """\
# Configuration of the demo: selfserve with a sample company, everything on this machine.
# It is written once and read at every start of the demo, so change it and start the demo again. What the demo itself
# changes here are ports that somebody else has taken meanwhile.
# Lines that begin with "# key =" show a default: remove the "#" to change it.
# Secrets never stand here, only where they lie: "file:PATH", "env:NAME" or "keyring:NAME".
"""

_TARGETS = """\

# The target systems, one section each. Items use them by name: `use: directory.add_member`.
# A connector of your own: install its package beside selfserve, add its section at the end, start the demo again.

[connectors.directory]
kind = "ldap"
urls = ["ldap://{host}:{directory}"]
insecure_loopback = true
{account}
# Groups that items may write into, by cn.
writable_groups = [
  "vpn", "figma-pilot", "wiki-editors", "github-engineering",
  "finance-reports", "production-access", "guest-wifi", "crm",
]

# An old directory that does not answer, to see what happens then.
[connectors.legacy]
kind = "ldap"
urls = ["ldap://{host}:{nobody}"]
insecure_loopback = true
connect_timeout = 1
{account}
writable_groups = ["crm"]

[connectors.human]
kind = "human"

[connectors.munki]
kind = "munki"
repo = "munki"

[connectors.seats]
kind = "seats"

[connectors.seats.pools.figma-editor]
label = "Figma editor"
total = 4

[connectors.seats.pools.jetbrains-all]
label = "JetBrains All Products"
keys = "file:secrets/jetbrains-keys"

[connectors.seats.pools.zoom-pro]
label = "Zoom Pro"
total = 1
"""

_ACCOUNT = """\
bind_dn = {service}
bind_password = "file:secrets/directory-password"
people_base = {people}
groups_base = {groups}
placeholder_member = {service}"""


@dataclass(frozen=True)
class Ports:
    """Where the demo's servers listen, all on this machine."""

    web: int
    provider: int
    directory: int


def write(file: Path, company: Company, ports: Ports) -> None:
    """Write the configuration as an admin would for a real company; raises FileExistsError where there is one."""
    account = _ACCOUNT.format(
        service=toml(company.service_dn), people=toml(company.people_dn), groups=toml(company.groups_dn)
    )
    targets = _TARGETS.format(host=HOST, directory=ports.directory, nobody=NOBODY, account=account)
    with file.open("x", encoding="utf-8") as opened:
        opened.write(starter(_values(company, ports), head=_HEAD, targets=targets))


def _values(company: Company, ports: Ports) -> dict[str, object]:
    return {
        "company.name": company.name,
        "company.support": "Walk over to TechOps on the second floor.",
        "company.support_in": {"de": "Komm zu TechOps im zweiten Stock."},
        "company.zone": "Europe/Berlin",
        "server.public_url": f"http://{HOST}:{ports.web}",
        "server.port": ports.web,
        "oidc.issuer": f"http://{HOST}:{ports.provider}",
        "oidc.client_id": "selfserve",
        "oidc.client_secret": "file:secrets/oidc-client-secret",
        "oidc.allow_http_loopback": True,
        "roles.staff": ["techops"],
        "roles.admin": ["selfserve-admins"],
        "roles.auditor": ["selfserve-auditors"],
        "directory.connector": "directory",
        "directory.base": company.people_dn,
        "directory.group_base": company.groups_dn,
        "directory.every": "30s",
        "logs.level": "WARNING",
    }


def read(file: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in the demo's file; raises SettingsInvalid, also where they are not those of a demo."""
    settings = load(file, environ)
    ports_of(settings, file)
    return settings


def ports_of(settings: Settings, file: Path) -> Ports:
    """The ports of pages, provider and directory; raises SettingsInvalid where one of them is not the demo's own."""
    directory = settings.connectors.get(settings.directory.connector)
    urls = directory.rest.get("urls") if directory else None
    address = str(urls[0]) if isinstance(urls, list) and urls else ""
    found = {
        "oidc.issuer": _port(settings.oidc.issuer, "http"),
        f"connectors.{settings.directory.connector}.urls": _port(address, "ldap"),
        "server.public_url": _port(settings.server.public_url, "http"),
    }
    wrong = [key for key, port in found.items() if port is None]
    if wrong or settings.server.public_url.rpartition(":")[2] != str(settings.server.port):
        key = wrong[0] if wrong else "server.port"
        own = f"The demo runs its own provider, directory and pages at {HOST}"
        advice = "mend the line, or name another folder with --data"
        raise SettingsInvalid([f"{file}: {key} is not as the demo writes it. {own}; {advice}."])
    provider, ldap, _ = found.values()
    assert provider is not None
    assert ldap is not None
    return Ports(settings.server.port, provider, ldap)


def _port(address: str, scheme: str) -> int | None:
    parts = urlsplit(address)
    return parts.port if parts.scheme == scheme and parts.hostname in _HERE and not parts.path.strip("/") else None


def move(file: Path, old: Ports, new: Ports) -> None:
    """Write other ports into the file, and leave every other sign of it as it is."""
    to = {str(old.web): new.web, str(old.provider): new.provider, str(old.directory): new.directory}
    addresses = re.compile(rf"(?<=://)({'|'.join(map(re.escape, _HERE))}):({'|'.join(to)})\b")
    text = addresses.sub(lambda found: f"{found[1]}:{to[found[2]]}", file.read_text(encoding="utf-8"))
    text = re.sub(rf"^(\s*port\s*=\s*){old.web}\b", rf"\g<1>{new.web}", text, count=1, flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8")
