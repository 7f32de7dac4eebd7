"""`selfserve db given-since`: what a backup that was put back does not know is found in the store as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from tests.cli.conftest import Selfserve
from tests.stand.house import Stand, build

from selfserve.fulfilment.engine import Engine
from selfserve.requests.reconcile import Findings, people_left
from selfserve.store.database import Database
from selfserve.store.states import StepState
from selfserve.store.tables import Seat, SeatPool, Step


@pytest.fixture
def working(selfserve: Selfserve, folder: Path, tmp_path: Path) -> Iterator[Stand]:
    """A house that works on the installation's store, with a shelf as its target."""
    assert selfserve("db", "upgrade").code == 0
    made = house(f"sqlite:///{folder}/data/selfserve.db", tmp_path)
    yield made
    made.house.engine.stop()
    made.house.database.close()


def house(url: str, place: Path) -> Stand:
    """The stand on the store at `url`."""
    database = Database(url)
    engine = Engine(database, executor="prepares")
    engine.prepare()
    engine.stop()
    return build(database, place / "stand")


def restored(selfserve: Selfserve, folder: Path) -> str:
    """Put the backup back; the file in which the store as it was is kept, as the command tells it."""
    ran = selfserve("db", "restore", "copy.db")
    assert (ran.code, ran.err) == (0, "")
    (kept,) = (folder / "data").glob("selfserve.db.before-*")
    assert f"selfserve db given-since {kept}" in ran.out
    return str(kept)


def test_what_was_given_since_the_backup_is_listed(selfserve: Selfserve, folder: Path, working: Stand) -> None:
    """With person, item, effect, request and end; not what both stores know, what was there before us, nor what was
    taken back."""
    working.ask("ada", "lamp")
    working.shelf.things.add(("cup", "ada"))
    working.work()
    assert selfserve("db", "backup", "copy.db").code == 0
    made = working.ask("ben", "lamp")
    for who, item in (("ada", "cup"), ("eli", "lamp")):
        working.ask(who, item)
    working.work()
    working.change("eli", gone_at=working.clock())
    people_left(working.house, Findings())
    working.work()
    assert working.shelf.things == {("lamp", "ada"), ("cup", "ada"), ("lamp", "ben")}
    kept = restored(selfserve, folder)
    before = Path(kept).read_bytes()
    ran = selfserve("db", "given-since", kept)
    assert (ran.code, ran.err) == (0, "")
    listed = [line for line in ran.out.splitlines() if "shelf." in line]
    assert len(listed) == 1
    for word in ("Ben Fern (ben)", made.name, "shelf.put: thing lamp, customer ben", "2027-03-01 17:00"):
        assert word in listed[0]
    assert "not known to this store: 1. Take each out of its system by hand first." in ran.out
    told = json.loads(selfserve("db", "given-since", kept, "--json").out)
    (one,) = told["given"]
    assert told["seats"] == []
    assert (one["login"], one["request"], one["resource"]) == ("ben", made.name, "thing:lamp:ben")
    assert Path(kept).read_bytes() == before
    assert [one.name for one in (folder / "data").iterdir() if one.name.startswith("former-")] == []


def test_what_was_called_for_only_after_the_backup_counts_as_given(
    selfserve: Selfserve, folder: Path, working: Stand
) -> None:
    """Both know the request; the restored store would find its effect there and take it for somebody else's."""
    made = working.ask("ben", "lamp")
    working.work()
    (step,) = working.steps(made.id)
    found = {"state": step.state, "calls": step.calls, "ours": step.ours, "before": step.before}
    change = sa.update(Step).where(Step.id == step.id)
    with working.house.database.write() as session:
        session.execute(change.values(state=StepState.PLANNED, calls=0, ours=False, before=""))
    assert selfserve("db", "backup", "copy.db").code == 0
    with working.house.database.write() as session:
        session.execute(change.values(**found))
    ran = selfserve("db", "given-since", restored(selfserve, folder))
    assert made.name in ran.out


def test_seats_given_since_are_said_and_held(selfserve: Selfserve, folder: Path, working: Stand) -> None:
    """Each with who has it; a key that is with two people by now is said with both. A second run says the same."""
    with working.house.database.write() as session:
        session.add(SeatPool(name="ide", total=None))
    assert selfserve("db", "backup", "copy.db").code == 0
    ada, ben = (working.people[who] for who in ("ada", "ben"))
    with working.house.database.write() as session:
        session.add_all([_key(1, ada), _key(2, ben)])
    working.house.database.close()
    kept = restored(selfserve, folder)
    with working.house.database.write() as session:
        session.add(_key(2, working.people["eli"]))
    working.house.database.close()
    told = selfserve("db", "given-since", kept)
    assert (told.code, told.err) == (0, "")
    assert "ide: seat 3 was given to ada, and is held for them.\n" in told.out
    assert "Seats and licence keys given since the backup, and held: 1. Nobody else gets them." in told.out
    assert "ide: the licence key of seat 2 was given to ben, and now to eli too.\n" in told.out
    assert selfserve("db", "given-since", kept).out == told.out
    seats = json.loads(selfserve("db", "given-since", kept, "--json").out)["seats"]
    assert [(one["number"], one["holder"], one["taken_by"]) for one in seats] == [(3, "ada", ""), (2, "ben", "eli")]
    assert "ide: seat 3 is held by ada" in selfserve("seats", "unclaimed").out


def _key(number: int, holder: str) -> Seat:
    """A licence key that somebody has."""
    word = f"{number}"
    return Seat(id=word, pool="ide", number=number, sealed=word.encode(), fingerprint=word, holder=holder)


def test_nothing_given_since_is_said(selfserve: Selfserve, folder: Path, working: Stand) -> None:
    """In one sentence, so that nobody takes an empty list for a fault."""
    working.ask("ada", "lamp")
    working.work()
    assert selfserve("db", "backup", "copy.db").code == 0
    ran = selfserve("db", "given-since", restored(selfserve, folder))
    assert (ran.code, ran.out) == (0, "Nothing was given since the backup that this store does not know.\n")


@pytest.mark.parametrize("content", [None, b"not a store"])
def test_only_a_store_is_read(selfserve: Selfserve, folder: Path, content: bytes | None) -> None:
    """Anything else is one sentence."""
    assert selfserve("db", "upgrade").code == 0
    if content is not None:
        (folder / "former").write_bytes(content)
    ran = selfserve("db", "given-since", "former")
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1


def test_a_former_store_on_postgresql_is_named_by_its_url(
    selfserve: Selfserve, folder: Path, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password of `store.password` is put in; a store of another version is told as such."""
    address = make_url(postgres_url)
    monkeypatch.setenv("PG_PASSWORD", address.password or "")
    monkeypatch.setenv("SELFSERVE__STORE__PASSWORD", "env:PG_PASSWORD")
    url = address._replace(password=None).render_as_string()
    monkeypatch.setenv("SELFSERVE__STORE__URL", url)
    assert selfserve("db", "upgrade").code == 0
    monkeypatch.delenv("SELFSERVE__STORE__URL")
    assert selfserve("db", "upgrade").code == 0
    former = house(postgres_url, tmp_path)
    made = former.ask("ben", "lamp")
    former.work()
    former.house.engine.stop()
    former.house.database.close()
    ran = selfserve("db", "given-since", url)
    assert (ran.code, ran.err) == (0, "")
    assert made.name in ran.out
