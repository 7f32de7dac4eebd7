"""What a person may do here: roles, given by groups of the directory or of the identity provider."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a person is to this installation."""

    CUSTOMER = "customer"
    STAFF = "staff"
    ADMIN = "admin"
    AUDITOR = "auditor"


@dataclass(frozen=True)
class RoleRules:
    """Which groups give which role; group names are compared exactly as the directory spells them.

    Without a group for `customer` everyone present is a customer. A role without a group is given to nobody.
    """

    groups: Mapping[Role, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, groups: Mapping[str, Iterable[str]]) -> RoleRules:
        """From settings: role name -> group names. Raises ValueError for a role that does not exist."""
        return cls({Role(role): frozenset(names) for role, names in groups.items() if names})

    @property
    def names(self) -> frozenset[str]:
        """Every group that gives some role: the only ones that must be looked up."""
        return frozenset[str]().union(*self.groups.values())

    def given(self, groups: Iterable[str]) -> frozenset[Role]:
        """The roles that one of `groups` gives."""
        held = frozenset(groups)
        return frozenset(role for role, names in self.groups.items() if names & held)

    def roles(self, groups: Iterable[str]) -> frozenset[Role]:
        """The roles of a present person who is in `groups`."""
        everyone = frozenset[Role]() if Role.CUSTOMER in self.groups else {Role.CUSTOMER}
        return self.given(groups) | everyone
