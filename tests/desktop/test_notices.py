"""Notices of the system: what others wrote stays text, and a desktop without notices is no fault."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from selfserve.desktop.notices.macos import MacTeller
from selfserve.desktop.notices.windows import WindowsTeller
from selfserve.desktop.server import Notice
from tests.desktop.session import PYTHON, Session, desktop, vendored

TRAP = '</text>"; rm -rf / #$(x)'
NOTICE = Notice("1", f"Title {TRAP}", f"<b>Body</b> {TRAP}", "/requests/R-7K3F")
AT_ONCE = "Pressed at once"
"""See notified.py."""
SCRIPT = """
import sys
import threading
sys.path.insert(0, sys.argv[1])
from gi.repository import GLib
from selfserve.desktop.brand import Brand
from selfserve.desktop.notices.linux import BusTeller
from selfserve.desktop.server import Notice
from selfserve.desktop.words import Speaker
loop = GLib.MainLoop()
def pressed(path):
    print(path, flush=True)
    loop.quit()
teller = BusTeller(Brand("Fernhill", "com.example.fernhill", "https://x.example"), Speaker("de"), pressed)
def tell():
    teller.tell(Notice("1", sys.argv[3], "<b>Body</b> & more", "/requests/R-7K3F"))
    print("told", flush=True)
threading.Thread(target=tell).start()  # as in the app, whose main thread belongs to the window
GLib.timeout_add_seconds(int(sys.argv[2]), loop.quit)
loop.run()
"""


def told(session: Session, library: Path, title: str = "Title", seconds: int = 20) -> subprocess.Popen[str]:
    """A process that tells one notice and waits for its press."""
    command = [PYTHON, "-I", "-c", SCRIPT, str(library), str(seconds), title]
    return subprocess.Popen(command, env=session.environment, stdout=subprocess.PIPE, text=True)


def test_a_notice_reaches_the_desktop_and_its_press_the_app(tmp_path: Path) -> None:
    """By D-Bus: title as it is, body escaped, as desktops read it as markup; the press brings the page."""
    with desktop(tmp_path / "s", keyring=None) as session:
        assert session.notified is not None
        with told(session, vendored(tmp_path / "lib")) as process:
            notice = session.notified.next()
            assert (notice["app"], notice["title"]) == ("Fernhill", "Title")
            assert notice["body"] == "&lt;b&gt;Body&lt;/b&gt; &amp; more"
            assert notice["actions"] == ["default", "Öffnen"]
            session.notified.press(notice["id"])
            out, _ = process.communicate(timeout=30)
    assert sorted(out.split()) == ["/requests/R-7K3F", "told"]


def test_a_press_that_comes_before_the_notices_number_brings_the_page_too(tmp_path: Path) -> None:
    """The desktop shows a notice before it answers; whoever is quick has pressed it by then."""
    with desktop(tmp_path / "s", keyring=None) as session:
        assert session.notified is not None
        with told(session, vendored(tmp_path / "lib"), AT_ONCE) as process:
            assert session.notified.next()["title"] == AT_ONCE
            out, _ = process.communicate(timeout=30)
    assert sorted(out.split()) == ["/requests/R-7K3F", "told"]


def test_a_desktop_without_notices_is_no_fault(tmp_path: Path) -> None:
    """No bus at all: nothing is told, nothing breaks."""
    with desktop(tmp_path / "s", keyring=None) as session:
        session.environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={tmp_path / 'nowhere'}"
        with told(session, vendored(tmp_path / "lib"), seconds=1) as process:
            out, _ = process.communicate(timeout=30)
    assert out.split() == ["told"]


def test_mac_gets_words_as_arguments() -> None:
    """Never within the script; a Mac that does not answer is no fault."""
    run: list[Sequence[str]] = []
    MacTeller(run.append).tell(NOTICE)
    (command,) = run
    assert command[0] == "/usr/bin/osascript"
    assert command[-2:] == [NOTICE.title, NOTICE.body]
    assert not any(TRAP in part for part in command[:-2])

    def broken(_: Sequence[str]) -> None:
        raise subprocess.TimeoutExpired("osascript", 5)

    MacTeller(broken).tell(NOTICE)


def test_windows_gets_words_by_the_environment() -> None:
    """Never within the script; a press leads to the app's own link."""
    run: list[tuple[Sequence[str], Mapping[str, str]]] = []
    teller = WindowsTeller("com.example.fernhill", "selfserve", lambda command, told: run.append((command, told)))
    teller.tell(NOTICE)
    teller.tell(Notice("2", "a\0b", "", ""))
    (command, environment), (_, second) = run
    assert not any(TRAP in part for part in command)
    assert environment["NOTICE_TITLE"] == NOTICE.title
    assert environment["NOTICE_LINK"] == "selfserve://requests/R-7K3F"
    assert (second["NOTICE_TITLE"], second["NOTICE_LINK"]) == ("ab", "")
    assert json.dumps(environment)
