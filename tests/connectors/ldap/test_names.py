"""Names: hard case 20, without and with a real slapd."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.servers.slapd import Slapd

from selfserve.connectors.contract import Context, Done, Failed
from selfserve.connectors.ldap import LdapConnector, names
from selfserve.connectors.ldap.membership import MembershipArgs

BASE = "ou=people,dc=example,dc=test"
HOSTILE = ["Müller\\, Jörg (ext.)", "star*", "a)(uid=*", "back\\2Cslash", "Ωmega & <co> #1", 'plus+equals=;"x"', "*"]
SAME = [
    ("cn=Müller\\2C J\\C3\\B6rg,dc=x", "CN = müller\\, Jörg , DC=X"),
    ("uid=ana\\20,dc=x", "uid=ana,dc=x"),
    (unicodedata.normalize("NFD", "cn=Jörg,dc=x"), unicodedata.normalize("NFC", "cn=Jörg,dc=x")),
    ("cn=a  b,dc=x", "commonName=A B,domainComponent=x"),
    ("cn=a+uid=b,dc=x", "uid=b+cn=a,dc=x"),
    ("cn=\\#1,dc=x", "cn=\\231,dc=x"),
]
OTHER = [("cn=a\\,b,dc=x", "cn=a,cn=b,dc=x"), ("uid=ana,dc=x", "uid=anna,dc=x"), ("cn=a\\5Cb,dc=x", "cn=a\\2Cb,dc=x")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_dn_are_one_name(one: str, other: str) -> None:
    """`\\2C` against `\\,`, case, spaces, Unicode forms, long attribute names, order inside a multi-valued RDN."""
    assert names.same(one, other)
    assert names.normal(one) == names.normal(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_different_dns_stay_different(one: str, other: str) -> None:
    """Normalising must not merge two entries."""
    assert not names.same(one, other)


@pytest.mark.parametrize("text", ["cn=a\\", "a,b", "=x,dc=y", "cn=\\FF,dc=x", "ana@example.test", "cn"])
def test_what_is_no_dn_is_told_in_a_sentence(text: str) -> None:
    """A login or an address is never taken for a DN, and a broken DN names what is wrong."""
    assert not names.is_dn(text)
    with pytest.raises(names.DnError, match="is no distinguished name"):
        names.parse(text)


def test_within_is_by_rdns_and_not_by_letters() -> None:
    """`ou=people` does not contain `ou=more people`, and an escaped comma opens no branch."""
    assert names.within(f"uid=ana,{BASE}", BASE.upper())
    assert names.within(BASE, BASE)
    assert not names.within("uid=ana,ou=more people,dc=example,dc=test", BASE)
    assert not names.within(f"uid=ana\\,{BASE}", BASE)
    assert not names.within("ana", BASE)


@given(st.text(min_size=1, max_size=40).filter(lambda text: text.encode("utf-8", "ignore").decode() == text))
def test_any_value_survives_escaping_in_a_dn(value: str) -> None:
    """What goes in comes out of the parser, whatever it holds, and the DN keeps its two RDNs."""
    dn = f"cn={names.escape_value(value)},dc=x"
    assert names.parse(dn) == ((("cn", value),), (("dc", "x"),))
    assert names.normal(names.normal(dn)) == names.normal(dn)


@given(st.text(max_size=40))
def test_no_value_can_end_an_assertion(value: str) -> None:
    """Parentheses and asterisks never reach the filter unescaped (RFC 4515)."""
    escaped = names.escape_filter(value)
    assert not set(escaped) & set("()*\x00")
    assert escaped.replace("\\", "") == escaped or all(
        part[:2] in ("5c", "2a", "28", "29", "00") for part in escaped.split("\\")[1:]
    )


def id_of(slapd: Slapd, dn: str) -> str:
    """What the server knows the entry by."""
    return slapd.attributes(dn, "entryUUID")["entryUUID"][0]


@pytest.mark.parametrize("login", HOSTILE)
def test_a_hostile_login_finds_exactly_its_entry(
    directory: LdapConnector, slapd: Slapd, ctx: Context, login: str
) -> None:
    """Hard case 20: one entry each, whatever the login holds; and it can be put into a group by its escaped DN."""
    dn = f"uid={names.escape_value(login)},{slapd.people}"
    slapd.add_entry(dn, "inetOrgPerson", {"uid": login, "cn": login, "sn": "x"})
    group = slapd.add_group(name=f"{login} group")
    try:
        outcome = directory.apply("add_member", MembershipArgs(group=f"{login} group", customer=login), ctx)
        assert isinstance(outcome, Done)
        by_dn = MembershipArgs(group=group, customer=dn.upper().replace("UID", "uid"))
        assert directory.resource("add_member", by_dn).endswith(f":{id_of(slapd, dn)}")
        added = [one for one in slapd.attributes(group, "member")["member"] if one != slapd.svc_dn]
        assert [names.normal(one) for one in added] == [names.normal(dn)]
    finally:
        with slapd.admin() as admin:
            admin.delete(dn)
            admin.delete(group)


@pytest.mark.parametrize("typed", ["J\u00f6rg", "Jo\u0308rg", " JÖRG ", "jörg"])
def test_unicode_forms_and_outer_spaces_find_the_same_person(
    directory: LdapConnector, slapd: Slapd, typed: str
) -> None:
    """Hard case 20: NFC, NFD, case and outer spaces lead to one entry and one resource."""
    person, group = slapd.add_person(), slapd.add_group()
    login = f"jörg-{person.uid}"
    with slapd.admin() as admin:
        assert admin.modify(
            person.dn, {"mail": [("MODIFY_REPLACE", [f"{person.uid}@x.test"])], "uid": [("MODIFY_ADD", [login])]}
        )[0]
    wanted = typed.strip() + f"-{person.uid}"
    asked = MembershipArgs(group=group, customer=f" {wanted} " if typed != typed.strip() else wanted)
    assert directory.resource("add_member", asked).endswith(f":{id_of(slapd, person.dn)}")


def test_an_injected_filter_finds_nobody(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """A login that would widen the filter is just a login nobody has."""
    slapd.add_person()
    group = slapd.add_group()
    for login in ("*)(objectClass=*", "*", "a*"):
        assert isinstance(directory.apply("add_member", MembershipArgs(group=group, customer=login), ctx), Failed)
    assert slapd.attributes(group, "member")["member"] == [slapd.svc_dn]
