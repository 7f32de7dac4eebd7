"""Temporary passwords against a real slapd: hard cases 18, 19 and 21."""

from __future__ import annotations

import os
import shutil
import subprocess
import unicodedata
from collections.abc import Callable

import pytest
from tests.connectors.ldap.conftest import Build, plain
from tests.connectors.ldap.faults import before_next
from tests.connectors.ldap.test_unlock import can_sign_in, lock
from tests.servers.slapd import Slapd
from tests.servers.tcp_fault import FaultProxy

from selfserve.connectors.contract import Context, Done, Failed, FailureKind, Presence
from selfserve.connectors.ldap import LdapConnector
from selfserve.connectors.ldap.deed import CONFIRMED, CustomerArgs
from selfserve.connectors.ldap.errors import PasswordError
from selfserve.connectors.ldap.passwords import password_bytes, temporary_password

TYPED = {
    "vulgar fraction": "Half-½-of-it-1",
    "ligature": "eﬁcient-Passw0rd",
    "decomposed umlaut": unicodedata.normalize("NFD", "Übergrößenträger-1"),
    "emoji": "Password-🦊🏽-2026",
    "outer spaces": "  spaces around 1A  ",
    "no-break space": "no\u00a0break\u00a0space-1A",
    "backslash and quotes": "back\\slash-\"quote'-1A",
}


def test_a_temporary_password_works_once_and_must_be_changed(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """The secret binds, the old password does not, the server demands a change, and nothing secret is in the state."""
    person = slapd.add_person()
    ask = CustomerArgs(customer=person.uid)
    outcome = directory.apply("reset_password", ask, ctx)
    assert isinstance(outcome, Done)
    assert outcome.secret
    assert outcome.secret not in repr(outcome)
    assert can_sign_in(slapd, person, outcome.secret)
    assert not can_sign_in(slapd, person)
    assert slapd.attributes(person.dn, "pwdReset") == {"pwdReset": ["TRUE"]}
    assert outcome.state["must_change"] is True
    assert directory.observe("reset_password", ask, outcome.state).presence is Presence.PRESENT
    assert directory.observe("reset_password", ask, {}).presence is Presence.INVISIBLE


def test_a_reset_demands_a_change_also_where_the_policy_does_not(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """A policy without pwdMustChange: the connector sets pwdReset itself."""
    name = f"lax-{os.urandom(4).hex()}"
    policy = f"cn={name},ou=policies,{slapd.base}"
    slapd.add_entry(
        policy, "device", {"cn": name, "pwdAttribute": "userPassword", "objectClass": ["device", "pwdPolicy"]}
    )
    person = slapd.add_person(pwdPolicySubentry=policy)
    outcome = directory.apply("reset_password", CustomerArgs(customer=person.uid), ctx)
    assert isinstance(outcome, Done)
    assert slapd.attributes(person.dn, "pwdReset") == {"pwdReset": ["TRUE"]}


def test_a_reset_unlocks_what_wrong_tries_locked(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """A locked customer who asks for a new password can use it at once."""
    person = slapd.add_person()
    lock(slapd, person)
    outcome = directory.apply("reset_password", CustomerArgs(customer=person.uid), ctx)
    assert isinstance(outcome, Done)
    assert can_sign_in(slapd, person, outcome.secret or "")


@pytest.mark.parametrize(("fault", "confirmed"), [("lose_next_answer", True), ("cut_before_server", False)])
def test_a_password_in_doubt_is_settled_on_the_same_server(
    build: Build, slapd: Slapd, ctx: Context, tcp_fault: Callable[[int], FaultProxy], fault: str, confirmed: bool
) -> None:
    """Hard case 19: lost answer → confirmed without a second write; cut before the server → one retry. Both times it
    works."""
    person, proxy = slapd.add_person(), tcp_fault(slapd.port)
    directory = build(**plain(proxy.port))
    directory.plan("reset_password", CustomerArgs(customer=person.uid))
    binds, writes = _count(directory, "can_bind"), _count(directory, "set_password")
    before_next(directory.client, "set_password", getattr(proxy, fault))
    outcome = directory.apply("reset_password", CustomerArgs(customer=person.uid), ctx)
    assert proxy.faults == 1
    assert isinstance(outcome, Done)
    assert (CONFIRMED in outcome.state) is confirmed
    assert len(writes) == (1 if confirmed else 2)
    assert can_sign_in(slapd, person, outcome.secret or "")
    assert len(binds) == (1 if confirmed else 0), "no try is counted against the customer where nothing was written"


def test_a_password_in_doubt_whose_server_is_gone_stays_unknown(
    build: Build, slapd: Slapd, ctx: Context, tcp_fault: Callable[[int], FaultProxy]
) -> None:
    """Nobody can say whether it was set: unknown, and no secret that may not work is handed out."""
    person, proxy = slapd.add_person(), tcp_fault(slapd.port)
    directory = build(**plain(proxy.port))
    before_next(directory.client, "set_password", proxy.lose_next_answer, then=proxy.offline)
    outcome = directory.apply("reset_password", CustomerArgs(customer=person.uid), ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.UNKNOWN


def test_a_reset_that_cannot_demand_a_change_still_hands_out_the_password(
    build: Build, slapd: Slapd, ctx: Context, tcp_fault: Callable[[int], FaultProxy]
) -> None:
    """The password is set; the connection breaks before the rest: the customer must not lose the secret."""
    person, proxy = slapd.add_person(), tcp_fault(slapd.port)
    directory = build(**plain(proxy.port))
    before_next(directory.client, "set_password", lambda: None, then=proxy.offline)
    outcome = directory.apply("reset_password", CustomerArgs(customer=person.uid), ctx)
    assert isinstance(outcome, Done)
    assert outcome.state["must_change"] is False
    assert can_sign_in(slapd, person, outcome.secret or "")


@pytest.mark.parametrize("password", TYPED.values(), ids=TYPED)
def test_another_client_binds_with_the_bytes_typed(directory: LdapConnector, slapd: Slapd, password: str) -> None:
    """Hard case 21: OpenLDAP's own client, given the typed bytes, gets in."""
    person = slapd.add_person()
    assert directory.client.set_password(person.dn, password).ok
    assert directory.client.can_bind(person.dn, password)
    whoami = shutil.which("ldapwhoami")
    assert whoami, "ldapwhoami is missing: install the Debian package ldap-utils"
    command = [whoami, "-x", "-H", slapd.tls_url, "-D", person.dn, "-y", "/dev/stdin"]
    environment = {**os.environ, "LDAPTLS_CACERT": str(slapd.ca_file)}
    bound = subprocess.run(command, input=password.encode(), env=environment, capture_output=True, check=False)
    assert bound.returncode == 0, bound.stderr
    assert person.dn in bound.stdout.decode()


@pytest.mark.parametrize("password", ["", "tab\tinside-1A", "nul\x00inside-1A", "lone \ud800 surrogate"])
def test_what_cannot_be_a_password_is_refused_before_writing(
    directory: LdapConnector, slapd: Slapd, password: str
) -> None:
    """Hard case 21: the form can say so, and the entry stays as it was."""
    person = slapd.add_person()
    before = slapd.attributes(person.dn)
    with pytest.raises(PasswordError):
        directory.client.set_password(person.dn, password)
    assert slapd.attributes(person.dn) == before


def test_a_refusal_tells_the_policys_reason(directory: LdapConnector, slapd: Slapd) -> None:
    """The password policy control is decoded, since the result code alone says nothing."""
    answer = directory.client.set_password(slapd.add_person().dn, "short")
    assert not answer.ok
    assert "too short" in answer.words


def test_temporary_passwords_differ_and_please_usual_policies() -> None:
    """Twenty characters of all kinds, none that look alike, no two the same."""
    made = {temporary_password() for _ in range(500)}
    assert len(made) == 500
    for one in made:
        letters = [sign for sign in one if sign.isalnum()]
        assert len(letters) == 20
        assert not set(one) & set("lIO01")
        assert any(map(str.isupper, one))
        assert any(map(str.islower, one))
        assert any(map(str.isdigit, one))
        assert password_bytes(one) == one.encode("ascii")


def test_somebody_elses_new_password_is_not_taken_for_ours(
    build: Build, slapd: Slapd, ctx: Context, tcp_fault: Callable[[int], FaultProxy]
) -> None:
    """Our write never arrived, but the entry changed at that very moment: only a bind tells, and ours is written."""
    person, proxy = slapd.add_person(), tcp_fault(slapd.port)
    directory = build(**plain(proxy.port))

    def meanwhile() -> None:
        proxy.cut_before_server()
        with slapd.admin() as admin:
            assert admin.modify(person.dn, {"userPassword": [("MODIFY_REPLACE", ["Somebody-Else-1"])]})[0]

    writes = _count(directory, "set_password")
    before_next(directory.client, "set_password", meanwhile)
    outcome = directory.apply("reset_password", CustomerArgs(customer=person.uid), ctx)
    assert isinstance(outcome, Done)
    assert len(writes) == 2
    assert can_sign_in(slapd, person, outcome.secret or "")


def _count(directory: LdapConnector, name: str) -> list[str]:
    """The DNs a method of the client is called with from now on."""
    real, calls = getattr(directory.client, name), list[str]()

    def counted(dn: str, *rest: object) -> object:
        calls.append(dn)
        return real(dn, *rest)

    setattr(directory.client, name, counted)
    return calls
