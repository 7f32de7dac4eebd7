"""What a try that did not succeed comes to: whether waiting may help, and the sentence that tells why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from selfserve.connectors.answers import BadAnswer
from selfserve.connectors.breaker import LONGEST
from selfserve.connectors.contract import Action, Failed, FailureKind, Observation, Presence
from selfserve.fulfilment.steps import Result, StepWork
from selfserve.languages.messages import msg
from selfserve.store.states import StepState

LOOK_AGAIN = timedelta(seconds=30)
"""When a target is at it but does not say for how long."""

UNSEEN = (Presence.INVISIBLE, Presence.UNKNOWABLE)
"""How a look ends up that saw nothing of the target."""


class Broke(Failed):
    """A connector raised where it should have answered."""


def broke_off(step: StepWork, problem: Exception) -> Result:
    """A walk that could not be gone on with, nor written down: what it did to the target is not known."""
    reason = msg("Working on it broke: {problem}; the log of the worker has the whole of it", problem=_kind_of(problem))
    return Result(
        StepState.UNKNOWN, step.target_state, failure=FailureKind.UNKNOWN, reason=reason, look_again=LOOK_AGAIN
    )


def failed(step: StepWork, action: Action[Any], outcome: Failed) -> Result:
    """What a call that its target refused, or never answered, comes to: tried again where that may help."""
    if not _passes(outcome):
        return Result(StepState.FAILED, step.target_state, failure=outcome.kind, reason=outcome.reason)
    state = StepState.UNKNOWN if outcome.kind is FailureKind.UNKNOWN else StepState.PLANNED
    return Result(
        state,
        step.target_state,
        failure=outcome.kind,
        reason=outcome.reason,
        look_again=outcome.retry_after or timedelta(0),
        unsent=state is StepState.PLANNED and not action.lasting,
    )


def _passes(failure: Failed) -> bool:
    """True where waiting may help: a target that asks for more than a day asks for a human."""
    return failure.again and (failure.retry_after or timedelta(0)) <= LONGEST


def waiting(step: StepWork, reason: str, kind: FailureKind = FailureKind.TRANSIENT) -> Result:
    """The step as it stands, to be tried again after the usual pause."""
    state = step.state if step.state in (StepState.UNKNOWN, StepState.ACCEPTED) else StepState.PLANNED
    return Result(
        state,
        step.target_state,
        failure=kind,
        reason=reason,
        look_again=timedelta(0),
        accepted_until=step.accepted_until,
    )


def unread(step: StepWork, failure: Failed) -> Result:
    """It could not be looked at: waited for where that passes by itself, at once a human's with the true reason
    elsewhere."""
    if _passes(failure):
        waits = waiting(step, failure.reason, failure.kind)
        return replace(waits, look_again=failure.retry_after or timedelta(0))
    return Result(StepState.FAILED, step.target_state, failure=failure.kind, reason=failure.reason)


def not_named(step: StepWork) -> str:
    """Why nothing can be done about a step of which nobody knows what it changes."""
    return msg("{connector} cannot say at the moment what this changes", connector=step.connector)


def not_compared(step: StepWork, request: str, why: str) -> str:
    """Why nothing is taken back that may be the same as what a `request` brought by a step."""
    return msg(
        "What {request} brought ({step}: {use}) may be the same, and cannot be compared with it: {why}",
        request=request,
        step=step.name,
        use=step.use,
        why=why,
    )


def another_thing(step: StepWork, now: str) -> str:
    """Why a human has to look at what cannot be told from another thing: it is `now` what the words mean."""
    return msg(
        "Only the words are known of what was given, and they mean another thing today: {before} then, {now} now",
        before=step.resource,
        now=now,
    )


def not_shown(step: StepWork, seen: Observation) -> str:
    """How a look that should have shown the effect went."""
    name = step.connector
    if seen.failure is not None:
        return msg("{connector} said it was done, but cannot be read: {why}", connector=name, why=seen.failure.reason)
    if seen.presence is Presence.INVISIBLE:
        return msg("{connector} said it was done, but cannot be read", connector=name)
    return msg("{connector} said it was done, but does not show it", connector=name)


def still_shown(step: StepWork, seen: Observation) -> str:
    """How a look that should have shown that the effect is gone went."""
    name = step.connector
    if seen.failure is not None:
        why = seen.failure.reason
        return msg("{connector} said it was taken back, but cannot be read: {why}", connector=name, why=why)
    if seen.presence is Presence.INVISIBLE:
        return msg("{connector} said it was taken back, but cannot be read", connector=name)
    return msg("{connector} said it was taken back, but still shows it", connector=name)


def broke(problem: Exception) -> str:
    """A sentence for a connector that raised, without what stood in its error: that may be a secret."""
    what = str(problem) if isinstance(problem, BadAnswer) else _kind_of(problem)
    return msg("The connector itself failed: {problem}", problem=what)


def _kind_of(problem: Exception) -> str:
    return type(problem).__name__


def one_line(problem: Exception) -> str:
    """A sentence for what a step names wrongly: its connector, action or the first of its arguments."""
    if isinstance(problem, ValidationError):
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return msg("The arguments do not fit the action: {where}: {what}", where=where, what=first["msg"])
    return str(problem)
