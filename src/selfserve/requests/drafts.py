"""What somebody has begun to fill in: kept for them on every device, until they ask or a month has gone by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from selfserve.catalog.fields import LONGEST_TYPED, ChoiceField
from selfserve.catalog.items import Item
from selfserve.store.tables import Draft, Request
from selfserve.telemetry.redaction import redact_text

LASTS = timedelta(days=30)
_BESIDE = "beside"
"""The kind of an answer that the page asks for, and not the item."""
_BACK = "back"
"""The kind of an answer that was taken back: it is not kept, but that there was one is, as long as the draft."""


def keep(
    session: Session,
    person_id: str,
    item: Item,
    answers: Mapping[str, object],
    now: datetime,
    *,
    fresh: Mapping[str, object],
    beside: frozenset[str] = frozenset(),
) -> bool:
    """Keep how `answers`, which were changed, differ from `fresh`, which the empty form has; what was kept of other
    questions, on whatever device, stays. Where nothing is left, the draft ends. False where something was left out.

    `beside` names questions that the page asks beside the item's own. What the form does not ask is not kept, nor an
    answer in which something looks like a token, a private key or a password that is called so. A secret that looks
    like any other word cannot be told from one.
    """
    asked = {name: value for name, value in answers.items() if name in item.form or name in beside}
    filled = {name: value for name, value in asked.items() if _plain(value) and value != fresh.get(name, "")}
    safe = {name: value for name, value in filled.items() if not _secret(value)}
    draft = _taken(session, person_id, item.id, now)
    others = kept(session, person_id, item, now, beside=beside)
    before = dict.fromkeys(draft.kinds if others else (), _BACK)
    draft.answers = {name: value for name, value in others.items() if name not in asked} | safe
    draft.kinds = before | {name: _kind(item, name) for name in draft.answers}
    draft.changed_at = now
    session.flush()
    if not draft.answers:
        drop(session, person_id, item.id)
    return len(safe) == len(filled)


def _taken(session: Session, person_id: str, item_id: str, now: datetime) -> Draft:
    """The draft, empty where there was none, and nobody else's to write until this transaction ends."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    wanted = insert(Draft).values(person_id=person_id, item_id=item_id, kinds={}, answers={}, changed_at=now)
    itself = {"item_id": wanted.excluded.item_id}  # changes nothing, but locks what is there
    session.execute(wanted.on_conflict_do_update(index_elements=[Draft.person_id, Draft.item_id], set_=itself))
    return session.get_one(Draft, (person_id, item_id), populate_existing=True)


def kept(
    session: Session, person_id: str, item: Item, now: datetime, *, beside: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The answers that were kept and still fit the form; none after a month, or once it was asked for.

    A question that is gone, of another kind or without that choice takes only its own answer along: what was typed
    into the others is not lost for it.
    """
    draft = session.get(Draft, (person_id, item.id))
    if draft is None or draft.changed_at < now - LASTS or _asked_since(session, draft):
        return {}
    return {
        name: value
        for name, value in draft.answers.items()
        if (name in item.form or name in beside)
        and draft.kinds.get(name) == _kind(item, name)
        and _on_offer(item, name, value)
    }


def answered(session: Session, person_id: str, item_id: str) -> list[str]:
    """The questions that were answered since the draft began, those too whose answer was taken back. What another
    device shows and is not among them was kept in a draft that has ended."""
    draft = session.get(Draft, (person_id, item_id))
    return [] if draft is None else list(draft.kinds)


def says(session: Session, person_id: str, item_id: str, name: str) -> bool:
    """True where the draft says nothing but what was asked for in the request of this name."""
    draft = session.get(Draft, (person_id, item_id))
    asked = session.scalar(sa.select(Request.answers).where(Request.name == name))
    if draft is None or asked is None:
        return draft is None
    typed = {one: value for one, value in draft.answers.items() if draft.kinds.get(one) != _BESIDE}
    return all(str(asked.get(one, "")).strip() == str(value).strip() for one, value in typed.items())


def drop(session: Session, person_id: str, item_id: str) -> None:
    """There is no draft any more."""
    session.execute(sa.delete(Draft).where(Draft.person_id == person_id, Draft.item_id == item_id))


def forget(session: Session, now: datetime) -> int:
    """Remove drafts that nobody has touched for a month; returns how many those were."""
    gone = session.execute(sa.delete(Draft).where(Draft.changed_at < now - LASTS).returning(Draft.item_id))
    return len(gone.all())


def _asked_since(session: Session, draft: Draft) -> bool:
    """True where they asked for it after the draft was touched, on whatever way: then it is no draft any more."""
    since = sa.select(Request.id).where(
        Request.asked_by_id == draft.person_id,
        Request.item_id == draft.item_id,
        Request.asked_at >= draft.changed_at,
    )
    return session.scalar(since.limit(1)) is not None


def _plain(value: object) -> bool:
    """True for what a form can hold."""
    return len(value) <= LONGEST_TYPED if isinstance(value, str) else isinstance(value, bool | int | float)


def _secret(value: object) -> bool:
    return isinstance(value, str) and redact_text(value) != value


def _kind(item: Item, name: str) -> str:
    return item.form[name].type if name in item.form else _BESIDE


def _on_offer(item: Item, name: str, value: object) -> bool:
    one = item.form.get(name)
    return not isinstance(one, ChoiceField) or value in ("", *(option.value for option in one.options))
