"""`selfserve desktop --local`: server and window in one process, on this machine alone."""

from __future__ import annotations

import os
import queue
import re
import signal
import site
import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page

from selfserve.cli.desktop import LOCAL
from selfserve.desktop.instance import single
from tests.desktop.session import PYTHON, app, desktop
from tests.desktop.test_the_app_in_its_window import enter
from tests.servers.processes import free_port

SOURCES = Path(__file__).parents[2] / "src"
LINK = "selfserve://items/vpn-access"
RUN = "from selfserve.cli import main; main()"


def whole(*arguments: str) -> list[str]:
    """The whole selfserve, on the Python that has GTK."""
    return [PYTHON, "-c", RUN, *arguments]


def environment() -> dict[str, str]:
    """Where Debian's Python finds our sources and what they need."""
    return {"PYTHONPATH": os.pathsep.join([str(SOURCES), *site.getsitepackages()])}


def test_one_command_is_server_and_window(tmp_path: Path, page: Page) -> None:
    """Signed in, used, and ended with its window: nothing listens afterwards, and its folder stays the customer's."""
    folder = tmp_path / "local"
    seen: list[str] = []
    page.on("framenavigated", lambda frame: seen.append(frame.url))
    with desktop(tmp_path / "s") as session:
        session.environment.update(environment())
        command = whole("desktop", "--local", "--data", str(folder))
        with app(session, command, "local.selfserve.app") as shown:
            enter(shown, page)
            found = re.search(r"http://127\.0\.0\.1:(\d+)/app/allow\?", "\n".join(seen))
            assert found is not None
            shown.press("Quit")
            assert shown.ends() == 0, shown.log.read_text()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", int(found[1])), 1)
    assert folder.stat().st_mode & 0o077 == 0
    with sqlite3.connect(folder / "data" / "selfserve.db") as store:
        assert store.execute("SELECT count(*) FROM device_token").fetchone() == (1,)


def test_ctrl_c_ends_server_and_window_in_order(tmp_path: Path) -> None:
    """Pressed in the terminal it was started from: no traceback, nothing listens, the next start finds nobody there."""
    with desktop(tmp_path / "s") as session:
        session.environment.update(environment())
        command = whole("desktop", "--local", "--data", str(tmp_path / "local"))
        with app(session, command, "local.selfserve.app") as shown:
            shown.sees("Welcome", 90)
            shown.process.send_signal(signal.SIGINT)
            assert shown.ends() == 0, shown.log.read_text()
            assert "Traceback" not in shown.log.read_text()
        assert list(session.folder.rglob("app.lock")) == []
    assert (tmp_path / "local" / "data" / "selfserve.db").exists()


@pytest.mark.parametrize("own", [True, False])
def test_a_second_start_hands_its_link_over_before_it_begins_a_server(tmp_path: Path, *, own: bool) -> None:
    """Whether the server is the sample company's or of an own configuration: nothing is made, the link is heard."""
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    config, folder = tmp_path / "selfserve.toml", tmp_path / "local"
    if own:
        config.write_text("this is read by the first start alone")
    first = single(tmp_path / "run" / LOCAL, "", heard.put)
    try:
        done = subprocess.run(
            whole("--config", str(config), "desktop", "--local", *([] if own else ["--data", str(folder)]), LINK),
            env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path / "run"), **environment()},
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        first.close()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert heard.get(timeout=5) == LINK
    assert not folder.exists()


@pytest.mark.parametrize("link", ["selfserve://evil.example/x", "https://evil.example", "selfserve://auth/logout"])
def test_a_refused_link_is_said_where_no_app_runs(tmp_path: Path, link: str) -> None:
    """In a sentence and by the exit code, without a server or a window; the link's own words are not repeated."""
    done = subprocess.run(
        whole("desktop", "--local", "--data", str(tmp_path / "local"), link),
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path / "run"), **environment()},
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    told = "That link opens nothing. It names no page of selfserve. Nothing was opened.\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)
    assert not (tmp_path / "local").exists()
    assert not list((tmp_path / "run" / LOCAL).iterdir())


def stopped(tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    """What the command says to a configuration, on a screen."""
    config = tmp_path / "selfserve.toml"
    config.write_text(text)
    command = whole("--config", str(config), "desktop", "--local")
    with desktop(tmp_path / "s", keyring=None) as session:
        found = {**session.environment, **environment()}
        return subprocess.run(command, env=found, capture_output=True, text=True, timeout=60, check=False)


def test_it_serves_nobody_elsewhere(tmp_path: Path) -> None:
    """A configuration that others are to reach is for `selfserve serve`."""
    told = stopped(
        tmp_path,
        f'[server]\npublic_url = "https://help.example.com"\nport = {free_port()}\n'
        '[oidc]\nissuer = "https://login.example.com"\nclient_id = "x"\n[directory]\nbase = "dc=example,dc=com"\n',
    )
    assert told.returncode == 2
    assert "--local serves this machine only" in told.stderr


@pytest.mark.parametrize(
    ("gi", "told"),
    [
        (None, "selfserve: no window can be opened here, as there is no screen."),
        ("raise ImportError('No module named gi')", "on Debian python3-gi and gir1.2-webkit2-4.1, and in a virtual"),
        ("def require_version(*_): raise ValueError('Namespace WebKit2')", "The app needs GTK 3 and WebKitGTK 4.1"),
    ],
)
def test_where_no_window_can_be_opened_nothing_is_begun(tmp_path: Path, gi: str | None, told: str) -> None:
    """No screen, no GTK, or another WebKit: said at once, before a server is made and a sample company laid down."""
    found, bridge = environment(), tmp_path / "bridge"
    bridge.mkdir()
    if gi is not None:
        (bridge / "gi.py").write_text(gi)
    found["PYTHONPATH"] = os.pathsep.join([str(bridge), found["PYTHONPATH"]])
    done = subprocess.run(
        whole("desktop", "--local", "--data", str(tmp_path / "local")),
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run"), **found},
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "local").exists()


def test_without_a_window_it_says_so(tmp_path: Path) -> None:
    """No screen, or no pywebview: one sentence, no trace."""
    done = subprocess.run(
        [*whole("desktop", "--brand", str(tmp_path / "none.toml"))],
        env={"PATH": "/usr/bin:/bin", **environment()}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "none.toml cannot be read" in done.stderr
    assert "Traceback" not in done.stderr
