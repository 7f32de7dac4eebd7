"""Hard case 1: the same ask twice is one request, whoever takes it, however close together.

`second` is a house of its own upon the same store, in this process; between real ones it is in
`tests/app/test_two_processes.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.stand.house import Stand

from selfserve.requests import acts
from selfserve.requests.refusals import KeyReused, NotAllowed, NotPossible
from selfserve.requests.submit import Submitted
from selfserve.store.states import RequestState
from selfserve.store.tables import GrantReason, Request


def _rush(*asks: Callable[[], Submitted]) -> list[Submitted]:
    """All asks leave at the same moment, each from a thread of its own."""
    gate = threading.Barrier(len(asks))

    def go(ask: Callable[[], Submitted]) -> Submitted:
        gate.wait()
        return ask()

    with ThreadPoolExecutor(len(asks)) as threads:
        return list(threads.map(go, asks))


def _requests(stand: Stand) -> list[Request]:
    with stand.house.database.read() as session:
        return list(session.query(Request).all())


def test_the_same_ask_to_two_houses_at_once_is_one_request(stand: Stand, second: Stand) -> None:
    """Both get the same id; one effect, one run, one reason."""
    one, other = _rush(lambda: stand.ask("ada", "lamp"), lambda: second.ask("ada", "lamp"))

    assert one.id == other.id
    assert {one.fresh, other.fresh} == {True, False}
    assert len(_requests(stand)) == 1
    assert stand.shelf.effects[("lamp", "ada")] == 1
    assert len(stand.runs(one.id)) == 1


def test_twenty_racing_threads_make_one_request_and_one_notice(stand: Stand, second: Stand) -> None:
    """Ten in each of two houses; the approver is told once."""
    asks = [lambda each=each: each.ask("ada", "desk") for each in [stand, second] * 10]
    made = _rush(*asks)

    assert len({each.id for each in made}) == 1
    assert sum(each.fresh for each in made) == 1
    assert len(stand.notices("mara")) == 1


def test_the_same_key_to_two_houses_at_once_is_one_request(stand: Stand, second: Stand) -> None:
    """Without the duplicate check by answers, the key alone is enough."""
    one, other = _rush(lambda: stand.ask("ada", "bell", key="k"), lambda: second.ask("ada", "bell", key="k"))

    assert one.id == other.id
    assert stand.shelf.effects[("bell", "ada")] == 1


def test_other_answers_are_another_request(stand: Stand) -> None:
    """What the customer wrote is part of the ask; both share one grant, and each is a reason for it."""
    one = stand.ask("ada", "lamp", {"reason": "reading"})
    other = stand.ask("ada", "lamp", {"reason": "writing"})

    assert one.id != other.id
    assert len(stand.grants("ada")) == 1
    with stand.house.database.read() as session:
        assert session.query(GrantReason).count() == 2
    assert stand.shelf.effects[("lamp", "ada")] == 1


def test_the_same_ask_of_another_customer_is_another_request(stand: Stand) -> None:
    """Nobody is given somebody else's request."""
    assert stand.ask("ada", "lamp").id != stand.ask("ben", "lamp").id


def test_a_key_used_for_another_ask_is_refused(stand: Stand) -> None:
    """An Idempotency-Key belongs to one ask; nothing new is stored."""
    stand.ask("ada", "lamp", key="k")
    for item, answers in (("cup", {}), ("lamp", {"reason": "another"})):
        with pytest.raises(KeyReused):
            stand.ask("ada", item, answers, key="k")
    assert len(_requests(stand)) == 1


def test_a_key_is_each_asker_s_own(stand: Stand) -> None:
    """Two people may happen to use the same key."""
    assert stand.ask("ada", "lamp", key="k").id != stand.ask("ben", "lamp", key="k").id


def test_one_key_with_two_asks_at_once_is_refused_for_one(stand: Stand, second: Stand) -> None:
    """Two houses, one key, two items: one is stored, the other refused, none half."""

    def ask(each: Stand, item: str) -> Submitted | KeyReused:
        try:
            return each.ask("ada", item, key="k")
        except KeyReused as refused:
            return refused

    gate = threading.Barrier(2)

    def go(pair: tuple[Stand, str]) -> Submitted | KeyReused:
        gate.wait()
        return ask(*pair)

    with ThreadPoolExecutor(2) as threads:
        told = dict(zip(("lamp", "cup"), threads.map(go, [(stand, "lamp"), (second, "cup")]), strict=True))
    (taken,) = [item for item, one in told.items() if isinstance(one, Submitted)]
    (refused,) = [one for one in told.values() if isinstance(one, KeyReused)]
    assert "Idempotency-Key" in str(refused)
    (request,) = _requests(stand)
    assert request.item_id == taken
    assert stand.shelf.things == {(taken, "ada")}
    assert dict(stand.shelf.effects) == {(taken, "ada"): 1}


def test_the_same_key_finds_its_request_after_it_is_over(stand: Stand) -> None:
    """A client that repeats its call tomorrow gets the request it made, not a second one."""
    made = stand.ask("ada", "bell", key="k")
    stand.clock.forward(days=1)
    again = stand.ask("ada", "bell", key="k")

    assert (again.id, again.fresh) == (made.id, False)
    assert stand.shelf.effects[("bell", "ada")] == 1


def test_a_double_click_on_what_was_done_at_once_is_one(stand: Stand) -> None:
    """Done in 3 ms, clicked again after 50: the bell rang once. A minute later it is a new wish."""
    one = stand.ask("ada", "bell")
    assert one.state is RequestState.FULFILLED
    stand.clock.forward(seconds=0.05)
    assert stand.ask("ada", "bell").id == one.id
    stand.clock.forward(minutes=1)
    assert stand.ask("ada", "bell").id != one.id
    assert stand.shelf.effects[("bell", "ada")] == 2


def test_what_was_just_given_back_can_be_asked_for_anew(stand: Stand) -> None:
    """Within the seconds in which a second click counts as the first, nobody is told to have what they have not."""
    first = stand.ask("ada", "lamp")
    stand.write(acts.give_back, stand.house, first.name, stand.people["ada"], stand.clock())
    with pytest.raises(NotPossible, match="just being taken back"):
        stand.ask("ada", "lamp")
    stand.work()
    assert stand.shelf.things == set()
    again = stand.ask("ada", "lamp")
    assert (again.fresh, again.state) == (True, RequestState.FULFILLED)
    assert again.name != first.name
    assert stand.shelf.things == {("lamp", "ada")}


def test_what_one_holds_is_not_given_twice(stand: Stand) -> None:
    """Asked for again while it is held: the same request; asked for again after it ended: a new one."""
    one = stand.ask("ada", "lamp")
    stand.clock.forward(hours=2)
    assert stand.ask("ada", "lamp").id == one.id
    stand.clock.forward(hours=6)
    (grant,) = stand.grants("ada")
    stand.tick_grant(grant)
    stand.work()
    assert stand.ask("ada", "lamp").id != one.id
    assert stand.shelf.things == {("lamp", "ada")}


def test_a_customer_who_is_not_active_cannot_ask(stand: Stand) -> None:
    """Disabled in the directory: refused, nothing stored."""
    stand.change("ada", disabled=True)
    with pytest.raises(NotAllowed):
        stand.ask("ada", "lamp")
    assert not _requests(stand)
