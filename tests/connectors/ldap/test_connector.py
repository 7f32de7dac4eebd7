"""The directory connector as a whole: choices for forms, check, outages, and what the contract promises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.connectors.clock import Clock
from tests.connectors.ldap.conftest import Build, plain, settings_for
from tests.servers.slapd import Slapd
from tests.servers.tcp_fault import FaultProxy

from selfserve.connectors.contract import ChoicesAway, Context, Failed, FailureKind, Level, Presence
from selfserve.connectors.ldap import LdapConnector, LdapSettings
from selfserve.connectors.ldap.membership import MembershipArgs


def test_groups_are_offered_page_by_page_and_only_writable_ones(build: Build, slapd: Slapd) -> None:
    """All of them once, sorted, found by part of the name or description, the others not at all."""
    mark = slapd.add_person().uid
    for number in range(60):
        slapd.add_group(name=f"offer-{mark}-{number:02d}")
    slapd.add_group(name=f"hidden-{mark}")
    directory = build(writable_groups=[f"offer-{mark}-*"])
    first = directory.options("add_member", "group", "")
    second = directory.options("add_member", "group", "", first.cursor)
    labels = [option.label for page in (first, second) for option in page.options]
    assert labels == [f"offer-{mark}-{number:02d}" for number in range(60)]
    assert second.cursor is None
    assert [one.label for one in directory.options("add_member", "group", "-07").options] == [f"offer-{mark}-07"]
    assert directory.options("add_member", "customer", "").options == ()


def test_writable_attributes_are_offered(directory: LdapConnector) -> None:
    """The form for `set_attribute` needs no list of its own."""
    offered = directory.options("set_attribute", "attribute", "tele")
    assert [option.value for option in offered.options] == ["telephoneNumber"]


def test_check_tells_what_the_service_account_may_do_and_leaves_nothing(
    build: Build, directory: LdapConnector, slapd: Slapd
) -> None:
    """Rights are found by writes that cannot succeed; the directory is the same afterwards."""
    person, group = slapd.add_person(), slapd.add_group()
    before = slapd.attributes(person.dn), slapd.attributes(group)
    findings = {(finding.level, finding.name) for finding in directory.check()}
    assert {(Level.INFO, "bind"), (Level.INFO, "people-base"), (Level.INFO, "write-right")} <= findings
    weak = build(bind_dn=person.dn, bind_password=person.password)
    levels = [finding.level for finding in weak.check() if finding.name == "write-right"]
    assert levels == [Level.WARNING, Level.ERROR]
    unset = build(writable_groups=[], people_base=f"ou=nowhere,{slapd.base}")
    assert [finding.name for finding in unset.check() if finding.level is not Level.INFO] == ["search"]
    lost = slapd.attributes(person.dn), slapd.attributes(group)
    assert lost == before


def test_an_outage_raises_nothing_and_says_when_to_come_back(
    build: Build, slapd: Slapd, ctx: Context, tcp_fault: Callable[[int], FaultProxy]
) -> None:
    """Each method answers in its own words while the directory is away, and works again when it is back."""
    person, group, proxy = slapd.add_person(), slapd.add_group(), tcp_fault(slapd.port)
    directory, ask = build(**plain(proxy.port)), MembershipArgs(group=group, customer=person.uid)
    proxy.offline()
    outcome = directory.apply("add_member", ask, ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TRANSIENT
    assert outcome.retry_after
    blocked = directory.plan("add_member", ask).blocked
    assert blocked is not None
    assert (blocked.away, blocked.for_good) == (True, False)
    assert directory.observe("add_member", ask, {}).presence is Presence.UNKNOWABLE
    with pytest.raises(ChoicesAway) as away:
        directory.options("add_member", "group", "")
    assert away.value.failure.again
    assert directory.resource("add_member", ask) == ""
    assert any(finding.level is Level.ERROR for finding in directory.check())
    proxy.online()
    assert directory.plan("add_member", ask).blocked is None


def test_nothing_is_sent_after_the_deadline(directory: LdapConnector, slapd: Slapd, clock: Clock) -> None:
    """Nobody waits any more, so the attempt is left to the next one."""
    person, group = slapd.add_person(), slapd.add_group()
    late = Context("k", clock() - timedelta(seconds=1), clock)
    outcome = directory.apply("add_member", MembershipArgs(group=group, customer=person.uid), late)
    assert isinstance(outcome, Failed)
    assert outcome.again
    assert slapd.attributes(group, "member")["member"] == [slapd.svc_dn]


def test_a_name_found_is_remembered_and_forgotten_again(
    build: Build, slapd: Slapd, clock: Clock, tcp_fault: Callable[[int], FaultProxy]
) -> None:
    """For `look_up_seconds` a name costs no round trip; afterwards the directory is asked anew."""
    person, group, proxy = slapd.add_person(), slapd.add_group(), tcp_fault(slapd.port)
    directory, ask = build(**plain(proxy.port)), MembershipArgs(group=group, customer=person.uid)
    name = directory.resource("add_member", ask)
    proxy.offline()
    assert directory.resource("add_member", ask) == name
    clock.forward(timedelta(seconds=61))
    assert directory.resource("add_member", ask) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"person_filter": "(uid=*)"}, "a filter that contains {customer}"),
        ({"person_filter": "(|(uid={customer})"}, r"an LDAP filter .* at character 19 a "),
        ({"person_filter": "uid={customer}"}, "RFC 4515, section 3.; at character 1 "),
        ({"disabled_filter": "((("}, r"an LDAP filter .* at character 2 "),
        ({"people_base": "somewhere"}, "a distinguished name like"),
        ({"groups_base": ""}, "a distinguished name like"),
    ],
)
def test_a_wrong_section_is_refused_in_a_sentence(slapd: Slapd, changes: dict[str, str], words: str) -> None:
    """Before anything is sent to a directory."""
    with pytest.raises(ValueError, match=words):
        LdapSettings(**settings_for(slapd, **changes))


def test_a_class_that_breaks_the_filter_is_a_matter_of_configuration(build: Build, slapd: Slapd, ctx: Context) -> None:
    """Found when it is first used, and not taken for a broken connection."""
    group = slapd.add_group()
    directory = build(person_class="inetOrg)Person")
    outcome = directory.apply("add_member", MembershipArgs(group=group, customer="ana"), ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.CONFIG
    assert "filter" in outcome.reason
