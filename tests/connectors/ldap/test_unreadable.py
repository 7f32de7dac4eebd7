"""What the service account may not read, against a real slapd: it is never taken for something that is not there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.connectors.ldap.conftest import Build
from tests.connectors.ldap.faults import before_next
from tests.servers.slapd import Slapd

from selfserve.connectors.contract import AlreadyDone, Context, Done, Failed, FailureKind, Presence, State
from selfserve.connectors.ldap import LdapConnector, reset, unlock
from selfserve.connectors.ldap.attribute import AttributeArgs
from selfserve.connectors.ldap.deed import CustomerArgs

NAMED = ("title", "facsimileTelephoneNumber")
"""A fax number has no equality rule in OpenLDAP, so no value of it can be compared."""


@pytest.fixture
def directory(build: Build) -> LdapConnector:
    """A connector that may set what is veiled from it where a test says so."""
    return build(writable_attributes=[*NAMED, "description"])


def given(directory: LdapConnector, ctx: Context, wanted: AttributeArgs) -> State:
    done = directory.apply("set_attribute", wanted, ctx)
    assert isinstance(done, Done)
    return done.state


def test_a_value_is_taken_back_though_nothing_may_be_set_there_any_more(
    directory: LdapConnector, build: Build, slapd: Slapd, ctx: Context
) -> None:
    """The settings were changed while it was held; what is written now is only what we wrote then."""
    person = slapd.add_person(title="Clerk")
    wanted = AttributeArgs(customer=person.uid, attribute="title", value="Chief")
    state = given(directory, ctx, wanted)
    today = build(writable_attributes=[])
    assert today.observe("set_attribute", wanted, state).presence is Presence.PRESENT
    assert isinstance(today.undo("set_attribute", wanted, state, ctx), Done)
    assert slapd.attributes(person.dn, "title") == {"title": ["Clerk"]}
    assert today.observe("set_attribute", wanted, state).presence is Presence.ABSENT


@pytest.mark.parametrize("attribute", NAMED)
def test_a_value_that_may_not_be_read_is_neither_gone_nor_taken_back(
    directory: LdapConnector, slapd: Slapd, ctx: Context, attribute: str
) -> None:
    """An access rule was changed while it was held: it stands in the directory still."""
    person = slapd.add_person()
    wanted = AttributeArgs(customer=person.uid, attribute=attribute, value="1")
    state = given(directory, ctx, wanted)
    slapd.veil(person.dn)
    seen = directory.observe("set_attribute", wanted, state)
    assert seen.presence is Presence.UNKNOWABLE
    undone = directory.undo("set_attribute", wanted, state, ctx)
    assert isinstance(undone, Failed)
    assert undone.kind is FailureKind.FORBIDDEN
    assert attribute in undone.reason
    assert slapd.attributes(person.dn, attribute) == {attribute: ["1"]}


@pytest.mark.parametrize("attribute", NAMED)
def test_nothing_is_written_over_what_may_not_be_read(
    directory: LdapConnector, slapd: Slapd, ctx: Context, attribute: str
) -> None:
    """It could never be brought back: what was there before is not known. The plan says so beforehand."""
    person, kept = slapd.add_person(**{attribute: "1"}), list[State]()
    slapd.veil(person.dn)
    wanted = AttributeArgs(customer=person.uid, attribute=attribute, value="2")
    blocked = directory.plan("set_attribute", wanted).blocked
    assert blocked is not None
    assert not blocked.for_good
    assert attribute in blocked.reason
    refused = directory.apply("set_attribute", wanted, replace(ctx, remember=kept.append))
    assert isinstance(refused, Failed)
    assert refused.kind is FailureKind.FORBIDDEN
    assert not kept
    assert slapd.attributes(person.dn, attribute) == {attribute: ["1"]}


def test_a_value_set_while_it_is_asked_whether_there_is_one_is_read(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """It is not taken for one that may not be read."""
    person = slapd.add_person()
    wanted = AttributeArgs(customer=person.uid, attribute="title", value="Chief")

    def somebody() -> None:
        with slapd.admin() as admin:
            assert admin.modify(person.dn, {"title": [("MODIFY_REPLACE", ["Clerk"])]})

    before_next(directory.client, "read", somebody)
    state = given(directory, ctx, wanted)
    assert state["before"] == ["Clerk"]


def test_the_same_attribute_with_an_option_is_another_one(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """A filter finds both, so one that is there does not make the other one unreadable."""
    person = slapd.add_person(**{"description;lang-de": "ihre"})
    wanted = AttributeArgs(customer=person.uid, attribute="description", value="ours")
    state = given(directory, ctx, wanted)
    assert isinstance(directory.undo("set_attribute", wanted, state, ctx), Done)
    assert isinstance(directory.undo("set_attribute", wanted, state, ctx), AlreadyDone)
    assert slapd.attributes(person.dn, "description;lang-de") == {"description;lang-de": ["ihre"]}


@pytest.mark.parametrize("action", ["unlock", "reset_password"])
def test_a_lock_that_may_not_be_read_is_not_an_open_account(
    directory: LdapConnector, slapd: Slapd, ctx: Context, action: str
) -> None:
    """It may be an administrator's, which a new password would lift; and nobody locked is told that they are not."""
    person = slapd.add_person(pwdAccountLockedTime="000001010000Z")
    slapd.veil(person.dn)
    before, ask = slapd.attributes(person.dn), CustomerArgs(customer=person.uid)
    blocked = directory.plan(action, ask).blocked
    assert blocked is not None
    assert not blocked.for_good
    refused = directory.apply(action, ask, ctx)
    assert isinstance(refused, Failed)
    assert refused.kind is FailureKind.FORBIDDEN
    assert slapd.attributes(person.dn) == before
    if action == "unlock":
        assert directory.observe(action, ask, {}).presence is Presence.UNKNOWABLE


@pytest.mark.parametrize("action", ["unlock", "reset_password"])
def test_a_directory_that_knows_no_such_lock_hides_none(
    directory: LdapConnector, slapd: Slapd, ctx: Context, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    """Without a password policy the attribute is not defined at all, and every filter of it is undefined."""
    person = slapd.add_person()
    for module in (reset, unlock):
        monkeypatch.setattr(module, "LOCK", "accountUnlockTime")
    assert isinstance(directory.apply(action, CustomerArgs(customer=person.uid), ctx), Done | AlreadyDone)
