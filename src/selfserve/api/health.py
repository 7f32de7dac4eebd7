"""`/healthz`, `/readyz`, `/metrics`: for those who run the installation and their monitoring."""

from __future__ import annotations

import contextlib

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from selfserve.api.caller import parts_of
from selfserve.telemetry import figures

router = APIRouter(include_in_schema=False)


@router.head("/healthz")
@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process lives; asks nobody else, so that a slow database is no reason to kill it."""
    return {"status": "ok"}


@router.head("/readyz")
@router.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    """Whether the process can serve: each check by name, with a sentence where it fails. 503 if any does."""
    found = {name: check() for name, check in parts_of(request).readiness.items()}
    ready = not any(found.values())
    return JSONResponse(
        {"status": "ready" if ready else "not ready", "checks": {name: text or "ok" for name, text in found.items()}},
        status_code=200 if ready else 503,
    )


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """All figures in the Prometheus text format; those of the store as they are now, or as they were if it is away.

    For the networks and the token of the settings only: 403 for everybody else.
    """
    caller = request.client.host if request.client else ""
    if not parts_of(request).figures_for.allows(caller, request.headers.get("authorization", "")):
        raise HTTPException(403, "Figures are for the networks in `server.metrics_from` and the bearer of its token.")
    with contextlib.suppress(SQLAlchemyError):
        parts_of(request).measure()
    body, media = figures.exposition()
    return Response(body, media_type=media)
