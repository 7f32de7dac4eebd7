"""An app whose package gets another name: one of an id is on a machine, and what it brings is that one's."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.packaging.building import APP, APP_ID, brand, deb
from tests.packaging.machine import Machine

ENTRY = f"/usr/share/applications/{APP_ID}.desktop"
STARTS = f"/etc/xdg/autostart/{APP_ID}.desktop"
OTHER = "fernhill-help"


def _named(fresh: Machine, name: str, *, autostart: bool = False) -> Path:
    return deb(brand(fresh.shared / name, name=name, autostart=autostart), fresh.shared / name)


@pytest.mark.needs_root
@pytest.mark.parametrize("autostart", [True, False])
def test_a_package_of_another_name_takes_the_former_ones_place(fresh: Machine, *, autostart: bool) -> None:
    """And back, by apt; what an admin purges of the former one afterwards is nothing of the later one's."""
    one, two = _named(fresh, APP, autostart=autostart), _named(fresh, OTHER, autostart=True)
    before = fresh.written()
    assert fresh.apt("install", str(one)).returncode == 0
    for former, later, package, starts in ((APP, OTHER, two, True), (OTHER, APP, one, autostart)):
        taken = fresh.apt("install", str(package))
        assert taken.returncode == 0, taken.stdout + taken.stderr
        assert f"Exec={later} " in fresh.does("cat", ENTRY)
        assert f"usr/bin/{former}" not in fresh.written()
        fresh.does("dpkg", "-P", former)
        assert fresh.does("dpkg", "--verify", later) == ""
        assert fresh.run("grep", "-qx", f"Exec={later}", STARTS).returncode == (0 if starts else 2)
    fresh.does("dpkg", "-P", APP)
    assert fresh.written() == before


@pytest.mark.needs_root
def test_dpkg_alone_installs_no_second_one_of_an_id(fresh: Machine) -> None:
    """It says what stands in the way, before it has written anything: the former one stays whole."""
    one, two = _named(fresh, APP), _named(fresh, OTHER)
    fresh.does("dpkg", "-i", "--force-depends", str(one))
    refused = fresh.run("dpkg", "-i", "--force-depends", str(two))
    assert "conflicting packages - not installing fernhill-help" in refused.stderr
    assert fresh.does("dpkg", "--verify", APP) == ""
    assert f"Exec={APP} " in fresh.does("cat", ENTRY)
