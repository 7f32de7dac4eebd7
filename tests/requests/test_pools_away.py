"""A pool that is taken out of the settings: what it gave comes back, nobody new gets any, and nothing is lost when it
returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.requests.test_licence_keys import key_of
from tests.requests.test_seats import ITEM
from tests.stand.house import Stand, build

from selfserve.requests import acts, desk
from selfserve.requests.reconcile import reconcile
from selfserve.store.database import Database
from selfserve.store.states import GrantState, RequestState

KEYS = {"label": "Studio", "keys": "KEY-1\nKEY-2", "team": "designers"}
CHOSEN = ITEM.replace("pool: studio", """pool: "${'studio'}\"""")
"""Its pool is told by an expression, so that the catalog does not refuse it when the pool is away."""
OTHER = {"figma": {"label": "Figma", "total": 3}}


class Installation:
    """One store and one clock; each `restart` is a process with other settings."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.stand = build(database, folder, "p0", None, OTHER | {"studio": KEYS})
        self.processes = [self.stand]
        self._offer(ITEM)

    def restart(self, pools: Mapping[str, object] | None, item: str = "") -> Stand:
        """The same installation with these pools (None: no section of seats at all), and the item or none."""
        name = f"p{len(self.processes)}"
        (self.folder / "catalog/items/studio.yaml").unlink(missing_ok=True)
        self.stand = build(self.database, self.folder, name, self.stand.clock, pools)
        self.processes.append(self.stand)
        self._offer(item)
        return self.stand

    def _offer(self, item: str) -> None:
        if item:
            (self.stand.catalog / "items" / "studio.yaml").write_text(item)
        assert self.stand.house.catalog.refresh(force=True), self.stand.house.catalog.problems


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Iterator[Installation]:
    """An installation with two licence keys of Studio."""
    made = Installation(database, tmp_path)
    yield made
    for one in made.processes:
        one.house.engine.stop()


def gives_back(stand: Stand, who: str, request_id: str) -> None:
    name = stand.request(request_id).name
    stand.write(acts.give_back, stand.house, name, stand.people[who], stand.clock())
    stand.pass_time(minutes=1)


def test_a_key_of_a_pool_that_is_away_comes_back_and_is_given_again(place: Installation) -> None:
    """The contract is paused, and who has a key gives it back meanwhile: nobody is called, and none is lost."""
    first = place.stand.ask("ada", "studio")
    assert key_of(place.stand, first.id, "ada") == {"seat": "KEY-1"}
    away = place.restart(OTHER)
    gives_back(away, "ada", first.id)
    assert [grant.state for grant in away.grants("ada")] == [GrantState.ENDED]
    assert away.open_cases() == []

    back = place.restart(OTHER | {"studio": KEYS}, ITEM)
    again = back.ask("ada", "studio")
    other = back.ask("ben", "studio")
    assert key_of(back, again.id, "ada") == {"seat": "KEY-1"}
    assert key_of(back, other.id, "ben") == {"seat": "KEY-2"}


def test_what_a_pool_that_is_away_gave_is_still_seen(place: Installation) -> None:
    """Whoever holds a key keeps it: the hourly look finds nothing missing."""
    place.stand.ask("ada", "studio")
    away = place.restart(OTHER)
    assert reconcile(away.house).drifted == []
    assert [grant.state for grant in away.grants("ada")] == [GrantState.ACTIVE]


def test_a_pool_that_is_away_serves_nobody_in_line_and_goes_on_with_it_when_it_is_back(place: Installation) -> None:
    """Who waits comes to the desk with the true reason, keeps their place, and is served when the pool is back."""
    start = place.restart(OTHER | {"studio": KEYS}, CHOSEN)
    first, second, third = (start.ask(who, "studio") for who in ("ada", "ben", "dora"))
    assert start.request(third.id).state == RequestState.FULFILLING
    away = place.restart(OTHER, CHOSEN)
    gives_back(away, "ada", first.id)
    away.pass_time(minutes=30)
    assert away.request(third.id).state == RequestState.HANDED_OVER
    assert "There is no pool “studio”" in away.case().reason

    back = place.restart(OTHER | {"studio": KEYS}, CHOSEN)
    desk.retry(back.house, back.case().id, back.people["tess"])
    back.work()
    assert [back.request(one.id).state for one in (second, third)] == [RequestState.FULFILLED] * 2
    assert key_of(back, third.id, "dora") == {"seat": "KEY-1"}


@pytest.mark.parametrize("item", ["", CHOSEN])
def test_who_gives_up_waiting_for_a_pool_that_is_away_loses_the_place(place: Installation, item: str) -> None:
    """A place nobody wants any more would take a key when the pool is back: whether staff end it, or the item is
    gone."""
    start = place.restart(OTHER | {"studio": KEYS}, CHOSEN)
    first, _, third = (start.ask(who, "studio") for who in ("ada", "ben", "dora"))
    away = place.restart(OTHER, item)
    away.pass_time(minutes=30)
    if item:
        desk.cannot(away.house, away.case().id, away.people["tess"], words="Not to be had.")
    away.pass_time(minutes=1)
    assert away.request(third.id).state == (RequestState.FAILED if item else RequestState.DENIED)
    gives_back(away, "ada", first.id)
    back = place.restart(OTHER | {"studio": KEYS}, ITEM)
    assert key_of(back, back.ask("dan", "studio").id, "dan") == {"seat": "KEY-1"}


@pytest.mark.parametrize("between", [{"label": "Studio", "total": 5}, {"label": "Studio", "keys": "KEY-2"}])
def test_a_pool_that_was_another_in_between_gives_each_key_once(place: Installation, between: object) -> None:
    """From keys to a count and back, or a key withdrawn and listed again, with what is held given back meanwhile."""
    first = place.stand.ask("ada", "studio")
    other = place.restart(OTHER | {"studio": between}, ITEM)
    other.house.connectors.get("seats").check()
    away = place.restart(OTHER)
    gives_back(away, "ada", first.id)
    back = place.restart(OTHER | {"studio": KEYS}, ITEM)
    shown = {key_of(back, back.ask(who, "studio").id, who)["seat"] for who in ("ben", "dora")}
    assert shown == {"KEY-1", "KEY-2"}
    assert back.ask("dan", "studio").state is RequestState.FULFILLING


def test_a_pool_that_was_renamed_gives_no_key_that_is_held_under_its_former_name(place: Installation) -> None:
    """The same list under another name, and back: each key is one person's, and is the next one's when it came back."""
    first = place.stand.ask("ada", "studio")
    renamed = ITEM.replace("pool: studio", "pool: atelier")
    later = place.restart({"atelier": KEYS}, renamed)
    ben, dan = (later.ask(who, "studio") for who in ("ben", "dan"))
    assert key_of(later, ben.id, "ben") == {"seat": "KEY-2"}
    assert dan.state is RequestState.FULFILLING
    back = place.restart(OTHER | {"studio": KEYS}, ITEM)
    assert back.ask("dora", "studio").state is RequestState.FULFILLING, "both keys are held"

    again = place.restart({"atelier": KEYS}, renamed)
    gives_back(again, "ada", first.id)
    again = place.restart({"atelier": KEYS}, renamed)
    again.house.connectors.get("seats").check()
    again.work()
    assert key_of(again, dan.id, "dan") == {"seat": "KEY-1"}


def test_a_section_that_is_away_is_a_case_with_a_true_sentence_and_is_taken_back_when_it_is_there_again(
    place: Installation,
) -> None:
    """Without any connector of seats nothing can be freed: a human hears why, and it goes on by itself later."""
    first = place.stand.ask("ada", "studio")
    away = place.restart(None)
    gives_back(away, "ada", first.id)
    assert [grant.state for grant in away.grants("ada")] == [GrantState.REVOKE_FAILED]
    assert "seats" in away.case().reason
    back = place.restart(OTHER)
    back.pass_time(hours=2)
    assert [grant.state for grant in back.grants("ada")] == [GrantState.ENDED]
    back = place.restart(OTHER | {"studio": KEYS}, ITEM)
    assert key_of(back, back.ask("ben", "studio").id, "ben") == {"seat": "KEY-1"}
