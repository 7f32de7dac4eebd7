"""What is odd about the people as they are known now, whoever of them the last reading met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.people.directory import are_present
from selfserve.people.figures import SyncFigures
from selfserve.store.tables import Person

NAMED = 5
"""Examples of one oddity that a sentence names."""


def count(session: Session, figures: SyncFigures) -> None:
    """Put into `figures` how many people are present and have no mail address, and which names find nobody.

    A name finds nobody where several entries of the directory have it, as `directory.by_login` and `by_email` look.
    """
    present = sa.select(sa.func.count()).select_from(Person).where(*are_present())
    figures.present = session.scalar(present) or 0
    figures.without_mail = session.scalar(present.where(Person.email == "")) or 0
    figures.same_login = _shared(session, sa.func.lower(Person.login))
    figures.same_mail = _shared(session, Person.email)


def _shared(session: Session, name: sa.ColumnElement[str] | sa.orm.InstrumentedAttribute[str]) -> list[str]:
    found = sa.select(name).where(Person.gone_at.is_(None), name != "").group_by(name).having(sa.func.count() > 1)
    return list(session.scalars(found.order_by(name)))


def counted(figures: Mapping[str, Any]) -> dict[str, int]:
    """The same as numbers alone, for monitoring."""
    plain = {name: int(figures.get(name, 0)) for name in ("present", "without_mail")}
    return plain | {name: int(figures.get(f"{name}_count", 0)) for name in ("same_login", "same_mail")}


def sentences(figures: Mapping[str, Any]) -> Iterator[str]:
    """What an admin should look at in figures of a reading (`SyncFigures.as_json`), one sentence each."""
    without = int(figures.get("without_mail", 0))
    if without:
        who = "One person has" if without == 1 else f"{without} people have"
        yield f"{who} no mail address, so no mail reaches them."
    for key, words in _NAMES.items():
        count = int(figures.get(f"{key}_count", 0))
        if count:
            yield f"{words}: {_examples(figures[key], count)}."


_NAMES = {
    "same_login": "More than one person has the same login, which finds none of them",
    "same_mail": "More than one person has the same mail address, which finds none of them and counts as one human",
    "same_group_name": "More than one group has the same name, so these go by their DN",
    "unfit": "Not every entry could be kept",
}


def _examples(found: list[str], count: int) -> str:
    shown = "; ".join(found[:NAMED])
    return f"{shown}; and {count - NAMED} more" if count > NAMED else shown
