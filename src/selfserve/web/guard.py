"""Puts the walls and sign-in around an app: the one call a face needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from fastapi import FastAPI
from nicegui import background_tasks, core
from starlette.types import ASGIApp

from selfserve.web.headers import SecurityHeaders, mark_scripts
from selfserve.web.sign_in import SignIn, SignInParts
from selfserve.web.sockets import Sockets
from selfserve.web.walls import Wall, WallRules

log = structlog.get_logger(__name__)
SWEEP_EVERY = 5.0
"""Seconds after which a page notices that its session ended in another process, by time, or with its person."""


@dataclass(frozen=True)
class Guard:
    """What was installed: `sign_in` for its routes, `sockets` to ask who acts on a page and to cut pages off."""

    sign_in: SignIn
    sockets: Sockets


def install(
    app: FastAPI,
    parts: SignInParts,
    walls: WallRules,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Guard:
    """Guard `app` (NiceGUI's own, or one it runs with): headers, walls, sockets, routes of sign-in.

    To be called once, before the app answers its first request. The walls stand outside of every middleware, whenever
    that is added; `pause` waits between two looks at the sessions of open pages.
    """
    mark_scripts()
    sockets = Sockets(parts.db, parts.rules, parts.public_url, parts.clock)
    sockets.install()
    sign_in = SignIn(parts, sockets.ended)
    sign_in.install(app)
    inner = app.build_middleware_stack

    def walled() -> ASGIApp:
        wall = Wall(inner(), walls, parts.rules, parts.db, parts.plain, parts.clock)
        return SecurityHeaders(wall, parts.rules.secure, lambda: sign_in.provider.origins)

    app.build_middleware_stack = walled  # type: ignore[method-assign]

    def watch() -> None:
        background_tasks.create(_sweep_for_ever(sockets, pause), name="sweep sessions")

    core.app.on_startup(watch)
    return Guard(sign_in, sockets)


async def _sweep_for_ever(sockets: Sockets, pause: Callable[[float], Awaitable[None]]) -> None:
    while True:
        await pause(SWEEP_EVERY)
        try:
            await sockets.sweep()
        except Exception:
            # A store that is away for a moment must not end the watch for good.
            log.exception("sessions.sweep_failed")
