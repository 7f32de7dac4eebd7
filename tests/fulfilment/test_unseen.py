"""What staff did by hand where nobody ever saw whether it was there before: theirs to say, and guessed by nobody."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.fulfilment import unseen
from selfserve.requests import acts, desk, story
from selfserve.requests.refusals import Unfit
from selfserve.store.states import GrantState, StepState
from selfserve.store.tables import Escalation, Notice, Step

LAMP = ("lamp", "ada")


def _unread(stand: Stand, item: str = "lamp") -> str:
    """Handed over before anybody could look; the target answers again now."""
    stand.shelf.torn.add("ada")
    name = stand.ask("ada", item).name
    stand.shelf.torn.clear()
    return name


def _done(stand: Stand, *, not_there_before: bool | None = None) -> None:
    desk.done(
        stand.house,
        stand.case().id,
        stand.people["tess"],
        fields={},
        on_my_word=True,
        not_there_before=not_there_before,
    )
    stand.work()


def _give_back(stand: Stand, name: str) -> None:
    stand.write(acts.give_back, stand.house, name, stand.people["ada"], stand.clock())
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED


def _told(stand: Stand) -> str:
    with stand.house.database.read() as session:
        about = (Notice.person_id == stand.people["ada"], Notice.event.like("grant:%:ended"))
        return session.scalars(sa.select(Notice.body).where(*about)).one()


def _id(stand: Stand, name: str) -> str:
    with stand.house.database.read() as session:
        found = story.find(session, name)
        assert found is not None
        return found.id


def _asked(stand: Stand) -> bool:
    with stand.house.database.read() as session:
        return unseen.asked(session, stand.house, session.get_one(Escalation, stand.case().id))


def test_what_may_have_been_there_before_is_never_taken_away(stand: Stand) -> None:
    """Ada's lamp stood there all the time, the shelf could not be read, Tess says that it may have been: it stays, and
    Ada reads no word of a taking back."""
    stand.shelf.things.add(LAMP)
    name = _unread(stand)
    assert _asked(stand)
    _done(stand, not_there_before=False)
    (step,) = stand.steps(_id(stand, name))
    assert (step.state, step.ours) == (StepState.DONE, False)
    assert step.evidence["not_there_before"] is False
    _give_back(stand, name)
    assert stand.shelf.things == {LAMP}
    assert stand.shelf.calls["undo"] == 0
    assert _told(stand) == "Nothing was taken away, as it may not have come from here."


def test_what_staff_say_was_not_there_before_is_taken_back(stand: Stand) -> None:
    """Tess put the lamp there herself and says so: it goes when Ada gives it back."""
    name = _unread(stand)
    stand.shelf.things.add(LAMP)
    _done(stand, not_there_before=True)
    (step,) = stand.steps(_id(stand, name))
    assert step.ours
    assert step.evidence["not_there_before"] is True
    assert stand.event(f"request:{step.request_id}", "step.done_by_hand").data["not_there_before"] is True
    _give_back(stand, name)
    assert not stand.shelf.things
    assert _told(stand).startswith("You gave it back.")


def test_what_nobody_saw_before_is_not_guessed(stand: Stand) -> None:
    """Tess says nothing of the time before: she is asked, and nothing is done until she has said it."""
    name = _unread(stand)
    with pytest.raises(Unfit) as unfit:
        _done(stand)
    assert list(unfit.value.errors) == ["_not_there_before"]
    assert stand.steps(_id(stand, name))[0].state != StepState.DONE
    _done(stand, not_there_before=False)
    assert stand.steps(_id(stand, name))[0].state == StepState.DONE


@pytest.mark.parametrize(("there", "stays"), [(True, {LAMP}), (False, set())])
def test_what_was_seen_before_is_not_asked(stand: Stand, there: bool, stays: set[tuple[str, str]]) -> None:
    """The target was read before the first call: nobody's word changes whose it is."""
    stand.shelf.things |= {LAMP} if there else set()
    name = stand.ask("ada", "lamp").name if there else ""
    if not there:
        stand.shelf.faults = ["permanent"]
        name = stand.ask("ada", "lamp").name
        assert not _asked(stand)
        stand.shelf.things.add(LAMP)
        _done(stand)
        assert "not_there_before" not in stand.steps(_id(stand, name))[0].evidence
    _give_back(stand, name)
    assert stand.shelf.things == stays


def test_a_look_at_the_asking_is_no_look_before_the_call(stand: Stand) -> None:
    """Days may lie between: only what was seen right before a call of ours says whose it is."""
    step = Step(connector="shelf", action="put", calls=0, before="absent")
    assert unseen.unseen(stand.house, step)
    step.calls = 1
    assert not unseen.unseen(stand.house, step)
