"""The pair that a membership is: one group and one person, wherever both are today."""

from __future__ import annotations

from dataclasses import dataclass, replace

from selfserve.connectors.contract import State
from selfserve.connectors.ldap import names
from selfserve.connectors.ldap.errors import AmbiguousEntryError, AnothersNameError, EntryNotFoundError
from selfserve.connectors.ldap.lookup import Lookup, somebody_else


@dataclass(frozen=True, slots=True)
class Pair:
    """The two DNs of one membership, and what identifies both after a move."""

    group: str
    person: str
    uuid: str | None = None
    group_uuid: str | None = None
    attribute: str | None = None
    """The attribute of the group that holds the membership; None where only the settings say it."""
    made_anew: bool = False
    """True where the group is gone by what it was known by, and another one has its name."""

    @property
    def place(self) -> str:
        """What was read of the pair, or asked of a server, is known under this: by its DNs, however they are spelt."""
        return f"{names.normal(self.group)}:{names.normal(self.person)}:{(self.attribute or '').lower()}"

    def state(self, **more: str) -> State:
        known = {"group": self.group, "person": self.person, "uuid": self.uuid, "group_uuid": self.group_uuid}
        return {**known, "attribute": self.attribute, **more}


class Pairs:
    """Finds the pair that words of a form mean, and one that was recorded: its DNs may be other entries' today."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def asked(self, customer: str, group: str) -> Pair:
        """The pair that these words mean. Raises EntryNotFoundError, AmbiguousEntryError."""
        person, found = self._lookup.person(customer), self._lookup.group(group)
        return Pair(found.dn, person.dn, person.uuid, found.uuid)

    def unmoved(self, group: str, pair: Pair) -> bool:
        """True where its names are not other entries' meanwhile, by what was read of them within the last minute."""
        theirs = not pair.uuid or self._lookup.is_at(pair.person, pair.uuid)
        return theirs and self._still_called(group, pair)

    def today(self, pair: Pair) -> list[Pair]:
        """A recorded pair as the group may have it today, by what is read now, where the person is now first. Raises
        AnothersNameError where the person is gone and their DN is another entry's: nothing there is of this pair.

        A person's DN that is nobody's is still looked for where a directory does not follow a move.
        """
        return self._person_now(self._group_now(pair))

    def _still_called(self, group: str, pair: Pair) -> bool:
        """True where the group's name is not another group's meanwhile, by what was read of it within the last
        minute."""
        if not pair.group_uuid:
            return True
        try:
            known = self._lookup.group(group)
        except (EntryNotFoundError, AmbiguousEntryError):
            return False
        return names.same(known.dn, pair.group) and known.uuid == pair.group_uuid

    def _person_now(self, pair: Pair) -> list[Pair]:
        """The pair with the DNs that the person may be a member by, where they are now first.

        One that is nobody's may still be a member where a directory does not follow a move.
        """
        if not pair.uuid:
            return [pair]
        theirs = self._lookup.is_at_now(pair.person, pair.uuid)
        if theirs:
            return [pair]
        moved = self._lookup.person_by_uuid(pair.uuid)
        if moved is None and theirs is False:
            raise AnothersNameError(somebody_else(pair.person))
        left = [pair] if theirs is None else []
        return [replace(pair, person=moved.dn), *left] if moved else left

    def _group_now(self, pair: Pair) -> Pair:
        """The pair with the group where it is now, by what it is known by: its name may be another group's today."""
        if not pair.group_uuid:
            return pair
        its = self._lookup.is_at_now(pair.group, pair.group_uuid)
        if its:
            return pair
        moved = self._lookup.group_by_uuid(pair.group_uuid)
        if moved is None:
            return replace(pair, made_anew=its is False)
        return replace(pair, group=moved)
