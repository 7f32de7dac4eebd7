"""Whoever held something reads why it ended, and that is told by the name of whoever ended it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.fulfilment import ends
from selfserve.requests import acts, story
from selfserve.requests.submit import submit
from selfserve.store.tables import Notice


def _for_ada(stand: Stand, item: str = "lamp") -> str:
    made = submit(
        stand.house, customer_id=stand.people["ada"], asked_by_id=stand.people["mara"], item_id=item, answers={}
    )
    return made.name


def _given_back(stand: Stand, who: str) -> None:
    stand.write(acts.give_back, stand.house, _for_ada(stand), stand.people[who], stand.clock())


def _cancelled(stand: Stand, who: str) -> None:
    stand.shelf.faults = ["", "permanent"]
    stand.write(acts.cancel, stand.house, _for_ada(stand, "set"), stand.people[who], stand.clock())


def _over(stand: Stand, who: str) -> None:
    _for_ada(stand)
    stand.clock.forward(hours=8)
    stand.tick_grant(stand.grants("ada")[0])


AGAIN = "ask again; it takes a minute."
ENDS: list[tuple[Callable[[Stand, str], None], str, str]] = [
    (_given_back, "mara", f"Mara Fern gave it back for you. If you still need it, {AGAIN}"),
    (_given_back, "ada", f"You gave it back. Should you need it again, {AGAIN}"),
    (_cancelled, "mara", "Mara Fern cancelled it for you, and what was there already was taken back."),
    (_cancelled, "ada", "You cancelled it, and what was there already was taken back."),
    (_over, "", f"It was taken back as agreed. If you still need it, {AGAIN}"),
]


@pytest.mark.parametrize(("ends", "who", "words"), ENDS)
def test_the_notice_of_an_end_says_who_ended_it(
    stand: Stand, ends: Callable[[Stand, str], None], who: str, words: str
) -> None:
    """Only what ran out was taken back "as agreed": with a manager's giving back the customer agreed to nothing."""
    ends(stand, who)
    stand.work()
    assert _told(stand) == words


def test_what_ended_by_the_machine_says_no_more_than_that(stand: Stand) -> None:
    """The rules do not allow it any more, or staff ended it: nobody agreed to it, nobody is named for it."""
    name = _for_ada(stand)
    with stand.house.database.write() as session:
        request = story.find(session, name)
        assert request is not None
        ends.end_reason(session, stand.house, request, "request_over", stand.clock())
    stand.work()
    assert _told(stand) == f"It was taken back. If you still need it, {AGAIN}"


def _told(stand: Stand) -> str:
    with stand.house.database.read() as session:
        about = (Notice.person_id == stand.people["ada"], Notice.event.like("grant:%:ended"))
        return session.scalars(sa.select(Notice.body).where(*about)).one()


@pytest.mark.parametrize("first", ["fork", "set"])
def test_what_goes_with_something_else_in_the_same_moment_is_not_told_to_stay(stand: Stand, first: str) -> None:
    """The set found the fork that Ada held already; both are given back at once: of neither does anything stay,
    whichever is taken back first."""
    made = {"fork": stand.ask("ada", "fork"), "set": stand.ask("ada", "set")}
    other = "set" if first == "fork" else "fork"
    for which in (first, other):
        stand.write(acts.give_back, stand.house, made[which].name, stand.people["ada"], stand.clock())
    stand.work()
    assert not stand.shelf.things
    with stand.house.database.read() as session:
        about = (Notice.person_id == stand.people["ada"], Notice.event.like("grant:%:ended"))
        told = set(session.scalars(sa.select(Notice.body).where(*about)))
    assert told == {f"You gave it back. Should you need it again, {AGAIN}"}
    for each in made.values():
        assert stand.event(f"request:{each.id}", "grant.ended").data["stays"] == ""


def test_what_is_still_held_by_another_is_told_to_stay(stand: Stand) -> None:
    """The fork lives on as its own request's: the set's end says that a part of it stays."""
    stand.ask("ada", "fork")
    made = stand.ask("ada", "set")
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    stand.work()
    assert stand.shelf.things == {("fork", "ada")}
    assert stand.event(f"request:{made.id}", "grant.ended").data["stays"] == "part"
