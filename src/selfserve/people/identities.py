"""Who a sign-in at the identity provider is: (issuer, subject) linked once to a person, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.languages.messages import msg
from selfserve.people import directory
from selfserve.people.signing_out import SignedOut, hold, sign_out
from selfserve.store.tables import Identity, Person

PersonField = Literal["key", "login", "email"]
_NUMBER = re.compile(r"[1-9]")
LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, section 2."""


class Why(StrEnum):
    """Why a sign-in leads to nobody."""

    NOBODY = "nobody"
    SEVERAL = "several"
    ABSENT = "absent"
    GONE = "gone"
    FORMER = "former"
    OTHER_ACCOUNT = "other_account"


_SENTENCES = {
    Why.NOBODY: msg(
        "You are signed in at your company, but nobody with your details is in the company's directory yet."
    ),
    Why.SEVERAL: msg(
        "You are signed in at your company, but more than one person in the company's directory fits you."
    ),
    Why.ABSENT: msg("Your account is disabled in the company's directory."),
    Why.GONE: msg("You are signed in at your company, but you are not in the company's directory any more."),
    Why.OTHER_ACCOUNT: msg("You are signed in at your company with another account than the one we know you by."),
}


class NotLinkedError(Exception):
    """This identity is nobody here; the message is for the person, `why` for the trail."""

    def __init__(self, why: Why, person_id: str | None = None, words: str = "") -> None:
        self.words = words or _SENTENCES[why]
        super().__init__(self.words)
        self.why, self.person_id = why, person_id


def person_of(session: Session, issuer: str, subject: str, attribute: PersonField, value: str, now: datetime) -> Person:
    """The present person behind an identity, linked by `attribute` = `value` when it comes for the first time, and anew
    where the directory shows that the human it was linked to is there under a new entry.

    Raises NotLinkedError where nobody or more than one fits, where the person is disabled or gone, where the person has
    another account at this issuer already, and where the account is known from somebody else who left: an address given
    to somebody else must not bring an account along.
    """
    if _left(session, issuer, subject):
        return _made_anew(session, issuer, subject, attribute, value, now)
    # Held, so that whoever unlinks it meanwhile finds the session that is opened for it.
    identity = session.get(Identity, (issuer, subject), with_for_update={"read": True})
    if identity is not None:
        return _present(session.get_one(Person, identity.person_id))
    person = _present(_match(session, attribute, value))
    if not _only_account(session, person, issuer, subject):
        _link(session, person, Identity(issuer=issuer, subject=subject), attribute, now)
    return person


def _left(session: Session, issuer: str, subject: str) -> bool:
    """True for an identity linked to an entry that the directory does not show any more."""
    of = sa.select(Person.gone_at).join(Identity, Identity.person_id == Person.id)
    return session.scalar(of.where(Identity.issuer == issuer, Identity.subject == subject)) is not None


def _made_anew(
    session: Session, issuer: str, subject: str, attribute: PersonField, value: str, now: datetime
) -> Person:
    """The present entry of the human whose former entry an identity is linked to; the link moves there.

    Login and address alone prove nothing here: they may have been given to somebody else, while who left still has the
    account at the provider. What all accounts of one human share (`Person.human`) is never given on, where it is a
    number and nobody else's.
    """
    try:
        person = _match(session, attribute, value)
    except NotLinkedError as nobody:
        if nobody.why is Why.NOBODY:
            raise NotLinkedError(Why.GONE) from None
        raise
    # The present person's row is locked first, as by all who link: who comes at the same moment waits there.
    identity = session.get(Identity, (issuer, subject), with_for_update=True, populate_existing=True)
    _present(person)
    if _only_account(session, person, issuer, subject):
        return person
    if identity is None:  # unlinked meanwhile
        _link(session, person, Identity(issuer=issuer, subject=subject), attribute, now)
        return person
    former = session.get_one(Person, identity.person_id, populate_existing=True)
    if former.gone_at is None:
        return _present(former)
    if former.human != person.human or not _proves(session, person):
        raise NotLinkedError(Why.FORMER, person.id, _former(session, former, person))
    told = {"issuer": issuer, "why": "made_anew", "to": person.id}
    Trail(session, f"person:{former.id}").tell("identity.unlinked", at=now, actor=person.id, data=told)
    _link(session, person, identity, attribute, now, former=former.id)
    return person


def _proves(session: Session, person: Person) -> bool:
    """True where `human` tells that two entries are one human: it has a digit other than 0, unlike what fills an empty
    field (`0`, `n/a`), and of those that the directory shows only this entry has it."""
    if not _NUMBER.search(person.human):
        return False
    here = sa.select(sa.func.count()).where(Person.human == person.human, Person.gone_at.is_(None))
    return session.scalar(here) == 1


def _former(session: Session, former: Person, person: Person) -> str:
    """What is said to the present `person`, who may be somebody else; it names who left by what means nobody else."""
    here = directory.named(session, former.login)
    others = here is not None and (here.id != person.id or linked(session, here.id))
    alone = not others and not directory.means_several(session, former.login)
    plain = alone and [one.id for one in left(session, former.login)] == [former.id]
    return msg(
        "You are signed in at your company with an account that we know from somebody who is not in the company's "
        "directory any more, and nothing there shows that it is yours now. If it is, an admin lets you in by "
        "`selfserve people unlink {login}`.",
        login=former.login if plain else former.id,
    )


def _only_account(session: Session, person: Person, issuer: str, subject: str) -> bool:
    """True where this very account is the person's already, False where they have none at this issuer; raises
    NotLinkedError for another. The person's row is locked: whoever comes at the same moment has linked, or waits."""
    known = sa.select(Identity.subject).where(Identity.issuer == issuer, Identity.person_id == person.id)
    subjects = session.scalars(known).all()
    if subjects and subject not in subjects:
        raise NotLinkedError(Why.OTHER_ACCOUNT, person.id)
    return bool(subjects)


def _link(
    session: Session, person: Person, identity: Identity, attribute: PersonField, now: datetime, **more: str
) -> None:
    identity.person_id, identity.linked_at = person.id, now
    session.add(identity)
    session.flush()
    told = {"issuer": identity.issuer, "by": attribute, **more}
    Trail(session, f"person:{person.id}").tell("identity.linked", at=now, actor=person.id, data=told)


def _match(session: Session, attribute: PersonField, value: str) -> Person:
    value = value.strip()
    column = {"key": Person.key, "login": sa.func.lower(Person.login), "email": Person.email}[attribute]
    fitting = sa.select(Person).where(column == value.lower(), Person.gone_at.is_(None)).order_by(Person.id)
    # Not against whoever only refers to the person, such as a session that is opened for an identity already held.
    found = session.scalars(fitting.with_for_update(key_share=True)).all() if value else []
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


def left(session: Session, who: str) -> list[Person]:
    """Those who left the directory with this login or mail address and are still known by an account, last first."""
    linked = sa.select(Identity.subject).where(Identity.person_id == Person.id).exists()
    here = sa.or_(sa.func.lower(Person.login) == who.lower(), Person.email == who.lower())
    gone = sa.select(Person).where(here, Person.gone_at.is_not(None), linked)
    return list(session.scalars(gone.order_by(Person.gone_at.desc(), Person.id)))


def linked(session: Session, person_id: str) -> bool:
    """True for a person who is known by an account at the provider."""
    return session.scalar(sa.select(Identity.subject).where(Identity.person_id == person_id).limit(1)) is not None


def unlink(session: Session, person_id: str, now: datetime, actor: str) -> Unlinked:
    """Forget a person's identities, so that their next sign-in links anew.

    All that any of them opened ends with it: an identity may be unlinked because it was never theirs.
    """
    hold(session, [person_id])  # before the identity, as whoever links one does
    gone = session.scalars(sa.delete(Identity).where(Identity.person_id == person_id).returning(Identity.issuer)).all()
    for issuer in gone:
        Trail(session, f"person:{person_id}").tell("identity.unlinked", at=now, actor=actor, data={"issuer": issuer})
    return Unlinked(len(gone), sign_out(session, [person_id], now, why="unlinked", actor=actor))
