"""Set one attribute of a customer's entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pydantic import Field

from selfserve.connectors.contract import (
    AlreadyDone,
    Beside,
    Blocked,
    Context,
    Declined,
    Done,
    Failed,
    FailureKind,
    NeedsHuman,
    Observation,
    Outcome,
    Plan,
    Presence,
    State,
    Todo,
)
from selfserve.connectors.ldap import names
from selfserve.connectors.ldap.answers import Answer, Code
from selfserve.connectors.ldap.deed import AFTER_LOSS, CONFIRMED, CustomerArgs, Deed, held_back, is_held, state_of
from selfserve.connectors.ldap.errors import (
    RETRY_AFTER,
    AnswerLostError,
    DirectoryError,
    DirectoryRefusedError,
    EntryNotFoundError,
)
from selfserve.connectors.ldap.lookup import Person
from selfserve.connectors.ldap.shown import certain, shows
from selfserve.connectors.ldap.wire import ADD, DELETE, REPLACE, Change
from selfserve.languages.messages import msg

TRIES: Final = 5
"""How often one call looks and decides anew where somebody else was quicker."""
LEFT: Final = "left"
"""Key in a state: the values that a taking back has left for other grants."""
_MAYBE_CHANGED = frozenset((Code.VALUE_EXISTS, Code.CONSTRAINT, Code.OBJECT_CLASS))
"""A second value where there is room for one only; or a refusal that has to do with nobody else."""
_CHANGED = _MAYBE_CHANGED | {Code.NO_SUCH_ATTRIBUTE, Code.ASSERTION_FAILED}


@dataclass(frozen=True, slots=True)
class _Write:
    """Values to put in the place of those read. `look_again`: only afterwards is it known whether they are still
    wanted."""

    values: tuple[str, ...]
    done: Done
    look_again: bool = False


class AttributeArgs(CustomerArgs):
    """Arguments of `set_attribute`."""

    attribute: str = Field(min_length=1, max_length=128, pattern=r"^[A-Za-z][A-Za-z0-9;-]*$")
    value: str = Field(min_length=1, max_length=4096)

    @property
    def place(self) -> tuple[str, str]:
        """What has room for one value: whose attribute, and which."""
        return names.fold(self.customer), self.attribute.lower()


def not_writable_attribute(attribute: str) -> str:
    """Why no item may set `attribute`."""
    return msg("{attribute} is not among writable_attributes, so no catalog item may set it.", attribute=attribute)


def _values(person: Person, args: AttributeArgs) -> tuple[bytes, ...]:
    return person.entry.attributes.get(args.attribute.lower(), ())


class SetAttribute(Deed[AttributeArgs]):
    """The attribute then has this one value; `undo` brings back what was there before us, unless somebody changed it
    since.

    Where several of a customer's grants want the attribute, it has the value of the one given last. When that one ends,
    it becomes what the one asked for last of the others wants, and what was there before any of ours when none is left.
    When another one ends, nothing changes.

    Each write names the values it was decided on, so that the directory refuses it where they are not there any more;
    then it is looked and decided anew. What was read of our own rows is read after the directory, never before.
    """

    def resource(self, args: AttributeArgs) -> str:
        return f"attribute:{self.lookup.person(args.customer).name}:{args.attribute.lower()}={args.value}"

    def plan(self, args: AttributeArgs) -> Plan:
        person = self._asked(args)
        blocked = None
        if not self.settings.may_write_attribute(args.attribute):
            blocked = Blocked(self._not_ours(args).reason, for_good=True)
        elif person.held:
            blocked = Blocked(is_held(person))
        else:
            person = self._certain(args, person)
        return Plan(
            msg("Your {attribute} becomes “{value}”.", attribute=args.attribute, value=args.value),
            f"Replace {args.attribute} of {person.dn}: {person.entry.texts(args.attribute)} becomes [{args.value!r}].",
            blocked,
        )

    def apply(self, args: AttributeArgs, ctx: Context) -> Outcome:
        if not self.settings.may_write_attribute(args.attribute):
            return self._not_ours(args)
        person = self._certain(args, self._asked(args))
        return self._swap(args, person, lambda now: self._wanted(args, now, ctx))

    def _wanted(self, args: AttributeArgs, person: Person, ctx: Context) -> _Write | Outcome:
        """What the ask leads to, with the person as just read."""
        if person.held:
            return held_back(person, msg("set its {attribute}", attribute=args.attribute))
        before = person.entry.texts(args.attribute)
        if before == [args.value]:
            known = {"before": ctx.remembered["before"]} if "before" in ctx.remembered else {}
            return AlreadyDone(state_of(person, **self._under(args, person, before, ctx, known)), self._tell(args))
        known = self._under(args, person, before, ctx, {"before": before})
        state = state_of(person, value=args.value, **known)
        ctx.remember(state)
        return _Write((args.value,), Done(state, self._tell(args)))

    def observe(self, args: AttributeArgs, state: State) -> Observation:
        try:
            person = self._person(args, state)
        except EntryNotFoundError as error:
            return Observation(Presence.ABSENT, {"read": str(error)})
        now = person.entry.texts(args.attribute)
        there = now == [args.value]
        return Observation(Presence.PRESENT if there else Presence.ABSENT, {"person": person.dn, args.attribute: now})

    def undo(self, args: AttributeArgs, state: State, ctx: Context) -> Outcome:
        try:
            person = self._person(args, state)
        except EntryNotFoundError as error:
            return AlreadyDone({}, error.words)
        kept = dict(state)
        return self._swap(args, person, lambda now: self._left(args, now, kept, ctx))

    def _left(self, args: AttributeArgs, person: Person, state: State, ctx: Context) -> _Write | Outcome:
        """What taking it back leads to, with the person as just read: also from a value that this very taking back left
        for another grant, which may have ended before it was there."""
        now = person.entry.texts(args.attribute)
        ours = ([args.value], *([value] for value in state.get(LEFT, ())))
        if now not in ours:
            return AlreadyDone(
                state, msg("Your {attribute} was changed since and stays as it is.", attribute=args.attribute)
            )
        others = self._beside(args, person, ctx)
        wanted = next((str(one.args["value"]) for one in others if one.lives and one.args["value"] != args.value), None)
        if wanted is not None and now == [wanted]:
            return AlreadyDone(state, self._said(args.attribute, wanted))
        if wanted is None and "before" not in state:
            return self._unknown_before(args, person)
        if person.held:
            return held_back(person, msg("take back its {attribute}", attribute=args.attribute))
        if wanted is not None:
            state[LEFT] = [*state.get(LEFT, ()), wanted]
            ctx.remember(dict(state))
            return _Write((wanted,), Done(state, self._said(args.attribute, wanted)), look_again=True)
        before = tuple(str(value) for value in state["before"])
        return _Write(before, Done(state, msg("Your {attribute} is as it was before.", attribute=args.attribute)))

    def _beside(self, args: AttributeArgs, person: Person, ctx: Context) -> list[Beside]:
        """What else of ours wants this very attribute, what was asked for last first."""

        def same(one: Beside) -> bool:
            other = AttributeArgs.model_validate(one.args)
            whose = one.state.get("uuid") == person.uuid if one.state.get("uuid") else other.place == args.place
            return whose and other.attribute.lower() == args.attribute.lower()

        return [one for one in ctx.beside() if same(one)]

    def _under(self, args: AttributeArgs, person: Person, now: list[str], ctx: Context, otherwise: State) -> State:
        """What was there before the first of ours: where the value is ours already, what was there before that one (not
        known where that is not); else `otherwise`."""
        for one in self._beside(args, person, ctx):
            if one.ours and now in ([value] for value in (one.args["value"], *one.state.get(LEFT, ()))):
                return {"before": one.state["before"]} if "before" in one.state else {}
        return otherwise

    def _swap(self, args: AttributeArgs, person: Person, decide: Callable[[Person], _Write | Outcome]) -> Outcome:
        """Do what `decide` says of the person as read, on condition that it is still so; else look and decide anew."""
        host, lost, sent, wrote = None, None, None, False
        for _ in range(TRIES):
            if sent is not None and not person.held and person.entry.texts(args.attribute) == list(sent.values):
                if not sent.look_again:
                    return Done({**sent.done.state, CONFIRMED: AFTER_LOSS}, sent.done.tell)
                wrote = True
            write = decide(person)
            if not isinstance(write, _Write):
                return Done(write.state, write.tell) if wrote and isinstance(write, AlreadyDone) else write
            try:
                answer = self._write(args, person, write, host)
            except AnswerLostError as error:
                lost, sent, host = error, write, error.host
                try:
                    person = self._again(args, person.dn, host)
                except DirectoryError:
                    return error.failed()
                continue
            if answer.ok and not write.look_again:
                return write.done
            if not answer.ok and answer.code not in _CHANGED:
                return self._judge(answer, args, person)
            seen, host, wrote = person, answer.host, wrote or answer.ok
            person = self._again(args, person.dn, host)
            if answer.code in _MAYBE_CHANGED and _values(person, args) == _values(seen, args):
                return self._judge(answer, args, person)
        return lost.failed() if lost is not None else self._restless(args, person)

    def _write(self, args: AttributeArgs, person: Person, write: _Write, host: str | None) -> Answer:
        """Put the values in the place of those that were read: refused where those are not there any more.

        An attribute without an equality rule has no value that could be named, so it is replaced whatever it is (in
        OpenLDAP, a fax number)."""
        seen = _values(person, args)
        changes = [Change(DELETE, args.attribute, seen)] if seen else []
        if write.values:
            changes.append(Change(ADD, args.attribute, write.values))
        lacking = None if shows(person, args.attribute) else args.attribute
        answer = self.client.modify(person.dn, changes, host, lacking)
        if answer.code == Code.NO_MATCHING_RULE:
            return self.client.modify(person.dn, [Change(REPLACE, args.attribute, write.values)], answer.host)
        return answer

    def _judge(self, answer: Answer, args: AttributeArgs, person: Person) -> Outcome:
        if answer.code == Code.NO_SUCH_OBJECT:
            self.lookup.forget(person.dn)
            return Failed(
                FailureKind.NOT_FOUND, msg("There is no person {person} in the directory any more.", person=person.dn)
            )
        return DirectoryRefusedError(answer, f"set {args.attribute} of {person.dn}").failed()

    def _person(self, args: AttributeArgs, state: State) -> Person:
        if not state.get("person"):
            return self._certain(args, self._asked(args))
        person = self.lookup.recorded(str(state["person"]), state.get("uuid"), (args.attribute,))
        return self._certain(args, person)

    def _asked(self, args: AttributeArgs) -> Person:
        return self.lookup.person(args.customer, 0, (args.attribute,))

    def _again(self, args: AttributeArgs, dn: str, host: str | None) -> Person:
        return self._certain(args, self.lookup.again(dn, host, (args.attribute,)), host)

    def _certain(self, args: AttributeArgs, person: Person, host: str | None = None) -> Person:
        """The person with all they have of the attribute: no value read is one that is not there."""
        return certain(self.client, self.lookup, person, args.attribute, host)

    @staticmethod
    def _restless(args: AttributeArgs, person: Person) -> Failed:
        why = msg(
            "{attribute} of {person} was changed by somebody else each time it was to be set.",
            attribute=args.attribute,
            person=person.dn,
        )
        return Failed(FailureKind.TRANSIENT, why, RETRY_AFTER)

    @staticmethod
    def _unknown_before(args: AttributeArgs, person: Person) -> NeedsHuman:
        return NeedsHuman(
            msg("What {attribute} of {person} was before is not recorded.", attribute=args.attribute, person=person.dn),
            (
                Todo(
                    msg(
                        "Set {attribute} of {person} to what it should be (now “{value}”).",
                        attribute=args.attribute,
                        person=person.dn,
                        value=args.value,
                    )
                ),
            ),
        )

    @staticmethod
    def _not_ours(args: AttributeArgs) -> Declined:
        return Declined(not_writable_attribute(args.attribute))

    @staticmethod
    def _tell(args: AttributeArgs) -> str:
        return SetAttribute._said(args.attribute, args.value)

    @staticmethod
    def _said(attribute: str, value: str) -> str:
        return msg("Your {attribute} is now “{value}”.", attribute=attribute, value=value)
