"""What the catalog is held against in tests: the actions of the real connectors, and a directory that only counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from pydantic import BaseModel

from selfserve.connectors.contract import Action, Connector
from selfserve.connectors.declared import DeclaredActions, Known
from selfserve.connectors.human import HumanConnector
from selfserve.connectors.ldap import LdapConnector
from selfserve.connectors.munki import MunkiConnector
from selfserve.connectors.seats import SeatsConnector


class Parcel(BaseModel):
    """Arguments of an action that takes its time."""

    address: str


_KINDS: Final[Mapping[str, type[Connector]]] = {
    "directory": LdapConnector,
    "legacy": LdapConnector,
    "seats": SeatsConnector,
    "munki": MunkiConnector,
    "human": HumanConnector,
}
_DEMO: Final = {name: kind.actions for name, kind in _KINDS.items()}
_KNOWN: Final = {name: Known(kind) for name, kind in _KINDS.items()}
_SLOW: Final = {
    "post": {
        "send": Action("send", Parcel, "Send a parcel", undoable=False, lasting=False),
        "shred": Action("shred", Parcel, "Shred it", destructive=True, undoable=False, lasting=False),
    }
}


def demo_actions() -> DeclaredActions:
    """The connectors that the demo configures, by their names there."""
    return DeclaredActions(_DEMO, _KNOWN)


def all_actions() -> DeclaredActions:
    """Those of the demo and a slow one."""
    return DeclaredActions({**_DEMO, **_SLOW}, _KNOWN)


class Groups:
    """A directory that knows how many people are in each group; of those named by address all but `left` are there."""

    def __init__(self, *left: str, **sizes: int) -> None:
        self.left = set(left)
        self._sizes = {name.replace("_", "-"): size for name, size in sizes.items()}

    def group_size(self, group: str) -> int | None:
        return self._sizes.get(group)

    def present(self, addresses: Collection[str]) -> int:
        return len({address.casefold() for address in addresses} - self.left)
