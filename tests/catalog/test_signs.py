"""Signs that turn or hide text: whoever reads the catalog, a page or a diff sees what is there."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.folders import POLICY, TEAMS, VPN, folder, good, only, with_vpn

from selfserve.catalog.signs import hidden_signs, told

TURNING = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
HIDING = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u1160\u17b4\u180e\u2800\u3164\uffa0\U000e0041"
CONTROLS = "\x00\x07\x08\x0b\x0c\r\x1b\x7f\x85\x9b\u2028\u2029"


@pytest.mark.parametrize("sign", TURNING + HIDING + CONTROLS, ids=lambda sign: f"U+{ord(sign):04X}")
def test_each_of_them_is_seen(sign: str) -> None:
    """Wherever it stands, and each time."""
    assert list(hidden_signs(f"{sign}ab{sign}c{sign}")) == [0, 3, 5]
    assert f"(U+{ord(sign):04X})" in told(sign)


@pytest.mark.parametrize(
    "text",
    [
        "Zürich, Łódź, Αθήνα, Москва, 東京, 서울, القاهرة, ירושלים",
        "a\tb\nc\r\nd",
        "no\u00a0break – “quotes” … €",
        "می\u200cخواهم",
        "क्\u200dष क्\u200cष",
        "👩\u200d💻 ❤️\u200d🔥 👍🏽 🏳️\u200d🌈",
        "",
    ],
)
def test_what_people_write_stands(text: str) -> None:
    """Every script, and the joiners that Persian, Hindi and emoji are not written without."""
    assert list(hidden_signs(text)) == []


@given(st.text(max_size=60))
def test_nothing_that_is_left_turns_or_hides(text: str) -> None:
    """What passes holds no direction mark and no control but tab and line break."""
    found = set(hidden_signs(text))
    for at, sign in enumerate(text):
        if at not in found and sign not in "\t\n\r\u200c\u200d":
            assert unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


RLO = "\u202e"
REPORT = "The sign RIGHT-TO-LEFT OVERRIDE (U+202E) turns or hides text; take it out."


@pytest.mark.parametrize(
    ("old", "new", "line", "column"),
    [
        ("name: VPN", f"name: VP{RLO}N", 2, 9),
        ("summary: Reach", f"summary: Re{RLO}ach", 3, 12),
        ("category: Access", f"category: Access\nkeywords: [net, wi{RLO}fi]", 5, 19),
        ("who: 'true'", f"who: 'true' # {RLO} && false", 9, 15),
        ("who: 'true'", f"who: 'customer.name != \"{RLO}\"'", 9, 25),
        ("group: vpn", f"group: v{RLO}pn", 13, 20),
        ("expect: 1m", f"expect: 1m\npromise: |\n  Soon.\n  No{RLO}w.", 19, 5),
        ("expect: 1m", f"expect: 1m\n{RLO}x: 1", 17, 1),
        ("expect: 1m", f"expect: 1m\nform:\n  a: {{type: text, label: A{RLO}}}", 18, 27),
        ("expect: 1m", f"expect: 1m\nform:\n  a: {{type: choice, label: A, options: [b{RLO}, c]}}", 18, 42),
        ("expect: 1m", f"expect: 1m\nform:\n  a: {{type: text, label: A, default: x{RLO}}}", 18, 39),
    ],
)
def test_an_item_is_refused_at_the_sign(tmp_path: Path, old: str, new: str, line: int, column: int) -> None:
    """File, line, column and the sign by its name: in words, rules, choices, defaults, arguments, keys and comments."""
    assert only(with_vpn(tmp_path, (old, new))) == f"items/vpn.yaml:{line}:{column}: {REPORT}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: Design", f"name: De{RLO}sign"),
        ("mail: design@", f"mail: de{RLO}sign@"),
        ("group: design", f"group: de{RLO}sign"),
        ("members: [a@", f"members: [a{RLO}@"),
        ("design: {", f"de{RLO}sign: {{"),
    ],
)
def test_a_team_is_refused_at_the_sign(tmp_path: Path, old: str, new: str) -> None:
    """Names, addresses, groups and ids: who gets work and mail is who it seems to be."""
    assert old in TEAMS
    text = TEAMS.replace(old, new)
    line = text[: text.index(RLO)].count("\n") + 1
    column = text.index(RLO) - text.rfind("\n", 0, text.index(RLO))
    assert only(folder(tmp_path, teams_yaml=text)) == f"teams.yaml:{line}:{column}: {REPORT}"


def test_policy_and_runbooks_are_looked_through_too(tmp_path: Path) -> None:
    """A runbook says what a colleague types."""
    assert only(folder(tmp_path / "a", policy_yaml=POLICY.replace("name: Access", f"name: Acc{RLO}ess"))).startswith(
        "policy.yaml:3:15: The sign RIGHT-TO-LEFT OVERRIDE"
    )
    told_of = only(folder(tmp_path / "b", runbooks__vpn_md="# VPN\nType `rm -r \u200b/x`.\n"))
    assert told_of == "runbooks/vpn.md:2:13: The sign ZERO WIDTH SPACE (U+200B) turns or hides text; take it out."


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (r"\u202e", "RIGHT-TO-LEFT OVERRIDE (U+202E)"),
        (r"\u200b", "ZERO WIDTH SPACE (U+200B)"),
        (r"\x1b[2J", "ESCAPE (U+001B)"),
        (r"\e", "ESCAPE (U+001B)"),
        (r"\0", "NULL (U+0000)"),
        (r"\N", "NEXT LINE (U+0085)"),
        (r"\L", "LINE SEPARATOR (U+2028)"),
    ],
)
def test_a_sign_that_is_written_as_an_escape_is_refused_as_well(tmp_path: Path, written: str, words: str) -> None:
    """The file looks harmless, the page would not; in keys as in values."""
    value = only(with_vpn(tmp_path / "value", ("name: VPN", f'name: "VPN{written}"')))
    assert value == f"items/vpn.yaml:2:7: The sign {words} turns or hides text; take it out."
    key = only(with_vpn(tmp_path / "key", ("{group: vpn", f'{{"x{written}": 1, group: vpn')))
    assert key == f"items/vpn.yaml:13:12: The sign {words} turns or hides text; take it out."


def test_every_sign_is_told_at_once(tmp_path: Path) -> None:
    """Whoever pasted one pasted several."""
    text = VPN.replace("VPN", f"V{RLO}P\u200bN").replace("Reach", "\u2066Reach")
    path = folder(tmp_path, items__vpn_yaml=text)
    with pytest.raises(AssertionError, match=r"(?s)vpn\.yaml:2:8.*vpn\.yaml:2:10.*vpn\.yaml:3:10"):
        only(path)


def test_a_file_of_many_writings_is_read(tmp_path: Path) -> None:
    """Refusing is not for those who write another script than we do."""
    catalog = good(with_vpn(tmp_path, ("name: VPN", "name: می\u200cخواهم 👩\u200d💻 東京")))
    assert catalog.items["vpn"].name.startswith("می")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("name: VPN", 'name: "a\\tb"', "write one line, without tabs and line breaks."),
        ("name: VPN", 'name: "a\\nb"', "write one line, without tabs and line breaks."),
        ("expect: 1m", 'expect: 1m\npromise: "a\\tb"', "write it without tabs."),
    ],
)
def test_tabs_and_breaks_where_a_line_is_wanted_are_told_in_words(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    """Not as a pattern that nobody can read."""
    assert words in only(with_vpn(tmp_path, (old, new)))
