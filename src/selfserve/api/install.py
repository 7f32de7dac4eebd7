"""Puts the REST face on an application."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from selfserve.api import approvals, audit, catalog, health, problems, requests
from selfserve.api.limits import BodyLimit
from selfserve.api.parts import Parts

TITLE = "selfserve"


def application(parts: Parts) -> FastAPI:
    """A FastAPI application with all routes of the API, its OpenAPI document at `/api/openapi.json`, and health."""
    app = FastAPI(
        title=TITLE,
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        description="Ask, decide, and see what became of it. Errors are problem documents (RFC 9457).",
    )
    app.state.parts = parts
    v1 = APIRouter(prefix="/api/v1")
    for room in (catalog, requests, approvals, audit):
        v1.include_router(room.router)
    app.include_router(v1)
    app.include_router(health.router)
    problems.install(app)
    app.add_middleware(BodyLimit)
    return app
