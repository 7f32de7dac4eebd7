"""Who else is looking at a case: staff who have it open see each other, whichever process serves their page."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from selfserve.fulfilment.house import House
from selfserve.store.tables import Person, Watcher

RENEWED = timedelta(seconds=15)
"""How often an open page writes that it is still there, however often it looks."""
GONE = 2 * RENEWED
"""Without a sign for so long nobody is there any more: a browser that was closed says nothing."""


def look(house: House, case_id: str, person_id: str, tab: str) -> list[str]:
    """Say that this page (`tab`, up to 36 signs) is open upon a case that exists; returns the names of all others who
    look at it. Blocking.

    A page that said so less than `RENEWED` ago writes nothing.
    """
    now = house.now()
    with house.database.read() as session:
        there = watchers(session, case_id, now)
    said = next((one.seen_at for one in there if one.tab == tab), None)
    if said is None or now - said >= RENEWED:
        with house.database.write() as session:
            _say(session, Watcher(tab=tab, escalation_id=case_id, person_id=person_id, seen_at=now))
    return list({one.person_id: one.name for one in there if one.person_id != person_id}.values())


def watchers(session: Session, case_id: str, now: datetime) -> list[sa.Row[str, str, str, datetime]]:
    """The pages that are open upon a case, as `tab`, `person_id`, `name` and `seen_at`, by name."""
    rows = session.execute(
        sa.select(Watcher.tab, Watcher.person_id, Person.name, Watcher.seen_at)
        .join(Person, Person.id == Watcher.person_id)
        .where(Watcher.escalation_id == case_id, Watcher.seen_at > now - GONE)
        .order_by(Person.name, Person.id)
    )
    return list(rows)


def leave(house: House, tab: str) -> None:
    """The page was left. Blocking."""
    with house.database.write() as session:
        session.execute(sa.delete(Watcher).where(Watcher.tab == tab))


def forget(session: Session, now: datetime) -> None:
    """Remove what pages left behind that could not say goodbye."""
    session.execute(sa.delete(Watcher).where(Watcher.seen_at <= now - GONE))


def _say(session: Session, one: Watcher) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"escalation_id": one.escalation_id, "person_id": one.person_id, "seen_at": one.seen_at}
    session.execute(
        insert(Watcher)
        .values(tab=one.tab, **values)
        .on_conflict_do_update(index_elements=[Watcher.tab], set_={"seen_at": one.seen_at})
    )
