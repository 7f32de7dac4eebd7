"""The wall around pages that stay open: a socket speaks only for its own page, and only while its session lives.

NiceGUI 3.18 accepts a socket from any origin and an event for any client id it is told. This wraps its six socket.io
handlers, which are no public names: the version is pinned and the attacks are kept as tests.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import structlog
from nicegui import Client, background_tasks, core
from socketio.exceptions import ConnectionRefusedError as Refused
from starlette.datastructures import Headers

from selfserve.people.principal import Principal
from selfserve.store.database import Database
from selfserve.web import sessions
from selfserve.web.origins import from_here, origin_of
from selfserve.web.sessions import SessionRules
from selfserve.web.socket_events import well_formed
from selfserve.web.walls import principal_of

log = structlog.get_logger(__name__)
KNOWN = frozenset({"connect", "handshake", "disconnect", "event", "javascript_response", "ack", "log"})
BOUND = ("event", "javascript_response", "ack", "log")
RELOAD = "Implicit handshake failed"
"""The one refusal that NiceGUI's browser side answers by loading the page anew, which leads to signing in."""
GOODBYE = 1.0
"""Seconds a cut socket gets to take its goodbye."""
FOLLOW = 1.0
"""Seconds the tab that signed out gets to follow its redirect before sockets are cut."""


MOST_BAD = 100
"""Events that cannot be taken after which a socket is cut. A page that is rebuilt may send a few for what is gone."""


class Sockets:
    """Guards the sockets of all pages of this process."""

    def __init__(self, db: Database, rules: SessionRules, public_url: str, clock: Callable[[], datetime]) -> None:
        self.db, self.rules, self.clock = db, rules, clock
        self._origin = origin_of(public_url)
        self._active: set[str] = set()
        self._bad: dict[str, int] = {}

    def install(self) -> None:
        """Wrap the handlers. Raises RuntimeError where NiceGUI has others than those known: no start beats a gap."""
        handlers = core.sio.handlers["/"]
        if set(handlers) != KNOWN:
            raise RuntimeError(f"NiceGUI handles {sorted(handlers)}, guarded are {sorted(KNOWN)}; see web/sockets.py")
        handlers["connect"] = self._guarded_connect(handlers["connect"])
        handlers["handshake"] = self._guarded_handshake(handlers["handshake"])
        for name in BOUND:
            handlers[name] = self._bound(name, handlers[name])
        handlers["disconnect"] = self._parting(handlers["disconnect"])

    def _guarded_connect(self, accept: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> Any:
            query = parse_qs(environ.get("QUERY_STRING", ""))
            await self._judge(environ, query.get("client_id", [""])[0])
            return await accept(sid, environ, auth)

        return connect

    def _guarded_handshake(self, accept: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def handshake(sid: str, data: Any) -> Any:
            try:
                await self._judge(core.sio.get_environ(sid), data["client_id"])
            except (Refused, KeyError, TypeError):
                return False
            return await accept(sid, data)

        return handshake

    async def _judge(self, environ: dict[str, Any], client_id: object) -> None:
        scope = environ["asgi.scope"]
        headers = Headers(scope=scope)
        why = "" if from_here(headers, self._origin) else "foreign origin"
        why = why or await self._why_not_this_page(headers, scope, client_id)
        if why:
            log.warning("socket.refused", why=why)
            raise Refused(RELOAD)

    async def _why_not_this_page(self, headers: Headers, scope: dict[str, Any], client_id: object) -> str:
        client = Client.instances.get(client_id) if isinstance(client_id, str) else None
        if client is None:
            return "unknown page"
        owner = owner_of(client)
        if owner is None:
            same = _browser(scope) is not None and _browser(scope) == _browser(client.request.scope)
            return "" if same else "another browser's page"
        principal = await asyncio.to_thread(principal_of, headers, self.db, self.rules, self.clock())
        if principal is None:
            return "no live session"
        return "" if principal.sign_in_id == owner.sign_in_id else "another session's page"

    def _bound(self, name: str, handle: Callable[[str, Any], None]) -> Callable[..., Awaitable[None]]:
        async def checked(sid: str, message: Any = None, *_more: Any) -> None:
            client_id = message.get("client_id") if isinstance(message, dict) else None
            if not isinstance(client_id, str) or client_id not in core.sio.rooms(sid):
                await self._dropped(sid, "socket.foreign_event")
            elif not well_formed(name, message):
                await self._dropped(sid, "socket.malformed_event")
            else:
                self._note(client_id)
                handle(sid, message)

        return checked

    async def _dropped(self, sid: str, why: str) -> None:
        """Told once for each socket, so that nobody fills the log; who goes on and on is cut off."""
        count = self._bad[sid] = self._bad.get(sid, 0) + 1
        if count == 1:
            log.warning(why, sid=sid)
        elif count == MOST_BAD:
            log.warning("socket.cut", sid=sid, why=f"{count} events that could not be taken")
            await core.sio.disconnect(sid)

    def _parting(self, part: Callable[[str], None]) -> Callable[..., None]:
        def parted(sid: str, *_reason: Any) -> None:
            self._bad.pop(sid, None)
            part(sid)

        return parted

    def _note(self, client_id: str) -> None:
        owner = owner_of(Client.instances[client_id]) if client_id in Client.instances else None
        if owner is not None:
            self._active.add(owner.sign_in_id)

    async def sweep(self) -> int:
        """Cut the sockets of sessions that ended elsewhere, by time or with their person; note life on the others.

        To be run every few seconds in every process. Answers how many sessions were cut off.
        """
        active, self._active = self._active, set()
        open_now = {owner.sign_in_id for client in list(Client.instances.values()) if (owner := owner_of(client))}
        dead = await asyncio.to_thread(self._dead, open_now, active)
        await self._cut(dead)
        return len(dead)

    def _dead(self, open_now: set[str], active: set[str]) -> set[str]:
        now = self.clock()
        if not open_now:
            return set()
        with self.db.read() as session:
            alive = sessions.live(session, open_now, self.rules, now)
        if active & alive:
            with self.db.write() as session:
                sessions.touch(session, active & alive, now)
        return open_now - alive

    def ended(self, sign_in_ids: Iterable[str]) -> None:
        """Cut the pages of sessions that just ended, a moment later, so that the tab that signed out leaves by itself.

        May be called from any thread.
        """
        gone = set(sign_in_ids)
        if gone and core.loop is not None:
            core.loop.call_soon_threadsafe(lambda: background_tasks.create(self._cut_later(gone), name="cut sockets"))

    async def _cut_later(self, gone: set[str]) -> None:
        await asyncio.sleep(FOLLOW)
        await self._cut(gone)

    async def _cut(self, gone: set[str]) -> None:
        pages = [(client.id, owner_of(client)) for client in list(Client.instances.values())]
        await asyncio.gather(*(_disconnect(page) for page, owner in pages if owner and owner.sign_in_id in gone))


async def _disconnect(room: str) -> None:
    """Drop the transport, not the conversation: the browser connects again, is refused, and loads the page anew.

    A socket that polls gets its goodbye only when it polls again. Who never does is closed all the same, and the wait
    for it is cut off: one silent browser must not keep the others' pages open.

    A browser does not heed the goodbye on a websocket, and engine.io leaves that one open behind it: the page would
    stand until it misses the next ping, half a minute later. `None` ends whoever writes to it, who then closes it.
    """
    for sid, transport in list(core.sio.manager.get_participants("/", room)):
        log.info("socket.cut", sid=sid)
        connection = core.sio.eio.sockets.get(transport)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(core.sio.eio.disconnect(transport), GOODBYE)
        if connection is not None:
            await connection.queue.put(None)


def owner_of(client: Client) -> Principal | None:
    """Who a page was built for; None for a page without a session."""
    state: dict[str, Any] = client.request.scope.get("state", {})
    principal = state.get("principal")
    return principal if isinstance(principal, Principal) else None


def _browser(scope: Any) -> str | None:
    session = scope.get("session") or {}
    found = session.get("id")
    return found if isinstance(found, str) else None
