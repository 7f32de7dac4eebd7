"""Refusals as problem documents (RFC 9457): mapped once, for every route."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from selfserve.requests.refusals import (
    AlreadyDecided,
    KeyReused,
    NotAllowed,
    NotFound,
    NotPossible,
    Refusal,
    Unfit,
)

log = structlog.get_logger(__name__)
MEDIA = "application/problem+json"
STATUS: dict[type[Refusal], int] = {
    NotFound: 404,
    NotAllowed: 403,
    AlreadyDecided: 409,
    NotPossible: 409,
    KeyReused: 422,
    Unfit: 422,
    Refusal: 409,
}


class Unauthenticated(Refusal):
    """No token, or one that is not valid (any more)."""


def problem(status: int, detail: str, kind: str = "about:blank", **more: Any) -> JSONResponse:
    """A problem document; `detail` is one sentence for a person, `kind` a stable word for programs."""
    headers: Mapping[str, str] = {"WWW-Authenticate": 'Bearer realm="selfserve"'} if status == 401 else {}
    content = {"type": kind, "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return JSONResponse(content, status_code=status, media_type=MEDIA, headers=dict(headers))


def install(app: FastAPI) -> None:
    """Let every error of the API leave as a problem document, none with a stack trace."""
    app.add_exception_handler(Refusal, _refused)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _malformed)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]
    app.add_exception_handler(Exception, _broken)


async def _refused(request: Request, refusal: Refusal) -> JSONResponse:
    if isinstance(refusal, Unauthenticated):
        return problem(401, str(refusal), "unauthenticated")
    status = next(code for kind, code in STATUS.items() if isinstance(refusal, kind))
    more: dict[str, Any] = {"errors": refusal.errors} if isinstance(refusal, Unfit) else {}
    if isinstance(refusal, AlreadyDecided):
        more = {"decided_by": refusal.by, "decided_at": refusal.at.isoformat()}
    return problem(status, str(refusal), _kind(refusal), **more)


def _kind(refusal: Refusal) -> str:
    name = type(refusal).__name__
    return "".join(f"-{sign.lower()}" if sign.isupper() and at else sign.lower() for at, sign in enumerate(name))


async def _malformed(request: Request, error: RequestValidationError) -> JSONResponse:
    errors = {".".join(str(part) for part in each["loc"][1:]) or "body": str(each["msg"]) for each in error.errors()}
    return problem(422, "The request is not in the expected form.", "malformed", errors=errors)


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    return problem(error.status_code, str(error.detail))


async def _broken(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", path=request.url.path, method=request.method, exc_info=error)
    return problem(500, "Something went wrong on our side. It has been noted; please try again.", "internal")
