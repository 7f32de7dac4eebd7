"""The shape of what a page's socket may say: NiceGUI takes its own browser side's word for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from nicegui import Client

LEVELS: Final = frozenset({"debug", "info", "warning", "error"})


def well_formed(name: str, message: dict[str, Any]) -> bool:
    """Whether NiceGUI's handler of the event `name` can take `message`; its `client_id` is known to be a page."""
    return _SHAPES[name](message)


def _event(message: dict[str, Any]) -> bool:
    given, listener = message.get("id"), message.get("listener_id")
    arguments = message.get("args", [])
    if not (_number(given) and isinstance(listener, str) and isinstance(arguments, list)):
        return False
    client = Client.instances.get(message["client_id"])
    element = client.elements.get(message["id"]) if client else None
    heard = element is None or listener in element._event_listeners  # noqa: SLF001  (it has no public name)
    return heard and all(one is None or _json(one) for one in arguments)


def _json(argument: object) -> bool:
    try:
        json.loads(argument)  # type: ignore[arg-type]
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_SHAPES: Final[dict[str, Callable[[dict[str, Any]], bool]]] = {
    "event": _event,
    "javascript_response": lambda message: isinstance(message.get("request_id"), str),
    "ack": lambda message: _number(message.get("next_message_id")),
    "log": lambda message: (
        isinstance(message.get("level"), str) and message["level"] in LEVELS and isinstance(message.get("message"), str)
    ),
}
