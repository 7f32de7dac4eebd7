"""The real window without its course: what it is told before it is there counts, and what it runs leaves no trace."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from selfserve.desktop import window as window_module
from tests.desktop.session import Session, Talker, app, brand_of, desktop, from_sources, vendored
from tests.desktop.test_server import Answer, Trickle, _context, answering
from tests.servers.processes import free_port


def page(asked: Any) -> Answer:
    """A server with one page and an answer for its scripts."""
    return 200, {"Content-Type": "text/html"}, b"<!doctype html><title>In</title>"


def _shows(session: Session, library: Path, server: str, *certificate: Path) -> Talker:
    """A window that has shown the server's page, at the first try."""
    words = (str(library), str(brand_of(session.folder, server)), *map(str, certificate))
    window = Talker(session.stack, "pages_shown.py", session.environment, *words)
    assert window.hear("no window") == ["at", "about:blank"]
    window.send(go=f"{server}/")
    assert window.hear("nothing loads") == ["at", f"{server}/"]
    return window


def test_a_certificate_that_is_believed_before_the_window_is_there_counts(tmp_path: Path) -> None:
    """The app asks its server while the window is made: the first page loads, at the first try."""
    library = vendored(tmp_path / "library")
    context, _ = _context(tmp_path)
    with desktop(tmp_path / "s", keyring=None) as session, answering(page, context) as port:
        server = f"https://localhost:{port}"
        _shows(session, library, server, tmp_path / "server.pem")


@pytest.mark.parametrize("without", ["*", "localhost,app.localhost", ".localhost"])
def test_the_window_goes_by_no_proxy_where_the_app_does_not(tmp_path: Path, without: str) -> None:
    """`no_proxy` means the same to both, `*` included; the proxy is one that is not there."""
    library = vendored(tmp_path / "library")
    context, _ = _context(tmp_path, ("app.localhost",))
    with desktop(tmp_path / "s", keyring=None) as session, answering(page, context) as port:
        session.environment.update(https_proxy=f"http://127.0.0.1:{free_port()}", no_proxy=without)
        server = f"https://app.localhost:{port}"
        _shows(session, library, server, tmp_path / "server.pem")


def test_a_script_whose_answer_comes_later_is_no_fault(tmp_path: Path) -> None:
    """The script that lets the window in begins a call; what stands in the log is for faults."""
    library = vendored(tmp_path / "library")
    with desktop(tmp_path / "s", keyring=None) as session, answering(page) as port:
        server = f"http://127.0.0.1:{port}"
        window = _shows(session, library, server)
        window.send(script="fetch('/in').then(answer=>location.replace('/in'))")
        heard = [window.hear("the script did nothing")]
        while heard[-1] != ["at", f"{server}/in"]:
            heard.append(window.hear(f"the script led nowhere but to {heard}"))
        assert [text for kind, text in heard if kind == "logged" and "Unsupported result type" in text] == []


def test_what_is_brought_into_a_page_while_the_window_closes_keeps_nobody(tmp_path: Path) -> None:
    """WebKit answers no more: pywebview's own thread does not wait for that, and the app ends."""
    library = vendored(tmp_path / "library")
    with desktop(tmp_path / "s", keyring=None) as session:
        brand = brand_of(session.folder, "http://127.0.0.1:9")
        window = Talker(session.stack, "pages_shown.py", session.environment, str(library), str(brand))
        assert window.hear("no window") == ["at", "about:blank"]
        window.send(last=True)
        assert window.hear("it is not closed") == ["closed", ""]
        assert window.ends() == 0


def test_a_script_is_not_waited_for_on_any_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other systems' windows answer no more either once they are gone."""
    monkeypatch.setattr(window_module, "LINUX", False)
    asked, answered = threading.Event(), threading.Event()

    class Silent:
        def run_js(self, _text: str) -> None:
            asked.set()
            answered.wait(30)

    window = object.__new__(window_module.WebWindow)
    window._window = Silent()
    asking = threading.Thread(target=window.script, args=("1",))
    asking.start()
    assert asked.wait(10)
    asking.join(5)
    still = asking.is_alive()
    left = [one.name for one in threading.enumerate() if one.name == "script" and not one.daemon]
    answered.set()
    asking.join(10)
    assert (still, left) == (False, [])


def test_a_server_that_trickles_bytes_does_not_hold_the_app(tmp_path: Path) -> None:
    """It is said not to answer, where its bytes come without end; and quit, the app ends while they still come."""
    library, trickle = vendored(tmp_path / "library"), Trickle(b"HTTP/1.0 200 OK\r\n\r\n")
    with desktop(tmp_path / "s", keyring=None) as session, answering(trickle) as port:
        command = from_sources(library, brand_of(session.folder, f"http://127.0.0.1:{port}"))
        with app(session, command) as shown:
            shown.sees("The server does not answer")
            shown.press("Quit")
            assert shown.ends() == 0
        assert list(session.folder.rglob("app.lock")) == []
        trickle.release.set()
