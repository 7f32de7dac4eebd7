"""The actions of connectors by the names that items use: `directory.add_member`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from selfserve.connectors.contract import Action, Connector
from selfserve.connectors.kinds import Kinds
from selfserve.connectors.problems import BadSection, UnknownAction, UnknownConnector, UnknownKind, nearest
from selfserve.connectors.sections import read_section, somewhere
from selfserve.settings.problems import Place


@dataclass(frozen=True, slots=True)
class Known:
    """A connector as far as it is known before it is built; `settings` are None without a right section."""

    kind: type[Connector]
    settings: Any = None


class DeclaredActions:
    """What connectors can do, known without their configuration: enough for `catalog check` on a bare checkout."""

    def __init__(
        self, actions: Mapping[str, Mapping[str, Action[Any]]], known: Mapping[str, Known] | None = None
    ) -> None:
        """`actions` is by connector name, then by action name; `known` by connector name, else the actions say all."""
        self._actions = {name: dict(of_one) for name, of_one in actions.items()}
        self._known = dict(known or {})

    @classmethod
    def of(
        cls,
        kinds: Mapping[str, str],
        extra: Iterable[type[Connector]] = (),
        sections: Mapping[str, Mapping[str, Any]] | None = None,
        place: Place = somewhere,
    ) -> DeclaredActions:
        """The actions for connector names and their kinds (`{"directory": "ldap"}`); raises UnknownKind with
        the `place` of the section.

        With the connectors' `sections` of the configuration it is also known what gives a secret, leads into a group,
        or is forbidden by them.
        """
        installed = Kinds(extra)
        found = {name: installed.of_section(name, kind, place) for name, kind in kinds.items()}
        known = {name: Known(one, _settings(name, one, (sections or {}).get(name))) for name, one in found.items()}
        return cls({name: one.actions for name, one in found.items()}, known)

    @classmethod
    def installed(cls) -> DeclaredActions:
        """The actions of every kind that is installed and loads, each under the name of its kind."""
        known = Kinds()
        kinds = [kind for kind in known.names() if _loads(known, kind)]
        return cls.of({kind: kind for kind in kinds})

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

    def gives_secret(self, use: str, args: Mapping[str, Any]) -> bool | None:
        """Whether `use` with these arguments gives the customer a secret; see `Connector.gives_secret`. None also for
        an action that is not there."""
        action = self.lookup(use)
        if action is None:
            return None
        known = self._known.get(use.partition(".")[0])
        return action.secret_result if known is None else known.kind.gives_secret(action.name, args, known.settings)

    def joins_group(self, use: str, args: Mapping[str, Any], group: str) -> bool | None:
        """Whether `use` with these arguments puts the customer into `group`; see `Connector.joins_group`."""
        action, known = self.lookup(use), self._known.get(use.partition(".")[0])
        if action is None or known is None:
            return False
        return known.kind.joins_group(action.name, args, group, known.settings)

    def forbidden(self, use: str, args: Mapping[str, Any]) -> Mapping[str, str]:
        """What the configuration never lets happen; see `Connector.forbidden`."""
        action, known = self.lookup(use), self._known.get(use.partition(".")[0])
        if action is None or known is None:
            return {}
        return known.kind.forbidden(action.name, args, known.settings)

    def find(self, name: str) -> Action[Any]:
        """The action called `name`; raises UnknownConnector or UnknownAction with what was probably meant."""
        connector, _, action = name.partition(".")
        of_one = self._actions.get(connector)
        if of_one is None:
            raise UnknownConnector(f"There is no connector {connector!r}: {nearest(connector, self._actions)}")
        if action not in of_one:
            raise UnknownAction(f"The connector {connector!r} has no action {action!r}: {nearest(action, of_one)}")
        return of_one[action]


def _settings(name: str, kind: type[Connector], section: Mapping[str, Any] | None) -> Any:
    """The settings without their secrets; None where the section is not at hand or not right, which is told
    elsewhere."""
    if section is None:
        return None
    try:
        return read_section(name, section, kind, None)
    except BadSection:
        return None


def _loads(known: Kinds, kind: str) -> bool:
    """False for a broken foreign package, which is told when somebody names it."""
    try:
        known.find(kind)
    except UnknownKind:
        return False
    return True
