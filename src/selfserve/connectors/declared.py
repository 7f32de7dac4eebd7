"""The actions of connectors by the names that items use: `directory.add_member`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from selfserve.connectors.contract import Action, Connector
from selfserve.connectors.kinds import Kinds
from selfserve.connectors.problems import UnknownAction, UnknownConnector, nearest


class DeclaredActions:
    """What connectors can do, known without their configuration: enough for `catalog check` on a bare checkout."""

    def __init__(self, actions: Mapping[str, Mapping[str, Action[Any]]]) -> None:
        """`actions` is by connector name, then by action name."""
        self._actions = {name: dict(of_one) for name, of_one in actions.items()}

    @classmethod
    def of(cls, kinds: Mapping[str, str], extra: Iterable[type[Connector]] = ()) -> DeclaredActions:
        """The actions for connector names and their kinds (`{"directory": "ldap"}`); raises UnknownKind."""
        known = Kinds(extra)
        return cls({name: known.find(kind).actions for name, kind in kinds.items()})

    @property
    def connectors(self) -> list[str]:
        """The names of the connectors, sorted."""
        return sorted(self._actions)

    def names(self) -> list[str]:
        """Every action as items write it, sorted."""
        return sorted(f"{name}.{action}" for name, of_one in self._actions.items() for action in of_one)

    def lookup(self, name: str) -> Action[Any] | None:
        """The action called `name`, None where there is none."""
        connector, _, action = name.partition(".")
        return self._actions.get(connector, {}).get(action)

    def find(self, name: str) -> Action[Any]:
        """The action called `name`; raises UnknownConnector or UnknownAction with what was probably meant."""
        connector, _, action = name.partition(".")
        of_one = self._actions.get(connector)
        if of_one is None:
            raise UnknownConnector(f"There is no connector {connector!r}: {nearest(connector, self._actions)}")
        if action not in of_one:
            raise UnknownAction(f"The connector {connector!r} has no action {action!r}: {nearest(action, of_one)}")
        return of_one[action]
