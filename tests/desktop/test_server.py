"""The server as the app meets it: the right one, a wrong one, none, one that lies; each is a trouble with a name."""

from __future__ import annotations

import http.server
import io
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from selfserve.desktop import screens
from selfserve.desktop import server as made
from selfserve.desktop.brand import Brand
from selfserve.desktop.server import Server, trust
from selfserve.desktop.trouble import Kind, Trouble
from selfserve.desktop.words import Speaker
from tests.servers.certificates import make_certificates
from tests.servers.processes import free_port

Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json"}
PROBLEM = {"Content-Type": "application/problem+json"}


@contextmanager
def answering(answer: Callable[[Any], Answer], context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server on this machine that answers everything so; its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, headers, content = answer(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_CONNECT = answer  # noqa: N815  (http.server's names)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield str(listener.server_port)
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


def says(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Callable[[Any], Answer]:
    """An answer of JSON."""
    return lambda _: (status, headers or JSON, json.dumps(content).encode())


def asked(answer: Callable[[Any], Answer]) -> Server | Trouble:
    """What `about` makes of such a server."""
    with answering(answer) as port:
        server = Server(f"http://127.0.0.1:{port}", "selfserve-desktop/0.1.0", "de")
        try:
            server.about()
        except Trouble as trouble:
            return trouble
        return server


def kind(answer: Callable[[Any], Answer]) -> Kind:
    """The kind of trouble with such a server."""
    found = asked(answer)
    assert isinstance(found, Trouble)
    return found.kind


def test_the_right_server_is_known() -> None:
    """By what it calls itself; its words are taken as far as they fit."""
    told = {
        "product": "selfserve", "brand": "Help", "minimum_version": "1.2", "now": "2027-01-01T00:00:00+00:00",
        "update_url": "javascript:alert(1)", "recovery": "//evil.example",
    }  # fmt: skip
    with answering(says(told)) as port:
        about = Server(f"http://127.0.0.1:{port}", "a", "en").about()
    assert (about.brand, about.enabled, about.minimum_version) == ("Help", True, "1.2")
    assert about.now == datetime(2027, 1, 1, tzinfo=UTC)
    assert (about.update_url, about.recovery) == ("", "")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (says({"product": "something else"}), Kind.WRONG_SERVER),
        (says([1]), Kind.WRONG_SERVER),
        (lambda _: (200, JSON, b"<html>sign in to the hotel"), Kind.WRONG_SERVER),
        (lambda _: (200, JSON, b"{" * 100_000), Kind.WRONG_SERVER),
        (lambda _: (200, JSON, b'{"product":"selfserve","x":"' + b"x" * 300_000 + b'"}'), Kind.WRONG_SERVER),
        *(
            (says({"product": "selfserve", "minimum_version": one}), Kind.WRONG_SERVER)
            for one in ("²", "banana", "v9.0", "0.2rc1", "0.1.0.0.0", "1.", ".1", "-1", "1\n", "9" * 6, 7, None, ["1"])
        ),
        (lambda _: (302, {"Location": "https://hotel.example/"}, b""), Kind.WRONG_SERVER),
        (says({}, 404), Kind.WRONG_SERVER),
        (says({"type": "x"}, 401), Kind.WRONG_SERVER),
        (says({}, 503), Kind.BUSY),
        (says({}, 429), Kind.BUSY),
        (lambda _: (407, {"Proxy-Authenticate": "Basic"}, b""), Kind.PROXY),
        (says({"type": "unauthenticated"}, 401, PROBLEM), Kind.SIGNED_OUT),
        (says({"type": "app-too-old"}, 426, PROBLEM), Kind.TOO_OLD),
        (says({"type": "not-allowed"}, 403, PROBLEM), Kind.NO_APPS),
    ],
)
def test_each_wrong_answer_has_a_name(answer: Callable[[Any], Answer], found: Kind) -> None:
    """A hotel's sign-in page is not our server, and a stranger's 401 signs nobody out."""
    assert kind(answer) is found


def test_a_start_that_is_tried_again_is_the_same_exchange() -> None:
    """One key until the token is another, so that a lost answer can be asked for again."""
    keys: list[str] = []

    def start(request: Any) -> Answer:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            return 503, JSON, b"{}"
        return says({"token": "sd_2", "entry": "e"})(request)

    with answering(start) as port:
        server = Server(f"http://127.0.0.1:{port}", "a", "en")
        with pytest.raises(Trouble):
            server.start("sd_1")
        server.start("sd_1")
        server.start("sd_2")
    assert (keys[0], len(set(keys))) == (keys[1], 2)
    assert all(len(key) >= 43 for key in keys)


def test_a_sign_in_that_is_tried_again_is_the_same_exchange() -> None:
    """One key for each code."""
    keys: list[str] = []

    def sign_in(request: Any) -> Answer:
        keys.append(request.headers["Idempotency-Key"])
        return says({"token": "sd_2", "entry": "e"}, 201)(request)

    with answering(sign_in) as port:
        server = Server(f"http://127.0.0.1:{port}", "a", "en")
        for code in ("c", "c", "d"):
            server.sign_in(code, "v")
    assert (keys[0], len(set(keys))) == (keys[1], 2)
    assert all(len(key) >= 43 for key in keys)


def test_the_server_says_why_it_refuses() -> None:
    """One word of its problem document; a stranger's is not believed."""
    for content_type, why in ((PROBLEM, "copied"), (JSON, "")):
        with answering(says({"type": "unauthenticated", "why": "copied"}, 401, content_type)) as port:
            with pytest.raises(Trouble) as refused:
                Server(f"http://127.0.0.1:{port}", "a", "en").about()
            assert refused.value.why == why


def test_nobody_there_is_unreachable() -> None:
    """Nothing listens; a name that nobody knows is told apart."""
    with pytest.raises(Trouble) as refused:
        Server(f"http://127.0.0.1:{free_port()}", "a", "en").about()
    assert refused.value.kind is Kind.UNREACHABLE
    with pytest.raises(Trouble) as unknown:
        Server("https://nobody.invalid", "a", "en", trust(None)).about()
    assert unknown.value.kind is Kind.UNKNOWN_NAME


def test_silence_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes the call and says nothing is not waited for."""
    monkeypatch.setattr(made, "TIMEOUT", 0.2)
    release = threading.Event()

    def never(_: Any) -> Answer:
        release.wait(10)
        return 200, JSON, b"{}"

    with answering(never) as port:
        with pytest.raises(Trouble) as silent:
            Server(f"http://127.0.0.1:{port}", "a", "en").about()
        release.set()
    assert silent.value.kind is Kind.UNREACHABLE


class Trickle:
    """A server that says one byte after the other, and never all; `gone` is set when nobody hears it any more."""

    def __init__(self, begins: bytes) -> None:
        self.begins, self.release, self.gone, self.asked = begins, threading.Event(), threading.Event(), 0

    def __call__(self, request: Any) -> Answer:
        self.asked += 1
        try:
            request.wfile.write(self.begins)
            while not self.release.wait(0.02):
                request.wfile.write(b" ")
                request.wfile.flush()
        except OSError:
            self.gone.set()
        request.wfile = io.BytesIO()
        return 200, JSON, b"{}"


@pytest.mark.parametrize("secure", [True, False])
@pytest.mark.parametrize(
    "begins",
    [
        b"HTTP/1.0 200 OK\r\nX: ",
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.0 503 Away\r\nContent-Type: application/problem+json\r\n\r\n",
    ],
)
def test_a_call_that_never_ends_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begins: bytes, secure: bool
) -> None:
    """However often a byte comes, in the heading, the answer or what an error says; and the line is given up."""
    monkeypatch.setattr(made, "WHOLE", 0.5)
    context, authority = _context(tmp_path) if secure else (None, None)
    trickle = Trickle(begins)
    with answering(trickle, context) as port:
        server = Server(f"{'https' if secure else 'http'}://localhost:{port}", "a", "en", trust(authority))
        with pytest.raises(Trouble) as endless:
            server.about()
        assert trickle.gone.wait(10)
        trickle.release.set()
    assert endless.value.kind is Kind.UNREACHABLE


def test_after_the_end_of_the_window_all_calls_have_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next start waits: what can be said until then is said, the rest is not begun."""
    monkeypatch.setattr(made, "ENDING", 0.5)
    trickle = Trickle(b"HTTP/1.0 200 OK\r\n\r\n")
    with answering(trickle) as port:
        server = Server(f"http://127.0.0.1:{port}", "a", "en")
        server.hasten()
        for _ in range(3):
            with pytest.raises(Trouble) as refused:
                server.sign_out("sd_1")
            server.hasten()  # told again, as the window's end is: it ended once
            assert refused.value.kind is Kind.UNREACHABLE
        trickle.release.set()
    assert trickle.asked == 1


def test_a_token_is_never_sent_on() -> None:
    """A redirect is refused, so that the token reaches no other origin."""
    stolen: list[str] = []

    def thief(request: Any) -> Answer:
        stolen.append(request.headers.get("Authorization", ""))
        return 200, JSON, b"{}"

    with answering(thief) as other:
        away = {"Location": f"http://127.0.0.1:{other}/"}
        with answering(lambda _: (307, away, b"")) as port, pytest.raises(Trouble):
            Server(f"http://127.0.0.1:{port}", "a", "en").start("sd_secret")
    assert stolen == []


def _context(folder: Path, names: tuple[str, ...] = ("localhost",)) -> tuple[ssl.SSLContext, Path]:
    files = make_certificates(folder, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.cert_file, files.key_file)
    return context, files.ca_file


def test_the_companys_authority_counts(tmp_path: Path) -> None:
    """Beside the system's; without it the same server is no safe connection. Its certificate is remembered."""
    context, authority = _context(tmp_path)
    with answering(says({"product": "selfserve"}), context) as port:
        server = Server(f"https://localhost:{port}", "a", "en", trust(authority))
        assert server.about().enabled
        assert ssl.DER_cert_to_PEM_cert(server.certificate) == (tmp_path / "server.pem").read_text()
        with pytest.raises(Trouble) as refused:
            Server(f"https://localhost:{port}", "a", "en", trust(None)).about()
    assert refused.value.kind is Kind.TLS


def test_another_name_is_no_safe_connection(tmp_path: Path) -> None:
    """A good certificate of somebody else."""
    context, authority = _context(tmp_path, ("elsewhere.example",))
    with answering(says({"product": "selfserve"}), context) as port, pytest.raises(Trouble) as refused:
        Server(f"https://localhost:{port}", "a", "en", trust(authority)).about()
    assert refused.value.kind is Kind.TLS


@pytest.mark.parametrize("proxy", ["http://ada:hunter2@127.0.0.1:{port}", "127.0.0.1:{port}"])
def test_a_proxy_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """Not the server, which nobody has asked; a password in the proxy's address is nobody's to read."""
    port = free_port()
    monkeypatch.setenv("https_proxy", proxy.format(port=port))
    with pytest.raises(Trouble) as refused:
        Server("https://nosuch.invalid", "a", "en", trust(None)).about()
    assert (refused.value.kind, refused.value.proxy) == (Kind.PROXY_AWAY, f"127.0.0.1:{port}")
    brand = Brand("Fernhill", "com.example.fernhill", "https://nosuch.invalid")
    page = screens.trouble(refused.value, Speaker(), brand, None, datetime.now(UTC))
    assert f"The way to nosuch.invalid goes by the proxy 127.0.0.1:{port}, which cannot be reached." in page.told[0]
    assert "hunter2" not in repr(page)
    monkeypatch.setenv("no_proxy", "nosuch.invalid")
    with pytest.raises(Trouble) as unknown:
        Server("https://nosuch.invalid", "a", "en", trust(None)).about()
    assert unknown.value.kind is Kind.UNKNOWN_NAME


@pytest.mark.parametrize("code", [9, 10])
def test_a_certificate_of_another_time_asks_for_the_clock(code: int) -> None:
    """Not yet valid, or not any more: mostly it is the computer's clock."""
    from selfserve.desktop.trouble import of_error

    error = ssl.SSLCertVerificationError("x")
    error.verify_code = code
    assert of_error(error).kind is Kind.CLOCK


def test_the_proxy_of_the_environment_is_used_but_not_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusing proxy has a page of its own; the demo on this machine goes by none."""

    def refusing(_: Any) -> Answer:
        return 407, {"Proxy-Authenticate": "Basic"}, b""

    with answering(refusing) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy}")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy}")
        with pytest.raises(Trouble) as refused:
            Server("https://help.example.com", "a", "en", trust(None)).about()
        assert refused.value.kind is Kind.PROXY
        with answering(says({"product": "selfserve"})) as port:
            assert Server(f"http://127.0.0.1:{port}", "a", "en").about().enabled


@pytest.mark.parametrize(
    ("code", "kind"),
    [(502, Kind.UNREACHABLE), (503, Kind.UNREACHABLE), (504, Kind.UNREACHABLE), (403, Kind.PROXY), (511, Kind.PROXY)],
)
def test_a_server_that_is_down_behind_a_proxy_is_not_the_proxys_refusal(
    monkeypatch: pytest.MonkeyPatch, code: int, kind: Kind
) -> None:
    """A proxy says by 502, 503 and 504 that it found nobody there; whoever calls the network team is sent back."""
    with answering(says({}, code)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy}")
        monkeypatch.delenv("no_proxy", raising=False)
        with pytest.raises(Trouble) as refused:
            Server("https://help.example.com", "a", "en", trust(None)).about()
    assert refused.value.kind is kind
    page = screens.trouble(
        refused.value, Speaker(), Brand("Fernhill", "com.example.fernhill", "https://help.example.com"), None,
        datetime.now(UTC),
    )  # fmt: skip
    assert ("The server does not answer" in page.title) == (kind is Kind.UNREACHABLE)


def test_odd_answers_break_nothing() -> None:
    """News of a server that lies: bounded, texts only."""
    odd = {"after": 1, "notices": [1, {"id": 2, "title": ["x"]}, {"id": "a" * 9000}], "known": [1, "k"]}
    with answering(says(odd)) as port:
        news = Server(f"http://127.0.0.1:{port}", "a", "en").news("sd_x", "")
    assert news.after == ""
    assert [len(one.id) for one in news.notices] == [0, 500]
    assert news.known == ("k",)
    for name, value in (("notices", None), ("notices", 5), ("notices", {}), ("known", 5), ("known", "k")):
        with answering(says({"after": "t", name: value})) as port, pytest.raises(Trouble) as wrong:
            Server(f"http://127.0.0.1:{port}", "a", "en").news("sd_x", "")
        assert wrong.value.kind is Kind.WRONG_SERVER
    with answering(says({"token": "", "entry": 1})) as port, pytest.raises(Trouble) as refused:
        Server(f"http://127.0.0.1:{port}", "a", "en").start("sd_x")
    assert refused.value.kind is Kind.WRONG_SERVER
