"""Asking for somebody else: what only they may ask, and what the story says about it."""

from __future__ import annotations

import pytest
from tests.stand.house import Stand

from selfserve.requests import story
from selfserve.requests.refusals import NotAllowed
from selfserve.requests.submit import submit
from selfserve.store.tables import Request


@pytest.mark.parametrize("item", ["password", "wipe"])
def test_nobody_asks_for_anothers_secret_or_loss(stand: Stand, item: str) -> None:
    """A manager cannot reset a report's password: its result would be a secret nobody can read."""
    ada, mara = stand.people["ada"], stand.people["mara"]
    with pytest.raises(NotAllowed, match="themselves"):
        submit(stand.house, customer_id=ada, asked_by_id=mara, item_id=item, answers={})
    assert not stand.shelf.calls["word"]
    assert not stand.shelf.calls["wipe"]


def test_the_story_names_who_asked(stand: Stand) -> None:
    """To the customer, to the one who asked, and to a third."""
    made = submit(
        stand.house, customer_id=stand.people["ada"], asked_by_id=stand.people["mara"], item_id="lamp", answers={}
    )
    with stand.house.database.read() as session:
        request = session.get_one(Request, made.id)
        told = {who: story.story(session, request, stand.people[who]).lines[0].title for who in ("ada", "mara", "tess")}
    assert told == {
        "ada": "Mara asked for Lamp for you",
        "mara": "You asked for Lamp for Ada",
        "tess": "Mara asked for Lamp for Ada",
    }
