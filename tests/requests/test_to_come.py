"""What a waiting request says of what goes on and what comes: no more than its item can keep."""

from __future__ import annotations

from tests.stand.house import Stand

from selfserve.languages.messages import msg
from selfserve.languages.reader import Reader
from selfserve.requests import acts, desk, story
from selfserve.requests.decide import Say
from selfserve.requests.words import Line
from selfserve.store.tables import Request
from selfserve.web.parts.pieces import timeline

ASKS = "approve:\n  - by: [team:designers]\nfulfil:"


def lines(stand: Stand, request_id: str, who: str = "ada") -> list[Line]:
    """The story of a request as somebody reads it."""
    with stand.house.database.read() as session:
        return story.story(session, stand.house, session.get_one(Request, request_id), stand.people[who]).lines


def test_what_a_colleague_does_is_not_said_to_be_done_at_once(stand: Stand) -> None:
    """After the decision comes a person, in the time that the item says."""
    stand.edit("laptop", "expect: 1m", "expect: 3d")
    stand.edit("laptop", "fulfil:", ASKS)
    told = lines(stand, stand.ask("ada", "laptop").id)[-1]
    assert (told.title, told.mood) == ("Then a colleague does it, usually within 3 days", "todo")


def test_a_colleague_with_working_hours_is_awaited_in_those(stand: Stand) -> None:
    """As the item's own page counts them."""
    stand.edit("laptop", "expect: 1m", "expect: 3d")
    stand.edit("laptop", "fulfil:", ASKS)
    teams = stand.catalog / "teams.yaml"
    teams.write_text(
        teams.read_text().replace("  promise: 4h\n", '  promise: 4h\n  hours: {from: "08:00", to: "18:00"}\n')
    )
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    told = lines(stand, stand.ask("ada", "laptop").id)[-1]
    assert told.title == "Then a colleague does it, usually within 3 working days"


def test_what_is_ordered_is_not_said_to_be_done_at_once(stand: Stand) -> None:
    """A target that takes its time."""
    stand.edit("chair", "expect: 1m", "expect: 2h")
    stand.edit("chair", "fulfil:", ASKS)
    assert lines(stand, stand.ask("ada", "chair").id)[-1].title == "Then it is done, usually within 2 hours"


def test_what_the_machine_does_is_done_at_once_after_the_decision(stand: Stand) -> None:
    """And said so."""
    assert lines(stand, stand.ask("ada", "screen").id)[-1].title == "Then it is done at once"


def test_while_somebody_decides_that_is_what_goes_on(stand: Stand) -> None:
    """With the time there is for it, so that nobody reads only green ticks and waits; the decision ends it."""
    made = stand.ask("ada", "screen")
    due = stand.stage_of(made.id).due_at
    (now,) = [line for line in lines(stand, made.id) if line.mood == "now"]
    assert due is not None
    assert now.title == "Dan Fern or Dora Fern was asked to approve it"
    assert now.note == msg("There is time until {due}.", due=due)
    stand.tick_stage(stand.stage_of(made.id))  # a reminder changes nothing about it
    assert [line.title for line in lines(stand, made.id) if line.mood == "now"] == [now.title]
    stand.decide("dan", made.id)
    assert not [line for line in lines(stand, made.id) if line.mood == "now"]


def test_a_question_puts_the_decision_off_until_it_is_answered(stand: Stand) -> None:
    """It is the customer's turn meanwhile."""
    made = stand.ask("ada", "screen")
    stand.decide("dan", made.id, Say.ASK, "Which size?")
    assert [line.mood for line in lines(stand, made.id)] == ["done", "done", "human", "todo"]
    stand.write(acts.answer, made.name, stand.people["ada"], "The large one", stand.clock())
    assert [line.kind for line in lines(stand, made.id) if line.mood == "now"] == ["approval.asked"]


def test_staff_do_not_read_that_they_hear_from_us(stand: Stand) -> None:
    """The customer does."""
    made = stand.ask("ada", "laptop")
    assert lines(stand, made.id)[-1].title == "A person looks at it, and you hear from us"
    assert lines(stand, made.id, "tess")[-1].title == "A person looks at it, and Ada hears from us"


def test_a_promise_that_is_over_is_not_told_as_yet_to_come(stand: Stand) -> None:
    """Taken, and not done by then: that it takes longer, and that the time is past, in every language."""
    made = stand.ask("ada", "laptop")
    desk.take(stand.house, stand.case().id, stand.people["tess"])
    before = lines(stand, made.id)[-1]
    assert before.note == ""
    assert ">By to" in timeline([before], stand.clock(), Reader())
    stand.pass_time(days=2)
    late = lines(stand, made.id)[-1]
    assert late.note == "It takes longer than we said. The team sees that it is late."
    assert ">It was to be by " in timeline([late], stand.clock(), Reader())
    assert "Es sollte bis " in timeline([late], stand.clock(), Reader("de"))
