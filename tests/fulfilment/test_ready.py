"""What customers are told once it is there says what was seen, and on whose word the rest stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.languages.reader import Reader
from selfserve.requests import desk, story
from selfserve.requests.decide import Say, decide
from selfserve.requests.submit import submit
from selfserve.store.states import MailState
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


def test_an_end_that_an_approver_set_and_their_words_are_told_once_it_is_there(stand: Stand) -> None:
    """Dan gives it for ten days and says why, beside which stands that the customer reads it: so does who asked."""
    made = submit(
        stand.house, customer_id=stand.people["ada"], asked_by_id=stand.people["mara"], item_id="screen", answers={}
    )
    stand.clock.forward(minutes=2)
    stage, until = stand.stage_of(made.id), stand.clock() + timedelta(days=10)
    words = "Ten days <b>are</b> enough.\n\nAsk again then."
    dan = stand.people["dan"]
    decide(stand.house, stage_id=stage.id, person_id=dan, say=Say.APPROVE, reason=words, until=until)
    stand.work()
    day = Reader().day(until.date())
    more = f"It lasts until {day}, as Dan Fern approved it. Dan Fern wrote: “{words}”"
    assert _told(stand)[1] == f"We checked that it is there. You can use it now. {more}"
    assert _told(stand, "mara")[1] == f"We checked that it is there. They are told too. {more}"


def test_a_word_of_an_approver_is_told_though_nothing_was_shortened(stand: Stand) -> None:
    """Where they wrote nothing, nothing is told of it."""
    made = stand.ask("ada", "screen")
    stand.clock.forward(minutes=2)
    stand.decide("dan", made.id, reason="Take the left one.")
    stand.work()
    words = "We checked that it is there. You can use it now. Dan Fern wrote: “Take the left one.”"
    assert _told(stand)[1] == words


def test_that_it_waits_for_a_human_is_not_mailed_once_it_is_ready(stand: Stand) -> None:
    """What was not mailed yet by then is news no more; that somebody asked it for them stays so."""
    stand.shelf.faults = ["permanent"]
    _for_ada(stand, "lamp")
    assert _to_mail(stand) == ["asked_for", "handed_over:1"]
    _by_hand(stand, sure=True)
    assert _to_mail(stand) == ["asked_for", "fulfilled"]


def _to_mail(stand: Stand) -> list[str]:
    mine = (Notice.person_id == stand.people["ada"], Notice.mail == MailState.WAITING)
    with stand.house.database.read() as session:
        events = session.scalars(sa.select(Notice.event).where(*mine, Notice.event.like("request:%")))
        return sorted(event.split(":", 2)[2] for event in events)
