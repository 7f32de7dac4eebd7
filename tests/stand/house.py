"""The house of the stand, its people, and the hands that move it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from selfserve.catalog.live import LiveCatalog
from selfserve.connectors.contract import Ports
from selfserve.connectors.registry import Registry
from selfserve.fulfilment import ends, sealed, seats
from selfserve.fulfilment.engine import Engine
from selfserve.fulfilment.fulfil import fulfil
from selfserve.fulfilment.house import House
from selfserve.fulfilment.revoke import revoke
from selfserve.requests import stages
from selfserve.requests.decide import Say, decide
from selfserve.requests.submit import Submitted, submit
from selfserve.seat_port import SeatPort
from selfserve.settings.sealing import Sealer
from selfserve.store.database import Database
from selfserve.store.seats import StoredSeats
from selfserve.store.states import EscalationState, Purpose, RequestState, RunState
from selfserve.store.tables import (
    AuditEvent,
    Escalation,
    Grant,
    Notice,
    Person,
    Request,
    Run,
    Stage,
    Step,
)
from tests.stand.clock import Clock
from tests.stand.parsed import parsed_once
from tests.stand.shelf import Shelf

T = TypeVar("T")
CATALOG = Path(__file__).parent / "catalog"
MINUTE = timedelta(minutes=1)
PEOPLE: dict[str, tuple[str, str | None]] = {
    # login: (department, manager)
    "cora": ("Direction", None),
    "mara": ("Design", "cora"),
    "ada": ("Design", "mara"),
    "ben": ("Design", "mara"),
    "dora": ("Design", "mara"),
    "dan": ("Design", "mara"),
    "eli": ("Sales", "cora"),
    "tess": ("TechOps", "cora"),
    "theo": ("TechOps", "tess"),
    "lea": ("TechOps", "cora"),
}


@dataclass
class Stand:
    """A house with hands: ask, decide, let the queue work, move time."""

    house: House
    clock: Clock
    shelf: Shelf
    catalog: Path
    people: dict[str, str] = field(default_factory=dict)

    def again(self, executor: str) -> Stand:
        """Another process on the same store: own executor, same target."""
        return replace(self, house=replace(self.house, executor=executor))

    def apart(self, executor: str) -> Stand:
        """A second house, as another process would have it: connections of its own to the same store, one target."""
        database = Database(self.house.database.url.render_as_string(hide_password=False))
        house = replace(self.house, database=database, executor=executor, engine=Engine(database, executor=executor))
        return replace(self, house=house)

    def leave(self) -> None:
        """The house of `apart` ends."""
        self.house.engine.stop()
        self.house.database.close()

    def ask(
        self, who: str, item: str, answers: Mapping[str, object] | None = None, key: str | None = None
    ) -> Submitted:
        """`who` asks for `item`."""
        return submit(
            self.house, customer_id=self.people[who], item_id=item, answers=answers or {}, idempotency_key=key
        )

    def stage_of(self, request_id: str) -> Stage:
        """The stage of a request."""
        with self.house.database.read() as session:
            return session.scalars(sa.select(Stage).where(Stage.request_id == request_id)).one()

    def decide(self, who: str, request_id: str, say: Say = Say.APPROVE, reason: str = "") -> RequestState:
        """`who` decides about a request."""
        stage = self.stage_of(request_id)
        return decide(self.house, stage_id=stage.id, person_id=self.people[who], say=say, reason=reason)

    def work(self, rounds: int = 10) -> int:
        """Do what the queue would do now, until nothing is due; returns how many runs that were."""
        done = 0
        for _ in range(rounds):
            with self.house.database.read() as session:
                due = session.scalars(
                    sa.select(Run)
                    .where(
                        sa.or_(
                            Run.state == RunState.QUEUED,
                            sa.and_(Run.state == RunState.WAITING, Run.due_at <= self.clock()),
                        )
                    )
                    .order_by(Run.id)
                ).all()
            if not due:
                return done
            for run in due:
                done += 1
                (fulfil if run.purpose == Purpose.FULFIL else revoke)(self.house, run.id)
        return done

    def tick_grant(self, grant: Grant) -> str:
        """The grant's timer fires."""
        with self.house.database.write() as session:
            fresh = session.get_one(Grant, grant.id)
            return ends.tick(session, self.house, fresh.id, fresh.timers, self.clock())

    def tick_stage(self, stage: Stage) -> str:
        """The stage's timer fires."""
        with self.house.database.write() as session:
            fresh = session.get_one(Stage, stage.id)
            return stages.tick(session, self.house, fresh.id, fresh.timers, self.clock())

    def request(self, request_id: str) -> Request:
        """The request's row."""
        with self.house.database.read() as session:
            return session.get_one(Request, request_id)

    def steps(self, request_id: str) -> list[Step]:
        """The request's steps in order."""
        with self.house.database.read() as session:
            rows = session.scalars(sa.select(Step).where(Step.request_id == request_id).order_by(Step.position))
            return list(rows)

    def grants(self, who: str) -> list[Grant]:
        """All grants of a customer, oldest first."""
        with self.house.database.read() as session:
            return list(
                session.scalars(sa.select(Grant).where(Grant.customer_id == self.people[who]).order_by(Grant.id))
            )

    def cases(self) -> list[Escalation]:
        """All escalations, oldest first."""
        with self.house.database.read() as session:
            return list(session.scalars(sa.select(Escalation).order_by(Escalation.id)))

    def case(self) -> Escalation:
        """The one case that is open on the desk."""
        (only,) = self.open_cases()
        return only

    def open_cases(self) -> list[Escalation]:
        """The cases that are open on the desk."""
        return [case for case in self.cases() if case.state != EscalationState.CLOSED]

    def runs(self, subject_id: str) -> list[Run]:
        """All runs of a request or a grant, in order."""
        with self.house.database.read() as session:
            about = sa.or_(Run.request_id == subject_id, Run.grant_id == subject_id)
            return list(session.scalars(sa.select(Run).where(about).order_by(Run.attempt)))

    def event(self, stream: str, kind: str) -> AuditEvent:
        """The last event of a kind in a stream."""
        with self.house.database.read() as session:
            found = sa.select(AuditEvent).where(AuditEvent.stream == stream, AuditEvent.kind == kind)
            return session.scalars(found.order_by(AuditEvent.number.desc()).limit(1)).one()

    def write(self, work: Callable[..., T], *args: Any, **named: Any) -> T:
        """`work(session, *args)` in one transaction."""
        with self.house.database.write() as session:
            return work(session, *args, **named)

    def edit(self, item: str, before: str, after: str) -> None:
        """Change a catalog file and load it."""
        path = self.catalog / "items" / f"{item}.yaml"
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))
        assert self.house.catalog.refresh(force=True), self.house.catalog.problems

    def pass_time(self, **span: float) -> None:
        """Time goes by in steps of a minute at most, and the queue and due timers do their work meanwhile: the minutes
        at whose end nothing would be due go by at once."""
        end = self.clock() + timedelta(**span)
        while self.clock() < end:
            self.clock.time = min(end, self.clock() + self._idle(end) + MINUTE)
            self.work()

    def _idle(self, end: datetime) -> timedelta:
        """How many whole minutes from now no run is due in."""
        if end - self.clock() <= MINUTE:
            return timedelta()
        with self.house.database.read() as session:
            if session.scalar(sa.select(Run.id).where(Run.state == RunState.QUEUED).limit(1)):
                return timedelta()
            due = session.scalar(sa.select(sa.func.min(Run.due_at)).where(Run.state == RunState.WAITING)) or end
        return max(timedelta(), -((self.clock() - min(due, end)) // MINUTE) * MINUTE - MINUTE)

    def notices(self, who: str) -> list[str]:
        """The titles of what a person was told."""
        with self.house.database.read() as session:
            return list(
                session.scalars(
                    sa.select(Notice.title)
                    .where(Notice.person_id == self.people[who])
                    .order_by(Notice.made_at, Notice.id)
                )
            )

    def kinds(self, stream: str) -> list[str]:
        """The kinds of events of a stream in order."""
        with self.house.database.read() as session:
            return list(
                session.scalars(
                    sa.select(AuditEvent.kind).where(AuditEvent.stream == stream).order_by(AuditEvent.number)
                )
            )

    def change(self, who: str, **values: object) -> None:
        """Change what the directory says about a person."""
        with self.house.database.write() as session:
            session.execute(sa.update(Person).where(Person.id == self.people[who]).values(**values))


def build(
    database: Database,
    folder: Path,
    executor: str = "one",
    clock: Clock | None = None,
    pools: Mapping[str, object] | None = None,
    more: Mapping[str, Mapping[str, object]] | None = None,
) -> Stand:
    """A stand on a store; people are added where the store has none. `pools`: with a connector `seats` of these.
    `more`: with these sections of connectors as well."""
    clock = clock or Clock()
    if not (folder / "catalog").exists():
        shutil.copytree(CATALOG, folder / "catalog")
    sections: dict[str, dict[str, object]] = {"shelf": {"kind": "shelf"}, "human": {"kind": "human"}}
    sections |= {name: dict(section) for name, section in (more or {}).items()}
    if pools:
        sections["seats"] = {"kind": "seats", "pools": pools}
    sealer = Sealer(b"k" * 32)
    stored = StoredSeats(
        database,
        sealer,
        served=lambda session, keys, at: seats.wake(session, house, keys, at),
        waits=lambda session, pool, at: seats.tell_short(session, house, pool, at),
        freed=lambda session, key: sealed.freed(session, house, key),
    )
    registry = Registry.build(
        sections, Ports(seats=SeatPort(stored, clock), now=clock), extra=[Shelf], ticks=clock.ticks
    )
    with parsed_once():
        catalog = LiveCatalog(folder / "catalog", registry)
    house = House(
        database=database,
        catalog=catalog,
        connectors=registry,
        engine=Engine(database, executor=executor),
        sealer=sealer,
        now=clock,
        zone=ZoneInfo("Europe/Berlin"),
        executor=executor,
        lease=timedelta(seconds=30),
        one_clock=True,
    )
    shelf = registry.get("shelf")
    assert isinstance(shelf, Shelf)
    stand = Stand(house, clock, shelf, folder / "catalog")
    _settle(stand)
    return stand


def _settle(stand: Stand) -> None:
    with stand.house.database.write() as session:
        put = session.merge if session.scalar(sa.select(Person.id).limit(1)) else session.add
        for number, (login, (department, manager)) in enumerate(PEOPLE.items()):
            stand.people[login] = f"person-{number:02}"
            put(
                Person(
                    id=stand.people[login],
                    key=login,
                    dn=f"uid={login},ou=people,dc=fern",
                    login=login,
                    email=f"{login}@fern.example",
                    name=f"{login.capitalize()} Fern",
                    given_name=login.capitalize(),
                    department=department,
                    manager_id=stand.people[manager] if manager else None,
                    seen_at=stand.clock(),
                )
            )


@pytest.fixture
def stand(database: Database, tmp_path: Path) -> Iterator[Stand]:
    """A house on a fresh store, once on SQLite and once on PostgreSQL."""
    made = build(database, tmp_path)
    yield made
    made.house.engine.stop()


@pytest.fixture
def second(stand: Stand) -> Iterator[Stand]:
    """What a second process would have beside `stand`, here: own connections and executor, one store and target."""
    made = stand.apart("two")
    yield made
    made.leave()
