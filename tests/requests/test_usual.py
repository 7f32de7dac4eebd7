"""What is said of how long it takes is what it took, or nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.requests.usual import RECENT, Usual, usual

CUSTOMERS = ("ada", "ben", "dora", "eli", "tess")


def ask_and_decide(stand: Stand, who: str, decided: int, done: int) -> None:
    """An ask of a screen, decided after so many minutes, and there so many minutes later."""
    made = stand.ask(who, "screen")
    stand.clock.forward(minutes=decided)
    stand.shelf.faults = ["transient"]
    stand.decide("dan", made.id)
    stand.clock.forward(minutes=done)
    stand.work()


def seen(stand: Stand, item: str) -> Usual:
    """As it would be said before somebody asks for the item."""
    with stand.house.database.read() as session:
        (stage,) = stand.house.catalog.current.items[item].approve
        return usual(session, item, stage.by)


def test_nothing_is_said_of_fewer_than_five(stand: Stand) -> None:
    """Four tell about four people."""
    for who in CUSTOMERS[:4]:
        ask_and_decide(stand, who, 10, 5)
    assert seen(stand, "screen") == Usual()
    ask_and_decide(stand, CUSTOMERS[4], 10, 5)
    assert seen(stand, "screen") != Usual()


def test_the_decision_is_told_apart_from_the_whole(stand: Stand) -> None:
    """Approvers took half an hour at the median, and another ten minutes passed until it was there."""
    for who, decided in zip(CUSTOMERS, (5, 10, 30, 120, 600), strict=True):
        ask_and_decide(stand, who, decided, 10)
    assert seen(stand, "screen") == Usual(timedelta(minutes=40), timedelta(minutes=30))


def test_what_other_approvers_took_is_not_said_of_these(stand: Stand) -> None:
    """Where somebody else would decide now, nobody knows how long they need."""
    for who in CUSTOMERS:
        ask_and_decide(stand, who, 30, 10)
    with stand.house.database.read() as session:
        assert usual(session, "screen", ["team:strangers"]) == Usual(timedelta(minutes=40), None)


def test_it_is_one_query_and_reads_the_last_thirty_by_index(stand: Stand) -> None:
    """No sorting of all that was ever asked for, and no look at requests of other items, on both databases."""
    assert RECENT == 30
    ask_and_decide(stand, "ada", 1, 1)
    asked: list[tuple[str, Any]] = []
    engine = stand.house.database.engine

    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        with stand.house.database.read() as session:
            usual(session, "screen")
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    ((statement, parameters),) = [one for one in asked if "request" in one[0]]
    with stand.house.database.write() as session:
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plan = "\n".join(str(row[3]) for row in rows)
            assert "TEMP B-TREE" not in plan
        else:
            for setting in ("enable_seqscan", "enable_sort", "enable_bitmapscan"):
                connection.exec_driver_sql(f"SET LOCAL {setting} = off")
            plan = "\n".join(str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))
            assert not re.search(r"Sort|Seq Scan", plan)
        assert "ix_request_lately" in plan
