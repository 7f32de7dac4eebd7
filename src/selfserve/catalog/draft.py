"""A catalog that was read but not yet accepted: what the checks look at."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from selfserve.catalog.items import Item
from selfserve.catalog.policy import Policy
from selfserve.catalog.sources import Source
from selfserve.catalog.teams import Team, Teams
from selfserve.connectors.contract import Action


class ActionCatalogue(Protocol):
    """Which actions the configured connectors have; names are `connector.action`."""

    def lookup(self, name: str) -> Action[Any] | None:
        """The action called `name`, None where there is none."""
        ...

    def names(self) -> list[str]:
        """Every action's name."""
        ...

    def gives_secret(self, use: str, args: Mapping[str, Any]) -> bool | None:
        """Whether `use` with these arguments gives the customer a secret; None where that is not known here."""
        ...

    def joins_group(self, use: str, args: Mapping[str, Any], group: str) -> bool | None:
        """Whether `use` with these arguments puts the customer into the directory's `group`; None where that is not
        known here."""
        ...

    def forbidden(self, use: str, args: Mapping[str, Any]) -> Mapping[str, str]:
        """What the connector's configuration never lets happen: a sentence by the argument's name."""
        ...


class PeopleView(Protocol):
    """What the checks want to know about people, where a directory is at hand."""

    def group_size(self, group: str) -> int | None:
        """How many present people are in the directory group; None where there is no such group."""
        ...

    def present(self, addresses: Collection[str]) -> int:
        """How many present people have one of these mail addresses."""
        ...


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything read from the folder, with what it is to be held against."""

    items: tuple[Source[Item], ...]
    teams: Source[Teams]
    policy: Source[Policy]
    runbooks: Mapping[str, str]
    actions: ActionCatalogue
    people: PeopleView | None = None

    def team(self, name: str) -> Team | None:
        """The team called `name`."""
        return self.teams.model.root.get(name)

    def team_names(self) -> list[str]:
        """Every team's id."""
        return list(self.teams.model.root)

    def size(self, team: Team) -> int | None:
        """How many present people are in `team`. Without a directory those that it lists, and None where it lists
        none."""
        if self.people is None:
            return len({address.casefold() for address in team.members}) if team.members is not None else None
        if team.members is not None:
            return self.people.present(team.members)
        return self.people.group_size(team.group or "") or 0
