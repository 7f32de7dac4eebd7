"""Several decisions in one go: each on its own, each result told, nothing that one alone would not allow."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.requests.decide import Say
from selfserve.requests.refusals import NotPossible, Unfit
from selfserve.requests.together import MOST, Became, End, Own, Result, alike, decide_together, ends_of, summary
from selfserve.store.tables import Decision, Stage, StageApprover


def asked(stand: Stand, *logins: str, item: str = "desk") -> list[str]:
    """The stages of requests for an item that mara decides."""
    return [stand.stage_of(stand.ask(login, item).id).id for login in logins]


def states(stand: Stand, stages: list[str]) -> list[str]:
    """Where each stage stands."""
    with stand.house.database.read() as session:
        return [session.get_one(Stage, stage).state for stage in stages]


def reasons(stand: Stand, stages: list[str]) -> list[str]:
    """What each stage was decided with."""
    with stand.house.database.read() as session:
        return [session.scalars(sa.select(Decision.reason).where(Decision.stage_id == one)).one() for one in stages]


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


def test_what_one_has_for_itself_counts_for_it(stand: Stand) -> None:
    """Its own earlier end and its own words; the common ones are for those that have none."""
    stages = asked(stand, "ada", "ben")
    early = stand.clock() + timedelta(days=5)
    ends = {stages[0]: Own("Only for the move.", early)}
    seen = ends_of(stand.house, stage_ids=stages, person_id=stand.people["mara"], own=ends)
    wished = seen[stages[1]].at
    assert seen[stages[0]] == End(at=early)
    assert wished is not None
    assert wished - stand.clock() > timedelta(days=89)
    decide_together(
        stand.house, stage_ids=stages, person_id=stand.people["mara"], say=Say.APPROVE, reason="Enjoy it.", own=ends
    )
    assert [stand.grants(login)[0].ends_at for login in ("ada", "ben")] == [early, wished]
    assert reasons(stand, stages) == ["Only for the move.", "Enjoy it."]


def test_what_cannot_be_so_is_told_before_and_stops_no_other(stand: Stand) -> None:
    """A later end than the one asked for: the list says so, that one waits on, the other is approved."""
    stages = asked(stand, "ada", "ben")
    ends = {stages[0]: Own(until=stand.clock() + timedelta(days=300))}
    seen = ends_of(stand.house, stage_ids=stages, person_id=stand.people["mara"], own=ends)
    assert seen[stages[0]].wrong == "You can shorten what was asked for, not make it longer."
    results = decide_together(stand.house, stage_ids=stages, person_id=stand.people["mara"], say=Say.APPROVE, own=ends)
    assert [(one.became, one.words) for one in results] == [
        (Became.REFUSED, seen[stages[0]].wrong), (Became.DECIDED, "")
    ]  # fmt: skip
    assert states(stand, stages) == ["open", "approved"]


def test_a_denial_needs_words_for_each_common_or_its_own(stand: Stand) -> None:
    """One with words of its own and one without: refused as a whole; both with their own: none in common is needed. An
    earlier end has no meaning then."""
    stages = asked(stand, "ada", "ben")
    own = {stages[0]: Own("There is no room by the window.", stand.clock() + timedelta(days=300))}
    with pytest.raises(Unfit):
        decide_together(stand.house, stage_ids=stages, person_id=stand.people["mara"], say=Say.DENY, own=own)
    assert states(stand, stages) == ["open", "open"]
    own[stages[1]] = Own("You have one.")
    results = decide_together(stand.house, stage_ids=stages, person_id=stand.people["mara"], say=Say.DENY, own=own)
    assert summary(Say.DENY, results) == ["2 denied"]
    assert reasons(stand, stages) == ["There is no room by the window.", "You have one."]


def test_the_end_of_what_did_not_come_to_somebody_is_not_told(stand: Stand) -> None:
    """Neither of others' nor of one that does not wait any more."""
    theirs, mine = asked(stand, "mara")[0], asked(stand, "ada")[0]
    decide_together(stand.house, stage_ids=[mine], person_id=stand.people["mara"], say=Say.APPROVE)
    assert ends_of(stand.house, stage_ids=[theirs, mine, "x"], person_id=stand.people["mara"], own={}) == {}
