"""A step as it is carried while its target is called, and what became of one try at it. Knows no tables."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from selfserve.connectors.contract import Action, State
from selfserve.connectors.guarded import Guarded
from selfserve.store.states import StepState


@dataclass
class StepWork:
    """One step as the walker carries it: a copy of its row, so that no table is held while a target is called."""

    id: str
    key: str
    name: str
    connector: str
    action: str
    args: dict[str, Any]
    resource: str
    state: StepState
    before: str = ""
    calls: int = 0
    ours: bool = False
    target_state: State = field(default_factory=dict)
    accepted_until: datetime | None = None
    poll_after: timedelta | None = None
    customer_id: str = ""
    """Whom it is for; empty where only a taking back is carried."""
    recorded: bool = True
    """False for a first call whose intent is stored but which cannot have been sent yet."""

    @property
    def use(self) -> str:
        """The step's action as items write it: `directory.add_member`."""
        return f"{self.connector}.{self.action}"


@dataclass(frozen=True)
class Result:
    """What became of one try. `look_again` is set where time alone may help; `todo` where a human has to."""

    state: StepState
    target_state: State = field(default_factory=dict)
    evidence: State = field(default_factory=dict)
    tell: str = ""
    ours: bool = False
    failure: str = ""
    reason: str = ""
    look_again: timedelta | None = None
    accepted_until: datetime | None = None
    poll_after: timedelta | None = None
    """How long a target that is at it asked to be left, where it said so just now."""
    todo: tuple[dict[str, Any], ...] = ()
    secret: str | None = field(default=None, repr=False)
    unsent: bool = False
    """True where the call plainly had no effect, so that one which cannot be looked at may be sent again."""

    @property
    def there(self) -> bool:
        """True where the effect was seen in the target, or cannot be seen and was confirmed by it."""
        return self.state in (StepState.DONE, StepState.ALREADY_DONE)


class LosesClaim(Exception):  # noqa: N818  (a fact, told in a sentence, not an error of anybody's)
    """Somebody else holds the run now; whatever this worker knows about it no longer counts."""


RESOURCE = 512
"""Signs of a resource's name that are stored."""
_BY_WORDS = "?"


def resource_of(connector: Guarded, action: Action[Any], args: BaseModel, customer_id: str) -> str:
    """The name of what a step changes as it is stored, equal for equal effects; "" while its target cannot be asked.
    Raises TooSlow. See `personal`."""
    name = connector.resource(action.name, args)
    return personal(name, action, customer_id) if name else ""


def personal(resource: str, action: Action[Any], customer_id: str) -> str:
    """A resource's name as it is stored. What a human does by a checklist is the customer's for whom it is done: the
    same words for somebody else are another key, badge or desk, and nobody's to inherit."""
    return resource_key(f"{resource}:{customer_id}" if action.human else resource)


def by_words(action: Action[Any], args: BaseModel, customer_id: str) -> str:
    """What stands for a name until the target can be asked for it: what was asked for. See `named`."""
    return personal(f"{_BY_WORDS}{action.name}:{args.model_dump_json()}", action, customer_id)


def named(resource: str) -> bool:
    """True where a target has said what it is called; until then it is compared with nothing."""
    return not resource.startswith(_BY_WORDS)


def resource_key(resource: str) -> str:
    """A name too long for its column is told apart by its digest."""
    if len(resource) <= RESOURCE:
        return resource
    return f"{resource[: RESOURCE - 65]}#{hashlib.sha256(resource.encode()).hexdigest()}"
