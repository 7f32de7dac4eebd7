"""The server process: pages and API on one port, with the worker inside or apart."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog
import uvicorn
from fastapi import FastAPI
from nicegui import ui
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from selfserve import quiet  # noqa: F401  (before authlib is imported by the sign-in)
from selfserve.api.app_rules import AppRules
from selfserve.api.install import application
from selfserve.api.measuring import MayMeasure
from selfserve.api.parts import Parts
from selfserve.app import App
from selfserve.fulfilment.house import House
from selfserve.insights.installation import Expected
from selfserve.people.device_tokens import DeviceRules
from selfserve.people.principal import Principal
from selfserve.people.seen import Seen
from selfserve.schema import CannotStart
from selfserve.settings.model import Settings
from selfserve.store.database import StoreBusy
from selfserve.tasks import measure, unsubscribing
from selfserve.telemetry.middleware import Telemetry
from selfserve.web import away
from selfserve.web import install as pages
from selfserve.web.app_door import AppDoor
from selfserve.web.headers import SecurityHeaders, mark_scripts
from selfserve.web.kept_files import KeptFiles
from selfserve.web.layers import lighten
from selfserve.web.mail_off import MailOff
from selfserve.web.plain import Plain
from selfserve.web.sessions import SessionRules
from selfserve.web.sign_in import SignIn, SignInParts
from selfserve.web.sockets import Sockets
from selfserve.web.walls import Wall, WallRules, principal_of

log = structlog.get_logger(__name__)
COLLECTED_AFTER = (20_000, 20, 50)
"""Objects made until the collector looks at the youngest, and how often until it looks at older ones."""
BACKLOG = 2048
READY_WITHIN = 30.0
"""Seconds a server in a thread may take until it listens."""
SWEEP_EVERY = 5.0
"""Seconds between looks for open pages whose session has ended elsewhere, and writes of which tokens were used."""


@dataclass(frozen=True)
class PageParts:
    """What the pages are handed."""

    house: House
    settings: Settings
    rules: SessionRules
    device_rules: DeviceRules

    def principal_of(self, request: Request) -> Principal | None:
        """Who is signed in with the request's cookie, now; None for nobody. Blocking."""
        return principal_of(request.headers, self.house.database, self.rules, self.house.now())

    def onlooker_of(self, request: Request) -> Principal | None:
        """The same for a page that stays open: that it does is no sign of life. Blocking."""
        return principal_of(request.headers, self.house.database, self.rules, self.house.now(), used=False)


def asgi(app: App) -> FastAPI:
    """The installation as one ASGI application: the API, sign-in, and the pages behind their walls.

    To be made once in a process: NiceGUI keeps its pages and sockets in one place.
    """
    settings, house = app.settings, app.house
    rules = SessionRules(
        app.roles, settings.oidc.session_idle, settings.oidc.session_absolute, secure=settings.server.https
    )
    plain = Plain.of(settings)
    sockets = Sockets(house.database, rules, settings.server.public_url, house.now)
    sign_in = SignIn(_sign_in_parts(app, rules, plain), sockets.ended)

    apps = AppRules.of(settings)
    api = Parts(
        house,
        app.roles,
        app.readiness(),
        lambda: measure(house),
        _figures_for(app),
        Expected.of(settings),
        apps,
    )
    made = application(api)
    away.install(made, plain)
    made.router.lifespan_context = _lifespan(app, sockets, api.seen)
    sign_in.install(made)
    AppDoor(house.database, rules, plain, house.now, enabled=settings.desktop.enabled).install(made)
    MailOff(house.database, unsubscribing(app), plain).install(made)
    parts = PageParts(house, settings, rules, apps.rules)
    pages.install(parts)
    mark_scripts()
    sockets.install()
    ui.run_with(made, **pages.run_options(parts))
    lighten()
    _add_walls(made, app, rules, plain, sign_in)
    return made


def _figures_for(app: App) -> MayMeasure:
    server = app.settings.server
    token = app.secrets.resolve(server.metrics_token) if server.metrics_token else ""
    return MayMeasure(server.metrics_from, token)


def _sign_in_parts(app: App, rules: SessionRules, plain: Plain) -> SignInParts:
    oidc, server = app.settings.oidc, app.settings.server
    return SignInParts(
        db=app.house.database,
        oidc=oidc,
        client_secret=app.secrets.resolve(oidc.client_secret) if oidc.client_secret else None,
        public_url=server.public_url,
        rules=rules,
        secret_key=app.secrets.resolve(server.secret_key),
        plain=plain,
        clock=app.house.now,
    )


def _add_walls(made: FastAPI, app: App, rules: SessionRules, plain: Plain, sign_in: SignIn) -> None:
    """The layers around everything; what is added last is met first."""
    server = app.settings.server
    wall = WallRules(server.public_url, frozenset(server.hosts), server.trusted_proxies)
    made.add_middleware(KeptFiles)
    made.add_middleware(Wall, rules=wall, session_rules=rules, db=app.house.database, plain=plain, clock=app.house.now)
    made.add_middleware(SecurityHeaders, https=server.https, form_targets=lambda: sign_in.provider.origins)
    made.add_middleware(Telemetry)


def _lifespan(app: App, sockets: Sockets, seen: Seen) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(app.start)
        sweeping = asyncio.create_task(_sweep(sockets, seen))
        try:
            yield
        finally:
            sweeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeping
            await run_in_threadpool(_finish, app, seen)

    return life


def _finish(app: App, seen: Seen) -> None:
    try:
        seen.write()
    finally:
        app.stop()


async def _sweep(sockets: Sockets, seen: Seen) -> None:
    while True:
        await asyncio.sleep(SWEEP_EVERY)
        try:
            await sockets.sweep()
            await run_in_threadpool(seen.write)
        except StoreBusy as busy:
            log.warning("sweep_waits_for_store", why=str(busy))
        except Exception:
            log.exception("sweep_failed")


def server_of(made: FastAPI, *, host: str, port: int) -> uvicorn.Server:
    """A server for the application; requests under way are finished when it is told to stop."""
    return uvicorn.Server(
        uvicorn.Config(
            made,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # what a proxy may say is judged by our own wall
            backlog=BACKLOG,
            timeout_graceful_shutdown=10,
        )
    )


def serve(app: App, made: FastAPI, *, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM. OSError names an address that is taken; SystemExit where it could not start."""
    try:
        with _listening(host, port) as listener:
            log.info("serving", url=app.settings.server.public_url, works=app.works)
            server = server_of(made, host=host, port=port)
            for number in (signal.SIGINT, signal.SIGTERM):
                # uvicorn sends itself the signal again when it has ended, to whoever handled it before: an order to end
                # that was carried out is no failure.
                signal.signal(number, lambda *_: setattr(server, "should_exit", True))
            _settle()
            server.run(sockets=[listener])
    finally:
        app.stop()
    if not server.started:
        raise SystemExit("selfserve did not start; the log says why.")


@contextmanager
def in_thread(server: uvicorn.Server, listener: socket.socket, name: str) -> Iterator[None]:
    """A server in a thread of its own, ready when this returns; raises CannotStart where it is not."""
    thread = threading.Thread(target=server.run, args=([listener],), name=name, daemon=True)
    thread.start()
    give_up = time.monotonic() + READY_WITHIN
    while not server.started:
        if not thread.is_alive() or time.monotonic() > give_up:
            raise CannotStart(f"The {name} server did not start; the log says why.")
        thread.join(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _settle() -> None:
    """Spare what the process was started with the collector, which else walks through all of it again and again.

    Measured with it: a quarter of a first page's time went to the collector, and a twentieth is left (`make bench`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as refused:
        reason = os.strerror(refused.errno) if refused.errno else str(refused)
        raise OSError(refused.errno, reason, f"{host}:{port}") from None


def work(app: App) -> None:
    """Be a worker until SIGINT or SIGTERM; what runs may finish, the rest is taken over by others."""
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    app.start()
    _settle()
    log.info("worker_started", executor=app.house.executor)
    try:
        done.wait()
    finally:
        log.info("worker_stopping")
        app.stop()
