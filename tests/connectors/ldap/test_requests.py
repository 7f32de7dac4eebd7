"""The requests that are written by hand are, byte by byte, the ones that ldap3 would send."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfserve.connectors.ldap import requests
from selfserve.connectors.ldap.names import escape_filter
from selfserve.connectors.ldap.wire import ADD, BASE, DELETE, LEVEL, REPLACE, SUBTREE

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from ldap3 import DEREF_ALWAYS
    from ldap3.operation.compare import compare_operation
    from ldap3.operation.modify import modify_operation
    from ldap3.operation.search import search_operation
    from ldap3.protocol.controls import build_control
    from ldap3.protocol.convert import build_controls_list
    from ldap3.protocol.rfc4511 import LDAPMessage, MessageID, ProtocolOp
    from pyasn1.codec.ber.encoder import encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
values = st.binary(max_size=300)
attributes = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
numbers = st.integers(min_value=0, max_value=2**31 - 1)


def written(value: str) -> str:
    """A value in a filter, white space as hex digits: ldap3 takes it away at the ends where it stands as itself."""
    return "".join(
        "".join(f"\\{byte:02x}" for byte in sign.encode()) if sign.isspace() else escape_filter(sign) for sign in value
    )


leaves = st.one_of(
    st.builds(lambda name, value: f"({name}={written(value)})", attributes, texts),
    st.builds(lambda name: f"({name}=*)", attributes),
)
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda kind, parts: f"({kind}{''.join(parts)})", st.sampled_from("&|"), st.lists(inner, min_size=1)),
        st.builds(lambda part: f"(!{part})", inner),
    ),
    max_leaves=8,
)


def theirs(number: int, kind: str, operation: Any, controls: Any = None) -> bytes:
    """The message as ldap3 makes it."""
    message = LDAPMessage()
    message["messageID"] = MessageID(number)
    message["protocolOp"] = ProtocolOp().setComponentByName(kind, operation)
    if controls is not None:
        message["controls"] = controls
    made: bytes = encode(message)
    return made


@settings(max_examples=50)
@given(numbers, texts, attributes, values)
def test_a_compare_is_the_one_that_ldap3_would_send(number: int, dn: str, name: str, value: bytes) -> None:
    """Any entry, attribute and value, of any length."""
    expected = theirs(number, "compareRequest", compare_operation(dn, name, value, auto_encode=False))
    assert requests.message(number, requests.compare(dn, name, value)) == expected


@settings(max_examples=50)
@given(numbers, texts, attributes, st.sampled_from([ADD, DELETE, REPLACE]), st.lists(values, max_size=3))
def test_a_modify_is_the_one_that_ldap3_would_send(
    number: int, dn: str, name: str, operation: str, given_values: list[bytes]
) -> None:
    """Any change of an attribute, with no, one and several values."""
    expected = theirs(number, "modifyRequest", modify_operation(dn, {name: [(operation, given_values)]}, False))
    assert requests.message(number, requests.modify(dn, [(operation, name, given_values)])) == expected


@settings(max_examples=50)
@given(numbers, texts, attributes)
def test_an_assertion_is_the_one_that_ldap3_would_send(number: int, dn: str, name: str) -> None:
    """That an attribute is not there (RFC 4528), for a server that may ignore it."""
    changes, where = [(DELETE, name, list[bytes]())], f"(!({name}=*))"
    absent = search_operation("", where, BASE, DEREF_ALWAYS, [name], 0, 0, False, False, False)["filter"]
    controls = build_controls_list(
        [build_control(requests.ASSERTION, False, encode(absent), encode_control_value=False)]
    )
    operation = modify_operation(dn, {name: [(DELETE, [])]}, False)
    made = requests.message(number, requests.modify(dn, changes), requests.lacking(name))
    assert made == theirs(number, "modifyRequest", operation, controls)


@settings(max_examples=50)
@given(numbers, texts, filters, st.lists(attributes, min_size=1, max_size=12), st.sampled_from([BASE, LEVEL, SUBTREE]))
def test_a_search_is_the_one_that_ldap3_would_send(
    number: int, base: str, where: str, wanted: list[str], scope: str
) -> None:
    """Any filter made of equality, presence, and, or, not, with whatever somebody typed in it."""
    operation = search_operation(base, where, scope, DEREF_ALWAYS, wanted, 0, 0, False, False, False)
    made = requests.search(base, where, wanted, scope)
    assert made is not None
    assert requests.message(number, made) == theirs(number, "searchRequest", operation)


def test_spaces_around_a_value_are_kept() -> None:
    """RFC 4515 knows no white space that does not count; the directory's matching rule says what it means."""
    assert requests.search("", "(cn= a )", ["cn"], BASE) == requests.search("", r"(cn=\20a\20)", ["cn"], BASE)


@pytest.mark.parametrize(
    "where",
    [
        "", "(", "()", "(&)", "(|)", "(!)", "cn=a", "(cn=a", "(cn=a))", "(cn=a)(cn=b)", "(&(cn=a)", "(!(cn=a)(cn=b))",
        "(cn=a*)", "(cn=*a)", "(cn>=1)", "(cn~=a)", "(cn:dn:=a)", "(userAccountControl:1.2.840.113556.1.4.803:=2)",
        "(cn=a\\2)", "(cn=a\\zz)", "(cn=a\0)", "( cn=a)", "(1.2.3=a)",
    ],
)  # fmt: skip
def test_a_filter_that_is_malformed_or_richer_is_left_to_ldap3(where: str) -> None:
    """Nothing is guessed: what is not known here goes the library's way, which also tells what is wrong with it."""
    assert requests.search("dc=example", where, ["cn"], SUBTREE) is None
