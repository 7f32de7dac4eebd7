"""Tells people things: in the app at once, by mail as `selfserve.notify.post` sees fit."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from selfserve.store import forgetting
from selfserve.store.database import Database
from selfserve.store.states import MailState
from selfserve.store.tables import Notice

_NAMES = uuid.UUID("5b1d2f0e-6c1c-5a7e-9c59-0f6f6a2f3c11")
_TITLE, _PATH, _EVENT = 200, 255, 200


def tell(
    session: Session,
    *,
    now: datetime,
    event: str,
    title: str,
    body: str = "",
    path: str = "",
    person_id: str | None = None,
    mailbox: str = "",
    urgent: bool = False,
    needed: bool = False,
    mail: bool = True,
    overtakes: Sequence[str] = (),
) -> bool:
    """Tell one person, or one team's `mailbox`, once; False where this event was told to them before.

    `title` is one line, `body` text without secrets, both told later in the reader's language; `path` is where it leads
    below the public address (`/requests/…`). `urgent` is mailed at once; the rest may wait for a digest. `needed`:
    something waits for this person, so that it is mailed whatever they chose. `overtakes`: how the
    events begin that this is the later news of; what is still to be mailed of them is not mailed any more, and stays in
    the app. Raises ValueError for what could never be delivered.
    """
    if (person_id is None) == (not mailbox):
        raise ValueError("a notice goes to one person or to one mailbox")
    if path and (not path.startswith("/") or path.startswith("//") or len(path) > _PATH):
        raise ValueError(f"a notice leads to a path below the public address, not to {path!r}")
    if not event or len(event) > _EVENT:
        raise ValueError(f"a notice's event has 1 to {_EVENT} characters")
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    made = session.execute(
        insert(Notice)
        .values(
            id=_id(event, person_id, mailbox),
            person_id=person_id,
            mailbox=mailbox,
            event=event,
            title=_same(title, _one_line(title)),
            body=_same(body, body.strip()),
            path=path,
            urgent=urgent,
            needed=needed or urgent,
            made_at=now,
            mail=MailState.WAITING if mail else MailState.NONE,
            mail_tries=0,
            mail_next_at=now if mail else None,
            mail_error="",
        )
        .on_conflict_do_nothing()
        .returning(Notice.id)
    )
    fresh = made.scalar() is not None
    if fresh and overtakes:
        own = Notice.person_id == person_id if person_id is not None else Notice.mailbox == mailbox
        before = sa.or_(*(Notice.event.startswith(one, autoescape=True) for one in overtakes))
        older = sa.and_(own, before, Notice.event != event, Notice.mail == MailState.WAITING)
        session.execute(sa.update(Notice).where(older).values(mail=MailState.NONE, mail_next_at=None))
    return fresh


def _id(event: str, person_id: str | None, mailbox: str) -> str:
    """Made from event and reader, so that telling twice meets the primary key, on both databases, null or not."""
    return str(uuid.uuid5(_NAMES, "\n".join((event, person_id or "", mailbox))))


def _same(words: str, wanted: str) -> str:
    """`words` with all they remember where they are as wanted but for spaces around them, else what is. What is told
    later is told without those."""
    return words if words.strip() == wanted else wanted


def _one_line(title: str) -> str:
    line = " ".join(title.split())
    return line if len(line) <= _TITLE else line[: _TITLE - 1] + "…"


def latest(session: Session, person_id: str, limit: int = 50) -> list[Notice]:
    """A person's notices, newest first, read ones included."""
    return list(
        session.scalars(
            sa.select(Notice)
            .where(Notice.person_id == person_id)
            .order_by(Notice.made_at.desc(), Notice.id)
            .limit(limit)
        )
    )


def unread(session: Session, person_id: str, limit: int = 50) -> list[Notice]:
    """A person's unread notices, newest first."""
    return list(
        session.scalars(
            sa.select(Notice)
            .where(Notice.person_id == person_id, Notice.read_at.is_(None))
            .order_by(Notice.made_at.desc(), Notice.id)
            .limit(limit)
        )
    )


def unread_first(session: Session, person_id: str, limit: int) -> list[Notice]:
    """A person's notices, the unread ones before those that were read, each newest first."""
    new = unread(session, person_id, limit)
    if len(new) == limit:
        return new
    old = (
        sa.select(Notice)
        .where(Notice.person_id == person_id, Notice.read_at.is_not(None))
        .order_by(Notice.made_at.desc(), Notice.id)
        .limit(limit - len(new))
    )
    return [*new, *session.scalars(old)]


def how_many_unread(person_id: str | sa.BindParameter[str]) -> sa.Select[int]:
    """How many notices a person has not read."""
    return sa.select(sa.func.count()).where(Notice.person_id == person_id, Notice.read_at.is_(None))


def mark_read(session: Session, person_id: str, now: datetime, notice_id: str | None = None) -> int:
    """Note that a person read one of their notices, or all of them; returns how many were unread.

    What was read in the app before its mail went is not mailed any more.
    """
    mine = sa.and_(Notice.person_id == person_id, Notice.read_at.is_(None))
    if notice_id is not None:
        mine = sa.and_(mine, Notice.id == notice_id)
    mail = sa.case((Notice.mail == MailState.WAITING, MailState.NONE), else_=Notice.mail)
    read = session.execute(sa.update(Notice).where(mine).values(read_at=now, mail=mail).returning(Notice.id))
    return len(read.all())


def settled(session: Session, people: Iterable[str], event: str, now: datetime) -> int:
    """Note as read what asked these people for something that somebody has done: all whose event begins with `event`.
    Returns how many were unread. What is still to be mailed of it is not mailed any more."""
    asked = sa.and_(
        Notice.person_id.in_(list(people)),
        Notice.read_at.is_(None),
        Notice.event.startswith(event, autoescape=True),
    )
    mail = sa.case((Notice.mail == MailState.WAITING, MailState.NONE), else_=Notice.mail)
    read = session.execute(sa.update(Notice).where(asked).values(read_at=now, mail=mail).returning(Notice.id))
    return len(read.all())


def was_told(session: Session, event: str, mailbox: str) -> bool:
    """Whether a team's `mailbox` was told this event."""
    return session.get(Notice, _id(event, None, mailbox)) is not None


def told(session: Session, events: Iterable[str]) -> set[str]:
    """Who was told any of these events, by id; teams' mailboxes are nobody."""
    found = session.scalars(sa.select(Notice.person_id).where(Notice.event.in_(list(events))).distinct())
    return {person_id for person_id in found if person_id is not None}


UNREAD = timedelta(days=365)
"""How long a notice stays that its person never read."""


def forget(database: Database, now: datetime, keep: timedelta) -> int:
    """Remove notices read longer than `keep` ago (the setting `notices.keep`), those to mailboxes that are as old, and
    what nobody read in a year; never one that is still to be mailed. Returns how many those were."""
    aside = sa.and_(Notice.person_id.is_(None), Notice.made_at < now - keep)
    unread = sa.and_(Notice.read_at.is_(None), Notice.made_at < now - max(keep, UNREAD))
    old = sa.or_(Notice.read_at < now - keep, aside, unread)
    return forgetting.forget(database, Notice, sa.and_(old, Notice.mail.not_in([MailState.WAITING, MailState.SENDING])))
