"""The trail: nothing changed, left out or put in afterwards goes unseen; writers do not break each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from tests.stand.house import Stand

from selfserve.audit.seal import seal, verify
from selfserve.audit.trail import Trail
from selfserve.store.tables import AuditEvent, AuditSeal


def _breaks(stand: Stand) -> list[str]:
    with stand.house.database.snapshot() as session:
        return verify(session).breaks


def _lived(stand: Stand) -> None:
    """A day's events, sealed."""
    stand.ask("ada", "lamp")
    stand.ask("ben", "screen")
    stand.clock.forward(minutes=1)
    assert stand.write(seal, stand.clock()) > 3
    stand.ask("ben", "cup")
    stand.clock.forward(minutes=1)
    assert stand.write(seal, stand.clock()) > 0


def test_a_whole_trail_verifies(stand: Stand) -> None:
    """Chains and seals, counted."""
    _lived(stand)
    with stand.house.database.snapshot() as session:
        verdict = verify(session)
        assert verdict.events == session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    assert (verdict.seals, verdict.breaks) == (2, [])


def test_an_empty_trail_verifies_and_needs_no_seal(stand: Stand) -> None:
    """Nothing happened yet."""
    assert stand.write(seal, stand.clock()) == 0
    assert _breaks(stand) == []


EVENTS = sa.update(AuditEvent).where(AuditEvent.kind == "request.asked")
TAMPERS: dict[str, Callable[[], Any]] = {
    "its data": lambda: EVENTS.values(data={"item": "another"}),
    "its words": lambda: EVENTS.values(tell="It never happened"),
    "its actor": lambda: EVENTS.values(actor="machine"),
    "its kind": lambda: EVENTS.values(kind="request.cancelled"),
    "its hash": lambda: EVENTS.values(hash="0" * 64),
    "its place": lambda: EVENTS.values(previous="1" * 64),
    "left out first": lambda: sa.delete(AuditEvent).where(AuditEvent.number == 1),
    "left out in the middle": lambda: sa.delete(AuditEvent).where(AuditEvent.kind == "step.done"),
    "left out at the end": lambda: sa.delete(AuditEvent).where(AuditEvent.kind == "request.fulfilled"),
    "left out wholly": lambda: sa.delete(AuditEvent).where(AuditEvent.stream.like("request:%")),
    "taken from its seal": lambda: EVENTS.values(seal_id=None),
    "a seal left out": lambda: sa.delete(AuditSeal).where(AuditSeal.id == 1),
    "a seal changed": lambda: sa.update(AuditSeal).where(AuditSeal.id == 1).values(hash="2" * 64),
}


@pytest.mark.parametrize("what", TAMPERS)
def test_tampering_is_seen(stand: Stand, what: str) -> None:
    """Whoever can write the tables still cannot rewrite what happened unseen."""
    _lived(stand)
    with stand.house.database.write() as session:
        if what == "a seal left out":
            session.execute(sa.update(AuditEvent).where(AuditEvent.seal_id == 1).values(seal_id=2))
        session.execute(TAMPERS[what]())
    assert _breaks(stand)


def test_a_moved_time_is_seen(stand: Stand) -> None:
    """An hour later than it was."""
    _lived(stand)
    with stand.house.database.write() as session:
        event = session.scalars(sa.select(AuditEvent).limit(1)).one()
        event.at += timedelta(hours=1)
    assert _breaks(stand)


def test_a_recomputed_chain_is_seen_by_the_seals(stand: Stand) -> None:
    """Somebody changes an event and recomputes its stream: the seal still knows."""
    _lived(stand)
    with stand.house.database.write() as session:
        rows = (
            session.execute(
                sa.select(AuditEvent)
                .where(AuditEvent.stream.like("request:%"))
                .order_by(AuditEvent.stream, AuditEvent.number)
            )
            .scalars()
            .all()
        )
        stream = rows[0].stream
        old = [(row.kind, row.at, row.actor, row.tell, row.data, row.seal_id) for row in rows if row.stream == stream]
        session.execute(sa.delete(AuditEvent).where(AuditEvent.stream == stream))
        trail = Trail(session, stream)
        for kind, at, actor, tell, data, _ in old:
            trail.tell(kind, at=at, actor=actor, tell=tell, data={**data, "forged": True})
        session.execute(sa.update(AuditEvent).where(AuditEvent.stream == stream).values(seal_id=old[0][5]))
    assert any("seal" in each for each in _breaks(stand))


def test_fresh_events_wait_for_their_seal(stand: Stand) -> None:
    """A transaction that began earlier may still commit an older event: two seconds of patience."""
    stand.ask("ada", "lamp")
    assert stand.write(seal, stand.clock()) == 0
    stand.clock.forward(seconds=3)
    assert stand.write(seal, stand.clock()) > 0
    assert stand.write(seal, stand.clock()) == 0


def test_two_seals_at_once_do_not_break_the_chain(stand: Stand, second: Stand) -> None:
    """Two workers, one tick late: one seals, or both in a row; the chain is whole."""
    for _ in range(5):
        stand.ask("ada", "bell")
        stand.clock.forward(minutes=1)
        gate = threading.Barrier(2)

        def go(each: Stand, gate: threading.Barrier = gate) -> int:
            gate.wait()
            return each.write(seal, each.clock())

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(go, [stand, second]))
    assert _breaks(stand) == []


def test_many_writers_of_one_stream_wait_for_each_other(stand: Stand, second: Stand) -> None:
    """Twenty transactions append to one stream at once, from two processes: twenty events, one chain."""
    gate = threading.Barrier(10)

    def append(number: int) -> None:
        each = second if number % 2 else stand
        if number < 10:
            gate.wait()
        with each.house.database.write() as session:
            Trail(session, "stream:x").tell("told", at=each.clock(), data={"n": number})

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(append, range(20)))
    assert len(stand.kinds("stream:x")) == 20
    assert _breaks(stand) == []


def test_two_trails_on_one_stream_in_one_transaction_are_one_chain(stand: Stand) -> None:
    """Two functions of one transaction may each open the stream."""
    with stand.house.database.write() as session:
        one, other = Trail(session, "stream:y"), Trail(session, "stream:y")
        one.tell("a", at=stand.clock())
        other.tell("b", at=stand.clock())
        one.tell("c", at=stand.clock())
    assert stand.kinds("stream:y") == ["a", "b", "c"]
    assert _breaks(stand) == []


def test_what_rolls_back_leaves_no_event(stand: Stand) -> None:
    """An event rides in the transaction of its change."""

    def broken(session: Session) -> None:
        Trail(session, "stream:z").tell("never", at=stand.clock())
        raise RuntimeError

    with pytest.raises(RuntimeError):
        stand.write(broken)
    assert stand.kinds("stream:z") == []


def test_words_times_and_data_of_all_kinds_verify_after_reading_back(stand: Stand) -> None:
    """Other zones, other scripts, nested data, numbers: what is read back is what was hashed."""
    with stand.house.database.write() as session:
        trail = Trail(session, "stream:w")
        trail.tell(
            "told",
            at=stand.clock().astimezone(ZoneInfo("Asia/Tokyo")).replace(microsecond=123456),
            tell="Grüße, 東京 — “done” 🎉",
            data={"n": 1.5, "list": [1, {"a": None}], "b": True, "ü": "é", "0": 10**15},
        )
    assert _breaks(stand) == []
