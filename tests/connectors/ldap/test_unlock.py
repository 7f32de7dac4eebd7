"""Unlocking against a real slapd: only what wrong passwords locked, and never an administrator's lock."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.connectors.ldap.conftest import Build, plain
from tests.connectors.ldap.faults import before_next
from tests.servers.slapd import Person, Slapd
from tests.servers.tcp_fault import FaultProxy

from selfserve.connectors.contract import AlreadyDone, Context, Done, Failed, FailureKind, NeedsHuman, Presence
from selfserve.connectors.ldap import LdapConnector
from selfserve.connectors.ldap.deed import CONFIRMED, CustomerArgs

ADMIN_LOCK = "000001010000Z"
HELD = {
    "admin-locked": {"pwdAccountLockedTime": ADMIN_LOCK},
    "expired": {"pwdEndTime": "20200101000000Z"},
    "not yet valid": {"pwdStartTime": "20990101000000Z"},
    "shadow-expired": {
        "objectClass": ["inetOrgPerson", "shadowAccount"],
        "shadowExpire": "1",
        "pwdAccountLockedTime": "20260101000000Z",
    },
    "left by the house's rule": {"employeeType": "left", "pwdAccountLockedTime": "20260101000000Z"},
}


def lock(slapd: Slapd, person: Person) -> None:
    """Lock the account the way customers do."""
    for _ in range(4):
        slapd.connect(person.dn, "wrong-password").unbind()
    assert slapd.attributes(person.dn, "pwdAccountLockedTime")


def can_sign_in(slapd: Slapd, person: Person, password: str = "") -> bool:
    with slapd.connect(person.dn, password or person.password) as connection:
        return bool(connection.bound)


@pytest.fixture(params=HELD)
def held(request: pytest.FixtureRequest, slapd: Slapd) -> Person:
    """A person whose account must not come back."""
    return slapd.add_person(**HELD[request.param])  # type: ignore[arg-type]


def test_disabled_must_not_come_back(build: Build, slapd: Slapd, ctx: Context, held: Person) -> None:
    """Hard case 18: no write at all, the entry stays byte-identical, a human gets it, the plan says so beforehand."""
    directory = build(disabled_filter="(employeeType=left)")
    before = slapd.attributes(held.dn)
    ask = CustomerArgs(customer=held.uid)
    for action in ("unlock", "reset_password"):
        blocked = directory.plan(action, ask).blocked
        assert blocked is not None
        assert not blocked.for_good
        outcome = directory.apply(action, ask, ctx)
        assert isinstance(outcome, NeedsHuman)
        assert outcome.todo
    assert slapd.attributes(held.dn) == before


def test_unlock_lets_the_old_password_in_again(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """The lock and the count of failures are gone, the password is untouched, and one typo does not lock again."""
    person = slapd.add_person()
    lock(slapd, person)
    ask, password = CustomerArgs(customer=person.mail), slapd.attributes(person.dn, "userPassword")
    assert directory.observe("unlock", ask, {}).presence is Presence.ABSENT
    outcome = directory.apply("unlock", ask, ctx)
    assert isinstance(outcome, Done)
    assert directory.observe("unlock", ask, outcome.state).presence is Presence.PRESENT
    assert slapd.attributes(person.dn, "pwdAccountLockedTime", "pwdFailureTime") == {}
    assert slapd.attributes(person.dn, "userPassword") == password
    slapd.connect(person.dn, "one-typo-only").unbind()
    assert can_sign_in(slapd, person)


def test_unlock_of_an_open_account_writes_nothing(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """Already done, and the entry is as it was."""
    person = slapd.add_person()
    before = slapd.attributes(person.dn)
    assert isinstance(directory.apply("unlock", CustomerArgs(customer=person.uid), ctx), AlreadyDone)
    assert slapd.attributes(person.dn) == before


def test_a_lock_an_administrator_sets_between_read_and_write_stays(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """Only the very lock that was read is deleted, so the race goes to a human and not against the administrator."""
    person = slapd.add_person()
    lock(slapd, person)

    def admin_locks() -> None:
        with slapd.admin() as admin:
            admin.modify(person.dn, {"pwdAccountLockedTime": [("MODIFY_REPLACE", [ADMIN_LOCK])]})

    before_next(directory.client, "modify", admin_locks)
    assert isinstance(directory.apply("unlock", CustomerArgs(customer=person.uid), ctx), NeedsHuman)
    assert slapd.attributes(person.dn, "pwdAccountLockedTime") == {"pwdAccountLockedTime": [ADMIN_LOCK]}


def test_two_who_unlock_at_once_both_succeed(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """Result 16 on the second delete is looked at again and is not a failure."""
    person = slapd.add_person()
    lock(slapd, person)
    ask = CustomerArgs(customer=person.uid)
    before_next(directory.client, "modify", lambda: directory.apply("unlock", ask, ctx))
    assert isinstance(directory.apply("unlock", ask, ctx), AlreadyDone)
    assert can_sign_in(slapd, person)


@pytest.mark.parametrize(("fault", "confirmed"), [("lose_next_answer", True), ("cut_before_server", False)])
def test_an_unlock_in_doubt_is_settled_by_looking(
    build: Build, slapd: Slapd, ctx: Context, tcp_fault: Callable[[int], FaultProxy], fault: str, confirmed: bool
) -> None:
    """A lost answer is confirmed by reading; a cut request is sent once more."""
    person, proxy = slapd.add_person(), tcp_fault(slapd.port)
    lock(slapd, person)
    directory = build(**plain(proxy.port))
    before_next(directory.client, "modify", getattr(proxy, fault))
    outcome = directory.apply("unlock", CustomerArgs(customer=person.uid), ctx)
    assert proxy.faults == 1
    assert isinstance(outcome, Done)
    assert (CONFIRMED in outcome.state) is confirmed
    assert can_sign_in(slapd, person)


def test_a_service_account_without_the_right_is_told_as_such(build: Build, slapd: Slapd, ctx: Context) -> None:
    """Result 50 is a matter of rights on one entry: no retry mends it, and it keeps nobody from other entries."""
    person, weak = slapd.add_person(), slapd.add_person()
    lock(slapd, person)
    directory = build(bind_dn=weak.dn, bind_password=weak.password)
    outcome = directory.apply("unlock", CustomerArgs(customer=person.uid), ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.FORBIDDEN
    assert not outcome.again
    assert not outcome.of_connector
