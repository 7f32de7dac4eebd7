"""The least that makes valid settings."""

from __future__ import annotations

from typing import Any

from selfserve.settings.model import Settings

MINIMAL = """
[server]
public_url = "https://help.example.com"

[oidc]
issuer = "https://login.example.com"
client_id = "selfserve"

[directory]
base = "ou=people,dc=example,dc=com"
"""


def settings(**sections: Any) -> Settings:
    """Valid settings with `sections` put over the least."""
    values: dict[str, Any] = {
        "server": {"public_url": "https://help.example.com"},
        "oidc": {"issuer": "https://login.example.com", "client_id": "selfserve"},
        "directory": {"base": "ou=people,dc=example,dc=com"},
    }
    for name, section in sections.items():
        values[name] = {**values.get(name, {}), **section}
    return Settings(**values)
