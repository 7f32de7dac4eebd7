"""Bodies as they are read: an object that names something twice says two things, and is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_LONGEST_NAME = 60


class BodyRoute(APIRoute):
    """A route that refuses (422) a JSON body in which an object has the same name twice (RFC 8259, 4: what becomes of
    such an object is anybody's guess). The body is parsed once."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, upon a request that reads its body so."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(_Reading(request.scope, request.receive))

        return handle


class _Reading(Request):
    async def json(self) -> Any:
        """The body; each object as a dictionary."""
        if not hasattr(self, "_json"):
            self._json = json.loads(await self.body(), object_pairs_hook=_once)
        return self._json


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise HTTPException(422, f"The body names “{name[:_LONGEST_NAME]}” twice in one object; name it once.")
    return made
