"""What the actions of the directory connector have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from selfserve.connectors.contract import Context, Declined, NeedsHuman, Observation, Outcome, Plan, State, Todo
from selfserve.connectors.ldap.client import DirectoryClient
from selfserve.connectors.ldap.known import Known
from selfserve.connectors.ldap.lookup import Lookup, Person
from selfserve.connectors.ldap.pins import Pins
from selfserve.connectors.ldap.settings import LdapSettings
from selfserve.languages.messages import msg

CONFIRMED = "confirmed"
"""Key in a state: how an uncertain write was settled."""
AFTER_LOSS = "seen on the same server after its answer was lost"


class CustomerArgs(BaseModel):
    """Arguments of an action on one customer's account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    customer: str = Field(min_length=1, max_length=512)
    """Login, mail address or DN."""


ArgsT = TypeVar("ArgsT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every deed works with."""

    client: DirectoryClient
    lookup: Lookup
    settings: LdapSettings
    pins: Pins
    looks: Known[bool]
    """What a look at a membership showed, by the DNs of its pair."""


class Deed(ABC, Generic[ArgsT]):
    """One action. Methods mean what those of `Connector` mean, but may raise DirectoryError."""

    def __init__(self, desk: Desk) -> None:
        self.client, self.lookup = desk.client, desk.lookup
        self.settings, self.pins, self.looks = desk.settings, desk.pins, desk.looks

    @abstractmethod
    def resource(self, args: ArgsT) -> str: ...

    @abstractmethod
    def plan(self, args: ArgsT) -> Plan: ...

    @abstractmethod
    def apply(self, args: ArgsT, ctx: Context) -> Outcome: ...

    @abstractmethod
    def observe(self, args: ArgsT, state: State) -> Observation: ...

    def undo(self, args: ArgsT, state: State, ctx: Context) -> Outcome:
        """One-off deeds are not taken back."""
        return Declined(msg("This action has nothing that could be taken back."))


def held_back(person: Person, instead_of: str) -> NeedsHuman:
    """The answer for a person whose account is held: nothing written, a human decides."""
    why = person.account.why
    return NeedsHuman(
        msg("The account of {person} is {why}; nothing was written.", person=person.label, why=why),
        (
            Todo(msg("Find out why the account {person} is {why}.", person=person.dn, why=why)),
            Todo(msg("Where it may come back, lift that in the directory and then {act}.", act=instead_of)),
        ),
        msg("Your account is not active at the moment, so a colleague will look at it with you."),
    )


def is_held(person: Person) -> str:
    """Why nothing can be written for somebody whose account is held."""
    return msg("The account of {person} is {why}.", person=person.label, why=person.account.why)


def state_of(person: Person, **more: Any) -> State:
    """The part of a deed's state that finds the person again, also after a move."""
    return {"person": person.dn, "uuid": person.uuid, **more}
