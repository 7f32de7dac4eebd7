"""The configured connectors by name, each behind its circuit breaker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from selfserve.connectors.breaker import Breaker, Circuit, Health, Limits
from selfserve.connectors.contract import Action, Connector, Failed, FailureKind, Outcome, Ports
from selfserve.connectors.declared import DeclaredActions, Known
from selfserve.connectors.guarded import Guarded
from selfserve.connectors.kinds import Kinds, kinds_of
from selfserve.connectors.lately import Lately
from selfserve.connectors.problems import (
    BadSection,
    ConnectorProblem,
    UnknownAction,
    UnknownConnector,
    UnknownKind,
    nearest,
)
from selfserve.connectors.sections import Resolve, read_section, somewhere
from selfserve.settings.problems import Place

__all__ = [
    "BadSection",
    "ConnectorProblem",
    "Registry",
    "UnknownAction",
    "UnknownConnector",
    "UnknownKind",
]


class Registry:
    """Connectors by the names of their sections. Thread-safe; `close` at shutdown."""

    def __init__(
        self,
        connectors: Mapping[str, Connector],
        ports: Ports,
        limits: Limits | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        now = ports.now or _utc_now
        self._connectors = dict(connectors)
        self._declared = DeclaredActions(
            {name: one.actions for name, one in self._connectors.items()},
            {name: Known(type(one), one.settings) for name, one in self._connectors.items()},
        )
        self.lately = Lately(ticks)
        self._breakers = {name: Breaker(now, limits, ticks) for name in self._connectors}

    @classmethod
    def build(
        cls,
        sections: Mapping[str, Mapping[str, Any]],
        ports: Ports,
        *,
        resolve: Resolve | None = None,
        folder: Path | None = None,
        place: Place = somewhere,
        extra: Iterable[type[Connector]] = (),
        limits: Limits | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> Registry:
        """Connectors for the sections `[connectors.NAME]`, of the kind each names (its own name where it names none).

        `resolve` turns references to secrets into secrets; relative paths start at `folder`; `place` says where a key
        was set; `extra` are classes beside the installed ones; circuits measure time by `ticks`, in seconds. Opens no
        connection. Raises UnknownKind or BadSection; what was built before is closed then.
        """
        kinds, built = Kinds(extra), dict[str, Connector]()
        try:
            for name, kind in kinds_of(sections).items():
                found = kinds.of_section(name, kind, place)
                built[name] = found(name, read_section(name, sections[name], found, resolve, folder, place), ports)
        except BaseException:
            for one in built.values():
                one.close()
            raise
        return cls(built, ports, limits, ticks)

    @staticmethod
    def kinds(extra: Iterable[type[Connector]] = ()) -> dict[str, Mapping[str, Action[Any]]]:
        """The actions of every kind that is installed and loads, without any configuration."""
        known, found = Kinds(extra), dict[str, Mapping[str, Action[Any]]]()
        for kind in known.names():
            try:
                found[kind] = known.find(kind).actions
            except UnknownKind:
                continue  # a broken foreign package is told when somebody names it
        return found

    @property
    def connectors(self) -> list[str]:
        """The names of the connectors, sorted."""
        return self._declared.connectors

    def names(self) -> list[str]:
        """Every action as items write it (`directory.add_member`), sorted."""
        return self._declared.names()

    def lookup(self, name: str) -> Action[Any] | None:
        """The action called `name`, None where there is none."""
        return self._declared.lookup(name)

    def gives_secret(self, use: str, args: Mapping[str, Any]) -> bool | None:
        """Whether `use` with these arguments gives the customer a secret; see `Connector.gives_secret`."""
        return self._declared.gives_secret(use, args)

    def joins_group(self, use: str, args: Mapping[str, Any], group: str) -> bool | None:
        """Whether `use` with these arguments puts the customer into `group`; see `Connector.joins_group`."""
        return self._declared.joins_group(use, args, group)

    def forbidden(self, use: str, args: Mapping[str, Any]) -> Mapping[str, str]:
        """What the configuration never lets happen; see `Connector.forbidden`."""
        return self._declared.forbidden(use, args)

    def get(self, name: str) -> Connector:
        """The connector called `name`; raises UnknownConnector with the nearest names."""
        try:
            return self._connectors[name]
        except KeyError:
            known = nearest(name, self._connectors)
            raise UnknownConnector(f"There is no connector {name!r}: {known}") from None

    def action(self, use: str) -> tuple[Connector, Action[Any]]:
        """Connector and action for `directory.add_member`; raises UnknownConnector or UnknownAction."""
        action = self._declared.find(use)
        return self._connectors[use.partition(".")[0]], action

    def guarded(self, use: str, patience: timedelta | None) -> tuple[Guarded, Action[Any]]:
        """As `action`, with a connector whose calls come back in time (with None the caller sees to that) and with
        answers that can be believed."""
        connector, action = self.action(use)
        return Guarded(connector, patience), action

    def closed(self, name: str) -> bool:
        """True where the connector may be called now; after a pause, one caller at a time is let through as a trial."""
        return self._breaker(name).allow()

    def note(self, name: str, outcome: Outcome) -> None:
        """Tell the breaker what a call, or a look, came back with.

        What may pass by itself counts: some in a row open the circuit. What is wrong with the whole connector (AUTH,
        CONFIG) opens it at once, since nobody else would succeed either. All else is about one request, and is an
        answer.
        """
        if isinstance(outcome, Failed) and (outcome.again or outcome.of_connector):
            wait = outcome.retry_after if outcome.kind is FailureKind.RATE_LIMITED else None
            self._breaker(name).failure(wait, reason=outcome.reason, at_once=outcome.of_connector)
        else:
            self._breaker(name).success()

    def health(self) -> dict[str, Health]:
        """What each breaker knows, by connector."""
        return {name: breaker.health for name, breaker in self._breakers.items()}

    def resting(self) -> list[str]:
        """Connectors whose circuit is open now."""
        return [name for name, health in self.health().items() if health.circuit is Circuit.OPEN]

    def close(self) -> None:
        """Close every connector."""
        for one in self._connectors.values():
            one.close()

    def _breaker(self, name: str) -> Breaker:
        self.get(name)
        return self._breakers[name]


def _utc_now() -> datetime:
    return datetime.now(UTC)
