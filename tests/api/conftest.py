"""The API upon the stand, on a real port."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from tests.api.calls import Api, Port, api_of, open_port
from tests.stand.house import Stand, second, stand
from tests.stand.stores import database, postgres_template, sqlite_template, store_url

__all__ = ["database", "postgres_template", "second", "sqlite_template", "stand"]


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged; told to nobody, since a trace of a fault provoked on purpose takes seconds to colour."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh store: SQLite, since what is behind the API has its own tests on both.

    `calls.both_stores` asks for both, where what callers send goes into queries.
    """
    return store_url(request, request.param, tmp_path)


@pytest.fixture(scope="session")
def port() -> Iterator[Port]:
    """Where the API answers."""
    with open_port() as made:
        yield made


@pytest.fixture
def api(stand: Stand, port: Port) -> Iterator[Api]:
    """The API upon a fresh stand."""
    with api_of(stand, port) as made:
        yield made
