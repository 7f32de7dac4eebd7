"""Who is who: look-ups over the people read from the directory. Plain functions; the caller brings the session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.catalog.facts import CustomerFacts
from selfserve.store.statement import Statement
from selfserve.store.tables import Person, PersonGroup

HIGHEST_CHAIN = 32
"""No company is deeper; a longer chain is a fault in the directory."""


def person(session: Session, person_id: str) -> Person | None:
    """The person with this id, present or not."""
    return session.get(Person, person_id)


def present(session: Session, person_id: str) -> Person | None:
    """The person with this id if they may sign in, ask and decide; None for disabled, gone and unknown ones."""
    found = session.get(Person, person_id)
    return found if found is not None and found.present else None


def by_login(session: Session, login: str) -> Person | None:
    """The one person in the directory with this login, in any letter case; None for no one and for more than one."""
    return _only(session, sa.func.lower(Person.login) == login.lower())


def by_email(session: Session, email: str) -> Person | None:
    """The one person in the directory with this mail address; None for no one and for more than one.

    Addresses are kept in lower case, as every mail system in use treats them.
    """
    return _only(session, Person.email == email.strip().lower()) if email.strip() else None


def named(session: Session, who: str) -> Person | None:
    """The one person meant by an id, a login or a mail address; None for no one and for more than one."""
    return person(session, who) or (by_email(session, who) if "@" in who else by_login(session, who))


def last_named(session: Session, who: str) -> Person | None:
    """The same; where nobody in the directory is meant, the one who left it with that login or mail address. Raises
    Several for more than one."""
    if (found := person(session, who)) is not None:
        return found
    called = sa.or_(sa.func.lower(Person.login) == who.lower(), Person.email == who.lower())
    here = (Person.email if "@" in who else sa.func.lower(Person.login)) == who.lower()
    for condition, there in ((here, True), (called, False)):
        people = _two(session, condition, there=there)
        if len(people) > 1:
            raise Several(who)
        if people:
            return people[0]
    return None


def means_several(session: Session, who: str) -> bool:
    """True for a login or mail address that more than one person in the directory has."""
    here = (Person.email if "@" in who else sa.func.lower(Person.login)) == who.lower()
    return len(_two(session, here, there=True)) > 1


class Several(Exception):  # noqa: N818  (a fact about the directory, not a fault)
    """Words that mean more than one person."""


def _only(session: Session, condition: sa.ColumnElement[bool]) -> Person | None:
    found = _two(session, condition, there=True)
    return found[0] if len(found) == 1 else None


def _two(session: Session, condition: sa.ColumnElement[bool], *, there: bool) -> Sequence[Person]:
    """Those whom a condition fits, in the directory or out of it; no more than two, as two are too many already."""
    gone = Person.gone_at.is_(None) if there else Person.gone_at.is_not(None)
    return session.scalars(sa.select(Person).where(condition, gone).limit(2)).all()


def manager_chain(session: Session, of: Person) -> Iterator[Person]:
    """The managers above a person, nearest first, absent ones included; ends at the top or where it would repeat.

    The person themselves may come up (a directory where somebody is their own manager); callers decide what that means.
    """
    met: set[str] = set()
    next_id = of.manager_id
    while next_id is not None and next_id not in met and len(met) < HIGHEST_CHAIN:
        met.add(next_id)
        above = session.get(Person, next_id)
        if above is None:
            return
        yield above
        next_id = above.manager_id


def groups_of(session: Session, person_id: str) -> frozenset[str]:
    """The groups a person is in, by name."""
    return frozenset(name for (name,) in _GROUPS_OF.rows(session, {"person": person_id}))


def members_of_group(session: Session, group: str) -> list[Person]:
    """The present persons in a group, by name."""
    return list(
        session.scalars(
            sa.select(Person)
            .join(PersonGroup, PersonGroup.person_id == Person.id)
            .where(PersonGroup.group == group, *are_present())
            .order_by(Person.name, Person.id)
        )
    )


def are_present() -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """The condition `Person.present`, for a query."""
    return (Person.disabled.is_(False), Person.gone_at.is_(None))


# Asked at every request, so made once: building a statement costs more than running it.
_GROUPS_OF = Statement(
    sa.select(PersonGroup.__table__.c.group_name).where(PersonGroup.__table__.c.person_id == sa.bindparam("person"))
)
_PEOPLE = Person.__table__.c
_PRESENT_EMAIL = Statement(
    sa.select(_PEOPLE.email).where(
        _PEOPLE.id == sa.bindparam("person"), _PEOPLE.disabled.is_(False), _PEOPLE.gone_at.is_(None)
    )
)


def facts(session: Session, of: Person) -> CustomerFacts:
    """What rules see as `customer`; `groups` are sorted names, `manager` the mail address of a present one or empty."""
    manager = None
    if of.manager_id is not None:
        manager = _PRESENT_EMAIL.first(session, {"person": of.manager_id})
    return {
        "id": of.id,
        "login": of.login,
        "email": of.email,
        "name": of.name,
        "department": of.department,
        "title": of.title,
        "location": of.location,
        "employee_type": of.employee_type,
        "language": of.language,
        "groups": sorted(groups_of(session, of.id)),
        "manager": manager[0] if manager else "",
    }


def same_human(session: Session, one_id: str, other_id: str) -> bool:
    """True where two ids are one human: one account, or two that share `Person.human` or a mail address."""
    if one_id == other_id:
        return True
    one, other = session.get(Person, one_id), session.get(Person, other_id)
    return one is not None and other is not None and are_one(one, other)


def are_one(one: Person, other: Person) -> bool:
    """`same_human` of two persons at hand."""
    return not marks(one).isdisjoint(marks(other))


def marks(of: Person) -> frozenset[tuple[str, str]]:
    """What identifies the human behind an account; two accounts that share any of it are one human."""
    return frozenset((kind, mark) for kind, mark in (("id", of.id), ("human", of.human), ("email", of.email)) if mark)


def leads(session: Session, person_id: str) -> bool:
    """True where a present person has them as manager."""
    return (
        session.scalar(sa.select(Person.id).where(Person.manager_id == person_id, *are_present()).limit(1)) is not None
    )


def leads_person(session: Session, leader_id: str, person_id: str) -> bool:
    """True where somebody is above a present person now, at any height."""
    led = present(session, person_id)
    return led is not None and any(above.id == leader_id for above in manager_chain(session, led))


def led_by(session: Session, person_id: str, query: str = "", limit: int = 20) -> list[Person]:
    """Present persons below somebody, at any depth, as `search` finds them; those right below where nothing is
    asked."""
    if not query.split():
        reports = sa.select(Person).where(Person.manager_id == person_id, *are_present())
        return list(session.scalars(reports.order_by(Person.name, Person.id).limit(limit)))
    found = search(session, query, limit * 10)
    return [one for one in found if any(above.id == person_id for above in manager_chain(session, one))][:limit]


def search(session: Session, query: str, limit: int = 20) -> list[Person]:
    """Present persons whose name, login or mail address has every word of `query`, those that begin with it first."""
    words = query.lower().split()
    if not words:
        return []
    name, login, email = (sa.func.lower(column) for column in (Person.name, Person.login, Person.email))
    everywhere = [
        sa.or_(*(field.contains(word, autoescape=True) for field in (name, login, email))) for word in words[:8]
    ]
    best_first = sa.case((name.startswith(words[0], autoescape=True), 0), (login == words[0], 0), else_=1)
    found = sa.select(Person).where(*are_present(), *everywhere).order_by(best_first, Person.name, Person.id)
    return list(session.scalars(found.limit(limit)))
