"""The pages for admins, done as they say on a machine made from nothing, against a real directory and provider."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.demo.process import MAIN, environment
from tests.docs.pages import blocks, section
from tests.packaging.building import APP, WHEN, brand
from tests.packaging.machine import Machine
from tests.packaging.machine import machine as another
from tests.packaging.serving import served
from tests.people.branch import new_branch
from tests.servers.oidc_provider import OidcProvider
from tests.servers.processes import free_port
from tests.servers.slapd import Slapd

from selfserve.packaging.deb import _ar, _members, _tar
from selfserve.packaging.tree import File

SYSTEMD = """#!/bin/bash
# This machine has no systemd: the service is started and ended as it would be.
start() { setsid /usr/bin/selfserve serve >>/var/log/selfserve.log 2>&1 & echo $! >/run/selfserve.pid; }
stop() {
    [ -e /run/selfserve.pid ] || return 0
    kill "$(cat /run/selfserve.pid)"; tail --pid="$(cat /run/selfserve.pid)" -f /dev/null; rm /run/selfserve.pid
}
case "$*" in
"enable --now selfserve" | "start selfserve") start ;;
"stop selfserve") stop ;;
"restart selfserve") stop; start ;;
*) exit 1 ;;
esac
"""
EDITOR = """#!{python}
# What an admin would type.
import pathlib, re, sys
path = pathlib.Path(sys.argv[1])
text = path.read_text()
if path.name == "teams.yaml":
    text = re.sub(r"(?m)^  group: .*$", "  group: techops", text)
for key, value in {told!r}.items() if path.suffix == ".toml" else ():
    text, number = re.subn(rf"(?m)^(# )?{{key}} = .*$", lambda _: f"{{key}} = {{value}}", text)
    assert number, key
path.write_text(text)
"""


def _typed(page: str, heading: str) -> str:
    """The commands of a part of a page."""
    return "\n".join(blocks(section(page, heading), "sh"))


@pytest.fixture
def settled(
    fresh: Machine, slapd: Slapd, oidc_provider: Callable[..., OidcProvider], server: Path
) -> tuple[Machine, dict[str, str]]:
    """A machine with the package lying there, an editor that knows what to type, and the answers to what is asked."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    provider = oidc_provider(f"{url}/auth/callback")
    shutil.copy(server, fresh.shared)
    shutil.copy(slapd.ca_file, fresh.shared / "ca.pem")
    branch = new_branch(slapd)
    branch.group("techops", branch.person("ana"), branch.person("tom"))
    told = {
        "public_url": f'"{url}"', "port": str(port), "issuer": f'"{provider.issuer}"', "allow_http_loopback": "true",
        "base": f'"{branch.people}"', "group_base": f'"{branch.groups}"', "urls": f'["ldaps://localhost:{slapd.tls_port}"]',
        "bind_dn": f'"{slapd.svc_dn}"', "people_base": f'"{slapd.people}"', "groups_base": f'"{slapd.groups}"',
        "ca_file": '"/etc/ssl/certs/company-ca.pem"',
    }  # fmt: skip
    _program(fresh, "editor", EDITOR.format(python="/usr/bin/python3", told=told))
    _equipped(fresh)
    answers = {"oidc-client-secret": provider.client_secret, "directory-password": slapd.svc_password}
    return fresh, {"8080": str(port), **answers}


def _program(machine: Machine, name: str, text: str) -> None:
    (machine.shared / name).write_text(text)
    machine.sh(f"install -m 755 {machine.shared / name} /usr/local/sbin/{name}")


def _asked(lines: str, answers: dict[str, str]) -> str:
    """The lines with what a person would type where `secrets set` asks, and this test's port."""
    for name, value in answers.items():
        lines = lines.replace(f"secrets set file:secrets/{name}", f"secrets set file:secrets/{name} <<< '{value}'")
    return lines.replace("8080", answers["8080"])


def _equipped(machine: Machine) -> None:
    """What a test's machine has that a real one has: an init system, the company's authority."""
    _program(machine, "systemctl", SYSTEMD)
    machine.sh(f"install -m 644 {machine.shared}/ca.pem /etc/ssl/certs/company-ca.pem")


@pytest.mark.needs_root
def test_a_server_is_installed_connected_backed_up_restored_and_upgraded(
    settled: tuple[Machine, dict[str, str]], server: Path, tmp_path: Path
) -> None:
    """Every command of four pages in their order; what was lost is there again, also on another machine, an upgrade,
    the next one too, keeps settings and store, and after purge nothing is left but the locked account."""
    machine, answers = settled
    before = machine.written()
    newer = _next_revision(server, machine.shared / "newer.deb")
    lines = "\n".join(
        [
            f"cd {machine.shared}; unset EDITOR",  # as on a fresh Debian
            _typed("docs/admin/install.md", "## With the Debian package"),
            _typed("docs/admin/connect.md", "# Connect provider and directory"),
            TOKEN,
            _typed("docs/admin/backup.md", "## Back up"),
            "cp /var/lib/selfserve/backups/today.db /root/; cp /root/today.db /root/selfserve-etc.tar.gz .",
            "cd /var/lib/selfserve; runuser -u selfserve -- rm -r selfserve.db backups; cd -; rm -r /etc/selfserve",
            _typed("docs/admin/backup.md", "## Restore"),
            KNOWN,
            f"mv {newer.name} {server.name}",
            _typed("docs/admin/upgrade.md", "## The server"),
            _typed("docs/admin/upgrade.md", "## The server"),
            KNOWN,
        ]
    )
    said = machine.sh(_asked(lines, answers), env={"DEBIAN_FRONTEND": "noninteractive"})
    assert said.count('"label": "kept"') == 2, said
    assert "Setting up selfserve-server (0.1.0-2)" in said
    assert machine.does("stat", "-c", "%U %a", "/var/lib/selfserve/selfserve.db") == "selfserve 600\n"
    assert machine.does("stat", "-c", "%U %a", "/etc/selfserve/secrets") == "root 700\n"
    with another(tmp_path / "second", machine.shared) as second:
        _restored(second, answers)
    assert machine.apt("purge", "selfserve-server").returncode == 0
    assert machine.written() - before <= ACCOUNT


def _restored(machine: Machine, answers: dict[str, str]) -> None:
    """On a fresh machine, from what was moved there: a failure ends the page's commands before a store is made."""
    _equipped(machine)
    page = _typed("docs/admin/backup.md", "## Restore")
    machine.sh(
        f"cd {machine.shared}; apt-get -y install ./selfserve-server_*.deb; cp today.db selfserve-etc.tar.gz /root"
    )
    refused = machine.run("bash", "-uc", page.replace("restore - <", "restore "))
    assert refused.stderr.endswith("The account selfserve has no permission for /root/today.db.\n"), refused.stderr
    assert machine.does("ls", "-A", "/var/lib/selfserve") == ""
    said = machine.sh(_asked(f"{page}\n{KNOWN}", answers))
    assert '"label": "kept"' in said, said
    assert machine.does("stat", "-c", "%U %a", "/var/lib/selfserve/selfserve.db") == "selfserve 600\n"


TOKEN = "selfserve tokens create ana@example.test --label kept --scope requests:read"
KNOWN = """curl --fail --silent --retry 30 --retry-connrefused http://127.0.0.1:8080/readyz
selfserve tokens list ana@example.test --json"""
ACCOUNT = {f"etc/{file}{old}" for file in ("passwd", "group", "shadow", "gshadow") for old in ("", "-")}


def _next_revision(package: Path, place: Path) -> Path:
    """The same package as the next revision: other control fields, the same files."""
    members = dict(_members(package.read_bytes()))
    with tarfile.open(fileobj=io.BytesIO(members["control.tar.xz"])) as tar:
        files = {entry.name.removeprefix("./"): (tar.extractfile(entry), entry.mode) for entry in tar if entry.isfile()}
        told = {name: (file.read(), mode) for name, (file, mode) in files.items() if file is not None}
    text, mode = told["control"]
    told["control"] = (text.replace(b"Version: 0.1.0-1", b"Version: 0.1.0-2"), mode)
    changed = [File(name, content, mode) for name, (content, mode) in told.items()]
    place.write_bytes(_ar({**members, "control.tar.xz": _tar(changed, WHEN, 0)}, WHEN))
    return place


@pytest.mark.needs_root
def test_an_app_is_branded_built_published_and_installed(tmp_path: Path) -> None:
    """The commands of the page: built and signed here, installed there by apt."""
    work = tmp_path / "shared"
    brand(work)
    (work / "bin").mkdir()
    selfserve = work / "bin" / "selfserve"
    selfserve.write_text(f'#!/bin/sh\nexec {" ".join(map(shlex.quote, MAIN))} "$@"\n')
    selfserve.chmod(0o755)
    (work / "gpg").mkdir(mode=0o700)
    page = "docs/admin/app.md"
    with served(work / "repository") as url:
        lines = _typed(page, "## Build").replace("--out dist", "--out dist --what app-deb")
        lines += _typed(page, "## A repository for Debian").replace("https://apt.example.com", url)
        env = environment(GNUPGHOME=str(work / "gpg"), PATH=f"{work / 'bin'}:{os.environ['PATH']}")
        try:
            done = subprocess.run(
                ["bash", "-euc", lines], cwd=work, env=env, capture_output=True, text=True, check=False
            )
        finally:
            subprocess.run(["gpgconf", "--homedir", str(work / "gpg"), "--kill", "all"], check=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert list((work / "repository" / "pool").rglob("*.deb"))
        there = f"cd {work}\n{_typed(page, '## On Debian machines')}".replace("apt-get install", "apt-get -y install")
        with another(tmp_path / "machine", work) as made:
            made.sh(there)
            assert made.does(APP, "--version") == "0.1.0\n"
