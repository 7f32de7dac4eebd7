"""Who has a case open is known to every process, is written rarely, and is forgotten when they are gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.requests import presence
from selfserve.requests.tasks import forget_watchers
from selfserve.store.tables import Person, Watcher


@pytest.fixture
def case(stand: Stand) -> str:
    """The id of a case on the desk."""
    stand.shelf.faults = ["permanent"]
    stand.ask("ada", "lamp")
    return stand.case().id


def look(stand: Stand, case: str, who: str, tab: str = "") -> list[str]:
    """Somebody's page looks who else is there."""
    return presence.look(stand.house, case, stand.people[who], tab or f"tab of {who}")


def name(stand: Stand, who: str) -> str:
    """What somebody is called."""
    with stand.house.database.read() as session:
        return session.get_one(Person, stand.people[who]).name


def rows(stand: Stand) -> int:
    """How many pages are kept."""
    with stand.house.database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Watcher)) or 0


def test_two_in_different_processes_see_each_other(stand: Stand, case: str) -> None:
    """Pages that are served by another process, with connections of its own, are seen as those of one's own."""
    other = stand.apart("two")
    try:
        assert look(stand, case, "tess") == []
        assert look(other, case, "theo") == [name(stand, "tess")]
        assert look(stand, case, "tess") == [name(stand, "theo")]
    finally:
        other.house.database.close()


def test_nobody_is_told_about_themselves(stand: Stand, case: str) -> None:
    """A second tab is the same person; a colleague with two tabs is one person."""
    assert look(stand, case, "tess", "first") == []
    assert look(stand, case, "tess", "second") == []
    assert look(stand, case, "theo") == [name(stand, "tess")]


def test_whoever_left_is_gone_at_once(stand: Stand, case: str) -> None:
    """Only that page: another one of theirs still counts."""
    look(stand, case, "theo", "first")
    look(stand, case, "theo", "second")
    presence.leave(stand.house, "first")
    assert look(stand, case, "tess") == [name(stand, "theo")]
    presence.leave(stand.house, "second")
    assert look(stand, case, "tess") == []


def test_whoever_gives_no_sign_is_gone_after_a_while(stand: Stand, case: str) -> None:
    """Two renewals may be missed, no more; the row goes with the next sweep, and those who are there stay."""
    look(stand, case, "theo")
    stand.clock.forward(seconds=(presence.GONE - timedelta(seconds=1)).total_seconds())
    assert look(stand, case, "tess") == [name(stand, "theo")]
    stand.clock.forward(seconds=1)
    assert look(stand, case, "tess") == []
    assert rows(stand) == 2
    forget_watchers(stand.house)
    assert rows(stand) == 1


def test_a_page_of_another_case_does_not_count(stand: Stand, case: str) -> None:
    """One is told of those who look at the same case."""
    stand.shelf.faults = ["permanent"]
    stand.ask("ben", "lamp")
    (other,) = {one.id for one in stand.open_cases()} - {case}
    look(stand, other, "theo")
    assert look(stand, case, "tess") == []


def test_looking_often_writes_rarely(stand: Stand, case: str) -> None:
    """A minute of looks every five seconds is four small writes."""
    written: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "watcher" in statement and not statement.lstrip().upper().startswith("SELECT"):
            written.append(statement)

    sa.event.listen(stand.house.database.engine, "before_cursor_execute", note)
    for _ in range(12):
        look(stand, case, "tess")
        stand.clock.forward(seconds=5)
    assert len(written) == 4
