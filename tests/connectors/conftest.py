"""What every connector test needs: a context with a clock that stands still."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.connectors.clock import START, Clock

from selfserve.connectors.contract import Context


@pytest.fixture
def clock() -> Clock:
    """A clock that moves only when told."""
    return Clock(START)


@pytest.fixture
def ctx(clock: Clock) -> Context:
    """A context whose deadline is a minute away."""
    return Context("request-1:step-1", clock() + timedelta(minutes=1), clock)
