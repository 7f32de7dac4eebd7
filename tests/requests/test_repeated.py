"""A call whose answer was lost is sent again under its key: told what is stored, whatever has changed meanwhile."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.requests.decide import Say
from selfserve.requests.refusals import KeyReused, NotFound
from selfserve.requests.submit import Submitted, submit
from selfserve.store.tables import Request

SOON = {"until": "2027-03-20"}


def _for_ada(stand: Stand, named: str = "") -> Submitted:
    return submit(
        stand.house,
        customer_id=named or stand.people["ada"],
        asked_by_id=stand.people["mara"],
        item_id="lamp",
        answers={},
        idempotency_key="k",
    )


def _stored(stand: Stand) -> int:
    with stand.house.database.read() as session:
        return session.scalars(sa.select(sa.func.count()).select_from(Request)).one()


def _same(stand: Stand, made: Submitted, again: Submitted) -> None:
    assert (again.id, again.name, again.fresh) == (made.id, made.name, False)
    assert _stored(stand) == 1


def test_a_rule_that_shuts_the_customer_out_does_not_hide_what_was_stored(stand: Stand) -> None:
    """A new ask is refused; the repeated one is told of its request."""
    made = stand.ask("ada", "desk", SOON, key="k")
    stand.edit("desk", 'customer.department == "Design"', 'customer.department == "Sales"')
    with pytest.raises(NotFound):
        stand.ask("ada", "desk", SOON, key="another")
    _same(stand, made, stand.ask("ada", "desk", SOON, key="k"))


def test_an_item_that_left_the_catalog_does_not_hide_what_was_stored(stand: Stand) -> None:
    """The request outlives the item."""
    made = stand.ask("ada", "bell", key="k")
    (stand.catalog / "items" / "bell.yaml").unlink()
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    assert "bell" not in stand.house.catalog.current.items
    _same(stand, made, stand.ask("ada", "bell", key="k"))


def test_a_day_that_has_passed_does_not_hide_what_was_stored(stand: Stand) -> None:
    """The answers were right when they were sent."""
    made = stand.ask("ada", "desk", SOON, key="k")
    stand.clock.forward(days=40)
    _same(stand, made, stand.ask("ada", "desk", SOON, key="k"))


def test_a_question_that_is_gone_does_not_hide_what_was_stored(stand: Stand) -> None:
    """The form of today would refuse the answer."""
    made = stand.ask("ada", "lamp", {"reason": "reading"}, key="k")
    stand.edit("lamp", "  reason: {type: text, label: Why?, max: 100}", "  why: {type: text, label: Why?}")
    _same(stand, made, stand.ask("ada", "lamp", {"reason": "reading"}, key="k"))


def test_a_manager_no_more_is_told_of_what_they_asked_for(stand: Stand) -> None:
    """They asked when they led the customer; another ask is refused."""
    made = _for_ada(stand)
    stand.change("ada", manager_id=stand.people["tess"])
    _same(stand, made, _for_ada(stand))


def test_a_repeated_ask_reads_no_target(stand: Stand) -> None:
    """A target that is down or has changed is nothing to it."""
    stand.ask("ada", "lamp", key="k")
    before = dict(stand.shelf.calls)
    stand.ask("ada", "lamp", key="k")
    assert dict(stand.shelf.calls) == before


@pytest.mark.parametrize(("item", "answers"), [("cup", {}), ("lamp", {"reason": "x"}), ("lamp", {"nonsense": 1})])
def test_the_key_with_anything_else_is_refused_first(stand: Stand, item: str, answers: dict[str, Any]) -> None:
    """Also where the other ask would not stand by itself."""
    stand.ask("ada", "lamp", key="k")
    with pytest.raises(KeyReused):
        stand.ask("ada", item, answers, key="k")
    assert _stored(stand) == 1


def test_the_key_for_another_customer_is_refused(stand: Stand) -> None:
    """Whom it is for is part of what is sent."""
    _for_ada(stand)
    with pytest.raises(KeyReused):
        _for_ada(stand, stand.people["ben"])
    assert _stored(stand) == 1


def test_two_equal_calls_at_once_are_one_request(stand: Stand, second: Stand) -> None:
    """Neither finds the other at the first look; the second one to store does."""
    gate = threading.Barrier(2)

    def ask(each: Stand) -> Submitted:
        gate.wait()
        return each.ask("ada", "desk", SOON, key="k")

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(ask, (stand, second))
    assert one.id == other.id
    assert {one.fresh, other.fresh} == {True, False}
    assert _stored(stand) == 1


def _statements(stand: Stand, key: str | None) -> int:
    seen: list[str] = []

    def note(*told: Any) -> None:
        if "FROM request JOIN ask_key" in told[2].replace("\n", " ").replace("  ", " "):
            seen.append(told[2])

    engine = stand.house.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        stand.ask("ada", "desk", SOON, key=key)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.parametrize(("key", "looks"), [(None, 0), ("k", 2)])
def test_who_sends_no_key_pays_for_none(stand: Stand, key: str | None, looks: int) -> None:
    """With a key there is one look before anything else, and one where it is stored."""
    assert _statements(stand, key) == looks


def test_a_key_told_of_an_open_request_is_told_of_it_for_good(stand: Stand) -> None:
    """First asked on a page, without a key: the call that found it finds it again when all is long over."""
    made = stand.ask("ada", "desk", SOON)
    _same(stand, made, stand.ask("ada", "desk", SOON, key="k"))
    stand.decide("mara", made.id, Say.DENY, "Not this year.")
    stand.clock.forward(days=1)
    _same(stand, made, stand.ask("ada", "desk", SOON, key="k"))
    with pytest.raises(KeyReused):
        stand.ask("ada", "lamp", key="k")


def test_every_key_that_was_answered_keeps_its_answer(stand: Stand) -> None:
    """Three calls, one request: a late repetition of any of them asks for nothing anew."""
    made = stand.ask("ada", "desk", SOON, key="first")
    for key in ("second", "third", "second"):
        _same(stand, made, stand.ask("ada", "desk", SOON, key=key))
    stand.decide("mara", made.id, Say.DENY, "Not this year.")
    stand.clock.forward(days=1)
    for key in ("first", "second", "third"):
        _same(stand, made, stand.ask("ada", "desk", SOON, key=key))
    with pytest.raises(KeyReused):
        stand.ask("ada", "lamp", key="third")
