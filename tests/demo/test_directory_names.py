"""Names and values: equal where the standards say so, and equal to what OpenLDAP thinks."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ldap3 import BASE
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn

from selfserve.demo.directory import names, values
from selfserve.demo.directory.ber import Element, MalformedError, integer, octets, read, sequence, tlv
from tests.demo.conftest import Directory, reply
from tests.servers.slapd import Slapd

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(str.strip)

# Letters with and without case and accents, and every sign that means something in a filter or a name.
WORDS = st.text("aAbZ09äÄöÜéñЖж日本 .-_*()\\/@,+=#", min_size=1, max_size=14).filter(str.strip)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("uid=ana,dc=x", "UID=Ana, DC=X"), ("cn=a\\2Cb,dc=x", "cn=a\\,b,dc=x"), ("cn=a+uid=b", "uid=b + cn=a"),
        ("cn=Jo\u0308rg", "cn=J\u00f6rg"), ("cn=two  spaces", "cn=Two Spaces"), ("cn=a\\ ,dc=x", "cn=a,dc=x"),
        ("cn=#0403616263", "cn=abc"), ("2.5.4.3=a", "cn=a"), ("surname=a", "sn=a"), ("cn=a;dc=x", "cn=a,dc=x"),
        ("cn=\\c3\\a4", "cn=ä"), ("", "  "),
    ],
)  # fmt: skip
def test_spellings_of_one_name_are_one(one: str, other: str) -> None:
    """RFC 4514 and the matching rules of RFC 4517."""
    assert names.parse(one) == names.parse(other)


@pytest.mark.parametrize(
    ("one", "other"), [("cn=a\\,b", "cn=a,b=c"), ("cn=a", "sn=a"), ("cn=a+cn=b", "cn=a"), ("cn=a", "")]
)
def test_different_names_stay_different(one: str, other: str) -> None:
    """Nothing is folded together that is not the same."""
    assert names.parse(one) != names.parse(other)


@pytest.mark.parametrize(
    "text", ["a", "=a", "cn", "cn=a,", ",cn=a", "cn=a\\", 'cn="a"', "cn=#04", "cn=#xyz", "c n=a", "cn=\\ff"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    """With an error of its own, never another exception."""
    with pytest.raises(names.InvalidNameError):
        names.parse(text)


@given(TEXT)
def test_escaped_value_reads_back_as_itself(value: str) -> None:
    """Whatever escape_rdn writes, the parser reads as one value of one part."""
    dn = f"cn={escape_rdn(value)},dc=x"
    assert names.parse(dn) == ((("cn", names.prepare(value)),), (("dc", "x"),))
    assert names.first_values(dn) == [("cn", value)]


@given(st.text(max_size=40))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    """No input ends in another exception; normal form is stable."""
    try:
        parsed = names.parse(text)
    except names.InvalidNameError:
        return
    again = ",".join("+".join(f"{kind}={escape_rdn(value)}" for kind, value in rdn) for rdn in parsed)
    assert names.parse(again) == parsed


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("a,+\\#; ä0Z2cC", max_size=12))
def test_openldap_agrees_on_what_is_a_name(slapd: Slapd, embedded: Directory, value: str) -> None:
    """For values of every awkward shape: invalid for one is invalid for the other.

    No `=` among the signs: what follows a separator would become a type, and OpenLDAP refuses types it does not know.
    """
    with slapd.service() as real, embedded.service() as ours:
        one = reply(real.search(f"cn={value},{slapd.people}", "(objectClass=*)", BASE)).code
        other = reply(ours.search(f"cn={value},{embedded.people}", "(objectClass=*)", BASE)).code
    assert one == other


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS, WORDS)
def test_openldap_agrees_on_what_a_filter_finds(slapd: Slapd, embedded: Directory, stored: str, asked: str) -> None:
    """Equality, beginning, end and middle of any text, found or not found by both."""
    with slapd.service() as real, embedded.service() as ours:
        real_dn, our_dn = slapd.add_person(title=stored).dn, embedded.add_person(title=stored, password=None).dn
        for text in (stored, stored.upper(), asked, stored[:3], stored[-3:]):
            safe = escape_filter_chars(text)
            for question in (f"(title={safe})", f"(title={safe}*)", f"(title=*{safe})", f"(title=*{safe}*)"):
                found = reply(real.search(real_dn, question, BASE)).names
                assert bool(found) == bool(reply(ours.search(our_dn, question, BASE)).names), question


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"20260101000000Z", b"202601010000Z"),
        (b"2026010100Z", b"20260101000000.000Z"),
        (b"20260101000000,5Z", b"20260101000000.50Z"),
    ],
)
def test_times_compare_by_instant(one: bytes, other: bytes) -> None:
    """However short they are written; the admin lock of year 0 sorts before all."""
    assert values.time_key(one) == values.time_key(other)
    assert values.time_key(b"000001010000Z") < values.time_key(one)


@given(st.integers(0, 2**63 - 1))
def test_numbers_survive_their_encoding(number: int) -> None:
    """BER INTEGER up to 64 bits; LDAP has no negative ones."""
    element, rest = read(integer(number))
    assert (element.number(), rest) == (number, b"")


@given(st.binary(max_size=300), st.binary(max_size=10))
def test_elements_survive_their_encoding(body: bytes, tail: bytes) -> None:
    """Short and long lengths; what follows is left alone."""
    assert read(octets(body) + tail) == (Element(4, body), tail)
    assert read(sequence(octets(body), tlv(0x80)))[0].children() == [Element(4, body), Element(0x80, b"")]


@given(st.binary(max_size=50))
def test_random_bytes_are_elements_or_refused(data: bytes) -> None:
    """The reader knows two endings and no third."""
    try:
        element, rest = read(data)
    except MalformedError:
        return
    assert data.endswith(rest)
    assert element.body in data
