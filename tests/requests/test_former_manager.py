"""Who asked for somebody and leads them no more is a stranger to what they asked for; the customer is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.stand.house import Stand

from selfserve.requests import acts, lists, story
from selfserve.requests.decide import Say
from selfserve.requests.refusals import NotFound
from selfserve.requests.submit import Submitted, submit
from selfserve.store.tables import Request


def asked_for(stand: Stand, item: str) -> Submitted:
    """Mara asks for Ada, who then gets another manager."""
    made = submit(
        stand.house, customer_id=stand.people["ada"], asked_by_id=stand.people["mara"], item_id=item, answers={}
    )
    if item == "desk":
        stand.decide("cora", made.id, Say.ASK, "Which room?")
    stand.change("ada", manager_id=stand.people["tess"])
    return made


ACTS: dict[str, tuple[str, Callable[[Stand, str, str], Any]]] = {
    "cancel": ("desk", lambda stand, name, who: stand.write(acts.cancel, stand.house, name, who, stand.clock())),
    "answer": ("desk", lambda stand, name, who: stand.write(acts.answer, name, who, "Room 4", stand.clock())),
    "give back": ("lamp", lambda stand, name, who: stand.write(acts.give_back, stand.house, name, who, stand.clock())),
    "extend": ("lamp", lambda stand, name, who: acts.extend(stand.house, name, who, {})),
}


@pytest.mark.parametrize("act", ["cancel", "answer", "give back", "extend"])
def test_a_former_manager_acts_on_nothing(stand: Stand, act: str) -> None:
    """As for a stranger it does not exist, and nothing changes."""
    item, do = ACTS[act]
    made = asked_for(stand, item)
    before = stand.request(made.id).version
    with pytest.raises(NotFound):
        do(stand, made.name, stand.people["mara"])
    assert stand.request(made.id).version == before


@pytest.mark.parametrize("act", ["cancel", "answer", "give back"])
def test_the_customer_keeps_all_rights(stand: Stand, act: str) -> None:
    """What was asked for Ada is hers, whoever leads her."""
    item, do = ACTS[act]
    made = asked_for(stand, item)
    before = stand.request(made.id).version
    do(stand, made.name, stand.people["ada"])
    assert stand.request(made.id).version > before or item == "lamp"


def test_a_former_manager_has_it_in_no_list(stand: Stand) -> None:
    """Neither in theirs nor with anything to do; a manager who leads the customer still has it."""
    made = asked_for(stand, "desk")
    mara = stand.people["mara"]
    with stand.house.database.read() as session:
        assert not lists.requests(session, customer_id=mara).rows
        assert not story.story(session, stand.house, session.get_one(Request, made.id), mara).can
        assert [row.id for row in lists.requests(session, customer_id=stand.people["ada"]).rows] == [made.id]
    stand.change("ada", manager_id=mara)
    with stand.house.database.read() as session:
        assert [row.id for row in lists.requests(session, customer_id=mara).rows] == [made.id]
        assert "answer" in story.story(session, stand.house, session.get_one(Request, made.id), mara).can
