"""The circuit breaker: a target that fails is left in peace, and one caller tries whether it is back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.connectors.clock import Clock

from selfserve.connectors.breaker import Breaker, Circuit, Limits

LIMITS = Limits(failures=3, pause=timedelta(seconds=10), longest=timedelta(seconds=35), trial=timedelta(seconds=5))


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    """A closed breaker that opens at the third failure in a row."""
    return Breaker(clock, LIMITS, clock.ticks)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.failure()


def test_only_failures_in_a_row_open_it(breaker: Breaker) -> None:
    """A success between them starts the count anew."""
    fail(breaker, 2)
    breaker.success()
    fail(breaker, 2)
    assert breaker.allow()
    breaker.failure()
    assert not breaker.allow()
    assert breaker.health.circuit is Circuit.OPEN


def test_after_the_pause_exactly_one_of_many_may_try(breaker: Breaker, clock: Clock) -> None:
    """Sixteen threads ask at once; one is let through, and its success lets all through again."""
    fail(breaker, 3)
    clock.forward(timedelta(seconds=10))
    assert breaker.health.circuit is Circuit.HALF_OPEN
    with ThreadPoolExecutor(16) as threads:
        allowed = list(threads.map(lambda _: breaker.allow(), range(64)))
    assert allowed.count(True) == 1
    breaker.success()
    assert breaker.allow()
    assert breaker.health.failures == 0


def test_each_failed_trial_doubles_the_pause_up_to_a_limit(breaker: Breaker, clock: Clock) -> None:
    """10, 20, then never more than 35 seconds."""
    fail(breaker, 3)
    for pause in (10, 20, 35, 35):
        clock.forward(timedelta(seconds=pause - 1))
        assert not breaker.allow()
        clock.forward(timedelta(seconds=1))
        assert breaker.allow()
        breaker.failure()
    assert breaker.health.opened == 5


def test_a_trial_that_never_reports_does_not_block_for_ever(breaker: Breaker, clock: Clock) -> None:
    """Its process died; after a while the next caller may try."""
    fail(breaker, 3)
    clock.forward(timedelta(seconds=10))
    assert breaker.allow()
    assert not breaker.allow()
    clock.forward(timedelta(seconds=5))
    assert breaker.allow()


def test_a_target_that_names_a_time_is_not_called_before_it(breaker: Breaker, clock: Clock) -> None:
    """429 with a time opens the circuit at once and for just so long."""
    breaker.failure(timedelta(seconds=41))
    clock.forward(timedelta(seconds=40))
    assert not breaker.allow()
    clock.forward(timedelta(seconds=1))
    assert breaker.allow()


def test_late_failures_of_calls_already_under_way_change_nothing(breaker: Breaker, clock: Clock) -> None:
    """Eight calls were in flight when it opened; their failures must not lengthen the pause."""
    fail(breaker, 8)
    clock.forward(timedelta(seconds=10))
    assert breaker.allow()


def test_a_wall_clock_that_was_wrong_holds_no_circuit_open(clock: Clock) -> None:
    """Opened while the machine believed to be in 2036: ten seconds later it is tried all the same, and what is shown is
    right again as soon as the clock is."""
    elapsed = 0.0
    breaker, right = Breaker(clock, LIMITS, lambda: elapsed), clock()
    clock.forward(timedelta(days=3650))
    fail(breaker, 3)
    clock.at = right
    assert breaker.health.until == right + timedelta(seconds=10)
    assert breaker.health.since == right
    elapsed = 11
    assert breaker.allow()
    breaker.success()
    assert breaker.health.circuit is Circuit.CLOSED
