"""The commented configuration that `selfserve init` writes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from selfserve.settings.keys import Key, sections, toml
from selfserve.settings.secrets import CREDENTIAL

HEAD = """\
# Configuration of selfserve. Lines that begin with "# key =" show a default: remove the "#" to change it.
# Each key can also be set in the environment, which wins: SELFSERVE__SERVER__PORT=8080.
# Secrets never stand here. Write where they lie: "keyring:NAME", "env:NAME" or "file:PATH".
# Lengths of time are written 30s, 15m, 8h, 30d. `selfserve doctor` checks all of this.
"""

TARGETS = """\

# The target systems, one section each. Items use them by name: `use: directory.add_member`.

[connectors.directory]
kind = "ldap"
urls = ["ldaps://ldap.example.com"]
bind_dn = "cn=selfserve,ou=services,dc=example,dc=com"
bind_password = "file:secrets/directory-password"
people_base = "ou=people,dc=example,dc=com"
groups_base = "ou=groups,dc=example,dc=com"
# Groups that items may write into, by cn; none by default.
writable_groups = []
# A PEM file of the authority to trust, where the system does not know it:
# ca_file = "/etc/ssl/company-ca.pem"

[connectors.human]
kind = "human"

# Licences that you count yourself. `total` is how many were bought; a pool of licence keys has `keys` instead, a
# reference to a text with one key a line.
[connectors.seats]
kind = "seats"

[connectors.seats.pools.figma-editor]
label = "Figma editor"
total = 25
team = "design-tools"

[connectors.seats.pools.zoom-pro]
label = "Zoom Pro"
total = 40

[connectors.seats.pools.jetbrains-all]
label = "JetBrains All Products"
total = 10

# Software for Macs by a Munki repository:
# [connectors.munki]
# kind = "munki"
# repo = "/srv/munki"
"""

CONNECTORS = frozenset({"directory", "human", "seats"})
"""The connectors that the starter configures."""

EXAMPLES: Mapping[str, object] = {
    "company.name": "Example Ltd",
    "company.support": "Call 4711 or come to room 101.",
    "company.zone": "Europe/Berlin",
    "server.public_url": "https://help.example.com",
    "oidc.issuer": "https://login.example.com/realms/example",
    "oidc.client_id": "selfserve",
    "oidc.client_secret": "file:secrets/oidc-client-secret",
    "roles.staff": ["techops"],
    "roles.admin": ["techops-admins"],
    "roles.auditor": ["auditors"],
    "directory.base": "ou=people,dc=example,dc=com",
    "directory.group_base": "ou=groups,dc=example,dc=com",
}
"""Values written uncommented, since every installation has its own."""


def starter(values: Mapping[str, object] = EXAMPLES, *, head: str = HEAD, targets: str = TARGETS) -> str:
    """The text of a configuration with every key of the settings, each with its comment.

    `values`, by dotted key, are written uncommented; `targets` is the text of the connectors' sections.
    """
    return head + "".join(_section(*one, values) for one in sections()) + targets


def starter_of_service() -> str:
    """The same for a service of systemd: data in `/var/lib/selfserve`, every secret a credential that it hands over.

    Credentials are named as `LoadCredential=secrets:FOLDER` names the files of a folder: `secrets_NAME`.
    """
    ours = {"server.secret_key": "file:secrets/secret-key", "server.sealing_key": "file:secrets/sealing-key"}
    text = starter({**EXAMPLES, **ours, "store.folder": "/var/lib/selfserve"})
    return text.replace('"file:secrets/', f'"file:{CREDENTIAL}secrets_')


def _section(name: str, description: str, keys: list[Key], values: Mapping[str, object]) -> str:
    lines = ["", *_comment(description), f"[{name}]"]
    for key in keys:
        lines += [*_comment(key.description), _line(key, values)]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, width=110, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _line(key: Key, values: Mapping[str, object]) -> str:
    if key.path in values:
        return f"{key.name} = {toml(values[key.path])}"
    return f"# {key.name} = {key.default or toml('')}"
