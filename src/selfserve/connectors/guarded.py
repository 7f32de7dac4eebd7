"""A connector as the house calls it: every call comes back, in time, with an answer that the contract knows."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import structlog
from pydantic import BaseModel

from selfserve.connectors.answers import BadAnswer, checked, each, text
from selfserve.connectors.contract import (
    Accepted,
    AlreadyDone,
    Connector,
    Context,
    Declined,
    Done,
    Failed,
    FailureKind,
    Finding,
    Level,
    NeedsHuman,
    Observation,
    Options,
    Outcome,
    Plan,
    Short,
    State,
)
from selfserve.connectors.patience import TooSlow, within
from selfserve.languages.messages import msg

log = structlog.get_logger(__name__)
T = TypeVar("T")
OUTCOMES = (Done, AlreadyDone, Accepted, Declined, NeedsHuman, Failed)
NOT_THEIRS = (SystemExit, GeneratorExit, asyncio.CancelledError)
"""What ends threads, programs and tasks: libraries raise them, but whether we end is ours to say."""


class Guarded:
    """`inner`, waited for at most `patience` in each call (with None the caller sees to that).

    That a target did not come back in time is a failure that may pass by itself; after an act that was sent it is not
    known whether it happened. What `inner` raises is raised; BadAnswer where it answered what the contract does not
    know, or would have ended the process.
    """

    def __init__(self, inner: Connector, patience: timedelta | None) -> None:
        self.inner, self._patience = inner, patience

    def resource(self, action: str, args: BaseModel) -> str:
        """See `Connector.resource`; raises TooSlow."""
        return text("resource", self._call(lambda: self.inner.resource(action, args)))

    def displaces(self, action: str, args: BaseModel, other: BaseModel) -> bool:
        """See `Connector.displaces`; raises TooSlow."""
        return self._call(lambda: self.inner.displaces(action, args, other)) is True

    def options(self, action: str, field: str, query: str) -> Options:
        """The first page of `Connector.options`; raises TooSlow."""
        return checked(self._call(lambda: self.inner.options(action, field, query)), Options)

    def plan(self, action: str, args: BaseModel) -> Plan:
        """See `Connector.plan`; raises TooSlow."""
        return checked(self._call(lambda: self.inner.plan(action, args)), Plan)

    def observe(self, action: str, args: BaseModel, state: State) -> Observation:
        """See `Connector.observe`."""
        try:
            return checked(self._call(lambda: self.inner.observe(action, args, state)), Observation)
        except TooSlow as slow:
            return Observation.failed(overdue(slow))

    def apply(self, action: str, args: BaseModel, ctx: Context) -> Outcome:
        """See `Connector.apply`."""
        return self._act(lambda: self.inner.apply(action, args, ctx))

    def undo(self, action: str, args: BaseModel, state: State, ctx: Context) -> Outcome:
        """See `Connector.undo`."""
        return self._act(lambda: self.inner.undo(action, args, state, ctx))

    def check(self) -> list[Finding]:
        """See `Connector.check`; an answer that is none is a finding as well."""
        try:
            return [*each("check", self._call(self.inner.check), Finding)]
        except TooSlow as slow:
            return [Finding(Level.ERROR, "check", _why(slow))]
        except BadAnswer as bad:
            return [Finding(Level.ERROR, "check", msg("Its check failed: {why}.", why=str(bad)))]

    def short(self) -> Short:
        """See `Connector.short`; what cannot be told is not short, for a whole catalog is waiting for it."""
        try:
            told = self._call(self.inner.short)
        except Exception:
            log.exception("connector_raised", connector=self.inner.name, action="short")
            return lambda action, args: False

        def is_short(action: str, args: object) -> bool:
            try:
                return bool(told(action, args))  # type: ignore[arg-type]
            except Exception:
                log.exception("connector_raised", connector=self.inner.name, action="short")
                return False

        return is_short

    def _act(self, act: Callable[[], Outcome]) -> Outcome:
        try:
            return checked(self._call(act), *OUTCOMES)
        except TooSlow as slow:
            failed = overdue(slow)
            return replace(failed, kind=FailureKind.UNKNOWN) if slow.sent else failed

    def _call(self, call: Callable[[], T]) -> T:
        if self._patience is None:
            return _kept_in(call)
        return within(self._patience.total_seconds(), lambda: _kept_in(call), self.inner.name)


def _kept_in(call: Callable[[], T]) -> T:
    try:
        return call()
    except NOT_THEIRS as left:
        raise BadAnswer(f"it would have ended the process with {type(left).__name__}") from left
    except KeyboardInterrupt as left:
        if threading.current_thread() is threading.main_thread():
            raise  # somebody at the keyboard
        raise BadAnswer("it would have ended the process with KeyboardInterrupt") from left


def overdue(slow: TooSlow) -> Failed:
    """The failure that a call is which changes nothing and did not come back."""
    return Failed(FailureKind.TRANSIENT, _why(slow))


def _why(slow: TooSlow) -> str:
    if slow.sent:
        return msg("It does not answer in time.")
    return msg("Earlier calls have not come back yet, so it is not called.")
