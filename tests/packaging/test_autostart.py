"""`autostart` of the brand on a machine, by dpkg: what is turned off is off, and what is removed is not started."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.packaging.building import APP, APP_ID, brand, deb
from tests.packaging.machine import Machine, machine
from tests.packaging.test_app_deb import NOT_FOR_US
from tests.servers.processes import program

PLACE = f"/etc/xdg/autostart/{APP_ID}.desktop"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the revisions lie."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture
def on(shared: Path, tmp_path: Path) -> Iterator[Machine]:
    """A fresh machine that sees them."""
    with machine(tmp_path / "machine", shared) as made:
        yield made


def _revision(folder: Path, number: int, autostart: bool) -> str:
    """The place of such a package."""
    made = folder / str(number)
    return str(deb(brand(made, revision=number, autostart=autostart), made))


def _left(on: Machine) -> list[str]:
    """What lies where sessions look for what to start."""
    return on.sh("ls -A /etc/xdg/autostart 2>/dev/null || true").split()


def _takes(on: Machine, package: str, *more: str) -> str:
    """Have dpkg install it; what dpkg then still knows of files that an admin may change."""
    on.does("dpkg", *more, "-i", package)
    return on.does("dpkg-query", "-W", "-f", "${Status}${Conffiles}", APP)


@pytest.mark.needs_root
def test_what_is_turned_off_is_gone_with_the_next_revision(on: Machine, shared: Path) -> None:
    """Upgraded from on to off, and further; on again; and on the way back to an older revision that has it off."""
    before = _left(on)
    revisions = [_revision(shared, number, number in (1, 4)) for number in (1, 2, 3, 4)]
    there = [*before, f"{APP_ID}.desktop"]
    for package, wanted in zip(revisions, (there, before, before, there), strict=True):
        told = _takes(on, package)
        assert told.startswith("install ok installed")
        assert sorted(_left(on)) == sorted(wanted)
        assert (PLACE in told) == (wanted is there)
    assert PLACE not in _takes(on, revisions[2])
    assert _left(on) == before
    on.does("dpkg", "-P", APP)
    assert _left(on) == before


@pytest.mark.needs_root
def test_from_on_to_a_later_off_in_one_go(on: Machine, shared: Path) -> None:
    """A machine that was away takes the revision of today, not each of them."""
    before = _left(on)
    _takes(on, _revision(shared, 1, True))
    assert PLACE not in _takes(on, _revision(shared, 3, False))
    assert _left(on) == before


@pytest.mark.needs_root
def test_what_an_admin_of_the_machine_wrote_there_is_kept_and_starts_nothing(on: Machine, shared: Path) -> None:
    """Beside it, under a name that no session reads; purging takes it."""
    before = _left(on)
    _takes(on, _revision(shared, 1, True))
    on.sh(f"echo X-Mine=true >>{PLACE}")
    _takes(on, _revision(shared, 2, False))
    assert sorted(_left(on)) == sorted([*before, f"{APP_ID}.desktop.dpkg-bak"])
    on.does("dpkg", "-P", APP)
    assert _left(on) == before


@pytest.mark.needs_root
def test_an_upgrade_that_fails_leaves_it_on(on: Machine, shared: Path) -> None:
    """dpkg goes back to the revision before, with its file."""
    _takes(on, _revision(shared, 1, True))
    before = on.does("cat", PLACE)
    unpacked = shared / "unpacked"
    subprocess.run(["dpkg-deb", "-R", _revision(shared, 2, False), unpacked], check=True)
    on.sh("printf '#!/bin/sh\\nexit 1\\n' >/usr/bin/fails && chmod 755 /usr/bin/fails")
    script = unpacked / "DEBIAN" / "preinst"
    script.write_text(script.read_text() + '[ "$1" != upgrade ] || fails\n')
    subprocess.run(["dpkg-deb", "-Zgzip", "-b", unpacked, shared / "fails.deb"], check=True, capture_output=True)
    assert on.run("dpkg", "-i", str(shared / "fails.deb")).returncode != 0
    assert on.does("cat", PLACE) == before
    assert on.does("dpkg-query", "-W", "-f", "${Version}", APP) == "0.1.0-1"


@pytest.mark.needs_root
def test_an_app_that_was_removed_is_not_tried(on: Machine, shared: Path) -> None:
    """The file stays until it is purged, as an admin may have changed it; it names what is looked for before."""
    _takes(on, _revision(shared, 1, True))
    tried = on.sh(f"sed -n s/^TryExec=//p {PLACE}").strip()
    assert on.run("which", tried).stdout == f"/usr/bin/{APP}\n"
    on.does("dpkg", "-r", APP)
    assert on.run("which", tried).returncode == 1
    assert f"{APP_ID}.desktop" in _left(on)
    on.does("dpkg", "-P", APP)
    assert f"{APP_ID}.desktop" not in _left(on)


@pytest.mark.parametrize("autostart", [True, False])
def test_the_distributions_tools_take_it_either_way(tmp_path: Path, autostart: bool) -> None:
    """lintian the package with its scripts, desktop-file-validate the entry."""
    package = _revision(tmp_path, 2, autostart)
    command = [program("lintian", "lintian"), "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0"]
    given = ["--suppress-tags", NOT_FOR_US, package]
    done = subprocess.run([*command, *given], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    if autostart:
        subprocess.run(["dpkg-deb", "--extract", package, tmp_path / "unpacked"], check=True)
        validate = [program("desktop-file-validate", "desktop-file-utils"), f"{tmp_path}/unpacked{PLACE}"]
        assert subprocess.run(validate, capture_output=True, text=True, check=True).stdout == ""
