"""The app in a real window, with Debian's WebKitGTK: signed in by a browser, used, told, signed out."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from selfserve.demo.company import FERNHILL
from tests.demo.process import Started, demo, environment, ran
from tests.desktop.session import Session, Shown, app, brand_of, desktop, from_sources, until, vendored

LOGIN = "lukas"
PASSWORD = "fernhill-lukas-1"
Start = Callable[[Path, str], list[str]]
"""From a folder and the server's address to the command that starts the app."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """The demo, whose apps ask for notices every second."""
    folder = tmp_path_factory.mktemp("app") / "demo"
    with demo(folder, "--port", "0", env=environment(SELFSERVE__DESKTOP__ASK_EVERY="1s"), within=120) as started:
        yield started


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """From our sources."""
    library = vendored(tmp_path_factory.mktemp("library"))
    return lambda folder, server: from_sources(library, brand_of(folder, server))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A desktop with an unlocked keyring."""
    with desktop(tmp_path / "session") as made:
        yield made


def sign_in(page: Page, address: str, login: str = LOGIN) -> None:
    """What the customer does in their browser: sign in at the provider, and let the app in."""
    page.goto(address)
    page.get_by_role("link", name="Sign in").click()
    page.locator("#login").fill(login)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.get_by_role("heading", name="Sign in this app on").wait_for()


def let_in(shown: Shown, page: Page) -> None:
    """From the first page to the catalog: by browser, and without telling about the machine."""
    shown.sees("Welcome", 90)  # with a server of its own, that starts first
    shown.press("Sign in")
    address = shown.session.address()
    sign_in(page, address)
    signs = page.locator("dd").nth(1).inner_text()
    shown.sees(signs)
    page.get_by_role("button", name="Sign in the app").click()
    page.get_by_role("heading", name="You can close this page").wait_for()


def enter(shown: Shown, page: Page) -> None:
    """From the first page to the catalog, with nothing told about the machine."""
    let_in(shown, page)
    shown.sees("Serial number")
    shown.press("Do not send")
    shown.sees("What do you need?")


@dataclass
class Caller:
    """People who ask and decide by the API, so that something moves while the app's customer looks elsewhere."""

    house: Started
    made: dict[str, str] = field(default_factory=dict)

    def call(self, login: str, method: str, path: str, body: object = None) -> Any:
        """One call below `/api/v1`; what was answered."""
        headers = {"Authorization": f"Bearer {self._token(login)}"}
        answer = httpx.request(method, f"{self.house.url}/api/v1{path}", json=body, headers=headers, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()

    def _token(self, login: str) -> str:
        if login not in self.made:
            scopes = ("--scope", "requests:read", "--scope", "requests:write", "--scope", "approvals:write")
            config, mail = str(self.house.config), f"{login}@{FERNHILL.domain}"
            done = ran("--config", config, "tokens", "create", mail, "--label", "app test", *scopes)
            found = re.search(r"ss_[0-9a-f]{32}_\S{43}", done.stdout)
            assert found is not None, done
            self.made[login] = found[0]
        return self.made[login]


@pytest.fixture(scope="module")
def caller(house: Started) -> Caller:
    """Callers of the demo."""
    return Caller(house)


def approved(caller: Caller) -> str:
    """Lukas' request for the finance reports is approved by his manager and done; its name."""
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    answers = {"reason": "Prices for the spring range", "until": day}
    made = caller.call(LOGIN, "POST", "/requests", {"item": "finance-reports", "answers": answers})
    waiting = caller.call("priya", "GET", "/approvals")
    (stage,) = [one["stage_id"] for one in waiting["rows"] if one["request"]["id"] == made["id"]]
    caller.call("priya", "POST", f"/approvals/{stage}/decide", {"decision": "approve", "reason": "For spring."})
    return str(made["name"])


def test_the_whole_way(session: Session, house: Started, start: Start, page: Page, caller: Caller) -> None:
    """Sign in by the browser, ask by a link, hear of what moves, open it by a press, be signed out by the server."""
    command = start(session.folder, house.url)
    with app(session, command) as shown:
        enter(shown, page)

        assert subprocess.run([*command, "selfserve://items/vpn-access"], env=session.environment).returncode == 0
        shown.sees("Reach what is inside the company from home or on the road.")
        shown.press("Get it now")
        shown.sees("You have this until")

        assert session.notified is not None
        name = approved(caller)
        told = session.notified.next()
        assert told["title"] == "“Finance reports” is ready"
        assert (told["icon"], told["hints"]["desktop-entry"]) == ("com.example.fernhill", "com.example.fernhill")
        session.notified.press(told["id"])
        shown.sees(name)

        page.goto(f"{house.url}/mine")
        page.get_by_role("heading", name="Apps on your computers").wait_for()
        page.get_by_role("button", name=f"End {socket.gethostname()}").click()
        shown.sees("This app was signed out")
        shown.press("Sign in")
    with app(session, command) as shown:
        shown.sees("Welcome")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_session_that_ends_closes_the_app_in_order(
    session: Session, house: Started, start: Start, number: signal.Signals
) -> None:
    """As by its menu: what it keeps is kept, and the next start finds nobody there."""
    with app(session, start(session.folder, house.url)) as shown:
        shown.sees("Welcome")
        shown.process.send_signal(number)
        assert shown.ends() == 0, shown.log.read_text()
        assert "Traceback" not in shown.log.read_text()
    assert len(list(session.folder.rglob("window.json"))) == 1
    assert list(session.folder.rglob("app.lock")) == []


PRESSED_AGAIN = """
import os, runpy, signal, sys
sys.path.insert(0, sys.argv.pop(1))
class Late:
    kill, pid, number = os.kill, os.getpid(), signal.SIGINT
    def __del__(self):
        Late.kill(Late.pid, Late.number)
late = Late()
runpy.run_module("selfserve.desktop", run_name="__main__", alter_sys=True)
"""


ENDED_AT_ONCE = """
import os, runpy, signal, sys, threading
sys.path.insert(0, sys.argv.pop(1))
start = threading.Thread.start
def begun(thread):
    start(thread)
    if thread.name == "course":
        os.kill(os.getpid(), signal.SIGTERM)
threading.Thread.start = begun
runpy.run_module("selfserve.desktop", run_name="__main__", alter_sys=True)
"""


def test_a_session_that_ends_as_the_app_begins_closes_it_in_order(
    session: Session, house: Started, start: Start
) -> None:
    """From the moment on in which it may trade a token: one that was traded and not kept would accuse its owner."""
    command = start(session.folder, house.url)
    at = command.index("-c") + 1
    with app(session, [*command[:at], ENDED_AT_ONCE, *command[at + 1 :]]) as shown:
        assert shown.ends() == 0, shown.log.read_text()
        assert "Traceback" not in shown.log.read_text()
    assert list(session.folder.rglob("app.lock")) == []


def test_ctrl_c_again_while_it_ends_changes_nothing(session: Session, house: Started, start: Start) -> None:
    """At the window's end and at the very last, when Python itself is ending: it ended in order, and says so."""
    command = start(session.folder, house.url)
    at = command.index("-c") + 1
    with app(session, [*command[:at], PRESSED_AGAIN, *command[at + 1 :]]) as shown:
        shown.sees("Welcome")
        shown.process.send_signal(signal.SIGINT)
        shown.process.send_signal(signal.SIGINT)
        assert shown.ends() == 0, shown.log.read_text()
        assert "Traceback" not in shown.log.read_text()


SLOW = """
import runpy, sys
gate, begun = sys.argv.pop(1), sys.argv.pop(1)
sys.path.insert(0, sys.argv.pop(1))
from selfserve.desktop.server import Server
real = Server.start
def start(self, token):
    told = real(self, token)
    open(begun, "w").close()
    open(gate).read()
    return told
Server.start = start
runpy.run_module("selfserve.desktop", run_name="__main__", alter_sys=True)
"""


def test_quit_while_it_starts_and_started_again_nobody_is_a_thief(
    session: Session, house: Started, start: Start, page: Page
) -> None:
    """The server's answer comes after the window is closed: the next start waits until it is kept, and the one after
    that is inside as well."""
    command = start(session.folder, house.url)
    with app(session, command) as shown:
        enter(shown, page)
        shown.press("Quit")
        assert shown.ends() == 0
    gate, begun = session.folder / "gate", session.folder / "begun"
    os.mkfifo(gate)
    at = command.index("-c") + 1
    with app(session, [*command[:at], SLOW, str(gate), str(begun), *command[at + 1 :]]) as slow:
        until(begun.exists, "not started")
        slow.press("Quit")
        until(lambda: not slow.see(), "the window is still there")
        with app(session, command) as shown:
            assert list(session.folder.rglob("app.lock"))
            with gate.open("w"):
                pass
            shown.sees("What do you need?")
            assert slow.ends() == 0
            shown.press("Quit")
            assert shown.ends() == 0
    with app(session, command) as shown:
        shown.sees("What do you need?")


QUITS_AS_IT_ENTERS = """
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
from selfserve.desktop.window import WebWindow
real = WebWindow.script
def script(self, text):
    self.close()
    real(self, text)
WebWindow.script = script
runpy.run_module("selfserve.desktop", run_name="__main__", alter_sys=True)
"""


def test_quit_in_the_moment_it_is_let_in_it_ends(session: Session, house: Started, start: Start, page: Page) -> None:
    """The script that lets the window in is never answered then; the place is free, and the token was kept."""
    command = start(session.folder, house.url)
    with app(session, command) as shown:
        enter(shown, page)
        shown.press("Quit")
        assert shown.ends() == 0
    at = command.index("-c") + 1
    for _ in range(3):
        with app(session, [*command[:at], QUITS_AS_IT_ENTERS, *command[at + 1 :]]) as quits:
            assert quits.ends() == 0, quits.log.read_text()
        assert list(session.folder.rglob("app.lock")) == []
    with app(session, command) as shown:
        shown.sees("What do you need?")


def test_a_second_start_needs_no_browser(session: Session, house: Started, start: Start, page: Page) -> None:
    """The token lies in the keyring; the link is opened at once; the window stands where it stood."""
    command = start(session.folder, house.url)
    with app(session, command) as shown:
        enter(shown, page)
        shown.press("Quit")
        assert shown.ends() == 0
    browsed = session.browsed.read_text()
    with app(session, [*command, "selfserve://requests"]) as shown:
        shown.sees("My requests")
        assert session.browsed.read_text() == browsed
        shown.press("Sign out")
        shown.sees("You are signed out. See you soon.")
    with app(session, command) as shown:
        shown.sees("Welcome")


def test_without_a_keyring_quitting_signs_out(tmp_path: Path, house: Started, start: Start, page: Page) -> None:
    """The sign-in lasts until the app is closed, as it says: nothing of it stays among the customer's apps."""
    with desktop(tmp_path / "session", keyring=None) as session:
        with app(session, start(session.folder, house.url)) as shown:
            enter(shown, page)
            page.goto(f"{house.url}/mine")
            listed = page.get_by_role("button", name=f"End {socket.gethostname()}")
            listed.first.wait_for()
            before = listed.count()
            shown.press("Quit")
            assert shown.ends() == 0
        page.reload()
        page.get_by_role("heading").first.wait_for()
        until(lambda: listed.count() == before - 1, "the app is still signed in")
