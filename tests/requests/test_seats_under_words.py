"""Seats taken under words that meant nobody when they were asked for, and then name a person; and words that name
two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.requests.test_seats import ITEM as SEAT
from tests.stand import invariants
from tests.stand.house import Stand, build

from selfserve.connectors.contract import SeatStore
from selfserve.connectors.seats import SeatsConnector
from selfserve.requests import acts
from selfserve.requests.plan import plan
from selfserve.requests.reconcile import reconcile
from selfserve.requests.refusals import CannotWork
from selfserve.requests.submit import submit
from selfserve.store.database import Database

ITEM = SEAT.replace("customer.login", "customer.id")
FOR_ANYBODY = (
    ITEM.replace("id: studio", "id: guest")
    .replace("customer.id", "form.who")
    .replace("fulfil:\n", "form:\n  who: {type: text, label: Who is it for?, required: true, max: 100}\nfulfil:\n")
)


@pytest.fixture
def stand(database: Database, tmp_path: Path) -> Iterator[Stand]:
    """A house with two seats of Studio: one's own, and one for whomever the form names."""
    made = build(database, tmp_path, pools={"studio": {"label": "Studio", "total": 2}})
    for item, text in (("studio", ITEM), ("guest", FOR_ANYBODY)):
        (made.catalog / "items" / f"{item}.yaml").write_text(text)
    assert made.house.catalog.refresh(force=True), made.house.catalog.problems
    yield made
    made.house.engine.stop()


def _guest(stand: Stand, asker: str, who: str) -> str:
    return stand.ask(asker, "guest", {"who": who}).id


def _store(stand: Stand) -> SeatStore:
    seats = stand.house.connectors.get("seats")
    assert isinstance(seats, SeatsConnector)
    assert seats.ports.seats is not None
    return seats.ports.seats


def _taken(stand: Stand) -> tuple[int, int]:
    """How many have a seat, and how many wait for one."""
    figures = _store(stand).figures("studio")
    assert figures is not None
    return figures.taken, figures.waiting


def _end(stand: Stand, request_id: str, who: str) -> None:
    name = stand.request(request_id).name
    stand.write(acts.give_back, stand.house, name, stand.people[who], stand.clock())
    stand.work()


def _looked(stand: Stand) -> None:
    """The hourly look goes by, and finds all as it was left."""
    stand.clock.forward(hours=2)
    reconcile(stand.house)
    assert not stand.open_cases()


@pytest.mark.parametrize("named", ["login", "email"])
def test_a_seat_taken_under_words_comes_back_once_they_name_somebody(stand: Stand, named: str) -> None:
    """It is not missing meanwhile either, and staff read who it is."""
    words = {"login": "Nova", "email": "nova@fern.example"}
    asked = _guest(stand, "ben", words[named])
    assert _taken(stand) == (1, 0)
    stand.change("eli", **{"login": "neu", named: words[named].casefold()})
    _looked(stand)
    _end(stand, asked, "ben")
    assert _taken(stand) == (0, 0)
    assert [grant.state for grant in stand.grants("ben")] == ["ended"]
    invariants.check(stand)


def test_a_place_taken_under_words_stays_and_becomes_a_seat_once_they_name_somebody(stand: Stand) -> None:
    """The hourly look misses nothing, and the seat that comes free reaches whoever asked."""
    first = stand.ask("ada", "studio").id
    stand.ask("dora", "studio")
    asked = _guest(stand, "ben", "nova")
    stand.change("eli", login="nova")
    stand.pass_time(minutes=20)
    _looked(stand)
    assert _taken(stand) == (2, 1)
    _end(stand, first, "ada")
    stand.pass_time(minutes=20)
    assert stand.request(asked).state == "fulfilled"
    assert _taken(stand) == (2, 0)
    _end(stand, asked, "ben")
    assert _taken(stand) == (1, 0)


def test_a_place_taken_under_words_is_left_once_they_name_somebody(stand: Stand) -> None:
    """Who cancels leaves no one behind in the line."""
    for who in ("ada", "dora"):
        stand.ask(who, "studio")
    asked = _guest(stand, "ben", "nova")
    stand.change("eli", login="nova")
    stand.write(acts.cancel, stand.house, stand.request(asked).name, stand.people["ben"], stand.clock())
    stand.pass_time(minutes=20)
    assert _taken(stand) == (2, 0)


@pytest.mark.parametrize("first", ["words", "person"])
def test_whom_the_words_name_holds_the_seat_taken_under_them(stand: Stand, first: str) -> None:
    """Asking for it themselves is no second seat; it is theirs until both have ended, in whichever order."""
    under_words = _guest(stand, "ben", "nova")
    stand.change("eli", login="nova")
    own = stand.ask("eli", "studio").id
    assert stand.request(own).state == "fulfilled"
    assert _taken(stand) == (1, 0)
    ends = [(under_words, "ben"), (own, "eli")]
    for number, (asked, who) in enumerate(ends if first == "words" else ends[::-1]):
        assert _taken(stand) == (1, 0), number
        _looked(stand)
        _end(stand, asked, who)
    assert _taken(stand) == (0, 0)
    invariants.check(stand)


def test_whom_the_words_name_has_the_place_taken_under_them(stand: Stand) -> None:
    """Asking for it themselves is no second place, and the one seat reaches both requests."""
    first = stand.ask("ada", "studio").id
    stand.ask("dora", "studio")
    asked = [_guest(stand, "ben", "nova")]
    stand.change("eli", login="nova")
    asked.append(stand.ask("eli", "studio").id)
    assert _taken(stand) == (2, 1)
    _end(stand, first, "ada")
    stand.pass_time(minutes=20)
    assert [stand.request(one).state for one in asked] == ["fulfilled", "fulfilled"]
    assert _taken(stand) == (2, 0)


@pytest.mark.parametrize("first", ["words", "person"])
def test_words_that_name_somebody_by_the_time_it_is_their_turn_are_theirs(stand: Stand, first: str) -> None:
    """Asked for while they meant nobody: it is the one seat of whom they mean now, until both requests have ended."""
    later = replace(stand.house, works=False)
    under_words = submit(later, customer_id=stand.people["ben"], item_id="guest", answers={"who": "nova"}).id
    stand.change("eli", login="nova")
    stand.pass_time(minutes=2)
    own = stand.ask("eli", "studio").id
    ends = [(under_words, "ben"), (own, "eli")]
    for asked, who in ends if first == "words" else ends[::-1]:
        assert _taken(stand) == (1, 0)
        _looked(stand)
        _end(stand, asked, who)
    assert _taken(stand) == (0, 0)


def test_a_seat_given_back_under_words_is_asked_for_anew_by_whom_they_name(stand: Stand) -> None:
    """Stored while the former is still to be taken back, it shares that seat, or gets one that nobody takes from it."""
    under_words = _guest(stand, "ben", "nova")
    stand.change("eli", login="nova")
    name = stand.request(under_words).name
    stand.write(acts.give_back, stand.house, name, stand.people["ben"], stand.clock())
    own = [stand.ask("eli", "studio").id, _guest(stand, "ada", "nova")]
    stand.pass_time(minutes=20)
    assert [stand.request(one).state for one in own] == ["fulfilled", "fulfilled"]
    for asked, who in zip(own, ("eli", "ada"), strict=True):
        assert _taken(stand) == (1, 0)
        _looked(stand)
        _end(stand, asked, who)
    assert _taken(stand) == (0, 0)


def test_words_that_name_two_give_nobody_a_seat(stand: Stand) -> None:
    """None of the two is guessed, and whoever asks reads why; by what each is known by for ever each gets their own."""
    for who in ("eli", "dan"):
        stand.change(who, login="twin")
    (act,) = plan(stand.house, customer_id=stand.people["ben"], item_id="guest", answers={"who": "Twin"}).acts
    assert "More than one person is called “Twin”, and none is guessed" in act.blocked
    with pytest.raises(CannotWork, match="More than one person"):
        _guest(stand, "ben", "Twin")
    assert _taken(stand) == (0, 0)
    for who in ("eli", "dan"):
        stand.ask(who, "studio")
    assert _taken(stand) == (2, 0)


def test_words_that_come_to_name_two_while_it_is_under_way_call_a_human(stand: Stand) -> None:
    """The seat is given to neither, and what was taken before comes back from whom it was taken for."""
    before = _guest(stand, "ada", "nova")
    later = replace(stand.house, works=False)
    asked = submit(later, customer_id=stand.people["ben"], item_id="guest", answers={"who": "twin"}).id
    for who in ("eli", "dan"):
        stand.change(who, login="twin")
    stand.pass_time(minutes=2)
    (step,) = stand.steps(asked)
    assert (step.state, step.failure) == ("failed", "ambiguous")
    assert "none is guessed" in step.reason
    assert len(stand.open_cases()) == 1
    assert _taken(stand) == (1, 0)
    for who in ("eli", "dan"):
        stand.change(who, login="nova")
    _end(stand, before, "ada")
    assert _taken(stand) == (0, 0)
