"""The wall in front of every page: right host, right origin, signed in. Pure ASGI; the API passes nearly untouched."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from selfserve.api.problems import problem
from selfserve.languages.messages import msg
from selfserve.people.principal import Principal
from selfserve.store.away import AWAY
from selfserve.store.database import Database, StoreBusy
from selfserve.web import away, sessions
from selfserve.web.origins import from_here, host_name, origin_of, safe_next
from selfserve.web.plain import Plain
from selfserve.web.sessions import SessionRules

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SOCKET = "/_nicegui_ws/"
OPEN = (
    "/auth/",
    "/sign-in",
    "/_nicegui/",
    SOCKET,
    "/static/",
    "/brand/",
    "/favicon.ico",
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/",
    "/mail/off/",
    "/app/enter",
)
"""Paths that need no session; the API asks for a token itself."""
ANY_HOST = frozenset({"/healthz", "/readyz"})
"""Probes of an orchestrator come by address; their answers hold no link."""
API = "/api"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""The names a browser on this machine may reach it under."""
BY_ADDRESS = frozenset({"/metrics"})
"""Monitoring comes by address as well. No foreign *name*: a page that points its own name at this machine (DNS
rebinding) would read with the eyes of a browser here."""
NOT_BY_A_PAGE = ("/api/", "/auth/backchannel", "/mail/off/")
"""Paths called by programs: they prove themselves by what they carry, never by a cookie."""
UNKNOWN = "unknown"
"""Where a caller is of whom a trusted proxy wrote what is no address: nowhere near. The proxy's own address is not
theirs, and may be this machine's."""
_NEVER_BELIEVED = (b"x-forwarded-host", b"x-forwarded-prefix", b"x-forwarded-port", b"x-forwarded-server", b"forwarded")
_BELIEVED_OF_A_PROXY = (b"x-forwarded-for", b"x-forwarded-proto")


@dataclass(frozen=True)
class WallRules:
    """What is let through. `hosts` are names without port, `proxies` networks, `open_paths` beginnings of paths."""

    public_url: str
    hosts: frozenset[str]
    proxies: tuple[str, ...] = ()
    open_paths: tuple[str, ...] = OPEN


class Wall:
    """ASGI: refuses foreign hosts and foreign posts, sends people without a session to sign in, and puts the principal
    of everybody else into `request.state.principal`."""

    def __init__(
        self,
        app: ASGIApp,
        rules: WallRules,
        session_rules: SessionRules,
        db: Database,
        plain: Plain,
        clock: Callable[[], datetime],
    ) -> None:
        self.app, self.rules, self.session_rules = app, rules, session_rules
        self.db, self.plain, self.clock = db, plain, clock
        self._origin = origin_of(rules.public_url)
        self._proxies = [ipaddress.ip_network(network) for network in rules.proxies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request or socket and pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        self._believe(scope)
        try:
            refusal = await self._judge(scope)
        except AWAY as error:
            refusal = away.page(self.plain, scope, error)
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4403})
        else:
            await refusal(scope, receive, send)

    def _believe(self, scope: Scope) -> None:
        """Take a trusted proxy's word for address and scheme, and nobody's for the host; then forget all such words."""
        told = {name: value for name, value in scope["headers"] if name in _BELIEVED_OF_A_PROXY}
        if told and self._is_proxy((scope.get("client") or ("", 0))[0]):
            self._take_over(scope, told)
        forgotten = _NEVER_BELIEVED + _BELIEVED_OF_A_PROXY
        scope["headers"] = [header for header in scope["headers"] if header[0] not in forgotten]

    def _take_over(self, scope: Scope, told: Mapping[bytes, bytes]) -> None:
        way = told.get(b"x-forwarded-for", b"").decode("latin-1").strip()
        hops = [_host(hop) for hop in way.split(",")] if way else []
        beyond = next((hop for hop in reversed(hops) if not self._is_proxy(hop)), None)
        if beyond is not None:
            scope["client"] = (beyond if _address(beyond) else UNKNOWN, 0)
        scheme = told.get(b"x-forwarded-proto", b"").decode("latin-1").lower()
        if scheme in ("http", "https"):
            sockets = {"http": "ws", "https": "wss"}
            scope["scheme"] = sockets[scheme] if scope["type"] == "websocket" else scheme

    def _is_proxy(self, host: str) -> bool:
        address = _address(host)
        return address is not None and any(address in network for network in self._proxies)

    async def _judge(self, scope: Scope) -> Response | None:
        path, headers = scope["path"], Headers(scope=scope)
        hosts = headers.getlist("host")
        if path not in ANY_HOST and not (len(hosts) == 1 and self._is_ours(host_name(hosts[0]), path)):
            return self._elsewhere(scope, hosts[0] if len(hosts) == 1 else "")
        if scope["type"] == "websocket":
            return None if path.startswith(SOCKET) else Response(status_code=403)
        if path == API or path.startswith(
            (*NOT_BY_A_PAGE, SOCKET)
        ):  # sockets are judged where they connect: see `sockets`
            return None
        if scope["method"] not in SAFE and not from_here(headers, self._origin):
            title, told = msg("That did not come from here"), [msg("Nothing was changed.")]
            return self.plain.page(headers, title, told, status=403)
        return None if path.startswith(("/_nicegui/", "/static/", "/brand/")) else await self._signed_in(scope, headers)

    def _elsewhere(self, scope: Scope, host: str) -> Response:
        """What a foreign host is told, as programs and people read it.

        Another name of this very machine, typed by hand, leads to the one that sign-in and cookies belong to, where
        that is this machine too.
        """
        path, address = scope["path"], self.rules.public_url
        if path == API or path.startswith(f"{API}/"):
            detail = f"This server is not reached under that name; its address is {address}."
            return problem(400, detail, "wrong-host")
        home = {host_name(host), urlsplit(address).hostname} <= LOOPBACK
        if home and scope["type"] == "http" and scope["method"] in SAFE:
            query = scope.get("query_string", b"").decode("latin-1")
            return RedirectResponse(address + safe_next(path + (f"?{query}" if query else "")), 307)
        told = [msg("This server is not reached under that name."), msg("Its address is {address}", address=address)]
        return self.plain.page(Headers(scope=scope), msg("Wrong address"), told, status=400)

    def _is_ours(self, name: str, path: str) -> bool:
        return name in self.rules.hosts or (path in BY_ADDRESS and _address(name.strip("[]")) is not None)

    async def _signed_in(self, scope: Scope, headers: Headers) -> Response | None:
        principal = await asyncio.to_thread(self._look, headers)
        if principal is not None:
            scope.setdefault("state", {})["principal"] = principal
        elif not scope["path"].startswith(self.rules.open_paths):
            return self._to_sign_in(scope)
        return None

    def _to_sign_in(self, scope: Scope) -> Response:
        if scope["method"] not in SAFE:
            title, told, act = msg("Please sign in"), [msg("Nothing was changed.")], (msg("Sign in"), "/sign-in")
            return self.plain.page(Headers(scope=scope), title, told, act=act, status=401)
        query = scope.get("query_string", b"").decode("latin-1")
        wanted = safe_next(scope["path"] + (f"?{query}" if query else ""))
        return RedirectResponse("/sign-in" if wanted == "/" else f"/sign-in?{urlencode({'next': wanted})}", 303)

    def _look(self, headers: Headers) -> Principal | None:
        return principal_of(headers, self.db, self.session_rules, self.clock())


def principal_of(
    headers: Headers, db: Database, rules: SessionRules, now: datetime, *, used: bool = True
) -> Principal | None:
    """Who the cookie in `headers` belongs to now; where it is `used`, notes a sign of life if the last is a minute
    old."""
    secret = cookie_parser(headers.get("cookie", "")).get(rules.cookie, "")
    if not secret:
        return None
    with db.read() as session:
        principal = sessions.current(session, secret, rules, now)
    if used and principal is not None and principal.touch_due:
        with contextlib.suppress(StoreBusy), db.write() as session:  # the next look notes it as well
            sessions.touch(session, [principal.sign_in_id], now)
    return principal


def _host(hop: str) -> str:
    """A hop's address, without the port that some proxies write behind it (`203.0.113.5:4000`, `[2001:db8::1]:80`)."""
    found = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::\d+)?|([0-9.]+):\d+", hop.strip())
    return (found[1] or found[2]) if found else hop.strip()


def _address(host: str) -> Any:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
