"""Sends what is due by mail: one mail at once, then digests; a dead mail server stops nothing and loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from selfserve.languages.books import spoken
from selfserve.languages.reader import Reader
from selfserve.notify import wishes
from selfserve.notify.batches import Batch, claim, due, hold, last_mailed, leave_out, settle
from selfserve.notify.mail import Addressee, Letter, compose
from selfserve.notify.transport import MailDelayed, MailRefused, MailServerDown, Transport
from selfserve.notify.unsubscribe import Unsubscribing
from selfserve.settings.model import Settings
from selfserve.store.database import Database
from selfserve.store.states import MailState
from selfserve.store.tables import Notice

log = structlog.get_logger(__name__)

BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
PATIENCE = timedelta(days=5)
"""How long a server may put one address off before we take that for a no (RFC 5321, 4.5.4.1: at least 4–5 days)."""


@dataclass(slots=True)
class Posted:
    """What one round did: mails sent and the notices in them, notices held for a digest, refused, put off, dropped.

    `trouble` says what is wrong with the mail server, empty where nothing is.
    """

    mails: int = 0
    sent: int = 0
    held: int = 0
    refused: int = 0
    delayed: int = 0
    dropped: int = 0
    trouble: str = ""


def post_due(
    database: Database,
    settings: Settings,
    transport: Transport,
    now: Callable[[], datetime],
    off: Unsubscribing,
) -> Posted:
    """Send what is due; run every minute, by as many workers as there are. `off` is the way out of digests.

    A process that dies between sending and writing it down sends that mail again, under the same Message-ID.
    """
    figures = Posted()
    if not settings.mail.host:
        figures.dropped = _drop_all(database)
        return figures
    try:
        for batch in _to_send(database, settings, now(), figures):
            _post(database, settings, transport, now, batch, figures, off)
            if figures.trouble:
                log.warning("mail server is down", reason=figures.trouble)
                break
    finally:
        transport.close()
    return figures


def mail_figures(session: Session) -> dict[str, int]:
    """How many notices wait to be mailed (`waiting`) and how many were refused for good (`refused`)."""
    counted = sa.select(Notice.mail, sa.func.count()).where(Notice.mail.notin_((MailState.NONE, MailState.SENT)))
    found = {row[0]: row[1] for row in session.execute(counted.group_by(Notice.mail))}
    waiting = found.get(MailState.WAITING, 0) + found.get(MailState.SENDING, 0)
    return {"waiting": waiting, "refused": found.get(MailState.REFUSED, 0)}


def _drop_all(database: Database) -> int:
    """Without a mail server notices are for the app alone; one set up later does not send old news."""
    waits = sa.select(Notice.id).where(Notice.mail == MailState.WAITING).limit(1)
    with database.read() as session:
        if session.scalar(waits) is None:
            return 0
    with database.write() as session:
        none = sa.update(Notice).where(Notice.mail == MailState.WAITING).values(mail=MailState.NONE, mail_next_at=None)
        return len(session.execute(none.returning(Notice.id)).all())


def _to_send(database: Database, settings: Settings, now: datetime, figures: Posted) -> list[Batch]:
    """What goes now; what comes too soon after a reader's last mail is held back."""
    window = settings.mail.digest_every
    with database.read() as session:
        batches = due(session, now)
        last = last_mailed(session, batches, now - window) if batches else {}
        session.expunge_all()
    go, wait, never = [], [], []
    for batch in sorted(batches, key=lambda one: one.patient):
        until = wishes.not_before(batch, last.get(batch.reader), window, _reader(batch, settings).zone)
        if wishes.unwanted(batch):
            never.append(batch)
        elif until is not None and until > now:
            wait.append((batch, until))
        else:
            go.append(batch)
            last[batch.reader] = now
    if wait or never:
        with database.write() as session:
            for batch, until in wait:
                hold(session, batch, until)
                figures.held += len(batch.notices)
            for batch in never:
                leave_out(session, batch)
                figures.dropped += len(batch.notices)
    return go


def _post(
    database: Database,
    settings: Settings,
    transport: Transport,
    now: Callable[[], datetime],
    batch: Batch,
    figures: Posted,
    off: Unsubscribing,
) -> None:
    with database.write() as session:
        claimed = claim(session, batch, now())
    if claimed is None:
        return
    end = _send(settings, transport, now(), batch, figures, off)
    with database.write() as session:
        settle(session, batch, claimed, end.state, mailed_at=end.mailed_at, next_at=end.next_at, error=end.error)


@dataclass(frozen=True, slots=True)
class _Ending:
    state: MailState
    mailed_at: datetime | None = None
    next_at: datetime | None = None
    error: str = ""


def _send(
    settings: Settings, transport: Transport, now: datetime, batch: Batch, figures: Posted, off: Unsubscribing
) -> _Ending:
    """Send one claimed batch; says how it ended and counts it."""
    count = len(batch.notices)
    if batch.person is not None and not batch.person.present:
        figures.dropped += count
        return _Ending(MailState.NONE)
    try:
        to = _addressee(batch, settings)
        letters = [Letter(one.id, one.title, one.body, one.path) for one in batch.notices]
        way_out = off.address(batch.person.id) if batch.person is not None and wishes.digest(batch) else ""
        transport.send(compose(settings, to, letters, now, way_out=way_out), to.address)
    except MailServerDown as error:
        figures.trouble = str(error)
        figures.delayed += count
        return _Ending(MailState.WAITING, next_at=now + _pause(batch), error=error.words)
    except MailDelayed as error:
        if now - batch.notices[0].made_at < PATIENCE:
            figures.delayed += count
            return _Ending(MailState.WAITING, next_at=now + _pause(batch), error=str(error))
        return _refused(batch, figures, f"put off for {PATIENCE.days} days: {error}")
    except (MailRefused, ValueError) as error:
        return _refused(batch, figures, str(error))
    figures.mails += 1
    figures.sent += count
    return _Ending(MailState.SENT, mailed_at=now)


def _refused(batch: Batch, figures: Posted, reason: str) -> _Ending:
    figures.refused += len(batch.notices)
    log.warning("mail refused", notices=batch.ids, reason=reason)
    return _Ending(MailState.REFUSED, error=reason)


def _addressee(batch: Batch, settings: Settings) -> Addressee:
    person, reads = batch.person, _reader(batch, settings)
    if person is None:
        return Addressee(batch.notices[0].mailbox, reads=reads)
    if not person.email:
        raise ValueError("the directory has no mail address for this person")
    return Addressee(person.email, person.name, person.given_name, reads)


def _reader(batch: Batch, settings: Settings) -> Reader:
    """How whoever gets the batch reads: as they chose, as the directory says, as the company does."""
    company = Reader.of(settings.company.language, settings.company.zone, Reader())
    if batch.person is None:
        return company
    known = Reader.of(batch.person.language, batch.person.zone, company)
    return replace(known, language=spoken(batch.language, known.language))


def _pause(batch: Batch) -> timedelta:
    return BACK_OFF[min(batch.tries, len(BACK_OFF) - 1)]
