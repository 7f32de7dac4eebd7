"""What told somebody that something waits for them counts as read once it does not, whoever dealt with it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.requests import acts, desk, stages
from selfserve.requests.decide import Say, decide
from selfserve.requests.story import find, story
from selfserve.requests.submit import Submitted
from selfserve.store.states import MailState
from selfserve.store.tables import Escalation, Notice, Stage, StageApprover


def unread(stand: Stand, event: str) -> list[Notice]:
    """Notices of people, by the beginning of their event, that nobody read."""
    wanted = sa.select(Notice).where(
        Notice.event.startswith(event), Notice.person_id.is_not(None), Notice.read_at.is_(None)
    )
    with stand.house.database.read() as session:
        return list(session.scalars(wanted))


def asked(stand: Stand) -> tuple[Submitted, str, list[str]]:
    """A request that waits, its stage, and who may decide it."""
    made = stand.ask("ada", "desk")
    with stand.house.database.read() as session:
        stage = session.scalars(sa.select(Stage.id).where(Stage.request_id == made.id)).one()
        people = list(session.scalars(sa.select(StageApprover.person_id).where(StageApprover.stage_id == stage)))
    return made, stage, people


@pytest.mark.parametrize("say", [Say.APPROVE, Say.DENY])
def test_what_is_decided_by_anybody_asks_nobody_any_more(stand: Stand, say: Say) -> None:
    """All who were asked, and whoever was told of an answer; nothing of it is mailed any more."""
    made, stage, people = asked(stand)
    assert len(unread(stand, f"stage:{stage}:asked:")) == len(people) > 0
    decide(stand.house, stage_id=stage, person_id=people[0], say=Say.ASK, reason="Which size?")
    stand.write(acts.answer, made.name, stand.people["ada"], "The wide one.", stand.clock())
    assert unread(stand, f"request:{made.id}:answered:")
    decide(stand.house, stage_id=stage, person_id=people[0], say=say, reason="It is the last one.")
    assert not unread(stand, f"stage:{stage}:")
    assert not unread(stand, f"request:{made.id}:answered:")
    with stand.house.database.read() as session:
        mails = session.scalars(sa.select(Notice.mail).where(Notice.event.startswith(f"stage:{stage}:asked:")))
        assert MailState.WAITING not in set(mails)


def test_what_is_cancelled_or_ran_out_asks_nobody_any_more(stand: Stand) -> None:
    """The customer thought better of it; another one nobody decided in time."""
    made, stage, _ = asked(stand)
    stand.write(acts.cancel, stand.house, made.name, stand.people["ada"], stand.clock())
    assert not unread(stand, f"stage:{stage}:")
    made, stage, _ = asked(stand)
    assert unread(stand, f"stage:{stage}:")
    stand.write(lambda session: stages.expire(session, stand.house, session.get_one(Stage, stage), stand.clock()))
    assert not unread(stand, f"stage:{stage}:")


def test_an_answered_question_is_nobody_s_turn_any_more(stand: Stand) -> None:
    """Its notice counts as read, and in the story only what goes on now is under way; a second question is open."""
    made, stage, people = asked(stand)

    def moods() -> list[str]:
        with stand.house.database.read() as session:
            request = find(session, made.name)
            assert request is not None
            return [
                line.mood for line in story(session, stand.house, request, stand.people["ada"]).lines
                if line.kind == "approval.question"
            ]  # fmt: skip

    decide(stand.house, stage_id=stage, person_id=people[0], say=Say.ASK, reason="Which size?")
    assert moods() == ["human"]
    assert unread(stand, f"request:{made.id}:question:")
    stand.write(acts.answer, made.name, stand.people["ada"], "The wide one.", stand.clock())
    assert moods() == ["done"]
    assert not unread(stand, f"request:{made.id}:question:")
    decide(stand.house, stage_id=stage, person_id=people[0], say=Say.ASK, reason="Which colour?")
    assert moods() == ["done", "human"]


def _handed_over(stand: Stand) -> Escalation:
    stand.shelf.faults = ["permanent"]
    stand.ask("ada", "lamp")
    return stand.case()


@pytest.mark.parametrize("way", ["taken", "handed on", "done by hand", "tried again", "cancelled"])
def test_a_case_calls_nobody_once_somebody_deals_with_it(stand: Stand, way: str) -> None:
    """Its whole team was told; taken, handed on, closed, solved by itself, it asks none of them to look any more."""
    case = _handed_over(stand)
    event, tess = f"escalation:{case.id}:", stand.people["tess"]
    told = {one.person_id for one in unread(stand, event)}
    assert {tess, stand.people["theo"]} <= told
    if way == "taken":
        desk.take(stand.house, case.id, tess)
    elif way == "handed on":
        desk.hand_on(stand.house, case.id, tess, team="leads", words="It is yours.")
    elif way == "done by hand":
        desk.done(stand.house, case.id, tess, fields={}, on_my_word=True)
    elif way == "tried again":
        desk.retry(stand.house, case.id, tess)
        stand.work()
    else:
        name = stand.request(case.request_id or "").name
        stand.write(acts.cancel, stand.house, name, stand.people["ada"], stand.clock())
    assert not [one for one in unread(stand, event) if one.event == f"{event}0"]
    assert bool(unread(stand, event)) == (way == "handed on"), "only the other team is called"
