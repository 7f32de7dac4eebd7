"""Registers the real servers of `tests/servers` as fixtures for every test."""

import gc

import pytest
import structlog
from hypothesis import settings

from tests.stand.compiled import compiled_once

settings.register_profile("house", deadline=None)  # how long a machine takes is measured by the bench, never by a test
settings.load_profile("house")

compiled_once()

pytest_plugins = [
    "tests.servers.slapd",
    "tests.servers.postgres",
    "tests.servers.oidc_provider",
    "tests.servers.smtp",
    "tests.servers.tcp_fault",
    "tests.servers.browser",
]


PLAIN: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.dev.set_exc_info,
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
]
"""How logs are written where a test says nothing else: unasked, structlog paints a trace with all that stood in
variables around it, which takes a second for each fault that a test provokes."""


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Every test begins with logs as plain as they can be."""
    structlog.configure(processors=PLAIN)


@pytest.fixture(autouse=True, scope="module")
def lean() -> None:
    """What stands when a module begins stays to the end: garbage is looked for among what its tests make, not in the
    million objects before them, each time NiceGUI's reset asks for it (twice in a test of a page)."""
    gc.collect()
    gc.freeze()
