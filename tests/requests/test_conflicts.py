"""What nobody should hold together is seen before it is decided, and refused where the policy says so."""

from __future__ import annotations

import pytest
from tests.stand.house import Stand

from selfserve.requests import acts, small_counts, undecided
from selfserve.requests.decide import Say
from selfserve.requests.plan import plan
from selfserve.requests.refusals import NotPossible
from selfserve.requests.submit import submit


def strict(stand: Stand) -> None:
    """The policy refuses."""
    path = stand.catalog / "policy.yaml"
    path.write_text(path.read_text() + "\nconflicts: refuse\n")
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems


def clashes(stand: Stand, who: str) -> list[str]:
    """What whoever decides reads of it."""
    with stand.house.database.read() as session:
        (one,) = undecided.waiting_for(session, stand.house, stand.people[who])
    assert all(held.since is not None for held in one.conflicts)
    return [held.item_name for held in one.conflicts]


@pytest.mark.parametrize("says", ["screen", "lamp"])
def test_whoever_decides_reads_what_does_not_go_together(stand: Stand, says: str) -> None:
    """Whichever of both items says so; before it is asked for, too."""
    other = {"screen": "lamp", "lamp": "screen"}[says]
    stand.edit(says, "expect: 1m", f"expect: 1m\nconflicts: [{other}]")
    stand.ask("ada", "lamp")
    assert plan(stand.house, customer_id=stand.people["ada"], item_id="screen", answers={}).conflicts == ["Lamp"]
    assert plan(stand.house, customer_id=stand.people["ben"], item_id="screen", answers={}).conflicts == []
    stand.ask("ada", "screen")
    assert clashes(stand, "dan") == ["Lamp"]


def test_where_the_policy_refuses_nobody_gets_both(stand: Stand) -> None:
    """Neither at once, nor by a decision about what was asked for before."""
    stand.edit("screen", "expect: 1m", "expect: 1m\nconflicts: [lamp]")
    strict(stand)
    waiting = stand.ask("ada", "screen")
    stand.ask("ada", "lamp")
    with pytest.raises(NotPossible, match="Lamp"):
        stand.decide("dan", waiting.id)
    assert ("screen", "ada") not in stand.shelf.things
    with pytest.raises(NotPossible, match="does not go together with what is held already: Lamp"):
        submit(stand.house, customer_id=stand.people["ada"], item_id="screen", answers={})


def test_what_was_asked_about_does_not_wait_for_whoever_asked(stand: Stand) -> None:
    """It stays in sight, and counts again once it is answered."""
    made = stand.ask("ada", "screen")

    def counted() -> int:
        with stand.house.database.read() as session:
            return small_counts.counts(session, stand.people["dan"], staff=False).approvals

    assert counted() == 1
    stand.decide("dan", made.id, Say.ASK, "Which size?")
    assert counted() == 0
    with stand.house.database.read() as session:
        assert len(undecided.waiting_for(session, stand.house, stand.people["dan"])) == 1
    stand.write(acts.answer, made.name, stand.people["ada"], "The large one", stand.clock())
    assert counted() == 1
