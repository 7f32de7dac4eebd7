"""Puts the REST face on an application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from selfserve.api import approvals, apps, audit, catalog, health, installation, people, problems, requests
from selfserve.api.limits import Limits
from selfserve.api.parts import Parts

TITLE = "selfserve"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"]
REFUSED = {"$ref": "#/components/schemas/Problem"}


def application(parts: Parts) -> FastAPI:
    """A FastAPI application with all routes of the API, its OpenAPI document at `/api/openapi.json`, and health."""
    app = FastAPI(
        title=TITLE,
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        description="Ask, decide, and see what became of it. Errors are problem documents (RFC 9457).",
    )
    app.state.parts = parts
    v1 = APIRouter(prefix="/api/v1", responses=_refusals())
    for room in (requests, catalog, approvals, audit, installation, people, apps):  # looked through in this order
        v1.include_router(room.router)
    app.include_router(v1)
    app.include_router(health.router)
    app.add_api_route("/api{rest:path}", _nowhere([*app.routes]), methods=METHODS, include_in_schema=False)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    problems.install(app)
    app.add_middleware(Limits)
    return app


def _refusals() -> dict[int | str, dict[str, Any]]:
    content = {problems.MEDIA: {"schema": REFUSED}}
    return {
        "4XX": {"description": "Refused, with one sentence that says why.", "content": content},
        "5XX": {"description": "Our fault; nothing was changed.", "content": content},
    }


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once; the shape of refusals belongs to no route, so FastAPI would leave it out."""
    if not app.openapi_schema:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        shape = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        made.setdefault("components", {}).setdefault("schemas", {})["Problem"] = shape
        app.openapi_schema = made
    return app.openapi_schema


def _nowhere(known: list[BaseRoute]) -> Callable[[Request], Awaitable[None]]:
    """What is below `/api` and no route: told here, since behind us the pages would answer with theirs."""

    async def nowhere(request: Request) -> None:
        taken = [method for method in METHODS if _takes(known, request, method)]
        if taken:
            raise HTTPException(405, headers={"Allow": ", ".join(taken)})
        raise HTTPException(404)

    return nowhere


def _takes(known: list[BaseRoute], request: Request, method: str) -> bool:
    asked = {**request.scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in known)
