"""The whole house, put together for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from selfserve.catalog.live import CatalogUnusable
from selfserve.cli.stop import FAILED, WRONG, Stop
from selfserve.cli.surroundings import Surroundings

if TYPE_CHECKING:
    from selfserve.app import App


def build(around: Surroundings, *, works: bool | None = None, looking: bool = False) -> App:
    """The house as the settings say, not begun yet; raises Stop where it cannot start. `looking`: it never will."""
    from selfserve import app

    with around.store_errors():
        try:
            return app.build(around.settings, around.secrets, works=works, looking=looking, now=around.now)
        except app.CannotStart as refusal:
            raise Stop(str(refusal), FAILED) from None
        except CatalogUnusable as broken:
            raise Stop(f"{broken}\nThe catalog cannot be used; mend it first.", WRONG) from None


@contextmanager
def resting(around: Surroundings) -> Iterator[App]:
    """The house, built and never begun: for looking, not for working."""
    built = build(around, works=True, looking=True)
    try:
        yield built
    finally:
        built.house.engine.stop()
        built.house.connectors.close()
        built.house.database.close()
