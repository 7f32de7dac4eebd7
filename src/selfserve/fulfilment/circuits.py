"""Which targets are left in peace at the moment, as every process sees it: each writes its own beside its lease."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from selfserve.audit.trail import Trail
from selfserve.connectors.breaker import Circuit
from selfserve.connectors.contract import Level
from selfserve.fulfilment import failing
from selfserve.fulfilment.failing import Waits
from selfserve.fulfilment.house import House
from selfserve.languages.messages import again, kept
from selfserve.store.states import STEP_THERE, RequestState
from selfserve.store.tables import ConnectorHealth, ExecutorLease, Request, Step


@dataclass(frozen=True)
class Resting:
    """A connector that does not work: the `reason` of the first that met it, `since` when, or since the look that found
    it so before, `until` the earliest next try, and how many requests wait for it.

    `open`: a process leaves it in peace; else it is known by what it failed and what waits for it, and was not seen to
    work since.
    """

    connector: str
    since: datetime
    until: datetime
    reason: str
    waiting: int
    open: bool = True


def of_this_process(house: House) -> list[dict[str, Any]]:
    """The circuits that are not closed here, as small JSON for the lease."""
    return [
        {
            "connector": name,
            "since": one.since.isoformat(),
            "until": one.until.isoformat(),
            "reason": one.reason,
            "kept": kept(one.reason),
        }
        for name, one in house.connectors.health().items()
        if one.circuit is not Circuit.CLOSED and one.since is not None and one.until is not None
    ]


def tell_changes(
    session: Session, before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]], now: datetime
) -> set[str]:
    """An event for each circuit that opened or closed since the last beat, so that open pages follow; the connectors
    whose circuit closed."""
    then, here = {one["connector"]: one for one in before}, {one["connector"]: one for one in after}
    for name in sorted(then.keys() ^ here.keys()):
        opened = here.get(name)
        kind, data = ("connector.resting", {"reason": opened["reason"]}) if opened else ("connector.back", {})
        Trail(session, f"connector:{name}").tell(kind, at=now, data=data)
    return then.keys() - here.keys()


def resting(session: Session, house: House) -> list[Resting]:
    """The open circuits of all living processes, and what waits for a connector that failed it, by connector.

    A process forgets its circuits when it ends; what waits is in the store.
    """
    living = sa.select(ExecutorLease.circuits).where(ExecutorLease.beaten_at > house.moment - house.lease)
    found: dict[str, list[dict[str, Any]]] = {}
    for circuits in session.scalars(living):
        for one in circuits:
            found.setdefault(one["connector"], []).append(one)
    failed = failing.by_connector(session)
    concerned = sorted(found.keys() | failed.keys())
    if not concerned:
        return []
    waiting, down = _waiting(session, concerned), _down_since(session, concerned)
    rests = [
        _merged(name, found[name], waiting.get(name, 0))
        if name in found
        else _failed(failed[name], waiting.get(name, 0))
        for name in concerned
    ]
    return [replace(one, since=min(one.since, down.get(one.connector, one.since))) for one in rests]


def names(session: Session, house: House) -> frozenset[str]:
    """The connectors that are left in peace now, here or in another living process."""
    living = sa.select(ExecutorLease.circuits).where(ExecutorLease.beaten_at > house.moment - house.lease)
    told = {str(one["connector"]) for circuits in session.scalars(living) for one in circuits}
    return frozenset(told.union(house.connectors.resting()))


def _failed(one: Waits, waiting: int) -> Resting:
    return Resting(one.connector, one.since, one.until, one.reason, waiting, open=False)


def _merged(name: str, ones: list[dict[str, Any]], waiting: int) -> Resting:
    first = min(ones, key=lambda one: str(one["since"]))
    until = min(datetime.fromisoformat(one["until"]) for one in ones)
    reason = again(str(first["reason"]), first.get("kept"))
    return Resting(name, datetime.fromisoformat(first["since"]), until, reason, waiting)


def _down_since(session: Session, connectors: Iterable[str]) -> dict[str, datetime]:
    """Since when looks found it not to work, where the last one did: earlier than who asked for it and met that."""
    rows = session.scalars(
        sa.select(ConnectorHealth).where(
            ConnectorHealth.connector.in_(list(connectors)), ConnectorHealth.level == Level.ERROR
        )
    )
    return {row.connector: row.changed_at for row in rows}


def _waiting(session: Session, connectors: Iterable[str]) -> dict[str, int]:
    """How many requests stand at a step of each connector."""
    earlier = aliased(Step)
    stands = ~(
        sa.select(earlier.id)
        .where(
            earlier.request_id == Step.request_id,
            earlier.position < Step.position,
            earlier.state.not_in(STEP_THERE),
        )
        .exists()
    )
    rows = session.execute(
        sa.select(Step.connector, sa.func.count().label("requests"))
        .join(Request, Request.id == Step.request_id)
        .where(
            Request.state == RequestState.FULFILLING,
            Step.state.not_in(STEP_THERE),
            Step.connector.in_(list(connectors)),
            stands,
        )
        .group_by(Step.connector)
    )
    return {row.connector: row.requests for row in rows}
