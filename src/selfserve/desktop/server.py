"""The company's server as the app speaks to it: one origin, its few calls, no redirects, bounded answers."""

from __future__ import annotations

import http.client
import importlib
import json
import re
import secrets
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from selfserve.desktop.brand import LOOPBACK
from selfserve.desktop.line import Line, within
from selfserve.desktop.trouble import Kind, Trouble, of_error, of_status

TIMEOUT = 10.0
"""Seconds of silence, while one connects or answers."""
WHOLE = 20.0
"""Seconds a call takes at most: who trickles bytes is never silent."""
ENDING = 30.0
"""Seconds all calls together take at most from the window's end on."""
LARGEST = 256 * 1024
PRODUCT = "selfserve"
_API = "/api/v1/app"
_VERSION = re.compile(r"(?:\d{1,5}(?:\.\d{1,5}){0,3})?", re.ASCII)


@dataclass(frozen=True)
class About:
    """What the server says of itself. `minimum_version` is up to four numbers with dots, or empty; `recovery` is the
    path of its page for who cannot sign in, where it has one."""

    brand: str
    enabled: bool
    minimum_version: str
    update_url: str
    now: datetime | None
    recovery: str = ""


@dataclass(frozen=True)
class Started:
    """A new token, and the one-time code that opens the window. `told`: the machine's facts are known already.

    `name` is that of the person who is signed in.
    """

    token: str
    entry: str
    told: bool
    ask_every: float
    name: str = ""


@dataclass(frozen=True)
class Notice:
    """Something to tell the customer; `path` is a page of ours, or empty."""

    id: str
    title: str
    body: str
    path: str


@dataclass(frozen=True)
class News:
    """Notices since the last look, where to go on, and those that are no news."""

    after: str
    notices: tuple[Notice, ...]
    known: tuple[str, ...]


class Server:
    """The calls of the app. Each raises Trouble where it was not answered as it should."""

    def __init__(self, origin: str, agent: str, language: str, trust: ssl.SSLContext | None = None) -> None:
        self.origin = origin
        self.certificate = b""
        """The server's certificate as last seen and found good, in DER; empty without TLS."""
        self._headers = {"User-Agent": agent, "Accept-Language": language, "Accept": "application/json"}
        self._exchange = ("", "")
        """The token that is being traded, and the key of that exchange."""
        self._brought = ("", "")
        """The same for a code that a browser brought."""
        self._opener, self._proxy = self._made(trust), _proxy_of(origin)
        self._until: float | None = None

    def hasten(self) -> None:
        """The window is closed, and the next start waits: there are ENDING seconds for what is left to be said."""
        if self._until is None:
            self._until = time.monotonic() + ENDING

    def _made(self, trust: ssl.SSLContext | None) -> urllib.request.OpenerDirector:
        host = urlsplit(self.origin).hostname
        proxies = urllib.request.ProxyHandler({} if host in LOOPBACK else None)
        return urllib.request.build_opener(proxies, _NoRedirects, _Plain, _Watching(trust, self._seen))

    def _seen(self, certificate: bytes) -> None:
        self.certificate = certificate

    def about(self) -> About:
        """Who answers there; WRONG_SERVER for anything that is no selfserve."""
        told = self._call("GET", "")
        if told.get("product") != PRODUCT:
            raise Trouble(Kind.WRONG_SERVER, "it does not call itself selfserve")
        recovery = _text(told, "recovery")
        return About(
            brand=_text(told, "brand"),
            enabled=told.get("enabled") is not False,
            minimum_version=_version(told.get("minimum_version", "")),
            update_url=_web(_text(told, "update_url")),
            now=_moment(told.get("now")),
            recovery=recovery if recovery.startswith("/") and not recovery.startswith("//") else "",
        )

    def sign_in(self, code: str, verifier: str) -> Started:
        """Trade what the browser brought. Tried again after an answer that was lost, it gives the same, as `start`."""
        if self._brought[0] != code:
            self._brought = (code, secrets.token_urlsafe(32))
        body = {"code": code, "verifier": verifier}
        return _started(self._call("POST", "/sign-in", body=body, key=self._brought[1]))

    def confirm(self, token: str) -> None:
        """Use a token that is kept: one that nobody uses is ended soon, as the server's answer may have been lost."""
        self._call("GET", "/notices", token)

    def start(self, token: str) -> Started:
        """A new token for the old one; SIGNED_OUT where that is worth nothing any more.

        Tried again after an answer that was lost, it is the same exchange, known by its key, and gives the same token.
        """
        if self._exchange[0] != token:
            self._exchange = (token, secrets.token_urlsafe(32))
        return _started(self._call("POST", "/start", token, key=self._exchange[1]))

    def sign_out(self, token: str) -> None:
        """The token is worth nothing from now on."""
        self._call("DELETE", "/token", token)

    def tell(self, token: str, facts: Mapping[str, object]) -> None:
        """What the machine says about itself."""
        self._call("PUT", "/device", token, body=facts)

    def untell(self, token: str) -> None:
        """The server forgets it."""
        self._call("DELETE", "/device", token)

    def news(self, token: str, after: str) -> News:
        """Notices since `after`, which is empty at first."""
        told = self._call("GET", "/notices" + (f"?{urlencode({'after': after})}" if after else ""), token)
        listed = [one for one in _list(told, "notices") if isinstance(one, dict)]
        found = (Notice(*(_text(one, name) for name in ("id", "title", "body", "path"))) for one in listed[:50])
        known = tuple(one for one in _list(told, "known") if isinstance(one, str))
        return News(_text(told, "after"), tuple(found), known)

    def _call(
        self, method: str, path: str, token: str = "", body: Mapping[str, object] | None = None, key: str = ""
    ) -> dict[str, Any]:
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            headers["Content-Type"], data = "application/json", json.dumps(body).encode()
        request = _Asked(f"{self.origin}{_API}{path}", data, headers, method=method)
        left = WHOLE if self._until is None else min(WHOLE, self._until - time.monotonic())
        try:
            return within(left, lambda: self._answered(request), request.line)
        except TimeoutError as error:
            raise of_error(error) from None

    def _answered(self, request: _Asked) -> dict[str, Any]:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return _object(answer.read(LARGEST + 1), answer.status)
        except urllib.error.HTTPError as error:
            with error:
                raise of_status(error.code, *_problem(error)) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise of_error(error, self._proxy) from error


def _proxy_of(origin: str) -> str:
    """The host and port of the proxy on the way to `origin`, as `urllib` chooses it; "" where there is none.

    What stands before the host may be a password, and is left out.
    """
    parts = urlsplit(origin)
    if parts.hostname in LOOPBACK or urllib.request.proxy_bypass(parts.netloc):
        return ""
    told = urllib.request.getproxies().get(parts.scheme, "")
    return urlsplit(told if "://" in told else f"//{told}").netloc.rpartition("@")[2]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A token goes to one origin only; what redirects is somebody else (a hotel's sign-in page, mostly)."""

    def redirect_request(self, *_: Any) -> None:
        """Nowhere."""
        return


class _Asked(urllib.request.Request):
    """A request, and the line it goes by."""

    def __init__(self, *told: Any, **options: Any) -> None:
        super().__init__(*told, **options)
        self.line = Line()


class _Plain(urllib.request.HTTPHandler):
    """HTTP by the request's own line."""

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """As the library does."""
        return self.do_open(lambda host, **options: _by(req, http.client.HTTPConnection(host, **options)), req)


class _Watching(urllib.request.HTTPSHandler):
    """HTTPS that remembers whose certificate was found good."""

    def __init__(self, trust: ssl.SSLContext | None, seen: Callable[[bytes], None]) -> None:
        super().__init__()
        self._trust, self._told = trust, seen

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """As the library does, with our trust."""
        return self.do_open(lambda host, **options: _by(req, self._connection(host, **options)), req)

    def _connection(self, host: str, **options: Any) -> http.client.HTTPSConnection:
        options["context"] = self._trust
        connection, told = http.client.HTTPSConnection(host, **options), self._told
        connect = connection.connect

        def watched() -> None:
            connect()
            told(connection.sock.getpeercert(binary_form=True) or b"")

        connection.connect = watched  # type: ignore[method-assign]
        return connection


C = TypeVar("C", bound=http.client.HTTPConnection)


def _by(request: urllib.request.Request, connection: C) -> C:
    """The connection, which opens by the line of the request: before a proxy or TLS says anything."""
    if isinstance(request, _Asked):
        connection._create_connection = request.line.opened  # type: ignore[attr-defined]  # noqa: SLF001
    return connection


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Whose certificates are believed: the system's authorities, and the company's own beside them.

    `truststore` asks the system itself on macOS and Windows; where it is missing, OpenSSL reads the system's files.
    """
    try:
        made: ssl.SSLContext = importlib.import_module("truststore").SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except ImportError:
        made = ssl.create_default_context()
    if ca_file is not None:
        made.load_verify_locations(ca_file)
    return made


def _started(told: Mapping[str, Any]) -> Started:
    token, entry = _text(told, "token"), _text(told, "entry")
    every = told.get("ask_every")
    if not token or not entry:
        raise Trouble(Kind.WRONG_SERVER, "the answer holds no token")
    usual = float(every) if isinstance(every, int | float) and 1 <= every <= 3600 else 30.0
    return Started(token, entry, told.get("told") is True, usual, _text(told, "name"))


def _object(content: bytes, status: int) -> dict[str, Any]:
    if status == 204:
        return {}
    try:
        told = json.loads(content) if len(content) <= LARGEST else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Trouble(Kind.WRONG_SERVER, "the answer is not JSON")
    return told


def _problem(error: urllib.error.HTTPError) -> tuple[str, str]:
    """The word of a problem document (RFC 9457), and why; both "" for an answer that is none of ours."""
    if error.headers.get("Content-Type", "").split(";")[0] != "application/problem+json":
        return "", ""
    try:
        told = _object(error.read(LARGEST), error.code)
    except (Trouble, OSError, http.client.HTTPException):
        return "", ""
    return _text(told, "type"), _text(told, "why")


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value[:500] if isinstance(value, str) else ""


def _list(told: Mapping[str, Any], name: str) -> list[Any]:
    value = told.get(name, [])
    if not isinstance(value, list):
        raise Trouble(Kind.WRONG_SERVER, f"{name} is no list")
    return value


def _version(value: object) -> str:
    """A version that can be compared, or "": whoever lets apps in by one that cannot would let all in."""
    if not isinstance(value, str) or not _VERSION.fullmatch(value):
        raise Trouble(Kind.WRONG_SERVER, "minimum_version is no version")
    return value


def _web(address: str) -> str:
    return address if address.startswith(("https://", "http://", "mailto:", "tel:")) else ""


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
