"""What a customer had is just being taken back: whoever approves it, or asks for them, reads that of them and not of
themselves."""

from __future__ import annotations

import pytest
from tests.stand.house import Stand

from selfserve.requests import acts
from selfserve.requests.decide import Say, decide
from selfserve.requests.refusals import NotPossible
from selfserve.requests.submit import submit
from selfserve.store.states import RequestState

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
