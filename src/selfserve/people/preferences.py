"""What people have chosen for themselves, kept for every device of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from selfserve.languages.books import codes, spoken
from selfserve.people.directory import are_present
from selfserve.store.states import MailWish
from selfserve.store.tables import Person, Preference

BROWSER = "browser"
"""In place of a language: what the browser at hand asks for."""
_WITH_PERSON = (
    sa.select(Person, Preference)
    .outerjoin(Preference, Preference.person_id == Person.id)
    .where(Person.id == sa.bindparam("person"), *are_present())
)
"""Made once: it is asked for every first page, and to put it together takes as long as to run it."""


def of(session: Session, person_id: str) -> Preference:
    """What the person has chosen; what is so for everybody where they have not."""
    return session.get(Preference, person_id) or _unchosen(person_id)


def _unchosen(person_id: str) -> Preference:
    return Preference(person_id=person_id, language="", mail=MailWish.AT_ONCE, hint_closed_at=None)


def with_person(session: Session, person_id: str) -> tuple[Person, Preference] | None:
    """A person who may sign in, ask and decide, and what they have chosen, in one look; None for anybody else."""
    found = session.execute(_WITH_PERSON, {"person": person_id}).one_or_none()
    if found is None:
        return None
    person, chosen = found
    return person, chosen or _unchosen(person_id)


def language(chosen: str, browser: Sequence[str], directory: str, company: str) -> str:
    """The language to speak with somebody: what they chose, else what the directory knows of them.

    `browser` are the languages their browser asks for; they count for who chose that, before what the directory says.
    """
    return spoken(*(browser if chosen == BROWSER else [chosen]), directory, company)


def close_hint(session: Session, person_id: str, now: datetime) -> None:
    """They have read what is said to people who are here for the first time."""
    _choose(session, person_id, hint_closed_at=now)


def choose(session: Session, person_id: str, *, language: str, mail: MailWish) -> None:
    """Speak with them, and mail them, so from now on. `language` is one of ours or `BROWSER`; ValueError else."""
    if language not in (BROWSER, *codes()):
        raise ValueError(f"{language!r} is no language of ours")
    _choose(session, person_id, language=language, mail=mail)


def end_digests(session: Session, person_id: str) -> None:
    """From now on they are mailed only what needs them; nothing else changes."""
    _choose(session, person_id, mail=MailWish.NEEDED)


def _choose(session: Session, person_id: str, **chosen: object) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(Preference)
        .values({"person_id": person_id, "language": "", "mail": MailWish.AT_ONCE, **chosen})
        .on_conflict_do_update(index_elements=[Preference.person_id], set_=chosen)
    )
