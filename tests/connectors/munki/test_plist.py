"""One element in, one element out, and not a byte beside it."""

from __future__ import annotations

import difflib
import plistlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.connectors.munki.repo import MANIFEST

from selfserve.connectors.munki import plist
from selfserve.connectors.munki.problems import RepositoryError

LAYOUTS = {
    "by hand": MANIFEST.encode(),
    "as Munki writes it": plistlib.dumps(plistlib.loads(MANIFEST.encode()), sort_keys=False),
    "on one line": (
        b'<plist version="1.0"><dict><key>managed_installs</key><array><string>A</string></array></dict></plist>'
    ),
    "empty list": b"<plist><dict>\n\t<key>managed_installs</key>\n\t<array/>\n</dict></plist>",
    "no list": b"<plist>\n<dict>\n\t<key>a</key>\n\t<string>b</string>\n</dict>\n</plist>\n",
    "empty dictionary": b"<plist><dict></dict></plist>",
    "windows lines": MANIFEST.replace("\n", "\r\n").encode(),
}
FREE = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20)


def changed_lines(before: bytes, after: bytes) -> list[str]:
    lines = difflib.ndiff(before.decode().splitlines(), after.decode().splitlines())
    return [line for line in lines if line[:2] in ("+ ", "- ")]


@pytest.mark.parametrize("before", LAYOUTS.values(), ids=LAYOUTS)
def test_an_element_goes_in_and_out_without_a_trace(before: bytes) -> None:
    """Inserting changes the one list; removing gives back the very bytes, comments and all."""
    had = plistlib.loads(before)
    after = plist.insert(before, "managed_installs", "Slack & <Co>", None, "x")
    wanted = {**had, "managed_installs": [*had.get("managed_installs", []), "Slack & <Co>"]}
    assert plistlib.loads(after) == wanted
    assert [*plistlib.loads(after)] == [*wanted]
    restored = plist.remove(after, "managed_installs", "Slack & <Co>", "x", drop_empty="managed_installs" not in had)
    assert plistlib.loads(restored) == had
    if had.get("managed_installs", had):
        assert restored == before or not had


def test_the_difference_is_one_line() -> None:
    """What a colleague sees in the history: one line, with the indentation of its neighbours; the decoy is
    untouched."""
    after = plist.insert(MANIFEST.encode(), "managed_installs", "Slack", None, "x")
    assert changed_lines(MANIFEST.encode(), after) == ["+         <string>Slack</string>"]
    first = plist.insert(MANIFEST.encode(), "managed_installs", "Slack", 0, "x")
    assert changed_lines(MANIFEST.encode(), first) == ["+         <string>Slack</string>"]
    assert plistlib.loads(first)["managed_installs"][0] == "Slack"
    assert b"decoy</string></array></dict>" in after
    assert plist.remove(after, "managed_installs", "Slack", "x") == MANIFEST.encode()


@given(st.lists(FREE, max_size=6), FREE, st.integers(0, 7), st.dictionaries(FREE, FREE, max_size=4))
def test_any_list_and_any_element(items: list[str], value: str, at: int, more: dict[str, str]) -> None:
    """Whatever the names hold, the result means what it should."""
    document = {**more, "k": items, "last": ["x"]}
    before = plistlib.dumps(document, sort_keys=False)
    after = plist.insert(before, "k", value, at, "x")
    wanted = [*items[:at], value, *items[at:]]
    assert plistlib.loads(after) == {**document, "k": wanted}
    back = plist.remove(after, "k", value, "x")
    wanted.remove(value)
    assert plistlib.loads(back) == {**document, "k": wanted}


def test_a_binary_property_list_becomes_xml_in_the_same_order() -> None:
    """Munki reads both, people read one."""
    document = {"z": 1, "managed_installs": ["A"], "a": 2}
    after = plist.insert(
        plistlib.dumps(document, fmt=plistlib.FMT_BINARY, sort_keys=False), "managed_installs", "B", None, "x"
    )
    assert after.startswith(b"<?xml")
    assert [*plistlib.loads(after)] == ["z", "managed_installs", "a"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no property list",
        b"<plist><array/></plist>",
        b"<plist><dict><key>k</key></dict></plist>",
        b'<!DOCTYPE p [<!ENTITY a "b">]><plist><dict><key>k</key><string>&a;</string></dict></plist>',
    ],
)
def test_what_is_no_dictionary_is_refused(content: bytes) -> None:
    """In a sentence that names the file; entity declarations are never read."""
    with pytest.raises(RepositoryError, match="the manifest is"):
        plist.load(content, "the manifest")


def test_a_list_that_is_none_is_refused() -> None:
    """Somebody's typo is not overwritten."""
    with pytest.raises(RepositoryError, match="managed_installs in x is no list"):
        plist.insert(plistlib.dumps({"managed_installs": "Zoom"}), "managed_installs", "Slack", None, "x")


def test_a_text_that_cannot_be_edited_in_place_is_written_anew() -> None:
    """The same key twice: the parsed value counts (its last list), and the result still means what it should."""
    one = "<key>k</key><array><string>%s</string></array>"
    before = f"<plist><dict>{one % 'A'}<key>b</key><true/>{one % 'B'}</dict></plist>".encode()
    assert plistlib.loads(before) == {"k": ["B"], "b": True}
    assert plistlib.loads(plist.insert(before, "k", "C", None, "x")) == {"k": ["B", "C"], "b": True}
    assert plistlib.loads(plist.remove(before, "k", "B", "x")) == {"k": [], "b": True}
