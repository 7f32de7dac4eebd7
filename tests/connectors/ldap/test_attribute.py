"""Setting an attribute against a real slapd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from tests.connectors.ldap.conftest import Build, plain
from tests.connectors.ldap.faults import before_next
from tests.servers.slapd import Slapd
from tests.servers.tcp_fault import FaultProxy

from selfserve.connectors.contract import (
    AlreadyDone,
    Beside,
    Context,
    Declined,
    Done,
    Failed,
    NeedsHuman,
    Presence,
    State,
)
from selfserve.connectors.ldap import LdapConnector
from selfserve.connectors.ldap.answers import Answer
from selfserve.connectors.ldap.attribute import AttributeArgs
from selfserve.connectors.ldap.deed import CONFIRMED
from selfserve.connectors.ldap.membership import MembershipArgs


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


def beside(ctx: Context, *others: Beside) -> Context:
    """The same call, with what else the customer has of this action."""
    return replace(ctx, beside=lambda: others)


def test_what_was_there_before_another_value_of_ours_is_what_comes_back(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """The second value found ours there, which has ended meanwhile: undo restores what was before both."""
    person = slapd.add_person(description="theirs")
    first, second = ask(person.uid, "one"), ask(person.mail, "two")
    one = directory.apply("set_attribute", first, ctx)
    assert isinstance(one, Done)
    held = Beside(first.model_dump(), one.state, ours=True, lives=True)
    two = directory.apply("set_attribute", second, beside(ctx, held))
    assert isinstance(two, Done)
    assert two.state["before"] == ["theirs"]
    assert isinstance(directory.undo("set_attribute", first, one.state, ctx), AlreadyDone)
    assert isinstance(directory.undo("set_attribute", second, two.state, ctx), Done)
    assert slapd.attributes(person.dn, "description") == {"description": ["theirs"]}


def test_what_another_living_grant_wants_is_set_when_the_later_one_ends(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """Not what is being taken back itself, not another attribute, not another person's."""
    person = slapd.add_person()
    first, second, ending = ask(person.uid, "one"), ask(person.uid, "two"), ask(person.uid, "going")
    phone, somebody = ask(person.uid, "1", "telephoneNumber"), ask(slapd.add_person().uid, "x")
    two = directory.apply("set_attribute", second, ctx)
    assert isinstance(two, Done)
    others = [
        Beside(one.model_dump(), {}, ours=True, lives=one is not ending) for one in (ending, phone, somebody, first)
    ]
    assert isinstance(directory.undo("set_attribute", second, two.state, beside(ctx, *others)), Done)
    assert slapd.attributes(person.dn, "description") == {"description": ["one"]}


def test_where_it_is_not_known_what_was_before_our_first_a_human_decides(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """The first answer was lost, so the second must not take our first value for theirs."""
    person = slapd.add_person()
    first, second = ask(person.uid, "one"), ask(person.uid, "two")
    assert isinstance(directory.apply("set_attribute", first, ctx), Done)
    two = directory.apply("set_attribute", second, beside(ctx, Beside(first.model_dump(), {}, ours=True, lives=True)))
    assert isinstance(two, Done)
    assert "before" not in two.state
    assert isinstance(directory.undo("set_attribute", second, two.state, ctx), NeedsHuman)


def test_one_value_displaces_another_of_the_same_attribute(directory: LdapConnector) -> None:
    """And no other, nor itself; a membership has room for many."""
    one = ask("ana", "one")
    assert directory.displaces("set_attribute", ask("ANA", "two", "Description"), one)
    assert not directory.displaces("set_attribute", one, one)
    assert not directory.displaces("set_attribute", ask("ana", "1", "telephoneNumber"), one)
    assert not directory.displaces("set_attribute", ask("ben", "two"), one)
    member = MembershipArgs(customer="ana", group="vpn")
    assert not directory.displaces("add_member", member, MembershipArgs(customer="ana", group="wiki"))


def test_an_act_repeated_after_its_answer_was_lost_keeps_what_was_remembered(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """The repeated call finds the value there and cannot know any more what it replaced."""
    person, kept = slapd.add_person(description="theirs"), list[State]()
    wanted = ask(person.uid, "ours")
    directory.apply("set_attribute", wanted, replace(ctx, remember=kept.append))
    again = directory.apply("set_attribute", wanted, replace(ctx, remembered=kept[-1]))
    assert isinstance(again, AlreadyDone)
    assert isinstance(directory.undo("set_attribute", wanted, again.state, ctx), Done)
    assert slapd.attributes(person.dn, "description") == {"description": ["theirs"]}


@pytest.mark.parametrize("before", [[], ["one"], ["one", "two"]], ids=["absent", "one", "two"])
def test_a_change_between_look_and_write_is_seen_and_decided_on_anew(
    directory: LdapConnector, slapd: Slapd, ctx: Context, before: list[str]
) -> None:
    """The directory itself refuses what was decided on other values; what was there before is what was there last."""
    person, kept = slapd.add_person(description=before) if before else slapd.add_person(), list[State]()

    def somebody() -> None:
        with slapd.admin() as admin:
            assert admin.modify(person.dn, {"description": [("MODIFY_REPLACE", ["theirs"])]})[0]

    before_next(directory.client, "modify", somebody)
    wanted = ask(person.uid, "ours")
    done = directory.apply("set_attribute", wanted, replace(ctx, remember=kept.append))
    assert isinstance(done, Done)
    assert slapd.attributes(person.dn, "description") == {"description": ["ours"]}
    assert [state["before"] for state in kept] == [before, ["theirs"]]
    before_next(directory.client, "modify", somebody)
    assert isinstance(directory.undo("set_attribute", wanted, done.state, ctx), AlreadyDone)
    assert slapd.attributes(person.dn, "description") == {"description": ["theirs"]}


def test_where_somebody_is_always_quicker_it_is_tried_again_later(
    directory: LdapConnector, slapd: Slapd, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never written blindly in the end."""
    person, real, tries = slapd.add_person(), directory.client.modify, list[str]()

    def restless(*positional: Any, **named: Any) -> Answer:
        tries.append(f"theirs {len(tries)}")
        with slapd.admin() as admin:
            assert admin.modify(person.dn, {"description": [("MODIFY_REPLACE", tries[-1:])]})[0]
        return real(*positional, **named)

    monkeypatch.setattr(directory.client, "modify", restless)
    failed = directory.apply("set_attribute", ask(person.uid, "ours"), ctx)
    assert isinstance(failed, Failed)
    assert failed.again
    assert slapd.attributes(person.dn, "description") == {"description": tries[-1:]}


def test_an_attribute_whose_values_cannot_be_named_is_set_all_the_same(
    build: Build, slapd: Slapd, ctx: Context
) -> None:
    """A fax number has no equality rule in OpenLDAP."""
    directory = build(writable_attributes=["facsimileTelephoneNumber"])
    person = slapd.add_person(facsimileTelephoneNumber="1")
    wanted = ask(person.uid, "2", "facsimileTelephoneNumber")
    done = directory.apply("set_attribute", wanted, ctx)
    assert isinstance(done, Done)
    assert slapd.attributes(person.dn, "facsimileTelephoneNumber") == {"facsimileTelephoneNumber": ["2"]}
    assert isinstance(directory.undo("set_attribute", wanted, done.state, ctx), Done)
    assert slapd.attributes(person.dn, "facsimileTelephoneNumber") == {"facsimileTelephoneNumber": ["1"]}
