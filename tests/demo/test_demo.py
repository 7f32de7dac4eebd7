"""`selfserve demo --data FOLDER`: files to edit, read at each start, and words that can be used as they stand."""

from __future__ import annotations

import os
import pty
import re
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from selfserve.demo import configuration, setup
from selfserve.demo.company import FERNHILL
from selfserve.demo.configuration import Ports
from selfserve.settings.problems import SettingsInvalid
from tests.demo.process import MAIN, Started, demo, environment, ran
from tests.servers.processes import free_port


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """A demo for tests that only look: in a folder with a long name, where the terminal claims to be narrow."""
    folder = tmp_path_factory.mktemp("narrow") / ("long-" * 30)
    with demo(folder, "--port", "0", env=environment(COLUMNS="20")) as started:
        yield started


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """The same, where it claims to be wide, and the environment names another installation's configuration."""
    place = tmp_path_factory.mktemp("wide")
    configuration.write(place / "real.toml", FERNHILL, Ports(1111, 1112, 1113))
    real = (place / "real.toml").read_text().replace("http://127.0.0.1:1112", "https://real.example")
    (place / "real.toml").write_text(real)
    env = environment(COLUMNS="1000", SELFSERVE_CONFIG=str(place / "real.toml"))
    with demo(place / ("long-" * 30), "--port", "0", env=env) as started:
        yield started


def _pasted(started: Started) -> str:
    """The lines to paste, and this Python's program where they say `selfserve`."""
    lines = [line for line in started.said.splitlines() if line.startswith(("TOKEN=", "curl "))]
    assert len(lines) == 2
    program = " ".join(f"'{part}'" for part in MAIN)
    return "\n".join(re.sub(r"\$\(\S*selfserve ", lambda _: f"$({program} ", line) for line in lines)


def test_what_it_prints_can_be_pasted_and_what_was_edited_is_read_again(tmp_path: Path) -> None:
    """A token is made, a request is fulfilled; the second start keeps the configuration, the catalog and the store."""
    folder = tmp_path / "a demo"
    with demo(folder, "--port", "0") as first:
        for _ in range(2):
            asked = subprocess.run(
                ["bash", "-c", _pasted(first)],
                env=environment(),
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            assert '"name":"R-' in asked.stdout, asked.stderr
    text = first.config.read_text()
    assert "[connectors.seats.pools.zoom-pro]" in text
    first.config.write_text(text.replace('name = "Fernhill"', 'name = "Bramble"').replace("total = 1", "total = 7"))
    (folder / "catalog" / "items" / "zoom-pro.yaml").unlink()

    with demo(folder) as second:
        assert second.url == first.url
        assert "Bramble" in _page(second)
        again = ran("--config", str(second.config), "catalog", "check", "--json")
        assert again.returncode == 0, again.stdout + again.stderr
    assert 'name = "Bramble"' in first.config.read_text()
    assert not (folder / "catalog" / "items" / "zoom-pro.yaml").exists()


def _page(started: Started) -> str:
    asked = subprocess.run(["curl", "-s", f"{started.url}/sign-in"], capture_output=True, text=True, check=True)
    return asked.stdout


def test_a_taken_port_moves_the_demo_and_only_ports_change_in_its_file(tmp_path: Path) -> None:
    """The file says where the demo is now, so that every other command finds it; every other line is as it was."""
    folder, port = tmp_path / "demo", free_port()
    setup.prepare(folder)
    configuration.write(folder / "selfserve.toml", FERNHILL, Ports(port, free_port(), free_port()))
    before = (folder / "selfserve.toml").read_text()
    with socket.create_server(("127.0.0.1", port)), demo(folder) as second:
        assert not second.url.endswith(f":{port}")
        assert f"not at port {port}, which somebody else has" in second.said
        now = int(second.url.rsplit(":", 1)[1])
        assert second.config.read_text() == before.replace(f":{port}", f":{now}").replace(
            f"\nport = {port}\n", f"\nport = {now}\n"
        )


@pytest.mark.parametrize("which", ["narrow", "wide"])
def test_no_password_and_no_path_is_ever_cut(which: str, request: pytest.FixtureRequest) -> None:
    """Whatever the width says, and when nobody looks."""
    started: Started = request.getfixturevalue(which)
    for person in FERNHILL.people:
        row = next(line for line in started.said.splitlines() if line.split()[:1] == [person.login])
        assert row.split()[1] == person.password
        assert person.name in row
    assert f"{started.config}  (" in started.said
    assert f"--config {started.config} tokens create" in started.said
    assert "…" not in started.said
    assert "down on purpose, the old customer database" in started.said


def test_on_a_terminal_its_log_is_lines_for_people(tmp_path: Path) -> None:
    """A broken item is told in words; piped, in JSON; and `logs.format` decides where it is set."""
    assert _log_of(tmp_path / "seen", terminal=True).count("{") == 0
    assert _log_of(tmp_path / "piped", terminal=False).startswith("{")
    told = _log_of(tmp_path / "chosen", terminal=False, said='format = "text"')
    assert "catalog_broken" in told
    assert not told.startswith("{")


def _log_of(folder: Path, *, terminal: bool, said: str = "") -> str:
    """The first line that the demo logs after an item is broken under way."""
    folder.parent.mkdir(exist_ok=True)
    port, file = free_port(), folder / "selfserve.toml"
    folder.mkdir()
    configuration.write(file, FERNHILL, Ports(port, free_port(), free_port()))
    file.write_text(file.read_text().replace('# format = "auto"', said))
    ours, theirs = pty.openpty() if terminal else os.pipe()
    command = [*MAIN, "demo", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment(), text=True) as process:
        os.close(theirs)
        try:
            assert process.stdout is not None
            while "Try it in the demo" not in process.stdout.readline():
                assert process.poll() is None
            (folder / "catalog" / "items" / "broken.yaml").write_text("id: [")
            return os.read(ours, 4000).decode()
        finally:
            process.terminate()
            process.wait(20)
            os.close(ours)


@pytest.mark.parametrize(
    ("line", "instead", "key"),
    [
        ('issuer = "http://127.0.0.1', 'issuer = "http://localhost/realms', "oidc.issuer"),
        ('urls = ["ldap://127.0.0.1', 'urls = ["ldap://ldap.example.com', "connectors.directory.urls"),
        ('public_url = "http://127.0.0.1', 'public_url = "https://help.example.com', "server.public_url"),
        ("\nport = 1", "\nport = 2", "server.port"),
    ],
)
def test_a_configuration_that_is_not_a_demos_is_refused(tmp_path: Path, line: str, instead: str, key: str) -> None:
    """A real installation's file named by mistake is neither changed nor started with sample people."""
    file = tmp_path / "selfserve.toml"
    configuration.write(file, FERNHILL, Ports(1111, 1112, 1113))
    text = file.read_text()
    assert line in text
    file.write_text(text.replace(line, instead, 1))
    with pytest.raises(SettingsInvalid, match=f"{re.escape(key)} is not as the demo writes it"):
        configuration.read(file, {})


def test_moving_ports_touches_no_other_number(tmp_path: Path) -> None:
    """Two servers may even change places."""
    file = tmp_path / "selfserve.toml"
    configuration.write(file, FERNHILL, Ports(1111, 1112, 1113))
    mine = '\n[connectors.mine]\nkind = "human"\n# port = 1111 and http://127.0.0.1:11110\n'
    file.write_text(file.read_text() + mine)
    configuration.move(file, Ports(1111, 1112, 1113), Ports(1112, 1111, 4444))
    assert configuration.ports_of(configuration.read(file, {}), file) == Ports(1112, 1111, 4444)
    assert file.read_text().endswith(mine)


def test_a_second_demo_in_the_same_folder_is_refused_and_leaves_the_first_alone(narrow: Started) -> None:
    """It would move the ports that the first one listens at."""
    before = narrow.config.read_text()
    second = ran("demo", "--data", str(narrow.folder))
    assert second.returncode == 1
    assert second.stderr == f"A demo runs in {narrow.folder} already; end it, or name another folder.\n"
    assert narrow.config.read_text() == before


def test_config_names_the_demo_as_data_does(tmp_path: Path) -> None:
    """On the command line it is heard; two different places are told apart."""
    for arguments in (("--config", "/elsewhere/selfserve.toml", "demo", "--data", str(tmp_path)),):
        refused = ran(*arguments)
        assert refused.returncode == 2
        assert refused.stderr.startswith("--config and --data name two places")
    file = tmp_path / "selfserve.toml"
    configuration.write(file, FERNHILL, Ports(1111, 1112, 1113))
    file.write_text(file.read_text().replace("https://", "").replace("http://127.0.0.1:1112", "https://real.example"))
    heard = ran("--config", str(file), "demo")
    assert heard.returncode == 2
    assert "oidc.issuer is not as the demo writes it" in heard.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["selfserve.toml"]


def test_the_environments_configuration_is_left_aside(wide: Started) -> None:
    """SELFSERVE_CONFIG names a real installation: the demo started with it keeps to its own folder."""
    assert str(wide.config) in wide.said
    assert "https://real.example" in (wide.folder.parent / "real.toml").read_text()


def test_a_broken_catalog_is_a_sentence(tmp_path: Path) -> None:
    """With the file and the line, as `catalog check` tells it."""
    folder = tmp_path / "demo"
    setup.prepare(folder)
    (folder / "catalog" / "items" / "broken.yaml").write_text("id: [")
    refused = ran("demo", "--data", str(folder))
    assert refused.returncode == 2
    assert "items/broken.yaml:" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_its_files_are_for_its_owner(narrow: Started) -> None:
    """Passwords, keys and the store of the demo are nobody else's on a machine with several people."""
    folder = narrow.folder
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (folder / "secrets").iterdir()} == {0o600}
    assert (folder / "data" / "selfserve.db").stat().st_mode & 0o777 == 0o600
    sections = tomllib.loads(narrow.config.read_text())["connectors"]
    assert set(sections) == {"directory", "legacy", "human", "munki", "seats"}
