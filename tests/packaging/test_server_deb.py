"""The server's package: its units in systemd's eyes, the same bytes each time, and nobody but root near the secrets."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.demo.process import environment
from tests.packaging.building import MAINTAINER, WHEN
from tests.packaging.machine import Machine
from tests.servers.processes import program

from selfserve.packaging.app_deb import _FORGET
from selfserve.packaging.brand import Package
from selfserve.packaging.server_deb import UNITS, server_deb
from selfserve.packaging.templates import template

MOST_EXPOSED = 2.0
"""systemd says OK up to about 5 (of 10); we are at 1.2, and what makes it worse should be meant."""
FEW = ("click", "greenlet", "markupsafe", "pyyaml", "typer", "websockets")
BUILD = """
import hashlib, sys
from datetime import UTC, datetime
from pathlib import Path
from selfserve.packaging.brand import Package
from selfserve.packaging.server_deb import server_deb
when = datetime(2026, 12, 1, tzinfo=UTC)
print(hashlib.sha256(server_deb(Package(), [Path(one) for one in sys.argv[1:]], when).written(when, 0)).hexdigest())
"""


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units as they are packaged, but for the program, which is not installed here."""
    folder = tmp_path_factory.mktemp("units")
    for unit in UNITS:
        text = template(unit, {"HARDENING": template("hardening", {})})
        (folder / unit).write_text(text.replace("/usr/bin/selfserve ", "/bin/true "))
    return folder


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_the_units_and_finds_little_exposed(units: Path, unit: str) -> None:
    """No key that it does not know; a score that stays low."""
    analyze = program("systemd-analyze", "systemd")
    place = units / unit
    checked = subprocess.run([analyze, "verify", "--man=no", place], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    scored = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", place], capture_output=True, text=True, check=True
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+) OK", scored.stdout)
    assert found, scored.stdout
    assert float(found[1]) <= MOST_EXPOSED


def test_the_account_cannot_read_the_secrets_where_they_lie() -> None:
    """They come as credentials, named as the settings that `init --service` writes name them."""
    told = template("hardening", {})
    assert "LoadCredential=secrets:/etc/selfserve/secrets" in told
    assert "User=selfserve" in told
    assert "ReadWritePaths" not in told


def test_the_same_wheels_give_the_same_bytes(wheels: list[Path], tmp_path: Path) -> None:
    """With a few of them, compiled ones too: in other folders, another time zone, another order of hashing."""
    few = [str(wheel) for wheel in wheels if wheel.name.lower().startswith(FEW)]
    assert len(few) >= len(FEW) - 1

    def build(order: list[str], **env: str) -> str:
        command = [sys.executable, "-c", BUILD, *order]
        done = subprocess.run(command, env=environment(**env), cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(build, few, TZ="UTC", PYTHONHASHSEED="1")
        second = pool.submit(build, few, TZ="Asia/Kathmandu", PYTHONHASHSEED="2", LANG="tr_TR.UTF-8")
    assert first.result() == second.result() != ""


MEANT = {
    "initial-upload-closes-no-bugs": "wants the number of a bug in Debian's own tracker",
    "maintainer-script-calls-systemctl": "deb-systemd-invoke would start what an admin stopped; try-restart does not",
    "unstripped-binary-or-object": "wheels stay as their makers published them, so that their sums can be compared",
    "embedded-library": "PyYAML's wheel brings libyaml",
    "script-not-executable": "the texts of packages are scripts that nobody runs from there",
    "unusual-interpreter": "first lines of modules that nobody runs as programs",
}
"""What lintian says of the server and we leave, and why."""


def test_lintian_finds_nothing_else_than_we_know(wheels: list[Path], tmp_path: Path) -> None:
    """All of ours with a few of the wheels; the whole package takes lintian minutes and has the same tags."""
    few = [wheel for wheel in wheels if wheel.name.lower().startswith(FEW)]
    package = server_deb(Package(maintainer=MAINTAINER), few, WHEN)
    (tmp_path / package.name).write_bytes(package.written(WHEN, 0))
    command = [program("lintian", "lintian"), "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0"]
    suppressed = ["--suppress-tags", ",".join(MEANT), str(tmp_path / package.name)]
    done = subprocess.run([*command, *suppressed], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.needs_root
@pytest.mark.parametrize(
    ("before", "advised"), [("", False), ("0.1.0-1", True), ("0.1.0-2", False), ("0.2.0-1", False)]
)
def test_what_an_upgrade_still_takes_is_told_at_upgrades_alone(fresh: Machine, before: str, *, advised: bool) -> None:
    """Not where the same version is installed again, as after it was removed, nor on the way back to an older one."""
    script = fresh.shared / "postinst"
    script.write_text(template("server.postinst", {"PACKAGE": "selfserve-server", "VERSION": "0.1.0-2"}))
    said = fresh.sh(
        f"""for each in systemd-sysusers systemd-tmpfiles py3compile; do
            printf '#!/bin/sh\\n' >/usr/local/sbin/$each; chmod 755 /usr/local/sbin/$each
        done
        mkdir /etc/selfserve; touch /etc/selfserve/selfserve.toml
        sh {script} configure '{before}'"""
    )
    assert ("selfserve db upgrade" in said) == advised


@pytest.mark.needs_root
@pytest.mark.parametrize("volume", ["", "/var/lib/selfserve", "/var/lib/selfserve/backups"])
def test_a_purge_empties_what_is_a_volume_of_its_own_and_ends_well(fresh: Machine, volume: str) -> None:
    """Nobody unmounts for it; the mount point stays, and nothing that was in it or beside it."""
    script = fresh.shared / "postrm"
    script.write_text(template("server.postrm", {"PACKAGE": "selfserve-server", "VERSION": "0.1.0-2"}))
    left = fresh.sh(
        f"""mkdir -p /etc/selfserve/secrets /var/lib/selfserve/backups
        [ -z "{volume}" ] || mount -t tmpfs none "{volume}"
        mkdir -p /var/lib/selfserve/backups; touch /etc/selfserve/secrets/key /var/lib/selfserve/.hidden
        touch /var/lib/selfserve/selfserve.db /var/lib/selfserve/backups/today.db
        sh {script} purge 2>&1; sh {script} purge >/dev/null 2>&1
        echo "left:"; find /etc/selfserve /var/lib/selfserve 2>/dev/null || true"""
    ).split("left:")[1]
    expected = {"": [], "/var/lib/selfserve": [volume], "/var/lib/selfserve/backups": ["/var/lib/selfserve", volume]}
    assert left.split() == expected[volume]


SCRIPTS = (
    "server.postinst", "server.prerm", "server.postrm", "app.preinst", "app.postinst", "app.prerm", "app.postrm",
)  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_runs_as_root_at_installation_is_sound(script: str, tmp_path: Path) -> None:
    """By ShellCheck; short enough to be read, and it stops at the first failure."""
    place = tmp_path / script
    place.write_text(
        template(
            script, {"PACKAGE": "selfserve-x", "VERSION": "1-1", "AUTOSTART": _FORGET.format(place="etc/x.desktop")}
        )
    )
    assert place.read_text().splitlines()[1] == "set -e"
    assert len(place.read_text().splitlines()) < 25
    subprocess.run([program("shellcheck", "shellcheck"), place], check=True)
