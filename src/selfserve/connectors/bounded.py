"""A connector whose every call comes back in time, with one of the contract's own answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel

from selfserve.connectors.contract import (
    Connector,
    Context,
    Failed,
    FailureKind,
    Finding,
    Level,
    Observation,
    Options,
    Outcome,
    State,
)
from selfserve.connectors.patience import TooSlow, within
from selfserve.languages.messages import msg

T = TypeVar("T")


class Bounded:
    """`inner`, waited for at most `patience` in each call. What answers that a target did not come back in time is a
    failure that may pass by itself; after an act that was sent it is not known whether it happened."""

    def __init__(self, inner: Connector, patience: timedelta) -> None:
        self.inner, self._patience = inner, patience

    def resource(self, action: str, args: BaseModel) -> str:
        """See `Connector.resource`; raises TooSlow."""
        return self._call(lambda: self.inner.resource(action, args))

    def options(self, action: str, field: str, query: str) -> Options:
        """The first page of `Connector.options`; raises TooSlow."""
        return self._call(lambda: self.inner.options(action, field, query))

    def observe(self, action: str, args: BaseModel, state: State) -> Observation:
        """See `Connector.observe`."""
        try:
            return self._call(lambda: self.inner.observe(action, args, state))
        except TooSlow as slow:
            return Observation.failed(overdue(slow))

    def apply(self, action: str, args: BaseModel, ctx: Context) -> Outcome:
        """See `Connector.apply`."""
        return self._act(lambda: self.inner.apply(action, args, ctx))

    def undo(self, action: str, args: BaseModel, state: State, ctx: Context) -> Outcome:
        """See `Connector.undo`."""
        return self._act(lambda: self.inner.undo(action, args, state, ctx))

    def check(self) -> list[Finding]:
        """See `Connector.check`."""
        try:
            return self._call(self.inner.check)
        except TooSlow as slow:
            return [Finding(Level.ERROR, "check", _why(slow))]

    def _act(self, act: Callable[[], Outcome]) -> Outcome:
        try:
            return self._call(act)
        except TooSlow as slow:
            failed = overdue(slow)
            return replace(failed, kind=FailureKind.UNKNOWN) if slow.sent else failed

    def _call(self, call: Callable[[], T]) -> T:
        return within(self._patience.total_seconds(), call, self.inner.name)


def overdue(slow: TooSlow) -> Failed:
    """The failure that a call is which changes nothing and did not come back."""
    return Failed(FailureKind.TRANSIENT, _why(slow))


def _why(slow: TooSlow) -> str:
    if slow.sent:
        return msg("It does not answer in time.")
    return msg("Earlier calls have not come back yet, so it is not called.")
