"""Lengths of time as text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfserve.settings.durations import parse_duration, write_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("200ms", timedelta(milliseconds=200)),
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("1h30m", timedelta(minutes=90)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(days=14)),
    ],
)
def test_a_length_is_a_number_with_its_unit(text: str, length: timedelta) -> None:
    """Each unit means what people expect."""
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "30", "m", "-5m", "1.5h", "5 m", "5M", "1y", "９m", "999999999w", "5m "])
def test_what_could_be_misread_is_refused(text: str) -> None:
    """A bare number, a fraction, other signs and lengths beyond a century are refused with what is allowed."""
    with pytest.raises(ValueError, match="a length of time such as 30s"):
        parse_duration(text)


@given(st.integers(0, 36_500 * 86_400_000))
def test_what_is_written_reads_back(milliseconds: int) -> None:
    """Text and length are two forms of one thing."""
    length = timedelta(milliseconds=milliseconds)
    assert parse_duration(write_duration(length)) == length
