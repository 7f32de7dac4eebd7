"""Who decides and who acts: teams of the catalog and the approvers a rule names, as present persons."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.people.directory import are_present, manager_chain, marks, members_of_group
from selfserve.store.tables import Person, PersonGroup


class NamedTeam(Protocol):
    """What a team of the catalog tells: people by mail address, or a directory group."""

    @property
    def members(self) -> Collection[str] | None:
        """Mail addresses."""

    @property
    def group(self) -> str | None:
        """Name of a directory group."""


class UnknownApproverError(LookupError):
    """A rule names somebody who cannot be looked up: the stage fails closed and staff are told."""


def members(session: Session, team: NamedTeam) -> list[Person]:
    """The present members of a team, by name: those listed by mail address and those in its directory group."""
    wanted = sorted({address.strip().lower() for address in team.members or ()})
    listed = session.scalars(sa.select(Person).where(Person.email.in_(wanted), *are_present())) if wanted else ()
    found = {person.id: person for person in listed}
    if team.group:
        found |= {person.id: person for person in members_of_group(session, team.group)}
    return sorted(found.values(), key=lambda person: (person.name, person.id))


def teams_of(session: Session, person: Person, teams: Mapping[str, NamedTeam]) -> list[str]:
    """The names of the teams that a person belongs to, by mail address or by group."""
    groups = set(session.scalars(sa.select(PersonGroup.group).where(PersonGroup.person_id == person.id)))
    address = person.email.strip().lower()
    return [
        name
        for name, team in teams.items()
        if team.group in groups or address in {one.strip().lower() for one in team.members or ()}
    ]


def approvers(
    session: Session,
    by: Iterable[object],
    customer: Person,
    teams: Mapping[str, NamedTeam],
    exclude: Collection[Person] = (),
) -> list[tuple[Person, str]]:
    """Who may decide for `customer`, each with the word of `by` that made them so; empty where nobody may.

    `by` are the words `manager`, `team:NAME`, `group:NAME` (or objects whose `str()` is one). Never the customer or
    anybody in `exclude` (who asked for them), never another account of the same human, nobody absent, no human twice.
    Raises `UnknownApproverError` for a word or team that does not exist, and whatever the store raises: a failing
    look-up is never read as "nobody to ask".
    """
    barred = {mark for somebody in (customer, *exclude) for mark in marks(somebody)}
    met, chosen = set(barred), list[tuple[Person, str]]()
    for word in map(str, by):
        for candidate in _candidates(session, word, customer, teams, barred):
            if met.isdisjoint(marks(candidate)):
                chosen.append((candidate, word))
            met |= marks(candidate)
    return chosen


def _candidates(
    session: Session, word: str, customer: Person, teams: Mapping[str, NamedTeam], barred: Set[tuple[str, str]]
) -> Iterable[Person]:
    kind, _, name = word.partition(":")
    if word == "manager":
        return _first_other(manager_chain(session, customer), barred)
    if kind == "team" and name in teams:
        return members(session, teams[name])
    if kind == "group" and name:
        return members_of_group(session, name)
    raise UnknownApproverError(f"the approval names {word!r}, which is neither manager, a known team nor a group")


def _first_other(chain: Iterator[Person], barred: Set[tuple[str, str]]) -> list[Person]:
    """The nearest present manager who is not the customer: who leads themselves is led by the next above."""
    return next(([above] for above in chain if above.present and barred.isdisjoint(marks(above))), [])
