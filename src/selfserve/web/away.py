"""What people see while the store cannot be had: one page, or one sentence on the page they are on."""

from __future__ import annotations

from typing import Final

import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from selfserve.languages.messages import Message, msg
from selfserve.store.away import AWAY
from selfserve.store.database import StoreBusy
from selfserve.web.plain import Plain

log = structlog.get_logger(__name__)
AGAIN_AFTER: Final = 5
"""Seconds after which it is worth asking again."""
OF_PROGRAMS: Final = ("/api/", "/auth/backchannel", "/healthz", "/readyz", "/metrics")
"""Paths whose answers programs read."""


def busy() -> Message:
    """What is said where the store could not be had in time."""
    return msg(
        "We are busy at the moment. Nothing was changed and nothing was lost; please try again in a few seconds."
    )


def page(plain: Plain, scope: Scope, error: Exception) -> Response:
    """A whole page that says so, with status 503; `error` is for the log."""
    request = Request(scope)
    if isinstance(error, StoreBusy):
        log.warning("store_busy", path=scope["path"], method=scope["method"], why=str(error))
    else:
        log.error("store_away", path=scope["path"], method=scope["method"], exc_info=error)
    answer = plain.page(request.headers, msg("This did not work"), [busy()], status=503)
    answer.headers["Retry-After"] = str(AGAIN_AFTER)
    return answer


def install(app: FastAPI, plain: Plain) -> None:
    """Let people read the page where `app` has a problem document for programs; to be called after those are set."""
    for kind in AWAY:
        app.add_exception_handler(kind, _Told(app, kind, plain))


class _Told:
    """Answers for one kind of error, by whom the path is for."""

    def __init__(self, app: FastAPI, kind: type[Exception], plain: Plain) -> None:
        self._plain, self._for_programs = plain, app.exception_handlers[kind]

    async def __call__(self, request: Request, error: Exception) -> Response:
        """A problem document for programs, a page for people."""
        path = request.url.path
        if path == "/api" or path.startswith(OF_PROGRAMS):
            return await self._for_programs(request, error)  # type: ignore[no-any-return,misc]
        return page(self._plain, request.scope, error)
