"""Logs of ours and of libraries."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from selfserve.telemetry.logs import configure


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Logging is the process's; other tests find it as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """What was written, line by line."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_time_level_and_context() -> None:
    """A machine reads it; a request's id is in every line of that request."""
    stream = io.StringIO()
    configure(stream)
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("selfserve.test").info("step ended", connector="directory", seconds=0.2)
    (line,) = lines(stream)
    assert line["timestamp"].endswith("Z")
    assert {key: line[key] for key in ("event", "level", "logger", "request_id", "connector", "seconds")} == {
        "event": "step ended",
        "level": "info",
        "logger": "selfserve.test",
        "request_id": "r1",
        "connector": "directory",
        "seconds": 0.2,
    }


def test_libraries_logs_are_redacted_too() -> None:
    """Their own handlers would have written past us."""
    stream = io.StringIO()
    own = io.StringIO()
    library = logging.getLogger("some.library")
    library.addHandler(logging.StreamHandler(own))
    configure(stream)
    library.warning("connecting to %s", "postgresql://role:hunter2@db/x", extra={"password": "hunter2"})
    (line,) = lines(stream)
    assert line["event"] == "connecting to postgresql://role:[redacted]@db/x"
    assert "hunter2" not in stream.getvalue()
    assert own.getvalue() == ""


def test_a_traceback_is_told_without_its_secrets() -> None:
    """The exception's words are looked through as well."""
    stream = io.StringIO()
    configure(stream)
    try:
        int("password=hunter2")
    except ValueError:
        structlog.get_logger("selfserve.test").exception("sync failed")
    (line,) = lines(stream)
    assert "password=[redacted]" in line["exception"]
    assert "hunter2" not in stream.getvalue()


def test_talkative_libraries_are_quiet() -> None:
    """Nor are people's URLs logged by the server underneath."""
    stream = io.StringIO()
    configure(stream)
    logging.getLogger("dbos").info("seventy lines")
    logging.getLogger("uvicorn.access").info("GET /callback?code=x")
    logging.getLogger("sqlalchemy.engine").info("SELECT")
    assert stream.getvalue() == ""


def test_on_a_terminal_people_read() -> None:
    """Plain lines instead of JSON."""
    stream = Terminal()
    configure(stream)
    structlog.get_logger("selfserve.test").info("ready", password="hunter2")
    assert "ready" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_the_level_is_kept() -> None:
    """Below it nothing is written."""
    stream = io.StringIO()
    configure(stream, level="WARNING")
    structlog.get_logger("selfserve.test").info("not this")
    structlog.get_logger("selfserve.test").warning("this")
    assert [line["event"] for line in lines(stream)] == ["this"]
