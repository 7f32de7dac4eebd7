"""The stand, and an installation upon it that apps and browsers meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.installation import Installation, installation
from tests.desktop.session import vendored
from tests.stand.house import Stand, stand
from tests.stand.stores import database, postgres_template, sqlite_template, store_url

__all__ = ["database", "postgres_template", "sqlite_template", "stand"]


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh store: SQLite; `both_stores` asks for both."""
    return store_url(request, request.param, tmp_path)


@pytest.fixture
def home(stand: Stand) -> Iterator[Installation]:
    """An installation that lets apps in."""
    with installation(stand) as made:
        yield made


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's own modules, as its package lays them out."""
    return vendored(tmp_path_factory.mktemp("library"))
