"""Who a sign-in at the identity provider is: (issuer, subject) linked once to a person, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.languages.messages import msg
from selfserve.people.signing_out import SignedOut, sign_out
from selfserve.store.tables import Identity, Person

PersonField = Literal["key", "login", "email"]
LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, section 2."""


class Why(StrEnum):
    """Why a sign-in leads to nobody."""

    NOBODY = "nobody"
    SEVERAL = "several"
    ABSENT = "absent"
    OTHER_ACCOUNT = "other_account"


_SENTENCES = {
    Why.NOBODY: msg(
        "You are signed in at your company, but nobody with your details is in the company's directory yet."
    ),
    Why.SEVERAL: msg(
        "You are signed in at your company, but more than one person in the company's directory fits you."
    ),
    Why.ABSENT: msg("Your account is disabled in the company's directory."),
    Why.OTHER_ACCOUNT: msg("You are signed in at your company with a new account, and we know you by an earlier one."),
}


class NotLinkedError(Exception):
    """This identity is nobody here; the message is for the person, `why` for the trail."""

    def __init__(self, why: Why, person_id: str | None = None) -> None:
        super().__init__(_SENTENCES[why])
        self.words = _SENTENCES[why]
        self.why, self.person_id = why, person_id


def person_of(session: Session, issuer: str, subject: str, attribute: PersonField, value: str, now: datetime) -> Person:
    """The present person behind an identity, linked by `attribute` = `value` when it comes for the first time.

    Raises NotLinkedError where nobody or more than one fits, where the person is disabled or gone, and where the person
    has another account at this issuer already: an address given to somebody else must not bring an account along.
    """
    # Held, so that whoever unlinks it meanwhile finds the session that is opened for it.
    identity = session.get(Identity, (issuer, subject), with_for_update={"read": True})
    if identity is not None:
        return _present(session.get_one(Person, identity.person_id))
    person = _present(_match(session, attribute, value))
    # The person's row is locked from here on: whoever comes at the same moment has linked already, or waits.
    known = sa.select(Identity.subject).where(Identity.issuer == issuer, Identity.person_id == person.id)
    subjects = session.scalars(known).all()
    if subject in subjects:
        return person
    if subjects:
        raise NotLinkedError(Why.OTHER_ACCOUNT, person.id)
    session.add(Identity(issuer=issuer, subject=subject, person_id=person.id, linked_at=now))
    session.flush()
    told = {"issuer": issuer, "by": attribute}
    Trail(session, f"person:{person.id}").tell("identity.linked", at=now, actor=person.id, data=told)
    return person


def _match(session: Session, attribute: PersonField, value: str) -> Person:
    value = value.strip()
    column = {"key": Person.key, "login": sa.func.lower(Person.login), "email": Person.email}[attribute]
    fitting = sa.select(Person).where(column == value.lower(), Person.gone_at.is_(None)).order_by(Person.id)
    found = session.scalars(fitting.with_for_update()).all() if value else []
    if len(found) > 1:
        raise NotLinkedError(Why.SEVERAL)
    if not found:
        raise NotLinkedError(Why.NOBODY)
    return found[0]


def _present(person: Person) -> Person:
    if not person.present:
        raise NotLinkedError(Why.ABSENT, person.id)
    return person


@dataclass(frozen=True)
class Unlinked:
    """How many identities were forgotten, and what ended with them."""

    identities: int
    ended: SignedOut


def unlink(session: Session, person_id: str, now: datetime, actor: str) -> Unlinked:
    """Forget a person's identities, so that their next sign-in links anew.

    All that any of them opened ends with it: an identity may be unlinked because it was never theirs.
    """
    gone = session.scalars(sa.delete(Identity).where(Identity.person_id == person_id).returning(Identity.issuer)).all()
    for issuer in gone:
        Trail(session, f"person:{person_id}").tell("identity.unlinked", at=now, actor=actor, data={"issuer": issuer})
    return Unlinked(len(gone), sign_out(session, [person_id], now, why="unlinked", actor=actor))
