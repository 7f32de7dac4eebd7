"""Rules that the database itself keeps, whoever writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, StatementError

from selfserve.store.base import Base, Instant
from selfserve.store.ids import new_id, new_name
from selfserve.store.tables import (
    AskKey,
    Decision,
    Escalation,
    Grant,
    Request,
    Run,
    Seat,
    SeatPool,
    Stage,
    Step,
)
from tests.stand.house import Stand

STATED = [
    (table.name, str(constraint.name).removeprefix(f"ck_{table.name}_"))
    for table in Base.metadata.sorted_tables
    for constraint in table.constraints
    if isinstance(constraint, sa.CheckConstraint)
]


def _copy(row: Any, **changes: Any) -> Any:
    """Another row like this one, with a fresh id."""
    kept = {attribute.key: getattr(row, attribute.key) for attribute in sa.inspect(type(row)).column_attrs}
    return type(row)(**{**kept, "id": new_id(), **changes})


def _refuses(stand: Stand, row: Any) -> bool:
    try:
        with stand.house.database.write() as session:
            session.add(row)
    except IntegrityError:
        return True
    return False


def _only(stand: Stand, kind: type[Any]) -> Any:
    with stand.house.database.read() as session:
        return session.scalars(sa.select(kind)).first()


@pytest.mark.parametrize(
    ("kind", "column", "fault"),
    [
        (Request, "state", None),
        (Stage, "state", None),
        (Run, "state", "transient"),
        (Run, "purpose", "transient"),
        (Step, "state", None),
        (Grant, "state", None),
        (Escalation, "state", "permanent"),
        (Escalation, "closed_how", "permanent"),
    ],
)
def test_a_state_that_does_not_exist_cannot_be_written(
    stand: Stand, kind: type[Any], column: str, fault: str | None
) -> None:
    """A second vocabulary cannot creep in through SQL."""
    stand.shelf.faults = [fault] if fault else []
    stand.ask("ada", "lamp")
    stand.ask("ben", "screen")
    with pytest.raises(IntegrityError), stand.house.database.write() as session:
        session.execute(sa.update(kind).values(**{column: "rejected"}))


def test_every_checked_column_is_known_here() -> None:
    """A new rule of this kind is to be tried above or beside."""
    assert {table for table, _ in STATED} >= {"request", "stage", "run", "step", "held_grant", "escalation", "notice"}


def test_one_open_request_per_customer_item_and_answers(stand: Stand) -> None:
    """A second open one is refused by the database; a closed one may lie beside it."""
    stand.ask("ada", "screen")
    row = _only(stand, Request)
    assert _refuses(stand, _copy(row, name=new_name()))
    assert not _refuses(stand, _copy(row, name=new_name(), state="denied"))
    assert not _refuses(stand, _copy(row, name=new_name(), answers_digest="other"))


def test_one_request_per_key_and_asker(stand: Stand) -> None:
    """Idempotency keys are kept by the database."""
    stand.ask("ada", "bell", key="k")
    made = _only(stand, Request).id
    assert _refuses(stand, AskKey(asked_by_id=stand.people["ada"], key="k", digest="other", request_id=made))
    assert not _refuses(stand, AskKey(asked_by_id=stand.people["ben"], key="k", digest="d", request_id=made))
    assert not _refuses(stand, AskKey(asked_by_id=stand.people["ada"], key="l", digest="d", request_id=made))


def test_short_names_are_unique(stand: Stand) -> None:
    """R-7K3FM is one request."""
    stand.ask("ada", "bell")
    assert _refuses(stand, _copy(_only(stand, Request)))


def test_one_open_run_per_request_and_purpose(stand: Stand) -> None:
    """Two processes cannot both begin."""
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    open_one = stand.runs(made.id)[-1]
    assert _refuses(stand, _copy(open_one, attempt=9, state="queued"))
    assert not _refuses(stand, _copy(open_one, attempt=9, state="stopped"))
    assert _refuses(stand, _copy(open_one, attempt=9, state="stopped"))


def test_one_live_grant_per_customer_and_holding(stand: Stand) -> None:
    """What is held twice would be taken back once."""
    stand.ask("ada", "lamp")
    row = _only(stand, Grant)
    assert _refuses(stand, _copy(row))
    assert not _refuses(stand, _copy(row, state="ended"))
    assert not _refuses(stand, _copy(row, customer_id=stand.people["ben"]))


def test_one_open_case_per_subject(stand: Stand) -> None:
    """The desk shows one thing once."""
    stand.shelf.faults = ["permanent"]
    stand.ask("ada", "lamp")
    row = _only(stand, Escalation)
    assert _refuses(stand, _copy(row))
    assert not _refuses(stand, _copy(row, state="closed"))


def test_one_decision_per_stage_and_person(stand: Stand) -> None:
    """And it says yes or no."""
    made = stand.ask("ada", "screen")
    stand.decide("dora", made.id)
    row = _only(stand, Decision)
    assert _refuses(stand, _copy(row))
    assert _refuses(stand, _copy(row, person_id=stand.people["dan"], decision="maybe"))


def test_one_step_per_effect_key(stand: Stand) -> None:
    """The idempotency key of an effect is one step's."""
    stand.ask("ada", "lamp")
    assert _refuses(stand, _copy(_only(stand, Step), position=9))


def test_one_seat_per_holder_and_one_holder_per_seat(stand: Stand) -> None:
    """Whatever the code around it does."""
    with stand.house.database.write() as session:
        session.add(SeatPool(name="p", total=9))
        session.flush()
        session.add(Seat(id=new_id(), pool="p", number=1, holder="ada"))
    assert _refuses(stand, Seat(id=new_id(), pool="p", number=2, holder="ada"))
    assert _refuses(stand, Seat(id=new_id(), pool="p", number=1, holder="ben"))
    assert not _refuses(stand, Seat(id=new_id(), pool="p", number=2, holder=None))
    assert not _refuses(stand, Seat(id=new_id(), pool="p", number=3, holder=None))


def test_a_row_without_its_parent_is_refused(stand: Stand) -> None:
    """Foreign keys hold, on SQLite too."""
    stand.ask("ada", "lamp")
    assert _refuses(stand, _copy(_only(stand, Step), request_id="nobody", key="x", position=5))


def test_moments_are_utc_on_every_store_and_naive_ones_are_refused(stand: Stand) -> None:
    """A moment from Tokyo is read back as the same moment, in UTC, to the microsecond."""
    tokyo = datetime(2027, 3, 1, 9, 0, 0, 123456, tzinfo=ZoneInfo("Asia/Tokyo"))
    stand.change("ada", seen_at=tokyo)
    with stand.house.database.read() as session:
        from selfserve.store.tables import Person

        seen = session.get_one(Person, stand.people["ada"]).seen_at
    assert (seen, seen.utcoffset()) == (tokyo, timedelta(0))
    with pytest.raises(StatementError):
        stand.change("ada", seen_at=datetime(2027, 3, 1))  # noqa: DTZ001  (naive on purpose)
    assert Instant().process_bind_param(None, stand.house.database.engine.dialect) is None


def test_ids_sort_by_time_and_names_can_be_read_aloud() -> None:
    """UUIDv7 by RFC 9562; no sign in a name that is taken for another."""
    first = new_id()
    before = datetime.now(UTC)
    assert len({new_id() for _ in range(1000)}) == 1000
    milliseconds = int(first.replace("-", "")[:12], 16)
    assert abs(milliseconds / 1000 - before.timestamp()) < 5
    assert (first[14], first[19]) == ("7", first[19])
    assert first[19] in "89ab"
    assert not set("".join(new_name().removeprefix("R-") for _ in range(500))) & set("01ILOU")
