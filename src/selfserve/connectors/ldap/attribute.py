"""Set one attribute of a customer's entry."""

from __future__ import annotations

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
from selfserve.connectors.ldap.errors import AnswerLostError, DirectoryError, DirectoryRefusedError, EntryNotFoundError
from selfserve.connectors.ldap.lookup import Person
from selfserve.connectors.ldap.wire import REPLACE, Change
from selfserve.languages.messages import msg


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


class SetAttribute(Deed[AttributeArgs]):
    """The attribute then has this one value; `undo` brings back what was there before us, unless somebody changed it
    since.

    Where several of a customer's grants want the attribute, it has the value of the one given last. When that one ends,
    it becomes what the one asked for last of the others wants, and what was there before any of ours when none is left.
    When another one ends, nothing changes.
    """

    def resource(self, args: AttributeArgs) -> str:
        person = names.normal(self.lookup.person(args.customer).dn)
        return f"attribute:{person}:{args.attribute.lower()}={args.value}"

    def plan(self, args: AttributeArgs) -> Plan:
        person = self.lookup.person(args.customer, 0)
        blocked = None
        if not self.settings.may_write_attribute(args.attribute):
            blocked = Blocked(self._not_ours(args).reason, for_good=True)
        elif person.held:
            blocked = Blocked(is_held(person))
        return Plan(
            msg("Your {attribute} becomes “{value}”.", attribute=args.attribute, value=args.value),
            f"Replace {args.attribute} of {person.dn}: {person.entry.texts(args.attribute)} becomes [{args.value!r}].",
            blocked,
        )

    def apply(self, args: AttributeArgs, ctx: Context) -> Outcome:
        if not self.settings.may_write_attribute(args.attribute):
            return self._not_ours(args)
        person = self.lookup.person(args.customer, 0)
        if person.held:
            return held_back(person, msg("set its {attribute}", attribute=args.attribute))
        before = person.entry.texts(args.attribute)
        if before == [args.value]:
            known = {"before": ctx.remembered["before"]} if "before" in ctx.remembered else {}
            return AlreadyDone(state_of(person, **self._under(args, person, before, ctx, known)), self._tell(args))
        known = self._under(args, person, before, ctx, {"before": before})
        state = state_of(person, value=args.value, **known)
        ctx.remember(state)
        return self._write(args, person, (args.value,), Done(state, self._tell(args)))

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
        if person.entry.texts(args.attribute) != [args.value]:
            return AlreadyDone(
                state, msg("Your {attribute} was changed since and stays as it is.", attribute=args.attribute)
            )
        others = self._beside(args, person, ctx)
        wanted = next((one for one in others if one.lives and one.args["value"] != args.value), None)
        if wanted is None and "before" not in state:
            return self._unknown_before(args, person)
        if person.held:
            return held_back(person, msg("take back its {attribute}", attribute=args.attribute))
        if wanted is not None:
            value = str(wanted.args["value"])
            return self._write(args, person, (value,), Done(state, self._said(args.attribute, value)))
        before = tuple(str(value) for value in state["before"])
        return self._write(
            args, person, before, Done(state, msg("Your {attribute} is as it was before.", attribute=args.attribute))
        )

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
            if one.ours and now == [one.args["value"]]:
                return {"before": one.state["before"]} if "before" in one.state else {}
        return otherwise

    def _write(self, args: AttributeArgs, person: Person, values: tuple[str, ...], done: Done) -> Outcome:
        change = [Change(REPLACE, args.attribute, values)]
        try:
            return self._judge(self.client.modify(person.dn, change), args, person, done)
        except AnswerLostError as lost:
            return self._after_loss(lost, args, person, change, done)

    def _after_loss(
        self, lost: AnswerLostError, args: AttributeArgs, person: Person, change: list[Change], done: Done
    ) -> Outcome:
        try:
            now = self.lookup.again(person.dn, lost.host)
        except DirectoryError:
            return lost.failed()
        if now.held:
            return held_back(now, msg("set its {attribute}", attribute=args.attribute))
        if now.entry.texts(args.attribute) == list(change[0].values):
            return Done({**done.state, CONFIRMED: AFTER_LOSS}, done.tell)
        return self._judge(self.client.modify(person.dn, change, lost.host), args, person, done)

    def _judge(self, answer: Answer, args: AttributeArgs, person: Person, done: Done) -> Outcome:
        if answer.ok:
            return done
        if answer.code == Code.NO_SUCH_OBJECT:
            self.lookup.forget(person.dn)
            return Failed(
                FailureKind.NOT_FOUND, msg("There is no person {person} in the directory any more.", person=person.dn)
            )
        return DirectoryRefusedError(answer, f"set {args.attribute} of {person.dn}").failed()

    def _person(self, args: AttributeArgs, state: State) -> Person:
        if not state.get("person"):
            return self.lookup.person(args.customer, 0)
        try:
            return self.lookup.again(str(state["person"]))
        except EntryNotFoundError:
            moved = self.lookup.person_by_uuid(str(state["uuid"])) if state.get("uuid") else None
            if moved is None:
                raise
            return moved

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
