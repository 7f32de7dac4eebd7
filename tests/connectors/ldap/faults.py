"""Arms a fault right before the next write, so that the reads before it pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from selfserve.connectors.ldap import DirectoryClient


def before_next(
    client: DirectoryClient, write: str, arm: Callable[[], Any], then: Callable[[], Any] | None = None
) -> None:
    """The next call of `client.<write>` calls `arm` first and `then` afterwards, and does its work in between."""
    real = getattr(client, write)

    def armed(*positional: Any, **named: Any) -> Any:
        setattr(client, write, real)
        arm()
        try:
            return real(*positional, **named)
        finally:
            if then is not None:
                then()

    setattr(client, write, armed)
