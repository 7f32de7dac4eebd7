"""A command that looks at seats lets nobody in line wait."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.cli.conftest import Selfserve
from tests.requests.test_seats import seated
from tests.stand.house import Stand
from tests.stand.stores import database, postgres_template, sqlite_template, url

from selfserve.settings.sealing import new_key
from selfserve.store.database import Database
from selfserve.store.states import GrantState, RunState
from selfserve.store.tables import Grant, Person, Seat

__all__ = ["database", "postgres_template", "sqlite_template", "url"]


@pytest.fixture
def stand(database: Database, tmp_path: Path) -> Iterator[Stand]:
    """A house with one seat of Studio."""
    made = seated(database, tmp_path, "one")
    yield made
    made.house.engine.stop()


@pytest.mark.parametrize("command", [("connectors", "check", "seats"), ("doctor",)])
def test_seats_that_a_command_finds_in_the_settings_reach_who_waits(
    stand: Stand, selfserve: Selfserve, folder: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """A pool was enlarged, and the first to look is `connectors check` or `doctor`: it wakes the next in line."""
    ids = [stand.ask(who, "studio").id for who in ("ada", "ben", "dora")]
    _settle(folder, stand.house.database, monkeypatch)
    (before,) = [run for run in stand.runs(ids[1]) if run.state == RunState.WAITING]
    assert selfserve(*command, "--json").out.count("Studio: ") == 1

    (ordered,) = [run for run in stand.runs(ids[1]) if run.state == RunState.QUEUED]
    order = f"fulfil:{ids[1]}:{ordered.attempt}"
    assert stand.house.engine.standing([order]) == {order: "ENQUEUED"}
    assert ordered.attempt == before.attempt + 1
    stand.work()
    assert [stand.request(one).state for one in ids] == ["fulfilled", "fulfilled", "fulfilling"]


def test_a_sealing_key_rotated_as_documented_leaves_every_key_one_seat(selfserve: Selfserve, folder: Path) -> None:
    """docs/configuration.md by the letter: the fresh key in its place, the old one among the former."""
    settings, keys = folder / "selfserve.toml", folder / "secrets/jetbrains-keys"
    keys.write_text("KEY-1\nKEY-2\nKEY-3\n")
    keys.chmod(0o600)
    head, _, _ = settings.read_text().partition("[connectors.seats.pools.figma-editor]")
    settings.write_text(f'{head}[connectors.seats.pools.ide]\nlabel = "IDE"\nkeys = "file:secrets/jetbrains-keys"\n')
    assert selfserve("db", "upgrade").code == 0
    assert "IDE: 3 of 3 left." in selfserve("connectors", "check", "seats").out
    (folder / "secrets/sealing-key").rename(folder / "secrets/sealing-key-2026")
    assert selfserve("secrets", "set", "file:secrets/sealing-key", stdin=new_key()).code == 0
    former = 'former_sealing_keys = ["file:secrets/sealing-key-2026"]'
    settings.write_text(settings.read_text().replace("[server]", f"[server]\n{former}", 1))
    assert "IDE: 3 of 3 left." in selfserve("connectors", "check", "seats").out


def test_a_seat_with_no_grant_behind_it_is_told_and_freed_by_command(
    stand: Stand, selfserve: Selfserve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an end on somebody's word left it; one that a grant rests on is not shown and not freed."""
    stand.ask("ada", "studio")
    _settle(folder, stand.house.database, monkeypatch)
    told = "studio: one seat is held and has no grant behind it; `selfserve seats unclaimed` says whose it was."
    assert told not in selfserve("doctor").out
    refused = selfserve("seats", "free", "studio", "ada")
    assert (refused.code, "shows no one seat of 'studio'" in refused.err) == (2, True)
    with stand.house.database.write() as session:
        session.execute(sa.update(Grant).values(state=GrantState.ENDED, ended_at=stand.clock()))

    assert told in selfserve("doctor").out
    assert "studio: seat 1 is held by ada since" in selfserve("seats", "unclaimed").out
    (row,) = json.loads(selfserve("seats", "unclaimed", "--json").out)
    assert (row["pool"], row["holder"], row["shown"]) == ("studio", stand.people["ada"], "ada")
    freed = selfserve("seats", "free", "studio", "ada")
    assert (freed.code, freed.out) == (0, "The seat of ada in studio is freed.\n")
    assert "has a grant or a request behind it" in selfserve("seats", "unclaimed").out
    assert stand.event("pool:studio", "seat.freed").data["holder"] == stand.people["ada"]


def test_two_holders_of_one_name_are_told_apart_by_the_id(
    stand: Stand, selfserve: Selfserve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One left, and another one has the login today: each is shown with the id, and freed by it; the name alone is
    answered with both."""
    stand.ask("ada", "studio")
    _settle(folder, stand.house.database, monkeypatch)
    with stand.house.database.write() as session:
        session.execute(sa.update(Grant).values(state=GrantState.ENDED, ended_at=stand.clock()))
        ben = stand.people["ben"]
        session.add(Seat(id="2", pool="studio", number=2, holder=ben, taken_under="", taken_at=stand.clock()))
        gone = {"login": "ada", "gone_at": stand.clock()}
        session.execute(sa.update(Person).where(Person.id == ben).values(**gone))
    told = "studio: 2 seats are held and have no grant behind them; `selfserve seats unclaimed` says whose they were."
    assert told in " ".join(selfserve("doctor").out.split())
    ada, former = stand.people["ada"], stand.people["ben"]
    shown = selfserve("seats", "unclaimed").out
    assert f"seat 1 is held by ada ({ada}) since" in shown
    assert f"seat 2 is held by ada ({former}) since" in shown
    refused = selfserve("seats", "free", "studio", "ada")
    both = ", ".join(sorted((ada, former)))
    assert (refused.code, f"Name one by the id: {both}." in refused.err) == (2, True)
    assert selfserve("seats", "free", "studio", former).code == 0
    assert "seat 1 is held by ada since" in selfserve("seats", "unclaimed").out
    assert selfserve("seats", "free", "studio", f"ada ({ada})").code == 2
    assert selfserve("seats", "free", "studio", "ada").code == 0


def test_a_pool_that_is_away_and_held_is_a_warning_of_doctor(
    stand: Stand, selfserve: Selfserve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many hold a seat of it, and how many wait; no more when it is there again."""
    for who in ("ada", "ben", "dora"):
        stand.ask(who, "studio")
    _settle(folder, stand.house.database, monkeypatch)
    told = (
        "The pool studio is in no section of the settings: 1 of its seats is held, each until its grant ends, and "
        "2 wait in its line and get nothing until it is there again."
    )
    settings = folder / "selfserve.toml"
    there = settings.read_text()
    settings.write_text(there.replace("pools.studio]", "pools.atelier]"))
    assert told in selfserve("doctor").out
    settings.write_text(there)
    assert "in no section" not in selfserve("doctor").out


def _settle(folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation on the stand's store, whose settings have one seat of Studio more."""
    settings = folder / "selfserve.toml"
    head, _, rest = settings.read_text().partition("[connectors.seats.pools.figma-editor]")
    settings.write_text(f'{head}[connectors.seats.pools.studio]\nlabel = "Studio"\ntotal = 2\n')
    assert rest
    url = database.url
    monkeypatch.setenv("SELFSERVE__STORE__URL", url._replace(password=None).render_as_string())
    if url.password:
        monkeypatch.setenv("STORE_PASSWORD", url.password)
        monkeypatch.setenv("SELFSERVE__STORE__PASSWORD", "env:STORE_PASSWORD")
