"""An item leaves the catalog while somebody holds it: nothing offers them what leads nowhere."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.requests import acts, story
from selfserve.requests.refusals import NotPossible
from selfserve.store.states import GrantState
from selfserve.store.tables import Notice


def _left(stand: Stand, item: str) -> None:
    (stand.catalog / "items" / f"{item}.yaml").unlink()
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems


def _can(stand: Stand, name: str) -> frozenset[str]:
    with stand.house.database.read() as session:
        found = story.find(session, name)
        assert found is not None
        return story.story(session, stand.house, found, stand.people["ada"]).can


def _told(stand: Stand, kind: str) -> str:
    with stand.house.database.read() as session:
        about = (Notice.person_id == stand.people["ada"], Notice.event.like(f"grant:%:{kind}%"))
        return session.scalars(sa.select(Notice.body).where(*about)).one()


@pytest.mark.parametrize("item", ["lamp", "cup"])
def test_what_left_the_catalog_is_not_extended(stand: Stand, item: str) -> None:
    """Whether it could be extended before or not, nobody is sent to ask for it anew."""
    made = stand.ask("ada", item)
    _left(stand, item)
    assert _can(stand, made.name) == {"return"}
    with pytest.raises(NotPossible) as refused:
        acts.extend(stand.house, made.name, stand.people["ada"], {})
    assert str(refused.value) == "This is not offered any more, so it cannot be extended."


def test_what_left_the_catalog_is_not_asked_for_again(stand: Stand) -> None:
    """Given back, it is over: neither the notice nor the request's page offers it again."""
    made = stand.ask("ada", "lamp")
    _left(stand, "lamp")
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    stand.work()
    assert _told(stand, "ended") == "You gave it back. It is not offered any more."
    assert not _can(stand, made.name)


def test_what_ran_out_after_it_left_the_catalog_says_so(stand: Stand) -> None:
    """It ends as agreed all the same."""
    stand.ask("ada", "lamp")
    _left(stand, "lamp")
    stand.clock.forward(hours=8)
    stand.tick_grant(stand.grants("ada")[0])
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert _told(stand, "ended") == "It was taken back, and it is not offered any more."


ANEW = "It cannot be extended. If it is still needed then, ask for it anew."
LEFT = "It cannot be extended, as it is not offered any more."
EXTEND = "If you still need it, extend it now; otherwise there is nothing to do."


@pytest.mark.parametrize(
    ("renews", "left", "words"), [(True, True, LEFT), (False, True, LEFT), (False, False, ANEW), (True, False, EXTEND)]
)
def test_a_reminder_offers_only_what_can_be_had(stand: Stand, *, renews: bool, left: bool, words: str) -> None:
    """To extend what cannot be extended is offered to nobody."""
    if not renews:
        stand.edit("lamp", "renew: true", "renew: false")
    stand.ask("ada", "lamp")
    if left:
        _left(stand, "lamp")
    stand.clock.forward(hours=7)
    assert stand.tick_grant(stand.grants("ada")[0]) == "reminded"
    assert _told(stand, "remind") == words


def test_what_gives_something_else_by_now_is_not_extended(stand: Stand) -> None:
    """It would come beside what is held, under the same name, and what is held would end all the same: neither the page
    nor the reminder offers it, and asked for anew it is had beside the first until that ends as told."""
    made = stand.ask("ada", "lamp")
    stand.edit("lamp", "with: {thing: lamp,", "with: {thing: torch,")
    assert "extend" not in _can(stand, made.name)
    with pytest.raises(NotPossible) as refused:
        acts.extend(stand.house, made.name, stand.people["ada"], {})
    assert str(refused.value) == "What this gives has changed since, so it cannot be extended; ask for it anew."
    stand.clock.forward(hours=7)
    stand.tick_grant(stand.grants("ada")[0])
    assert _told(stand, "remind") == "It cannot be extended. If it is still needed then, ask for it anew."
    assert len(stand.grants("ada")) == 1
    stand.edit("lamp", "with: {thing: torch,", "with: {thing: lamp,")
    assert "extend" in _can(stand, made.name)


def test_what_only_reads_otherwise_by_now_is_extended(stand: Stand) -> None:
    """Other words, another approval, another span: what is held is the same."""
    made = stand.ask("ada", "lamp")
    stand.edit("lamp", "name: Lamp", "name: Desk lamp")
    stand.edit("lamp", "id: thing\n", "id: light\n")
    assert "extend" in _can(stand, made.name)
    stand.clock.forward(hours=7)
    acts.extend(stand.house, made.name, stand.people["ada"], {})
    assert len(stand.grants("ada")) == 1
