"""Structured logs: JSON lines for machines, plain lines on a terminal; never a secret."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from selfserve.telemetry.redaction import redact, redact_text

_KEPT = frozenset({"event", "level", "timestamp", "logger"})
_QUIETER = {
    "dbos": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,  # our middleware writes one line a request, without the query
    "uvicorn.error": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "alembic": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "engineio": logging.WARNING,
    "socketio": logging.WARNING,
    "watchfiles": logging.WARNING,
    "py.warnings": logging.ERROR,  # for developers, and errors in our tests; nothing an admin could act on
}
"""Libraries that talk more than anybody reads, or would log what people type into URLs."""


def configure(stream: TextIO, *, level: str = "INFO", json: bool | None = None) -> None:
    """Send our logs and those of all libraries to `stream`, redacted.

    `json` None means JSON unless `stream` is a terminal. Call once at start; calling again replaces what was set up.
    """
    as_json = not stream.isatty() if json is None else json
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redacted,
    ]
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    _take_over(handler, level)


def _take_over(handler: logging.Handler, level: str) -> None:
    """One handler, at the root: libraries' own handlers would write past the redaction."""
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name, least in _QUIETER.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    logging.captureWarnings(capture=True)


def _redacted(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last look at an event before it is written."""
    own = {name: value for name, value in event.items() if name.startswith("_")}
    told = redact({name: value for name, value in event.items() if name not in _KEPT and name not in own})
    kept = {name: redact_text(str(event[name])) for name in _KEPT if name in event}
    return {**kept, **told, **own}
