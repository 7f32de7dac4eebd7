"""Reasons, questions, answers and staff's words have to be seen; nobody closes anything with nothing."""

from __future__ import annotations

import pytest
from tests.stand.house import Stand

from selfserve.requests import acts, desk
from selfserve.requests.decide import Say
from selfserve.requests.refusals import Refusal, Unfit

NOTHING = " \u200b\u3164\u2060 \ufe0f\ufeff"


@pytest.mark.parametrize("say", [Say.DENY, Say.ASK])
def test_a_reason_of_nothing_is_none(stand: Stand, say: Say) -> None:
    """Neither for a no nor for a question."""
    made = stand.ask("ada", "desk")
    with pytest.raises(Unfit):
        stand.decide("mara", made.id, say, NOTHING)
    stand.decide("mara", made.id, Say.ASK, f"{NOTHING}Which room?")
    assert stand.request(made.id).question == "Which room?"
    with pytest.raises(Unfit):
        stand.write(acts.answer, made.name, stand.people["ada"], NOTHING, stand.clock())


def test_staff_give_up_in_words_that_are_seen(stand: Stand) -> None:
    """What the customer would read must be there to read."""
    stand.shelf.faults = ["permanent"]
    stand.ask("ada", "lamp")
    with pytest.raises(Refusal):
        desk.cannot(stand.house, stand.case().id, stand.people["tess"], words=NOTHING)
    assert not stand.request(stand.case().request_id or "").words
