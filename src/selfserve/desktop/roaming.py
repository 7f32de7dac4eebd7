"""Windows: what the keyring keeps stays on this machine.

keyring asks the Credential Manager for CRED_PERSIST_ENTERPRISE, which lets a token roam with the profile: to machines
where a second app would use it up, as if it had been stolen (wincred.h, CREDENTIALW; keyring's backends/Windows.py).
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping

PROPERTY, STAYS = "KEYRING_PROPERTY_PERSIST", "local machine"
"""How keyring is told (its README, "Altering Keyring Behavior"), and the name of CRED_PERSIST_LOCAL_MACHINE there."""


def stay(environ: MutableMapping[str, str], platform: str = sys.platform) -> None:
    """Keep tokens from roaming, whatever `environ` said; before keyring is asked for anything."""
    if platform == "win32":
        environ[PROPERTY] = STAYS
