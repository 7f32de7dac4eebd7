"""What waits for a target that failed it: known from the store alone, so also right after every process began anew."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.connectors.contract import FailureKind, Level
from selfserve.store.states import STEP_THERE, Purpose, RequestState, RunState, StepState
from selfserve.store.tables import ConnectorHealth, GrantReason, Request, Run, Step

FAILURES = (FailureKind.TRANSIENT, FailureKind.RATE_LIMITED, FailureKind.AUTH)
"""What is wrong with the target itself, and not with the one thing that was asked of it."""
ENDED_WELL = (RequestState.FULFILLED, RequestState.PARTLY_FULFILLED)


@dataclass(frozen=True)
class Waits:
    """One attempt that waits for its next try: `since` its first one, which failed for the last time at `failed_at`."""

    connector: str
    reason: str
    since: datetime
    until: datetime
    failed_at: datetime


def waits(session: Session) -> list[Waits]:
    """Every attempt to give or to take back that waits because its target failed it."""
    rows = (row for query in _waiting() for row in session.execute(query))
    each = {row.id: Waits(row.connector, row.reason, row.first_at, row.due_at, row.began_at) for row in rows}
    return list(each.values())


def waiting_for(session: Session, connectors: Collection[str], most: int) -> dict[str, str]:
    """Attempts that wait because one of these connectors failed them, by id, each with its connector: those that would
    wait longest."""
    rows = [row for query in _waiting() for row in session.execute(query.where(Step.connector.in_(connectors)))]
    last_due = sorted(rows, key=lambda row: row.due_at, reverse=True)
    return dict(sorted({row.id: row.connector for row in last_due[:most]}.items()))


def _waiting() -> Iterator[sa.Select[str, str, str, datetime, datetime | None, datetime]]:
    columns = (Run.id, Step.connector, Step.reason, Run.first_at, Run.due_at, Run.began_at)
    waiting = (Run.state == RunState.WAITING, Run.due_at.is_not(None), Step.failure.in_(FAILURES))
    yield (
        sa.select(*columns)
        .join(Step, Step.request_id == Run.request_id)
        .where(*waiting, Run.purpose == Purpose.FULFIL, Step.state.not_in([*STEP_THERE, StepState.ACCEPTED]))
    )
    yield (
        sa.select(*columns)
        .join(GrantReason, GrantReason.grant_id == Run.grant_id)
        .join(Step, Step.request_id == GrantReason.request_id)
        .where(*waiting, Run.purpose == Purpose.REVOKE, Step.state != StepState.UNDONE)
    )


def by_connector(session: Session) -> dict[str, Waits]:
    """The connectors that failed what waits for them, and that were not seen to work since, by name: since the first
    of it, until the earliest next try, with the latest reason."""
    found: dict[str, list[Waits]] = {}
    for one in waits(session):
        found.setdefault(one.connector, []).append(one)
    merged = {name: _merged(name, ones) for name, ones in found.items()}
    seen = _seen_to_work(session, merged) if merged else {}
    return {name: one for name, one in merged.items() if name not in seen or seen[name] <= one.failed_at}


def _merged(name: str, ones: list[Waits]) -> Waits:
    latest = max(ones, key=lambda one: one.failed_at)
    return Waits(
        name,
        latest.reason,
        min(one.since for one in ones),
        min(one.until for one in ones),
        latest.failed_at,
    )


def _seen_to_work(session: Session, failed: Mapping[str, Waits]) -> dict[str, datetime]:
    """When each was last seen to work: by a look after it, or by what was since brought about in it for others."""
    looks = sa.select(ConnectorHealth.connector, ConnectorHealth.checked_at.label("at")).where(
        ConnectorHealth.connector.in_(failed), ConnectorHealth.level != Level.ERROR
    )
    steps = (
        sa.select(Step.connector, sa.func.max(Step.verified_at).label("at"))
        .join(Request, Request.id == Step.request_id)
        .where(
            Request.closed_at >= min(one.failed_at for one in failed.values()),
            Request.state.in_(ENDED_WELL),
            Step.connector.in_(failed),
            Step.verified_at.is_not(None),
        )
        .group_by(Step.connector)
    )
    seen: dict[str, datetime] = {}
    for row in (*session.execute(looks), *session.execute(steps)):
        seen[row.connector] = max(seen.get(row.connector, row.at), row.at)
    return seen
