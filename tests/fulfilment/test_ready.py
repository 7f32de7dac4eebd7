"""What customers are told once it is there says what was seen, and on whose word the rest stands."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.requests import desk, story
from selfserve.requests.submit import submit
from selfserve.store.tables import Notice


def _told(stand: Stand, who: str = "ada") -> tuple[str, str]:
    with stand.house.database.read() as session:
        about = (Notice.person_id == stand.people[who], Notice.event.like("request:%:fulfilled"))
        title, body = session.execute(sa.select(Notice.title, Notice.body).where(*about)).one()
    return title, body


def _by_hand(stand: Stand, fields: dict[str, str] | None = None, *, sure: bool = False) -> None:
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields=fields or {}, on_my_word=sure)
    stand.work()


def _for_ada(stand: Stand, item: str) -> None:
    submit(stand.house, customer_id=stand.people["ada"], asked_by_id=stand.people["mara"], item_id=item, answers={})


def test_what_was_seen_in_its_target_is_told_as_seen(stand: Stand) -> None:
    """Later than they stood before it: we looked, so it says so."""
    stand.shelf.offline = True
    stand.ask("ada", "lamp")
    stand.shelf.offline = False
    stand.pass_time(minutes=2)
    assert _told(stand)[1] == "We checked that it is there. You can use it now."


def test_what_nobody_looked_at_is_told_on_the_word_of_who_did_it(stand: Stand) -> None:
    """The target does not show it, and Tess says that she is sure: nothing was checked, so nothing says that."""
    stand.shelf.faults = ["permanent"]
    _for_ada(stand, "lamp")
    _by_hand(stand, sure=True)
    assert _told(stand)[1] == "Tess did it by hand. You can use it now."
    assert _told(stand, "mara")[1] == "Tess did it by hand. They are told too."


def test_what_was_done_by_hand_and_seen_is_told_as_seen(stand: Stand) -> None:
    """The shelf shows what Tess put there."""
    stand.shelf.faults = ["permanent"]
    stand.ask("ada", "lamp")
    stand.shelf.things.add(("lamp", "ada"))
    _by_hand(stand)
    assert _told(stand)[1] == "We checked that it is there. You can use it now."


def test_a_part_that_was_done_by_hand_is_told_as_a_part(stand: Stand) -> None:
    """Two of three were seen."""
    stand.shelf.faults = ["", "permanent"]
    stand.ask("ada", "set")
    _by_hand(stand, sure=True)
    words = "Tess did a part of it by hand, and we checked that the rest is there. You can use it now."
    assert _told(stand)[1] == words


def test_a_checklist_is_told_on_the_word_of_who_did_it(stand: Stand) -> None:
    """It has no target: no evidence names one, and neither does the trail; what is sealed is said to be there."""
    made = stand.ask("ada", "laptop")
    _by_hand(stand, {"serial": "C02", "word": "amber"})
    secret = "What you need is on the page of your request; it is shown to you alone."
    assert _told(stand)[1] == f"Tess did it by hand. {secret}"
    (step,) = stand.steps(made.id)
    assert step.evidence["by"] == "Tess Fern"
    assert "target" not in step.evidence
    assert "target" not in stand.event(f"request:{made.id}", "step.done_by_hand").data


@pytest.mark.parametrize(("item", "close"), [("laptop", "All done"), ("lamp", "Ready to use")])
def test_only_what_one_then_has_is_ready_to_use(stand: Stand, item: str, close: str) -> None:
    """What is done once, a password set anew or a checklist gone through, is done; it is nothing to use."""
    stand.shelf.faults = ["permanent"]
    made = stand.ask("ada", item)
    _by_hand(stand, {"serial": "C02", "word": "amber"} if item == "laptop" else None, sure=True)
    with stand.house.database.read() as session:
        told = story.story(session, stand.house, stand.request(made.id), stand.people["ada"])
    assert told.lines[-1].title == close
    assert _told(stand)[0].endswith(" is done" if item == "laptop" else " is ready")
