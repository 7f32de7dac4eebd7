"""YAML as plain data: positions of everything, and nothing that acts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfserve.catalog.document import DocumentBroken, read_document
from selfserve.catalog.problems import Mark


def test_keys_values_and_texts_have_positions() -> None:
    """Line and column count from 1; the text of a quoted value starts behind the quote."""
    document = read_document('a: 1\nb:\n  - x\n  - {c: "d"}\ne: |\n    long\n')
    assert document.data == {"a": 1, "b": ["x", {"c": "d"}], "e": "long\n"}
    assert document.key_at(("b", 1, "c")) == Mark(4, 6)
    assert document.value_at(("b", 1, "c")) == Mark(4, 9)
    assert document.within(("b", 1, "c"), 1, 1) == Mark(4, 10)
    assert document.within(("e",), 1, 3) == Mark(6, 7)
    assert document.value_at(("b", 7, "nowhere")) == document.value_at(("b",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud83d\ude00"', "😀"),
        ("yes", "yes"),
        ("no", "no"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        ("0o17", "0o17"),
        ("12:30", "12:30"),
        ("2027-07-31", "2027-07-31"),
        ("'12'", "12"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("9" * 19, "9" * 19),
    ],
)
def test_scalars_are_read_by_the_core_schema(text: str, value: object) -> None:
    """A country called "no" and a day stay texts; only what is a number, a truth or null becomes one."""
    assert read_document(f"a: {text}").data == {"a": value}


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "empty"),
        ("a: [1", 1, 6, "not YAML"),
        ("a: 1\n b: 2", 2, 3, "not YAML"),
        ("a: 1\nb: 2\na: 3", 3, 1, "twice; first in line 1"),
        ("a:\n  {x: 1, x: 2}", 2, 10, "twice"),
        ("a: !!python/object/apply:os.system [id]", 1, 4, "Tags"),
        ("a: !include /etc/passwd", 1, 4, "Tags"),
        ("!!python/name:os.system a: 1", 1, 1, "Tags"),
        ("a: &x 1\nb: *x", 1, 4, "Anchors"),
        ("a: *x", 1, 4, "Anchors"),
        ("<<: {a: 1}", 1, 1, "Merge keys"),
        ("a: 1\n---\nb: 2", 2, 1, "one document"),
        ("{[a]: 1}", 1, 2, "plain text"),
        ("? {a: 1}\n: 2", 1, 3, "plain text"),
        ("a: \x07", 1, 4, "character"),
        (r'a: "\ud800"', 1, 4, "half a character"),
        ("[" * 50_000, 1, 21, "levels deep"),
        ("- " * 9_000, 1, 41, "levels deep"),
    ],
)
def test_what_a_catalog_file_may_not_hold_is_refused_at_its_place(
    text: str, line: int, column: int, words: str
) -> None:
    """Tags, anchors, merge keys, duplicates, second documents, deep nests and broken YAML: one sentence each."""
    with pytest.raises(DocumentBroken, match=words) as caught:
        read_document(text)
    assert caught.value.mark == Mark(line, column)


def test_a_file_of_very_many_values_is_refused() -> None:
    """Short writing of much data does not keep the loader busy."""
    with pytest.raises(DocumentBroken, match="too many"):
        read_document("[" + "a," * 30_000 + "]")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8).filter("<<".__ne__), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_json_means_in_yaml_what_it_means_in_json(value: object) -> None:
    """What a program wrote as JSON is read as the same data (YAML 1.2 holds JSON)."""
    text = json.dumps({"value": value})
    assert read_document(text).data == {"value": value}


@given(st.text(max_size=300) | st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,? \n\t", max_size=120))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No bytes in a file raise anything but the one error with its place."""
    try:
        document = read_document(text)
    except DocumentBroken as error:
        mark = error.mark
    else:
        mark = document.value_at(())
    assert mark.line >= 1
    assert mark.column >= 1
