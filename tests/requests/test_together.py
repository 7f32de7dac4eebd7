"""Several decisions in one go: each on its own, each result told, nothing that one alone would not allow."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.requests.decide import Say
from selfserve.requests.refusals import NotPossible, Unfit
from selfserve.requests.together import MOST, Became, Result, alike, decide_together, summary
from selfserve.store.tables import Decision, Stage, StageApprover


def asked(stand: Stand, *logins: str, item: str = "desk") -> list[str]:
    """The stages of requests for an item that mara decides."""
    return [stand.stage_of(stand.ask(login, item).id).id for login in logins]


def states(stand: Stand, stages: list[str]) -> list[str]:
    """Where each stage stands."""
    with stand.house.database.read() as session:
        return [session.get_one(Stage, stage).state for stage in stages]


def test_each_is_decided_and_each_result_told(stand: Stand) -> None:
    """Four are approved; the one that was decided meanwhile says by whom, and the sum is told in clauses."""
    stages = asked(stand, "ada", "ben", "dora", "dan")
    decide_together(stand.house, stage_ids=stages[:1], person_id=stand.people["mara"], say=Say.DENY, reason="No room.")
    results = decide_together(stand.house, stage_ids=stages, person_id=stand.people["mara"], say=Say.APPROVE)
    assert [one.became for one in results] == [Became.FIRST, Became.DECIDED, Became.DECIDED, Became.DECIDED]
    assert "Mara Fern" in results[0].words
    assert states(stand, stages) == ["denied", "approved", "approved", "approved"]
    assert summary(Say.APPROVE, results) == ["3 approved", "1 had been decided already"]


def test_named_twice_is_decided_once(stand: Stand) -> None:
    """No "somebody was first" against oneself."""
    (stage,) = asked(stand, "ada")
    (one,) = decide_together(stand.house, stage_ids=[stage, stage], person_id=stand.people["mara"], say=Say.APPROVE)
    assert one.became is Became.DECIDED


def test_nobody_decides_what_did_not_come_to_them(stand: Stand) -> None:
    """Neither one's own nor others': refused in the words that somebody reads who guesses an id; the rest is done."""
    mine, theirs = asked(stand, "ada")[0], asked(stand, "mara")[0]
    results = decide_together(stand.house, stage_ids=[theirs, mine], person_id=stand.people["mara"], say=Say.APPROVE)
    assert [one.became for one in results] == [Became.REFUSED, Became.DECIDED]
    assert results[0].words == "There is nothing for you to decide here (any more)."
    assert states(stand, [theirs]) == ["open"]
    assert summary(Say.APPROVE, results) == ["1 approved", "1 could not be decided"]


def test_a_denial_of_many_needs_one_reason(stand: Stand) -> None:
    """Without it nothing is decided; with it every customer reads it."""
    stages = asked(stand, "ada", "ben")
    with pytest.raises(Unfit):
        decide_together(stand.house, stage_ids=stages, person_id=stand.people["mara"], say=Say.DENY, reason=" ")
    assert states(stand, stages) == ["open", "open"]
    results = decide_together(
        stand.house, stage_ids=stages, person_id=stand.people["mara"], say=Say.DENY, reason="The desks are spoken for."
    )
    assert summary(Say.DENY, results) == ["2 denied"]


@pytest.mark.parametrize("stages", [[], ["x"] * 2 + [str(number) for number in range(MOST)]])
def test_none_and_too_many_are_refused(stand: Stand, stages: list[str]) -> None:
    """In one sentence, before anything is decided."""
    with pytest.raises(NotPossible):
        decide_together(stand.house, stage_ids=stages, person_id=stand.people["mara"], say=Say.APPROVE)


def test_questions_are_asked_one_by_one(stand: Stand) -> None:
    """A question is about one request."""
    with pytest.raises(NotPossible):
        decide_together(
            stand.house, stage_ids=asked(stand, "ada"), person_id=stand.people["mara"], say=Say.ASK, reason="Why?"
        )


@pytest.mark.parametrize(
    ("items", "may"),
    [
        ([("desk", "low"), ("lamp", "low")], True),
        ([("desk", "medium"), ("desk", "medium")], True),
        ([("desk", "medium"), ("lamp", "low")], False),
        ([("desk", "high"), ("desk", "high")], False),
    ],
)
def test_what_is_approved_together_is_alike(items: list[tuple[str, str]], may: bool) -> None:
    """The same item, or nothing but low risk; high risk one by one."""
    assert alike(items) is may


def test_two_approvers_at_once_decide_each_once(stand: Stand) -> None:
    """The same three by two of the team at the same moment: each has one decision, and the two results tell who won."""
    stages = [stand.stage_of(stand.ask(login, "screen").id).id for login in ("ada", "ben", "mara")]
    with stand.house.database.read() as session:
        deciders = sorted(
            set(session.scalars(sa.select(StageApprover.person_id).where(StageApprover.stage_id.in_(stages))))
        )[:2]
    assert len(deciders) == 2
    told: dict[str, list[Result]] = {}

    def decide(person_id: str) -> None:
        told[person_id] = decide_together(
            stand.house, stage_ids=stages, person_id=person_id, say=Say.DENY, reason="Not now."
        )

    threads = [threading.Thread(target=decide, args=(one,)) for one in deciders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for at in range(len(stages)):
        assert sorted(told[one][at].became for one in deciders) == [Became.DECIDED, Became.FIRST]
    with stand.house.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Decision)) == len(stages)
