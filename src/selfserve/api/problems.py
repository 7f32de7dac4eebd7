"""Refusals as problem documents (RFC 9457): mapped once, for every route."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException

from selfserve.api.sentences import sentences
from selfserve.requests.refusals import (
    AlreadyDecided,
    KeyReused,
    NotAllowed,
    NotFound,
    NotPossible,
    Refusal,
    Unfit,
)
from selfserve.store.database import StoreBusy

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
SENTENCES = {
    400: "The request could not be read: its body is not JSON that we can take apart.",
    404: "There is nothing at this address; /api/openapi.json says what there is.",
    405: "This address does not take that method; the header Allow names those that it takes.",
}
KINDS = {400: "malformed", 413: "too-large", 422: "malformed"}
AGAIN_AFTER = 5
"""Seconds after which it is worth asking again when the store does not answer."""


class Problem(BaseModel):
    """What went wrong (RFC 9457). `errors`: a sentence per field; `decided_by`, `decided_at`: who was first."""

    type: str = Field(description="A stable word for programs.", examples=["not-found"])
    title: str
    status: int
    detail: str = Field(description="One sentence for a person.")
    errors: dict[str, str] | None = None
    decided_by: str | None = None
    decided_at: str | None = None


class Unauthenticated(Refusal):
    """No token, or one that is not valid (any more). `why` is a stable word for programs, where there is one."""

    why = ""


class AppCopied(Unauthenticated):
    """The app was ended, as somebody showed a secret of it that had been replaced."""

    why = "copied"


class AppRestored(Unauthenticated):
    """The app was ended, as the store was put back to a backup."""

    why = "restored"


class AppTooOld(Refusal):
    """The app is older than the installation serves."""


class ProblemResponse(JSONResponse):
    """A problem document on its way out."""

    media_type = MEDIA

    def render(self, content: Any) -> bytes:
        """As JSON in UTF-8, which cannot hold the half characters that a name we were sent may have (RFC 8259, 8.2)."""
        return super().render(_whole(content))


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(name): _whole(inner) for name, inner in value.items()}
    return value


def problem(
    status: int, detail: str, kind: str = "about:blank", headers: Mapping[str, str] | None = None, **more: Any
) -> ProblemResponse:
    """A problem document; `detail` is one sentence for a person, `kind` a stable word for programs."""
    sent = dict(headers or {})
    if status == 401:
        sent["WWW-Authenticate"] = 'Bearer realm="selfserve"'
    content = {"type": kind, "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return ProblemResponse(content, status_code=status, headers=sent)


def install(app: FastAPI) -> None:
    """Let every error of the API leave as a problem document, none with a stack trace."""
    app.add_exception_handler(Refusal, _refused)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _malformed)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]
    for away in (OperationalError, InterfaceError, NoConnection):
        app.add_exception_handler(away, _store_away)
    app.add_exception_handler(Exception, _broken)


async def _refused(request: Request, refusal: Refusal) -> ProblemResponse:
    if isinstance(refusal, Unauthenticated):
        why: dict[str, Any] = {"why": refusal.why} if refusal.why else {}
        return problem(401, str(refusal), "unauthenticated", **why)
    if isinstance(refusal, AppTooOld):
        return problem(426, str(refusal), "app-too-old", {"Upgrade": "selfserve-desktop"})
    status = next(code for kind, code in STATUS.items() if isinstance(refusal, kind))
    more: dict[str, Any] = {"errors": _named(refusal.errors)} if isinstance(refusal, Unfit) else {}
    if isinstance(refusal, AlreadyDecided):
        more = {"decided_by": refusal.by, "decided_at": refusal.at.isoformat()}
    return problem(status, str(refusal), _kind(refusal), **more)


def _named(errors: Mapping[str, str]) -> dict[str, str]:
    """By the names of the body: in the one form of a page, its own fields have a sign before theirs."""
    return {name.removeprefix("_"): words for name, words in errors.items()}


def _kind(refusal: Refusal) -> str:
    name = type(refusal).__name__
    return "".join(f"-{sign.lower()}" if sign.isupper() and at else sign.lower() for at, sign in enumerate(name))


async def _malformed(request: Request, error: RequestValidationError) -> ProblemResponse:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem(400, SENTENCES[400], "malformed")  # the place pydantic names is a count of bytes, no field
    return problem(422, "The request is not in the expected form.", "malformed", errors=sentences(found))


async def _http(request: Request, error: HTTPException) -> ProblemResponse:
    detail = SENTENCES.get(error.status_code, str(error.detail))
    kind = KINDS.get(error.status_code, "about:blank")
    return problem(error.status_code, detail, kind, headers=error.headers)


async def _store_away(request: Request, error: Exception) -> ProblemResponse:
    if isinstance(error, StoreBusy):
        log.warning("store_busy", path=request.url.path, method=request.method, why=str(error))
    else:
        log.error("store_away", path=request.url.path, method=request.method, exc_info=error)
    detail = "Our store does not answer at the moment; nothing was changed. Please try again in a few seconds."
    return problem(503, detail, "store-away", headers={"Retry-After": str(AGAIN_AFTER)})


async def _broken(request: Request, error: Exception) -> ProblemResponse:
    log.error("request_failed", path=request.url.path, method=request.method, exc_info=error)
    return problem(500, "Something went wrong on our side. It has been noted; please try again.", "internal")
