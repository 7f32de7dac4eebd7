"""Setting an attribute against a real slapd."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError
from tests.connectors.ldap.conftest import Build, plain
from tests.connectors.ldap.faults import before_next
from tests.servers.slapd import Slapd
from tests.servers.tcp_fault import FaultProxy

from selfserve.connectors.contract import AlreadyDone, Context, Declined, Done, NeedsHuman, Presence
from selfserve.connectors.ldap import LdapConnector
from selfserve.connectors.ldap.attribute import AttributeArgs
from selfserve.connectors.ldap.deed import CONFIRMED


def ask(customer: str, value: str, attribute: str = "description") -> AttributeArgs:
    return AttributeArgs(customer=customer, attribute=attribute, value=value)


@pytest.mark.parametrize("before", [[], ["one"], ["one", "two"]], ids=["absent", "one", "two"])
def test_an_attribute_is_set_and_brought_back(
    directory: LdapConnector, slapd: Slapd, ctx: Context, before: list[str]
) -> None:
    """Afterwards it has the one value; undo restores absence, one value or several."""
    person = slapd.add_person(description=before) if before else slapd.add_person()
    wanted = ask(person.uid, "Größe 42")
    done = directory.apply("set_attribute", wanted, ctx)
    assert isinstance(done, Done)
    assert slapd.attributes(person.dn, "description") == {"description": ["Größe 42"]}
    assert directory.observe("set_attribute", wanted, done.state).presence is Presence.PRESENT
    assert isinstance(directory.apply("set_attribute", wanted, ctx), AlreadyDone)
    assert isinstance(directory.undo("set_attribute", wanted, done.state, ctx), Done)
    assert sorted(slapd.attributes(person.dn, "description").get("description", [])) == before
    assert isinstance(directory.undo("set_attribute", wanted, done.state, ctx), AlreadyDone)


def test_a_later_change_by_somebody_else_is_not_taken_back(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """Undo touches only what we wrote."""
    person = slapd.add_person()
    done = directory.apply("set_attribute", ask(person.uid, "ours"), ctx)
    assert isinstance(done, Done)
    assert isinstance(directory.apply("set_attribute", ask(person.uid, "theirs"), ctx), Done)
    assert isinstance(directory.undo("set_attribute", ask(person.uid, "ours"), done.state, ctx), AlreadyDone)
    assert slapd.attributes(person.dn, "description") == {"description": ["theirs"]}


def test_without_a_record_of_before_a_human_decides(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """The process died between write and record: no former value is invented."""
    person = slapd.add_person()
    wanted = ask(person.uid, "ours")
    assert isinstance(directory.apply("set_attribute", wanted, ctx), Done)
    assert isinstance(directory.undo("set_attribute", wanted, {}, ctx), NeedsHuman)


def test_only_listed_attributes_are_set(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """The allow-list stands in the configuration, not in the catalog."""
    person = slapd.add_person()
    wanted = ask(person.uid, "boss", "title")
    assert isinstance(directory.apply("set_attribute", wanted, ctx), Declined)
    blocked = directory.plan("set_attribute", wanted).blocked
    assert blocked is not None
    assert blocked.for_good
    assert "writable_attributes" in blocked.reason
    assert slapd.attributes(person.dn, "title") == {}


@pytest.mark.parametrize("attribute", ["userPassword", "member", "pwdReset", "objectClass", "manager"])
def test_attributes_that_decide_over_access_cannot_even_be_listed(build: Build, attribute: str) -> None:
    """The configuration itself is refused."""
    with pytest.raises(ValidationError, match="decides over access"):
        build(writable_attributes=[attribute])


def test_a_held_account_is_not_written(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """Hard case 18 holds for attributes too."""
    person = slapd.add_person(pwdAccountLockedTime="000001010000Z")
    before = slapd.attributes(person.dn)
    assert isinstance(directory.apply("set_attribute", ask(person.uid, "x"), ctx), NeedsHuman)
    assert slapd.attributes(person.dn) == before


@pytest.mark.parametrize(("fault", "confirmed"), [("lose_next_answer", True), ("cut_before_server", False)])
def test_an_attribute_in_doubt_is_settled_by_looking(
    build: Build, slapd: Slapd, ctx: Context, tcp_fault: Callable[[int], FaultProxy], fault: str, confirmed: bool
) -> None:
    """As for every other write."""
    person, proxy = slapd.add_person(), tcp_fault(slapd.port)
    directory = build(**plain(proxy.port))
    before_next(directory.client, "modify", getattr(proxy, fault))
    outcome = directory.apply("set_attribute", ask(person.uid, "seen"), ctx)
    assert proxy.faults == 1
    assert isinstance(outcome, Done)
    assert (CONFIRMED in outcome.state) is confirmed
    assert slapd.attributes(person.dn, "description") == {"description": ["seen"]}
