"""What colleagues like is a hint, and never a word about one of them."""

from __future__ import annotations

from sqlalchemy.orm import Session
from tests.stand.house import Stand

from selfserve.requests import acts, offers
from selfserve.requests.popular import Popular
from selfserve.store.tables import Person


def liked(stand: Stand, who: str, popular: Popular | None = None) -> list[str]:
    """What is suggested to somebody."""
    with stand.house.database.read() as session:
        person = session.get_one(Person, stand.people[who])
        visible = offers.finds(session, stand.house, person)
        return (popular or Popular()).of(session, stand.house, person, visible)


def test_three_different_colleagues_make_something_popular(stand: Stand) -> None:
    """Two do not, however often they ask, and what I asked for myself counts for nothing."""
    stand.ask("ben", "cup")
    stand.ask("dora", "cup")
    stand.ask("ada", "cup")
    stand.ask("eli", "cup")  # neither her department nor her manager
    assert liked(stand, "ada") == []
    stand.ask("dan", "cup")
    assert liked(stand, "ada") == ["cup"]
    assert liked(stand, "ben") == ["cup"]
    assert liked(stand, "eli") == []


def test_those_of_the_same_manager_are_colleagues_too(stand: Stand) -> None:
    """Eli and Lea work elsewhere, but for the same person as Mara; her own people are another team."""
    for who in ("eli", "lea", "tess"):
        stand.ask(who, "cup")
    assert liked(stand, "mara") == ["cup"]
    assert liked(stand, "cora") == []


def test_what_was_refused_or_is_long_past_is_not_popular(stand: Stand) -> None:
    """Ninety days, and only what they got or still wait for."""
    for who in ("ben", "dora", "dan"):
        stand.ask(who, "cup")
        made = stand.ask(who, "screen")
        stand.write(_cancelled, stand, made.id, who)
    assert liked(stand, "ada") == ["cup"]
    stand.clock.forward(days=91)
    assert liked(stand, "ada") == []


def _cancelled(session: Session, stand: Stand, request_id: str, who: str) -> None:
    acts.cancel(session, stand.house, request_id, stand.people[who], stand.clock())


def test_only_what_the_reader_may_see_is_suggested(stand: Stand) -> None:
    """An item that is hidden from me does not show through what my colleagues ask for."""
    for who in ("ben", "dora", "dan"):
        stand.ask(who, "cup")
    assert liked(stand, "ada") == ["cup"]
    stand.edit("cup", 'who: "true"', 'who: customer.department == "Sales"')
    assert liked(stand, "ada") == []


def test_a_team_is_counted_once_in_ten_minutes(stand: Stand) -> None:
    """Each page takes the figures as they were; after that they are made anew."""
    popular = Popular()
    assert liked(stand, "ada", popular) == []
    for who in ("ben", "dora", "dan"):
        stand.ask(who, "cup")
    assert liked(stand, "ada", popular) == []
    stand.clock.forward(minutes=10)
    assert liked(stand, "ada", popular) == ["cup"]
