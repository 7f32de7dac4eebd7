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
    from selfserve.schema import CannotStart


def build(around: Surroundings, *, works: bool | None = None, looking: bool = False, upgrades: bool = False) -> App:
    """The house as the settings say, not begun yet; raises Stop where it cannot start. `looking`: it never will;
    `upgrades`: it brings its store up by itself."""
    from selfserve import app, schema

    with around.store_errors():
        try:
            return app.build(
                around.settings, around.secrets, works=works, looking=looking, upgrades=upgrades, now=around.now
            )
        except schema.CannotStart as refusal:
            raise refused(refusal) from None
        except CatalogUnusable as broken:
            raise Stop(f"{broken}\nThe catalog cannot be used; mend it first.", WRONG) from None


def refused(refusal: CannotStart) -> Stop:
    """How the command ends: whoever starts it again by himself (systemd) must not, where somebody has to act first."""
    from selfserve.schema import StoreUnfit

    return Stop(str(refusal), WRONG if isinstance(refusal, StoreUnfit) else FAILED)


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
