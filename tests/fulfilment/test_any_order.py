"""Whatever is done in whatever order, with whatever faults: ledger and target agree, and nothing stands still."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.stand import invariants
from tests.stand.house import Stand, build
from tests.stand.walker import ACTS, Walker

from selfserve.requests.refusals import Refusal
from selfserve.store.database import Database
from selfserve.store.states import RequestState

STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 2999)), min_size=10, max_size=60)


@pytest.fixture
def quiet() -> Iterator[None]:
    """No logs: hundreds of faults would be told at length."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("quiet")
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_any_order_of_acts_and_faults_keeps_the_ledger_true(
    sqlite_template: Path, steps: list[tuple[str, int]]
) -> None:
    """Asks, decisions, time, faults, deaths, gifts back, staff, in any order: `invariants` hold after each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(sqlite_template, folder / "house.db")
        database = Database(f"sqlite:///{folder / 'house.db'}")
        walker = Walker(build(database, folder, "process-0"))
        try:
            for act, number in steps:
                walker.act(act, number)
        finally:
            walker.stand.house.engine.stop()
            database.close()


def test_after_everything_is_well_again_nothing_is_left_open(stand: Stand) -> None:
    """Faults of every kind, then a day of peace: each request is done, each old grant gone."""
    for number in range(3):
        for fault in ("transient", "answer_lost", "lost", "lies", "raise"):
            stand.shelf.faults = [fault]
            for who in ("ada", "ben", "eli"):
                with suppress(Refusal):
                    stand.ask(who, ["lamp", "set", "fork"][number], {})
            stand.clock.forward(minutes=3)
            stand.work()
    stand.shelf.faults = []
    for _ in range(60):
        stand.clock.forward(minutes=10)
        stand.work()
        for who in ("ada", "ben", "eli"):
            for grant in stand.grants(who):
                if grant.ends_at is not None and grant.ends_at <= stand.clock():
                    stand.tick_grant(grant)
    invariants.check(stand)
    assert {stand.request(each).state for each in _requests(stand)} == {RequestState.FULFILLED}
    assert not stand.shelf.things


def _requests(stand: Stand) -> list[str]:
    with stand.house.database.read() as session:
        return list(session.scalars(invariants.every_request()))
