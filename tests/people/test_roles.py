"""Roles from groups."""

from __future__ import annotations

import pytest

from selfserve.people.roles import Role, RoleRules


def test_everyone_is_a_customer_unless_a_group_says_who() -> None:
    """Without a group for customers everybody present may ask."""
    assert RoleRules().roles([]) == {Role.CUSTOMER}
    closed = RoleRules.of({"customer": ["pilot"]})
    assert closed.roles(["others"]) == frozenset()
    assert closed.roles(["pilot"]) == {Role.CUSTOMER}


def test_a_role_needs_its_group_spelled_exactly() -> None:
    """A group that only looks alike gives nothing."""
    rules = RoleRules.of({"staff": ["techops"], "admin": [], "auditor": ["audit", "legal"]})
    assert rules.roles(["TechOps", "techops "]) == {Role.CUSTOMER}
    assert rules.roles(["techops", "legal"]) == {Role.CUSTOMER, Role.STAFF, Role.AUDITOR}
    assert rules.names == {"techops", "audit", "legal"}


def test_a_role_that_does_not_exist_is_refused() -> None:
    """A typing error must not silently give nobody a role."""
    with pytest.raises(ValueError, match="stuff"):
        RoleRules.of({"stuff": ["techops"]})
