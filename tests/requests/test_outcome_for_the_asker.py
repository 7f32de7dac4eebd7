"""Whoever asked for somebody hears what became of it, in words that name the customer; and so does the customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.stand.house import Stand

from selfserve.requests import acts
from selfserve.requests import desk as acts_of_staff
from selfserve.requests.decide import Say
from selfserve.requests.submit import Submitted, submit


def ask_for(stand: Stand, item: str) -> Submitted:
    """Mara asks for Ada."""
    return submit(
        stand.house, customer_id=stand.people["ada"], asked_by_id=stand.people["mara"], item_id=item, answers={}
    )


def _denied(stand: Stand) -> None:
    stand.decide("cora", ask_for(stand, "desk").id, Say.DENY, "There is no room.")


def _question(stand: Stand) -> None:
    stand.decide("cora", ask_for(stand, "desk").id, Say.ASK, "Which room?")


def _expired(stand: Stand) -> None:
    stage = stand.stage_of(ask_for(stand, "desk").id)
    assert stage.due_at is not None
    stand.clock.time = stage.due_at + timedelta(minutes=1)
    stand.tick_stage(stand.stage_of(stage.request_id))


def _done(stand: Stand) -> None:
    made = ask_for(stand, "desk")
    stand.clock.time += timedelta(minutes=5)
    stand.decide("cora", made.id)
    stand.work()


def _handed_over(stand: Stand) -> None:
    stand.shelf.faults = ["permanent"]
    ask_for(stand, "lamp")


def _cannot(stand: Stand) -> None:
    _handed_over(stand)
    acts_of_staff.cannot(stand.house, stand.case().id, stand.people["tess"], words="The maker is gone.")


OUTCOMES: dict[str, tuple[Callable[[Stand], None], str]] = {
    "denied": (_denied, "{} was not approved"),
    "question": (_question, "Cora Fern has a question about {}"),
    "expired": (_expired, "Nobody decided about {} in time"),
    "done": (_done, "{} is ready"),
    "handed over": (_handed_over, "{} waits for a person"),
    "cannot": (_cannot, "{}: this did not work out"),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_both_are_told_what_became_of_it(stand: Stand, outcome: str) -> None:
    """Each in words that fit: Ada reads of her thing, Mara whose thing it is."""
    happens, words = OUTCOMES[outcome]
    happens(stand)
    item = "Desk" if "Desk" in " ".join(stand.notices("ada")) else "Lamp"
    assert words.format(f"“{item}”") in stand.notices("ada")
    assert words.format(f"“{item}” for Ada Fern") in stand.notices("mara")
    assert words.format(f"“{item}”") not in stand.notices("mara")


@pytest.mark.parametrize("change", ["moved", "left"])
def test_who_no_longer_leads_them_is_not_told(stand: Stand, change: str) -> None:
    """What became of it is nobody's who leads them no more, or is not there any more."""
    made = ask_for(stand, "desk")
    if change == "moved":
        stand.change("ada", manager_id=stand.people["cora"])
    else:
        stand.change("mara", disabled=True)
    stand.decide("cora", made.id, Say.DENY, "There is no room.")
    assert "“Desk” was not approved" in stand.notices("ada")
    assert not [title for title in stand.notices("mara") if "not approved" in title]


def _ends_soon(stand: Stand, who: str) -> list[str]:
    return [title for title in stand.notices(who) if "ends soon" in title]


@pytest.mark.parametrize("led", [True, False])
def test_both_are_told_before_it_ends(stand: Stand, *, led: bool) -> None:
    """Whoever asked for somebody is the one who may see that it is still needed; a former manager hears nothing."""
    ask_for(stand, "lamp")
    if not led:
        stand.change("ada", manager_id=stand.people["cora"])
    stand.clock.forward(hours=7)
    for _ in range(2):
        assert stand.tick_grant(stand.grants("ada")[0]) == "reminded"
    assert _ends_soon(stand, "ada") == ["“Lamp” ends soon"]
    assert _ends_soon(stand, "mara") == (["“Lamp” for Ada Fern ends soon"] if led else [])


def test_who_asked_for_themselves_is_told_once(stand: Stand) -> None:
    """One person, one notice."""
    made = stand.ask("ada", "desk")
    stand.decide("mara", made.id, Say.DENY, "There is no room.")
    assert [title for title in stand.notices("ada") if "approved" in title] == ["“Desk” was not approved"]


@pytest.mark.parametrize("who", ["ada", "mara"])
def test_a_question_is_answered_by_either(stand: Stand, who: str) -> None:
    """Whoever knows answers; then it is open no more."""
    made = ask_for(stand, "desk")
    stand.decide("cora", made.id, Say.ASK, "Which room?")
    stand.write(acts.answer, made.name, stand.people[who], "Room 4", stand.clock())
    assert not stand.request(made.id).question
