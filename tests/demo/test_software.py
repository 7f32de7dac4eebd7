"""The software that the sample company has packed for its Macs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from selfserve.connectors.contract import Ports
from selfserve.connectors.munki import MunkiConnector
from selfserve.connectors.munki.settings import MunkiSettings
from selfserve.demo.setup import MACS, SOFTWARE, prepare


def test_a_customer_picks_from_what_is_packed_by_the_name_they_know(tmp_path: Path) -> None:
    """The live choice of "Another app for your Mac" offers each app with its name and what it is good for."""
    prepare(tmp_path)
    munki = MunkiConnector("munki", MunkiSettings(repo=tmp_path / "munki"), Ports(now=lambda: datetime.now(UTC)))
    found = munki.options("install", "item", "visual").options
    assert [(one.value, one.label, one.note) for one in found] == [
        ("VisualStudioCode", "Visual Studio Code", "An editor for code")
    ]
    assert len(munki.options("install", "item", "").options) == len(SOFTWARE)
    assert [one.value for one in munki.options("install", "device", "").options] == list(MACS)
