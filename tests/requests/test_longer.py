"""Having the same for longer is worth offering only where it would change something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from selfserve.catalog.grants import Ends
from selfserve.requests.longer import ends_later

NOW = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("ends", "ago", "later"),
    [
        ("365d", timedelta(), False),
        ("365d", timedelta(hours=13), False),
        ("365d", timedelta(hours=15), True),
        ("365d", timedelta(days=364), True),
        ("8h", timedelta(minutes=5), False),
        ("8h", timedelta(hours=5), True),
    ],
)
def test_a_span_begun_anew_has_to_lead_further(ends: str, ago: timedelta, later: bool) -> None:
    """To another day as the reader's calendar has it; of a few hours, by more than half of them."""
    parsed = Ends.parse(ends)
    assert parsed.span is not None
    assert ends_later(parsed, NOW - ago + parsed.span, NOW, BERLIN) is later


def test_what_has_no_end_or_no_span_is_no_longer_by_itself() -> None:
    """Without an end there is nothing to move, and what ends on a chosen day needs another day."""
    assert not ends_later(Ends.parse("30d"), None, NOW, BERLIN)
    assert not ends_later(Ends.parse("never"), NOW, NOW, BERLIN)
