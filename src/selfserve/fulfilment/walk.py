"""Walking a plan, step by step. The first attempt at once and the durable run both come through here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from selfserve.fulfilment.attempt import Attempt, Intend
from selfserve.fulfilment.steps import Result, StepWork
from selfserve.store.states import STEP_THERE, StepState


@dataclass
class Ending:
    """How far a walk came: `results` by step in order; `stopped_at` is the step that is not there yet, None when all
    are."""

    results: list[tuple[StepWork, Result]] = field(default_factory=list)
    stopped_at: StepWork | None = None

    @property
    def result(self) -> Result | None:
        """The result of the step at which the walk stopped; None where it was not tried."""
        if self.stopped_at is None or not self.results or self.results[-1][0] is not self.stopped_at:
            return None
        return self.results[-1][1]

    def tried(self, step: StepWork) -> bool:
        """True where the walk came to this step."""
        return any(one is step for one, _ in self.results)


def walk(
    steps: Iterable[StepWork], attempt: Attempt, intend: Intend, may_try: Callable[[StepWork], bool], ending: Ending
) -> None:
    """Bring each step about in order, until all are there, one is not, or `may_try` says that it is not for now.

    `ending` is filled as the walk goes, so that `intend` can write down what came before.
    """
    for step in steps:
        if step.state in STEP_THERE:
            continue
        if not may_try(step):
            ending.stopped_at = step
            return
        result = attempt.bring(step, intend)
        ending.results.append((step, result))
        if not result.there:
            ending.stopped_at = step
            return


def walk_back(steps: Iterable[StepWork], attempt: Attempt) -> Ending:
    """Take each step back, the last first. A step that cannot be taken back does not keep the others from it."""
    ending = Ending()
    for step in reversed(list(steps)):
        result = attempt.take_back(step)
        ending.results.append((step, result))
        if result.state is not StepState.UNDONE and ending.stopped_at is None:
            ending.stopped_at = step
    return ending


BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 30, 60, 120, 300, 600, 1800, 3600))


def pause(attempt: int, at_least: timedelta | None) -> timedelta:
    """How long to wait before the attempt after `attempt` (counted from 1): longer each time, never less than asked
    for."""
    step = BACKOFF[min(attempt, len(BACKOFF)) - 1]
    return max(step, at_least or timedelta(0))
