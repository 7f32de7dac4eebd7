"""What a customer had is just being taken back: whoever approves it, or asks for them, reads that of them and not of
themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.stand.house import Stand

from selfserve.requests import acts, desk
from selfserve.requests.decide import Say, decide
from selfserve.requests.refusals import NotPossible
from selfserve.requests.submit import submit
from selfserve.store.states import GrantState, RequestState

WORDS = "What Ada Fern had of this before is just being taken back. {again} in a minute."


def _going(stand: Stand, name: str) -> None:
    """Ada gave it back, and it cannot be taken away yet."""
    stand.shelf.offline = True
    stand.write(acts.give_back, stand.house, name, stand.people["ada"], stand.clock())


def test_an_approver_reads_whose_it_was(stand: Stand) -> None:
    """Nothing was theirs, and nothing is theirs to ask: it waits, and is approved once the former is gone."""
    first = stand.ask("ada", "desk")
    stand.decide("mara", first.id)
    stand.work()
    _going(stand, first.name)
    again = stand.ask("ada", "desk")
    with pytest.raises(NotPossible) as refused:
        decide(stand.house, stage_id=stand.stage_of(again.id).id, person_id=stand.people["mara"], say=Say.APPROVE)
    assert str(refused.value) == WORDS.format(again="Approve it again")
    assert stand.request(again.id).state == RequestState.AWAITING_APPROVAL
    stand.shelf.offline = False
    stand.pass_time(minutes=5)
    stand.decide("mara", again.id)
    stand.work()
    assert stand.request(again.id).state == RequestState.FULFILLED


@pytest.mark.parametrize(
    ("asker", "words"),
    [
        ("mara", WORDS.format(again="Ask again")),
        ("ada", "Your former access is just being taken back. Ask again in a minute."),
    ],
)
def test_whoever_asks_for_somebody_reads_whose_it_was(stand: Stand, asker: str, words: str) -> None:
    """Only to Ada herself it is hers."""
    _going(stand, stand.ask("ada", "lamp").name)
    with pytest.raises(NotPossible) as refused:
        submit(
            stand.house, customer_id=stand.people["ada"], asked_by_id=stand.people[asker], item_id="lamp", answers={}
        )
    assert str(refused.value) == words


def _by_hand(stand: Stand) -> None:
    """Ada gave a key back, and staff are asked to take it."""
    made = stand.ask("ada", "key")
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={"number": "12"})
    stand.work()
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    stand.pass_time(hours=3)
    assert stand.grants("ada")[0].state == GrantState.ENDING


def _alarmed(stand: Stand) -> None:
    """Ada gave a lamp back, and staff are asked since its target refuses to take it."""
    made = stand.ask("ada", "lamp")
    stand.shelf.faults = ["permanent"] * 9
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    stand.pass_time(minutes=5)
    assert stand.grants("ada")[0].state == GrantState.REVOKE_FAILED


def _tried_again(stand: Stand) -> None:
    """Ada gave a lamp back, and its target has not answered yet."""
    _going(stand, stand.ask("ada", "lamp").name)
    stand.work()
    assert not stand.open_cases()


SLOW: dict[Callable[[Stand], None], tuple[str, str]] = {
    _by_hand: ("key", "A colleague has to take back"),
    _alarmed: ("lamp", "A colleague has to take back"),
    _tried_again: ("lamp", "could not be taken back yet"),
}


@pytest.mark.parametrize("happened", SLOW)
@pytest.mark.parametrize(("asker", "whose"), [("ada", "You are told"), ("mara", "Ada Fern is told")])
def test_what_takes_longer_is_not_told_to_be_over_in_a_minute(
    stand: Stand, happened: Callable[[Stand], None], asker: str, whose: str
) -> None:
    """Whoever asks reads what it waits for, and that they hear of it: it may be days."""
    happened(stand)
    item, words = SLOW[happened]
    with pytest.raises(NotPossible) as refused:
        submit(stand.house, customer_id=stand.people["ada"], asked_by_id=stand.people[asker], item_id=item, answers={})
    assert words in str(refused.value)
    assert whose in str(refused.value)
    assert "minute" not in str(refused.value)


@pytest.mark.parametrize("happened", SLOW)
def test_an_approver_is_not_told_to_press_again_while_a_human_takes_the_former_back(
    stand: Stand, happened: Callable[[Stand], None]
) -> None:
    """They read what it waits for; their approval stays open and works once that is over, of which the customer is
    told."""
    happened(stand)
    item, words = SLOW[happened]
    stand.edit(item, "fulfil:", "approve:\n  - by: [manager]\n    why: Look at the space.\nfulfil:")
    again = stand.ask("ada", item)
    with pytest.raises(NotPossible) as refused:
        stand.decide("mara", again.id)
    assert words in str(refused.value)
    assert "This stays open for you" in str(refused.value)
    assert "minute" not in str(refused.value)
    stand.shelf.offline, stand.shelf.faults = False, []
    stand.shelf.things.clear()
    for case in stand.open_cases():
        desk.done(stand.house, case.id, stand.people["tess"], fields={"returned": "yes"} if item == "key" else {})
    stand.pass_time(minutes=20)
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED]
    assert any("has ended" in title for title in stand.notices("ada"))
    assert stand.decide("mara", again.id) is (RequestState.HANDED_OVER if item == "key" else RequestState.FULFILLED)
