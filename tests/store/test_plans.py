"""Every list and every look that runs often is answered by an index, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit import reading, seal
from selfserve.audit.trail import Trail
from selfserve.fulfilment import failing, leases, naming, owned, promising
from selfserve.insights import flow
from selfserve.notify import notices
from selfserve.requests import case_rows, grant_rows, lists, presence, small_counts, story, undecided
from selfserve.requests.pages import Place
from selfserve.requests.reconcile import reconcile
from selfserve.requests.story import find
from selfserve.requests.usual import usual
from selfserve.store.ids import new_id
from selfserve.store.tables import Request, Step
from tests.stand.house import Stand

GREW = (
    "request",
    "stage",
    "stage_approver",
    "run",
    "step",
    "held_grant",
    "grant_reason",
    "escalation",
    "notice",
    "audit_event",
    "watcher",
)
"""Tables that grow for ever, or that open pages ask all the time: none of these is read through for a list."""
LISTS: dict[str, Callable[[Session, Stand], Any]] = {
    "my requests": lambda session, stand: lists.requests(session, customer_id=stand.people["ada"]),
    "open requests": lambda session, stand: lists.requests(session, state="open"),
    "requests of a state": lambda session, stand: lists.requests(session, state="denied"),
    "requests for an item": lambda session, stand: lists.requests(session, item_id="lamp"),
    "the next page": lambda session, stand: lists.requests(session, cursor="01a2"),
    "what waits for me": lambda session, stand: undecided.waiting_for(session, stand.house, stand.people["dora"]),
    "what waits for me, the next page": lambda session, stand: undecided.page(
        session, stand.house, stand.people["dora"], cursor=str(Place(stand.clock(), new_id()))
    ),
    "what was said about what waits": lambda session, stand: story.talks(session, ["a", "b"]),
    "what waits for failing targets": lambda session, stand: failing.by_connector(session),
    "the desk": lambda session, stand: case_rows.desk(session),
    "the desk, the next page": lambda session, stand: case_rows.page(
        session, cursor=str(Place(stand.clock(), new_id()))
    ),
    "a team's desk": lambda session, stand: case_rows.desk(session, team="techops"),
    "my cases": lambda session, stand: case_rows.desk(session, taken_by=stand.people["tess"]),
    "my teams' cases": lambda session, stand: case_rows.desk(session, teams=["techops", "design"]),
    "cases nobody has": lambda session, stand: case_rows.desk(session, free=True),
    "overdue cases": lambda session, stand: case_rows.desk(session, late_at=stand.clock()),
    "cases about an item": lambda session, stand: case_rows.desk(session, item_id="lamp"),
    "overdue cases of mine about an item": lambda session, stand: case_rows.desk(
        session, taken_by=stand.people["tess"], late_at=stand.clock(), item_id="lamp"
    ),
    "the desk's counts": lambda session, stand: case_rows.open_cases(session),
    "who looks at a case": lambda session, stand: presence.watchers(session, "a-case", stand.clock()),
    "what I hold": lambda session, stand: grant_rows.held(session, stand.people["ada"]),
    "what I held": lambda session, stand: grant_rows.held(session, stand.people["ada"], ended=True),
    "what everybody holds": lambda session, stand: grant_rows.page(session),
    "what everybody holds, the next page": lambda session, stand: grant_rows.page(session, cursor=new_id()),
    "what somebody held": lambda session, stand: grant_rows.page(session, customer_id=stand.people["ada"], ended=True),
    "counts": lambda session, stand: small_counts.counts(session, stand.people["tess"], staff=True),
    "one by name": lambda session, stand: find(session, "R-7K3FM"),
    "the usual time": lambda session, stand: usual(session, "lamp"),
    "my notices": lambda session, stand: notices.latest(session, stand.people["ada"]),
    "notices, unread first": lambda session, stand: notices.unread_first(session, stand.people["ada"], 30),
    "unread notices": lambda session, stand: notices.unread(session, stand.people["ada"]),
    "a stream's last event": lambda session, stand: Trail(session, "request:x"),
    "the trail": lambda session, stand: reading.read(session),
    "the trail, the next page": lambda session, stand: reading.read(session, after=new_id()),
    "the trail of a stream": lambda session, stand: reading.read(session, stream="request:x"),
    "what is not sealed": lambda session, stand: seal.seal(session, stand.clock()),
    "what was never named": lambda session, stand: naming.nameless(session, ["shelf", "human"]),
    "what was had of it": lambda session, stand: promising.former(
        session, Request(customer_id=stand.people["ada"], item_id="lamp"), "holding", [], [("shelf", "thing:lamp:ada")]
    ),
    "what is just taken back of it": lambda session, stand: owned.going(session, [("shelf", "thing:lamp:ada")]),
    "what is taken back of what it brings": lambda session, stand: owned.going_back(session, "a-request"),
    "what was taken back of it": lambda session, stand: owned.over(session, "shelf", "thing:lamp:ada"),
    "what was taken back of it since": lambda session, stand: owned.gone_since(
        session, "a-request", "shelf", "thing:lamp:ada", frozenset()
    ),
    "what is taken back near it": lambda session, stand: owned.gone_since(
        session, "a-request", "shelf", "?put", frozenset()
    ),
    "what came of the last day": lambda session, stand: flow.last_day(session, stand.clock()),
    "who is alive": lambda session, stand: leases.living(session, stand.house),
}


def _statements(stand: Stand, work: Callable[[], Any]) -> list[tuple[str, Any]]:
    """What was read from the database while `work` ran."""
    seen: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT") and "dbos" not in statement and "workflow" not in statement:
            seen.append((statement, parameters))

    sa.event.listen(stand.house.database.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        sa.event.remove(stand.house.database.engine, "before_cursor_execute", note)
    return seen


def _scanned(session: Session, statement: str, parameters: Any) -> list[str]:
    """Tables that would be read through without an index."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        return [found[1] for row in rows if (found := re.match(r"SCAN (\w+)(?!.*INDEX)", str(row[3])))]
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).all()
    return [found[1] for row in rows if (found := re.search(r"Seq Scan on (\w+)", str(row[0])))]


def _grown(stand: Stand) -> None:
    """Something of everything."""
    for who in ("ada", "ben"):
        stand.ask(who, "lamp")
        stand.ask(who, "screen")
        stand.ask(who, "laptop")
    stand.clock.forward(minutes=1)


def test_the_look_for_missing_indexes_finds_one(stand: Stand) -> None:
    """A query that no index answers is seen as such, on both databases."""
    _grown(stand)
    with stand.house.database.write() as session:
        query = lambda: session.execute(sa.text("SELECT id FROM request WHERE words = 'x'")).all()  # noqa: E731
        ((statement, parameters),) = _statements(stand, query)
        assert _scanned(session, statement, parameters) == ["request"]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_answered_by_indexes(stand: Stand, name: str) -> None:
    """A year's requests make no page slower."""
    _grown(stand)
    with stand.house.database.write() as session:
        statements = _statements(stand, lambda: LISTS[name](session, stand))
        assert statements or (name == "who is alive" and stand.house.database.sqlite)
        for statement, parameters in statements:
            assert not set(_scanned(session, statement, parameters)) & set(GREW), statement


def test_what_was_never_named_is_found_among_a_year_s_steps(stand: Stand) -> None:
    """By an index of its own, which is all but empty: what is held and named is not even looked at."""
    made = stand.ask("ada", "lamp")
    with stand.house.database.write() as session:
        like = session.execute(sa.select(Step.__table__).where(Step.request_id == made.id)).mappings().one()
        for number in range(3000):
            session.execute(
                sa.insert(Step).values({**like, "id": new_id(), "effect_key": f"k{number}", "position": number + 9})
            )
        session.execute(sa.text("ANALYZE"))
        named = sa.update(Step).where(Step.request_id == made.id, Step.position == 11)
        for resource, found in (("?put:lamp", 1), ("thing:lamp:ada", 0)):
            session.execute(named.values(resource=resource))
            assert len(naming.nameless(session, ["shelf"])) == found
        ((statement, parameters),) = _statements(stand, lambda: naming.nameless(session, ["shelf"]))
        explain = "EXPLAIN QUERY PLAN" if stand.house.database.sqlite else "EXPLAIN"
        plan = session.connection().exec_driver_sql(f"{explain} {statement}", parameters).all()
        assert "ix_step_nameless" in str(plan)


def test_asking_deciding_and_the_sweep_read_nothing_through(stand: Stand) -> None:
    """The way every request goes, and the look that workers take every few seconds."""
    _grown(stand)

    def the_way() -> None:
        made = stand.ask("dan", "screen", key="k")
        stand.decide("dora", made.id)
        stand.shelf.faults = ["transient"]
        stand.ask("dora", "lamp")
        stand.clock.forward(minutes=1)
        stand.work()
        leases.sweep(stand.house)

    statements = _statements(stand, the_way)
    own = [(statement, parameters) for statement, parameters in statements if "run.due_at <=" not in statement]
    with stand.house.database.write() as session:
        for statement, parameters in own:
            assert not set(_scanned(session, statement, parameters)) & set(GREW), statement


def test_the_hourly_look_finds_what_is_late_by_index(stand: Stand) -> None:
    """It may read what is open, never what is over."""
    _grown(stand)
    stand.clock.forward(seconds=timedelta(days=2).total_seconds())
    statements = _statements(stand, lambda: reconcile(stand.house))
    with stand.house.database.write() as session:
        for statement, parameters in statements:
            assert not set(_scanned(session, statement, parameters)) & {"request", "step", "audit_event", "notice"}, (
                statement
            )
