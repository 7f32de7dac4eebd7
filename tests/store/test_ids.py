"""Identifiers sort by when they were made."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from selfserve.store.ids import new_id

NOW = 1_796_000_000_000_000_000
"""Nanoseconds since 1970."""


def at(monkeypatch: pytest.MonkeyPatch, nanoseconds: int) -> None:
    """Time stands still at this moment."""
    monkeypatch.setattr("selfserve.store.ids.time.time_ns", lambda: nanoseconds)


def test_ids_of_one_moment_sort_as_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request is asked, done and fulfilled within a millisecond; its story is read in that order."""
    at(monkeypatch, NOW)
    made = [new_id() for _ in range(5_000)]
    assert made == sorted(set(made))


def test_threads_never_make_the_same() -> None:
    """Four of them at once, and each sees its own in order."""
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: [new_id() for _ in range(2_000)], range(4)))
    assert all(one == sorted(one) for one in made)
    assert len({one for each in made for one in each}) == 8_000


def test_they_are_version_7_with_the_moment_in_front(monkeypatch: pytest.MonkeyPatch) -> None:
    """By RFC 9562: 48 bits of milliseconds, the version, the variant."""
    at(monkeypatch, NOW + 3_600 * 10**9)
    made = uuid.UUID(new_id())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == NOW // 10**6 + 3_600_000


def test_a_clock_that_goes_back_a_little_changes_no_order_and_a_wrong_one_is_not_followed_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second is what time servers take back; a year ahead was a mistake."""
    at(monkeypatch, NOW + 10**12)
    before = new_id()
    at(monkeypatch, NOW + 10**12 - 5 * 10**8)
    assert new_id() > before
    at(monkeypatch, NOW)
    assert uuid.UUID(new_id()).int >> 80 == NOW // 10**6
