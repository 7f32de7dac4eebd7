"""One try at one step: look, act, look again. Knows connectors, no tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError

from selfserve.connectors.contract import (
    Accepted,
    Action,
    AlreadyDone,
    Beside,
    Context,
    Declined,
    Done,
    Failed,
    FailureKind,
    NeedsHuman,
    Observation,
    Outcome,
    Presence,
    State,
)
from selfserve.connectors.guarded import Guarded, overdue
from selfserve.connectors.patience import TooSlow
from selfserve.connectors.registry import Registry, UnknownAction, UnknownConnector
from selfserve.fulfilment import checklist
from selfserve.fulfilment.remembering import Remembering
from selfserve.fulfilment.results import (
    LOOK_AGAIN,
    UNSEEN,
    Broke,
    another_thing,
    broke,
    failed,
    not_named,
    not_shown,
    one_line,
    still_shown,
    unread,
    waiting,
)
from selfserve.fulfilment.steps import LosesClaim, Result, StepWork, named, resource_of
from selfserve.languages.messages import msg
from selfserve.store.states import StepState

log = structlog.get_logger(__name__)
GOING_BACK = msg("It is just being taken back as part of what was held before, so it is brought about after that.")


Intend = Callable[[StepWork, str], None]
"""Stores, before the call: what the target showed (`before`), and that a call may be sent."""


class Attempt:
    """Tries steps against their connectors; every exception of a connector becomes a failed result, never a lost
    run. So does a call that takes longer than `patience`; with None the caller sees to that."""

    def __init__(
        self,
        registry: Registry,
        now: Callable[[], datetime],
        deadline: datetime,
        patience: timedelta | None,
        beside: Callable[[str], Sequence[Beside]] = lambda step_id: (),
        remember: Callable[[str, State], None] = lambda step_id, state: None,
        name: Callable[[StepWork], bool] = lambda step: True,
    ) -> None:
        self.registry, self.now, self.deadline, self.patience = registry, now, deadline, patience
        self._beside, self._remember, self._name = beside, remember, name

    @contextmanager
    def _calling(self, step: StepWork) -> Iterator[Context]:
        """What one call gets. What it remembers is the step's as soon as it is stored."""

        def keep(state: State) -> None:
            self._remember(step.id, state)
            step.target_state = state

        remember = Remembering(keep)
        beside = partial(self._beside, step.id)
        try:
            yield Context(step.key, self.deadline, self.now, beside, remember, step.target_state)
        finally:
            remember.over()

    def bring(self, step: StepWork, intend: Intend) -> Result:
        """Bring the step's effect about, at most once, and see it in the target."""
        try:
            connector, action, args = self._resolve(step)
        except (UnknownConnector, UnknownAction, ValidationError) as problem:
            return Result(StepState.FAILED, failure=FailureKind.CONFIG, reason=one_line(problem))
        if not self.registry.closed(step.connector):
            return waiting(step, self._resting(step))
        try:
            return self._bring(step, connector, action, args, intend)
        except LosesClaim:
            raise
        except TooSlow as slow:
            failure = overdue(slow)
            self.registry.note(step.connector, failure)
            return unread(step, failure)
        except Exception as problem:
            log.exception("connector_raised", connector=step.connector, action=step.action)
            return Result(
                StepState.UNKNOWN,
                target_state=step.target_state,
                failure=FailureKind.UNKNOWN,
                reason=broke(problem),
                look_again=LOOK_AGAIN,
            )

    def _resting(self, step: StepWork) -> str:
        why = self.registry.health()[step.connector].reason
        if not why:
            return msg(
                "We leave {connector} alone for a while, as it did not answer several times.", connector=step.connector
            )
        return msg(
            "We leave {connector} alone for a while, as it did not answer several times: {why}",
            connector=step.connector,
            why=why,
        )

    def _resolve(self, step: StepWork) -> tuple[Guarded, Action[Any], BaseModel]:
        connector, action = self.registry.guarded(step.use, self.patience)
        return connector, action, action.args.model_validate(step.args)

    def _bring(
        self, step: StepWork, connector: Guarded, action: Action[Any], args: BaseModel, intend: Intend
    ) -> Result:
        maybe_sent = step.calls > 0 and step.recorded
        first = step.calls == 0  # what was seen when it was asked for may be long ago
        if maybe_sent or first or not step.before:
            unknown = self._unknown(step, connector, action, args) if step.recorded else None
            if unknown is not None:
                return unknown
            seen = self._look(step, connector, args, step.target_state)
            settled = self._from_look(step, action, seen, maybe_sent)
            if settled is not None:
                self._note_look(step, seen)
                return settled
            if first or not step.before:
                step.before = seen.presence.value
        if step.recorded:
            intend(step, step.before)
            step.calls += 1
        with self._calling(step) as ctx:
            outcome = connector.apply(action.name, args, ctx)
        self.registry.note(step.connector, outcome)
        return self._from_outcome(step, connector, action, args, outcome, maybe_sent)

    def _unknown(self, step: StepWork, connector: Guarded, action: Action[Any], args: BaseModel) -> Result | None:
        """Why it cannot be begun with yet; None where it is known by name what it changes, and nobody is just taking
        that back. What was called for keeps its name, whatever the target says or does not say today."""
        name = "" if step.calls and named(step.resource) else resource_of(connector, action, args, step.customer_id)
        if name and not named(name):
            return None  # the target has no such thing: the look that follows tells what that means
        if not name and action.lasting and not named(step.resource):
            seen = self._look(step, connector, args, step.target_state)
            self._note_look(step, seen)
            return unread(step, seen.failure or Failed(FailureKind.TRANSIENT, not_named(step)))
        if not name or name == step.resource:
            return None
        step.resource = name
        return None if self._name(step) else waiting(step, GOING_BACK)

    def _note_look(self, step: StepWork, seen: Observation) -> None:
        """A look is a call too: it tells the circuit whether the target answers. A connector that broke says nothing of
        its target."""
        if not isinstance(seen.failure, Broke):
            self.registry.note(step.connector, seen.failure or AlreadyDone())

    def _from_look(self, step: StepWork, action: Action[Any], seen: Observation, maybe_sent: bool) -> Result | None:
        """What a look before acting settles; None where the action is still to be sent."""
        if seen.presence is Presence.PRESENT and (action.lasting or maybe_sent):
            ours = action.lasting and maybe_sent and step.before == Presence.ABSENT
            if ours and action.secret_result and action.idempotent and seen.secret is None:
                return None  # whoever did it died with the answer, and only the same call again brings what was in it
            state = StepState.DONE if ours or not action.lasting else StepState.ALREADY_DONE
            return Result(
                state, step.target_state, seen.evidence, seen.tell, ours=ours or step.ours, secret=seen.secret
            )
        if not maybe_sent:
            return self._blind(step, action, seen)
        if seen.presence is Presence.PENDING:
            return self._still_at_it(step, seen)
        if seen.presence in UNSEEN or action.destructive:
            return self._cannot_tell(step, action, seen)
        return None

    @staticmethod
    def _blind(step: StepWork, action: Action[Any], seen: Observation) -> Result | None:
        """What is blindly given could not be told from what was there before us; a one-off tells by itself how it
        went."""
        if seen.presence not in UNSEEN or not action.lasting or action.human:
            return None
        if seen.failure is None:
            reason = msg(
                "{connector} never shows whether {action} took effect, so it is not given blindly",
                connector=step.connector,
                action=action.name,
            )
            return Result(StepState.FAILED, step.target_state, failure=FailureKind.CONFIG, reason=reason)
        return unread(step, seen.failure)

    def _still_at_it(self, step: StepWork, seen: Observation) -> Result:
        if step.accepted_until is not None and self.now() >= step.accepted_until:
            reason = msg("The target accepted the order but did not finish it in time")
            return Result(StepState.NEEDS_HUMAN, step.target_state, seen.evidence, seen.tell, reason=reason)
        return Result(
            StepState.ACCEPTED,
            step.target_state,
            seen.evidence,
            seen.tell,
            look_again=LOOK_AGAIN if step.poll_after is None else step.poll_after,
            accepted_until=step.accepted_until,
        )

    def _cannot_tell(self, step: StepWork, action: Action[Any], seen: Observation) -> Result | None:
        if action.destructive:
            reason = msg("It may have been sent already and must never be sent twice; somebody has to look")
            return Result(StepState.NEEDS_HUMAN, step.target_state, seen.evidence, reason=reason)
        failure, harmless = seen.failure, action.human or action.idempotent
        if failure is not None and not failure.again and (action.lasting or not harmless):
            return unread(step, failure)
        if harmless:
            return None
        why = msg("The target cannot be read, so it is not known whether the change is there")
        if failure:
            why = msg(
                "The target cannot be read, so it is not known whether the change is there: {why}", why=failure.reason
            )
        return Result(
            StepState.UNKNOWN,
            step.target_state,
            seen.evidence,
            failure=FailureKind.UNKNOWN,
            reason=why,
            look_again=LOOK_AGAIN,
        )

    def _from_outcome(
        self,
        step: StepWork,
        connector: Guarded,
        action: Action[Any],
        args: BaseModel,
        outcome: Outcome,
        maybe_sent: bool,
    ) -> Result:
        match outcome:
            case Done():
                return self._verified(step, connector, action, args, outcome, ours=True)
            case AlreadyDone():
                ours = maybe_sent and step.before == Presence.ABSENT
                return self._verified(step, connector, action, args, outcome, ours=ours)
            case Accepted(handle, poll_after, expires, tell):
                until = step.accepted_until or self.now() + expires
                return Result(
                    StepState.ACCEPTED,
                    handle,
                    tell=tell,
                    look_again=poll_after,
                    accepted_until=until,
                    poll_after=poll_after,
                    reason=tell,
                )
            case Declined(reason, tell):
                return Result(StepState.DECLINED, step.target_state, reason=reason, tell=tell)
            case NeedsHuman(reason, todo, tell):
                lines = tuple(checklist.stored(line) for line in todo)
                return Result(StepState.NEEDS_HUMAN, step.target_state, reason=reason, tell=tell, todo=lines)
            case Failed():
                return failed(step, action, outcome)

    def _verified(
        self,
        step: StepWork,
        connector: Guarded,
        action: Action[Any],
        args: BaseModel,
        outcome: Done | AlreadyDone,
        *,
        ours: bool,
    ) -> Result:
        seen = self._look(step, connector, args, outcome.state)
        secret = (outcome.secret if isinstance(outcome, Done) else None) or seen.secret
        tell = outcome.tell or seen.tell
        ours = ours or step.ours
        confirmed = seen.presence is Presence.PRESENT or (seen.presence in UNSEEN and not action.lasting)
        if confirmed:
            state = StepState.DONE if isinstance(outcome, Done) or ours else StepState.ALREADY_DONE
            return Result(state, outcome.state, seen.evidence, tell, ours=ours and action.lasting, secret=secret)
        if seen.presence is Presence.PENDING:
            return Result(
                StepState.ACCEPTED, outcome.state, seen.evidence, tell, look_again=LOOK_AGAIN, accepted_until=None
            )
        return Result(
            StepState.UNKNOWN,
            outcome.state,
            seen.evidence,
            failure=FailureKind.UNKNOWN,
            reason=not_shown(step, seen),
            look_again=LOOK_AGAIN,
            secret=secret,
        )

    def _look(self, step: StepWork, connector: Guarded, args: BaseModel, state: State) -> Observation:
        """What the target shows. A look that breaks has seen nothing; what the act answered (a secret!) is not lost by
        it."""
        try:
            return connector.observe(step.action, args, state)
        except Exception as problem:
            log.exception("connector_raised", connector=step.connector, action=step.action)
            return Observation.failed(Broke(FailureKind.UNKNOWN, broke(problem)))

    def take_back(self, step: StepWork) -> Result:
        """Undo the step's effect and see that it is gone; already gone (the target itself too) is success."""
        try:
            connector, action, args = self._resolve(step)
            if not self.registry.closed(step.connector):
                return waiting(step, self._resting(step))
            if (now := self._renamed(step, connector, action, args)) is not None:
                return Result(StepState.FAILED, failure=FailureKind.AMBIGUOUS, reason=another_thing(step, now))
            with self._calling(step) as ctx:
                outcome = connector.undo(action.name, args, step.target_state, ctx)
            self.registry.note(step.connector, outcome)
        except (UnknownConnector, UnknownAction, ValidationError) as problem:
            return Result(StepState.FAILED, step.target_state, failure=FailureKind.CONFIG, reason=one_line(problem))
        except LosesClaim:
            raise
        except Exception as problem:
            log.exception("connector_raised", connector=step.connector, action=step.action)
            reason = broke(problem)
            return Result(StepState.UNKNOWN, step.target_state, failure=FailureKind.UNKNOWN, reason=reason)
        if not isinstance(outcome, Done | AlreadyDone):
            return self._from_outcome(step, connector, action, args, outcome, maybe_sent=True)
        seen = self._look(step, connector, args, step.target_state)
        if seen.presence is not Presence.ABSENT:
            return Result(
                StepState.UNKNOWN,
                step.target_state,
                seen.evidence,
                failure=FailureKind.UNKNOWN,
                reason=still_shown(step, seen),
                look_again=LOOK_AGAIN,
            )
        return Result(StepState.UNDONE, step.target_state, seen.evidence, outcome.tell)

    @staticmethod
    def _renamed(step: StepWork, connector: Guarded, action: Action[Any], args: BaseModel) -> str | None:
        """What its words mean today, where that is another thing than the one that was called for, and nothing but the
        words tells what that was: the answer was lost, so that the connector has nothing recorded to follow."""
        if step.target_state or action.human or not named(step.resource):
            return None
        try:
            name = resource_of(connector, action, args, step.customer_id)
        except TooSlow:
            return None  # nor will it be taken back now
        return name if name and named(name) and name != step.resource else None
