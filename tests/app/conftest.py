"""An installation of the sample company."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.app.installation import Installation, installation

from selfserve.app import App
from selfserve.tasks import sync_people


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    """An installation on SQLite, not begun."""
    with installation(tmp_path) as made:
        yield made


@pytest.fixture
def app(place: Installation) -> Iterator[App]:
    """One working process of it, with the people read; its engine rests, so that tests decide what happens when."""
    made = place.build()
    sync_people(made, full=True)
    yield made
    made.stop()
