"""Which notices go into one mail, and who may send it: each batch is claimed by compare-and-set before it is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.store.states import MailState, MailWish
from selfserve.store.tables import Notice, Person, Preference

AT_A_TIME = 2_000
LEASE = timedelta(minutes=10)
"""A batch claimed longer ago was left by a process that died; it is sent again under the same Message-ID."""

_OPEN = (MailState.WAITING, MailState.SENDING)


@dataclass(frozen=True, slots=True)
class Batch:
    """Notices for one reader that go together. `person` is None for a mailbox, `wish` and
    `language` are what they chose, if they did."""

    notices: tuple[Notice, ...]
    person: Person | None
    wish: MailWish = MailWish.AT_ONCE
    language: str = ""

    @property
    def reader(self) -> tuple[str | None, str]:
        """Person id and mailbox; one of them is empty."""
        return self.notices[0].person_id, self.notices[0].mailbox

    @property
    def patient(self) -> bool:
        """True where it may wait for a digest: not urgent, and not claimed once already (then it goes as it was)."""
        return not self.notices[0].urgent and self.notices[0].mail != MailState.SENDING

    @property
    def needed(self) -> bool:
        """True where something in it waits for its reader."""
        return any(notice.needed for notice in self.notices)

    @property
    def ids(self) -> list[str]:
        """The notices' ids."""
        return [notice.id for notice in self.notices]

    @property
    def tries(self) -> int:
        """How often the most patient of them was tried."""
        return max(notice.mail_tries for notice in self.notices)


def due(session: Session, now: datetime) -> list[Batch]:
    """All batches whose time has come, the longest waiting first."""
    rows = session.execute(
        sa.select(Notice, Person, Preference.mail, Preference.language)
        .outerjoin(Person, Person.id == Notice.person_id)
        .outerjoin(Preference, Preference.person_id == Notice.person_id)
        .where(Notice.mail.in_(_OPEN), Notice.mail_next_at <= now)
        .order_by(Notice.mail_next_at, Notice.made_at, Notice.id)
        .limit(AT_A_TIME)
    ).all()
    groups: dict[tuple[object, ...], list[Notice]] = defaultdict(list)
    people = {}
    for notice, person, mail, language in rows:
        claimed_at = notice.mail_next_at if notice.mail == MailState.SENDING else None
        wish = MailWish(mail or MailWish.AT_ONCE)
        apart = notice.needed if wish != MailWish.AT_ONCE and claimed_at is None else None
        groups[notice.person_id, notice.mailbox, notice.urgent, apart, claimed_at].append(notice)
        people[notice.person_id] = person, wish, language or ""
    return [Batch(tuple(group), *people[key[0]]) for key, group in groups.items()]  # type: ignore[index]


def last_mailed(session: Session, batches: Iterable[Batch], since: datetime) -> dict[tuple[str | None, str], datetime]:
    """When each reader of the batches last got a mail, for those who did after `since`; by person id and mailbox."""
    person_ids = {batch.notices[0].person_id for batch in batches}
    readers: sa.ColumnElement[bool] = Notice.person_id.in_({one for one in person_ids if one is not None})
    if None in person_ids:
        readers = sa.or_(readers, Notice.person_id.is_(None))
    rows = session.execute(
        sa.select(Notice.person_id, Notice.mailbox, sa.func.max(Notice.mailed_at))
        .where(readers, Notice.mailed_at > since)
        .group_by(Notice.person_id, Notice.mailbox)
    )
    return {(person_id, mailbox): at for person_id, mailbox, at in rows if at is not None}


def hold(session: Session, batch: Batch, until: datetime) -> None:
    """Let a batch wait until `until`."""
    held = sa.and_(Notice.id.in_(batch.ids), Notice.mail == MailState.WAITING)
    session.execute(sa.update(Notice).where(held).values(mail_next_at=until))


def leave_out(session: Session, batch: Batch) -> None:
    """The batch is not mailed; it stays in the app."""
    waiting = sa.and_(Notice.id.in_(batch.ids), Notice.mail == MailState.WAITING)
    session.execute(sa.update(Notice).where(waiting).values(mail=MailState.NONE, mail_next_at=None))


def claim(session: Session, batch: Batch, now: datetime) -> datetime | None:
    """Take the whole batch for sending; the answer goes to `settle`. None where somebody else was first."""
    until = now + LEASE
    taken = session.execute(
        sa.update(Notice)
        .where(Notice.id.in_(batch.ids), Notice.mail.in_(_OPEN), Notice.mail_next_at <= now)
        .values(mail=MailState.SENDING, mail_next_at=until, mail_tries=Notice.mail_tries + 1)
        .returning(Notice.id)
    ).all()
    if len(taken) == len(batch.notices):
        return until
    session.rollback()
    return None


def settle(
    session: Session,
    batch: Batch,
    claimed: datetime,
    state: MailState,
    *,
    mailed_at: datetime | None = None,
    next_at: datetime | None = None,
    error: str = "",
) -> bool:
    """Write down how it went; False where the claim had run out and somebody else took over."""
    mine = sa.and_(Notice.id.in_(batch.ids), Notice.mail == MailState.SENDING, Notice.mail_next_at == claimed)
    done = session.execute(
        sa.update(Notice)
        .where(mine)
        .values(mail=state, mailed_at=mailed_at, mail_next_at=next_at, mail_error=error)
        .returning(Notice.id)
    )
    return bool(done.all())
