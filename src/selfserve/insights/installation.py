"""How the installation is, in one piece: what `/health` and the API show. Read from the store alone: nobody waits for a
target, a directory or a handshake here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.connectors.contract import Level
from selfserve.fulfilment import circuits, failing
from selfserve.fulfilment.engine import Load
from selfserve.fulfilment.house import House
from selfserve.insights import certificates, findings, flow, pulse, surroundings
from selfserve.insights.flow import Hour
from selfserve.insights.pulse import Waited
from selfserve.insights.surroundings import Room, Versions
from selfserve.notify.post import mail_figures
from selfserve.people.figures import KEPT, alarms_of
from selfserve.settings.model import Settings
from selfserve.store.states import MailState, RunState
from selfserve.store.tables import Certificate, ConnectorHealth, ExecutorLease, Notice, Run, SyncMark

WORKER = "worker"
ERROR, RESTING, UNSEEN = Level.ERROR.value, "resting", "unseen"
"""A level of a check, and beside those: left in peace after failures in a row, and not looked at yet."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the settings promise: how often people are read, and whether mail is sent at all."""

    people_every: timedelta = timedelta(minutes=5)
    mails: bool = True

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """From the settings."""
        return cls(settings.directory.every, bool(settings.mail.host))


@dataclass(frozen=True, slots=True)
class ConnectorState:
    """One connector. `level`: `info`, `warning` or `error` by its last check, `error` too while it fails what waits for
    it, `resting` while its circuit is open, `unseen` before the first look; `since` when that began. `next_try` and
    `waiting` requests: while it rests or fails them."""

    name: str
    level: str
    reason: str = ""
    since: datetime | None = None
    looked_at: datetime | None = None
    next_try: datetime | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue of the engine: how much waits and runs, and for how many whole seconds the oldest has been waiting."""

    name: str
    waiting: int
    running: int
    oldest: int


@dataclass(frozen=True, slots=True)
class Worker:
    """A process: what it does (`worker`, `web`), where, since when, and when it last showed that it lives."""

    executor: str
    role: str
    host: str
    pid: int
    began_at: datetime
    beaten_at: datetime
    alive: bool


@dataclass(frozen=True, slots=True)
class CertificateState:
    """Until when a certificate holds; whole `days_left`, negative after its end. `problem`: why it was not seen at the
    last look."""

    of: str
    address: str
    subject: str
    ends_at: datetime | None
    days_left: int | None
    problem: str
    looked_at: datetime


@dataclass(frozen=True, slots=True)
class PeopleState:
    """The last reading of the directory, the last one of everything in it, every how many seconds it is to be read, and
    what was doubtful about it."""

    read_at: datetime | None = None
    full_at: datetime | None = None
    every: int = 300
    figures: Mapping[str, Any] = field(default_factory=dict)
    alarms: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class MailsState:
    """Notices that wait for their mail or were refused for good; `failure` of the last try, for those that wait."""

    sent: bool
    waiting: int
    refused: int
    failure: str = ""
    next_try: datetime | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """All of it, at one moment."""

    at: datetime
    connectors: list[ConnectorState]
    queues: list[Queue]
    waiting: int
    """What waits in no queue: for its next try, or for the next look at what its target is at."""
    workers: list[Worker]
    certificates: list[CertificateState]
    versions: Versions
    people: PeopleState
    mail: MailsState
    room: Room
    flow: list[Hour]
    waited: list[Waited]


def read(house: House, expected: Expected) -> Installation:
    """How it is now. Blocking; a handful of small queries."""
    now = house.now()
    with house.database.read() as session:
        loads, away = house.engine.loads(session, now), failing.waits(session)
        return Installation(
            at=now,
            connectors=_connectors(session, house),
            queues=[_queue(one) for one in loads],
            waiting=_waiting(session),
            workers=_workers(session, house),
            certificates=[_certificate(row, now) for row in certificates.known(session)],
            versions=surroundings.versions(session, house),
            people=_people(session, expected),
            mail=_mail(session, expected),
            room=surroundings.room(session, house),
            flow=flow.last_day(session, now),
            waited=pulse.last_day(session, now, pulse.longest(loads, away, now)),
        )


def _connectors(session: Session, house: House) -> list[ConnectorState]:
    checked = {row.connector: row for row in session.scalars(sa.select(ConnectorHealth))}
    resting = {one.connector: one for one in circuits.resting(session, house)}
    return [_connector(name, checked.get(name), resting.get(name)) for name in house.connectors.connectors]


def _connector(name: str, row: ConnectorHealth | None, rest: circuits.Resting | None) -> ConnectorState:
    looked_at = row.checked_at if row else None
    if rest is not None and not rest.open:
        return ConnectorState(name, ERROR, rest.reason, rest.since, looked_at, rest.until, rest.waiting)
    if rest is not None:
        return ConnectorState(name, RESTING, rest.reason, rest.since, looked_at, rest.until, rest.waiting)
    if row is None:
        return ConnectorState(name, UNSEEN)
    return ConnectorState(name, row.level, findings.told(row.findings, row.level), row.changed_at, looked_at)


def _waiting(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Run).where(Run.state == RunState.WAITING)) or 0


def _queue(load: Load) -> Queue:
    return Queue(load.queue, load.waiting, load.running, int(load.oldest.total_seconds()))


def _workers(session: Session, house: House) -> list[Worker]:
    alive = (ExecutorLease.beaten_at > house.moment - house.lease).label("alive")
    leases = session.execute(
        sa.select(ExecutorLease, alive).order_by(ExecutorLease.role.desc(), ExecutorLease.executor)
    )
    return [
        Worker(one.executor, one.role, one.host, one.pid, one.began_at, one.beaten_at, bool(beats))
        for one, beats in leases
    ]


def _certificate(row: Certificate, now: datetime) -> CertificateState:
    left = None if row.ends_at is None else (row.ends_at - now) // timedelta(days=1)
    return CertificateState(row.of, row.address, row.subject, row.ends_at, left, row.problem, row.looked_at)


def _people(session: Session, expected: Expected) -> PeopleState:
    mark = session.scalar(sa.select(SyncMark).order_by(SyncMark.ran_at.desc()).limit(1))
    if mark is None:
        return PeopleState(every=_seconds(expected))
    figures = {name: value for name, value in mark.figures.items() if name != KEPT}
    return PeopleState(mark.ran_at, mark.full_at, _seconds(expected), figures, alarms_of(figures))


def _seconds(expected: Expected) -> int:
    return int(expected.people_every.total_seconds())


def _mail(session: Session, expected: Expected) -> MailsState:
    figures = mail_figures(session)
    failed = session.execute(
        sa.select(Notice.mail_error, Notice.mail_next_at)
        .where(Notice.mail.in_((MailState.WAITING, MailState.SENDING)), Notice.mail_error != "")
        .order_by(Notice.mail_next_at.desc())
        .limit(1)
    ).first()
    failure, next_try = (failed.mail_error, failed.mail_next_at) if failed else ("", None)
    return MailsState(expected.mails, figures["waiting"], figures["refused"], failure, next_try)
