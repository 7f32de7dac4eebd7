"""Directory filters in settings: what is one, and where the first fault of all else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.core.exceptions import LDAPException
from ldap3.operation.search import parse_filter
from tests.settings.samples import MINIMAL

from selfserve.settings.filters import check_filter
from selfserve.settings.loading import load
from selfserve.settings.problems import SettingsInvalid


@pytest.mark.parametrize(
    "text",
    [
        "(objectClass=inetOrgPerson)",
        "(&(objectCategory=person)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
        "(|(mail=*)(cn=Fr*ed*)(sn~=x)(age>=3)(age<=9))",
        "(& (a=b)\n  (c=d) )",
        r"(cn=a\2ab \28c\29)",
        "(cn;lang-de=ü)",
        "(ou:dn:=Sales)",
        "(:dn:2.4.6.8.10:=Dino)",
        "(2.5.4.3=a)",
        "(cn=)",
    ],
)
def test_every_form_of_a_filter_is_taken(text: str) -> None:
    """Those of RFC 4515, section 4, and the one for enabled accounts of Active Directory."""
    assert check_filter(text) == text


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("(((", 2),
        ("", 1),
        ("a=b", 1),
        ("(a=b", 5),
        ("(a=b))", 6),
        ("(a=b)(c=d)", 6),
        ("(!(a=b)(c=d))", 8),
        ("(&)", 3),
        (r"(a=\zz)", 4),
        ("(a~=b*)", 6),
        ("(=b)", 2),
        ("(a b=c)", 2),
        ("(a=b\0)", 5),
        ("(&(a=b)c=d)", 8),
        ("(!" * 60 + "(a=b)" + ")" * 60, 103),
    ],
)
def test_what_is_no_filter_is_told_where_it_stops_being_one(text: str, at: int) -> None:
    """Counted from 1, as editors do."""
    with pytest.raises(ValueError, match=rf"RFC 4515, section 3\); at character {at} "):
        check_filter(text)


@given(st.text(alphabet="()&|!=*~<>:;\\2ab. -", max_size=30))
def test_what_is_taken_can_be_sent(text: str) -> None:
    """No filter passes here and fails at the directory's door."""
    try:
        check_filter(text)
    except ValueError:
        return
    try:
        parse_filter(text, None, True, None, None, None)
    except LDAPException as error:
        raise AssertionError(text) from error


@pytest.mark.parametrize("key", ["filter", "group_filter"])
def test_a_broken_filter_is_refused_when_settings_are_read(tmp_path: Path, key: str) -> None:
    """One sentence with file, key, what was found and what is allowed; not only at the first sync."""
    path = tmp_path / "selfserve.toml"
    path.write_text(MINIMAL.replace("[directory]", f'[directory]\n{key} = "((("'), encoding="utf-8")
    with pytest.raises(SettingsInvalid) as caught:
        load(path, {})
    (problem,) = caught.value.problems
    assert problem == (
        f"selfserve.toml: directory.{key} is '((('; allowed is an LDAP filter in parentheses such as "
        "(objectClass=inetOrgPerson) (RFC 4515, section 3); at character 2 no comparison like attribute=value begins."
    )
