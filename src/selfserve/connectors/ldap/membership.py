"""Put a customer into a group, or take them out of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pydantic import Field

from selfserve.connectors.contract import (
    AlreadyDone,
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
from selfserve.connectors.ldap.deed import AFTER_LOSS, CONFIRMED, CustomerArgs, Deed, Desk, held_back, is_held
from selfserve.connectors.ldap.errors import (
    AnothersNameError,
    AnswerLostError,
    DirectoryError,
    DirectoryRefusedError,
    EntryNotFoundError,
)
from selfserve.connectors.ldap.lookup import Person, another_group
from selfserve.connectors.ldap.pair import Pair, Pairs
from selfserve.connectors.ldap.wire import ADD, DELETE, Change
from selfserve.languages.messages import msg

FRESH: Final = 5.0
"""A membership is only given to an account whose state was read at most so many seconds ago."""
LOOKED: Final = 2.0
"""A look at the membership counts for so many seconds as the look before acting: callers observe before they apply."""
_ALREADY = frozenset((Code.VALUE_EXISTS, Code.NO_SUCH_ATTRIBUTE, Code.ENTRY_EXISTS, Code.UNWILLING))


class MembershipArgs(CustomerArgs):
    """Arguments of `add_member` and `remove_member`."""

    group: str = Field(min_length=1, max_length=512)
    """The group's `cn` or DN."""


def not_writable_group(group: str) -> str:
    """Why no item may change `group`."""
    return msg("The group {group} is not among writable_groups, so no catalog item may change it.", group=group)


class Membership(Deed[MembershipArgs]):
    """`member=True` puts the customer into the group, `member=False` takes them out; `undo` does the other.

    The membership is read before it is written, so that one which was there before is known as such (AlreadyDone) even
    where the answer to a write is lost.
    """

    def __init__(self, desk: Desk, *, member: bool) -> None:
        super().__init__(desk)
        self._member, self._pairs = member, Pairs(desk.lookup)

    def resource(self, args: MembershipArgs) -> str:
        person, group = self.lookup.person(args.customer), self.lookup.group(args.group)
        return f"{'member' if self._member else 'no-member'}:{group.name}:{person.name}"

    def plan(self, args: MembershipArgs) -> Plan:
        person, group = self.lookup.person(args.customer, FRESH), self.lookup.group(args.group).dn
        pair = Pair(group, person.dn, attribute=self.settings.member_attribute)
        name, seen = names.leaf(group), self.looks.get(pair.place, LOOKED)
        there = self._there(pair) if seen is None else seen
        done = " (already so)" if there is self._member else ""
        if self._member:
            words = msg("You become a member of {group}.", group=name), f"Add {person.dn} to {group}{done}."
        else:
            words = msg("Your membership of {group} ends.", group=name), f"Remove {person.dn} from {group}{done}."
        return Plan(*words, blocked=self._blocked(person, group))

    def apply(self, args: MembershipArgs, ctx: Context) -> Outcome:
        group = self.lookup.group(args.group)
        if not self.settings.may_write_group(group.dn):
            return self._not_ours(group.dn)
        person = self.lookup.person(args.customer, FRESH if self._member else None)
        if self._member and person.held:
            return held_back(person, msg("add it to {group}", group=names.leaf(group.dn)))
        pair = Pair(group.dn, person.dn, person.uuid, group.uuid, self.settings.member_attribute)
        return self._reach(pair, member=self._member)

    def observe(self, args: MembershipArgs, state: State) -> Observation:
        try:
            now, there = self._found(args, self._of(args, state), recorded=bool(state))
        except EntryNotFoundError as error:
            return self._seen(there=False, evidence={"read": str(error)})
        self.looks.put(now.place, there)
        evidence = {"group": now.group, "person": now.person, "member": there}
        if now.made_anew:
            evidence["read"] = another_group(now.group)
        return self._seen(there=there, evidence=evidence)

    def undo(self, args: MembershipArgs, state: State, ctx: Context) -> Outcome:
        try:
            pair = self._of(args, state)
        except EntryNotFoundError as error:
            return AlreadyDone({}, error.words) if self._member else Failed(FailureKind.NOT_FOUND, error.words)
        if not state and not self.settings.may_write_group(pair.group):
            return self._not_ours(pair.group)
        try:
            now, there = self._found(args, pair, recorded=bool(state), anew=True)
        except AnothersNameError as error:
            return AlreadyDone(state, error.words)
        if now.made_anew:
            return self._anew(now) if there and self._member else AlreadyDone(state, another_group(now.group))
        outside = not names.same(now.group, pair.group) and not self.settings.may_write_group(now.group)
        if outside and there is self._member:
            return self._moved_away(pair, now)
        return self._reach(now, member=not self._member)

    def _reach(self, pair: Pair, *, member: bool) -> Outcome:
        asked = self.pins.get(pair.place)
        there = self._look(pair, asked, member=member)
        if there is None:
            return self._no_group(pair, member=member)
        if there is member:
            return self._settled(pair, member=member) if asked else self._already(pair, member=member)
        try:
            return self._judge(self._write(pair, member=member, host=asked), pair, member=member)
        except AnswerLostError as lost:
            return self._after_loss(pair, lost, member=member)

    def _look(self, pair: Pair, asked: str | None, *, member: bool) -> bool | None:
        """Whether the group has the person, None without such a group; a look just made is not made again."""
        recent = self.looks.get(pair.place, LOOKED)
        self.looks.drop(pair.place)
        if recent is (not member) and asked is None:
            return recent
        return self.client.compare(pair.group, self._attribute(pair), pair.person, asked)

    def _after_loss(self, pair: Pair, lost: AnswerLostError, *, member: bool) -> Outcome:
        """Look on the server that was asked; write once more only where it shows that nothing happened."""
        self.pins.set(pair.place, lost.host)
        try:
            there = self._there(pair, lost.host)
        except DirectoryError:
            return lost.failed()
        if there is member:
            return self._settled(pair, member=member)
        answer = self._write(pair, member=member, host=lost.host)
        if answer.code in _ALREADY and self._there(pair, lost.host) is member:
            return self._settled(pair, member=member)
        self.pins.drop(pair.place)
        return self._judge(answer, pair, member=member)

    def _settled(self, pair: Pair, *, member: bool) -> Done:
        self.pins.drop(pair.place)
        return Done(pair.state(**{CONFIRMED: AFTER_LOSS}), self._tell(pair, member=member))

    def _already(self, pair: Pair, *, member: bool) -> AlreadyDone:
        return AlreadyDone(pair.state(), self._tell(pair, member=member))

    def _write(self, pair: Pair, *, member: bool, host: str | None = None) -> Answer:
        change = Change(ADD if member else DELETE, self._attribute(pair), (pair.person,))
        answer = self.client.modify(pair.group, [change], host)
        placeholder = self.settings.placeholder_member
        if answer.code == Code.OBJECT_CLASS and not member and placeholder and not names.same(placeholder, pair.person):
            keep = Change(ADD, self._attribute(pair), (placeholder,))
            return self.client.modify(pair.group, [keep, change], answer.host)
        return answer

    def _judge(self, answer: Answer, pair: Pair, *, member: bool) -> Outcome:
        if answer.ok:
            return Done(pair.state(), self._tell(pair, member=member))
        if answer.code in _ALREADY and self._there(pair, answer.host) is member:
            return self._already(pair, member=member)
        if answer.code == Code.NO_SUCH_OBJECT:
            return self._no_group(pair, member=member)
        if answer.code == Code.OBJECT_CLASS and not member:
            return self._last_member(pair)
        if answer.code == Code.CONSTRAINT and self.client.read(pair.person) is None:
            self.lookup.forget(pair.person)
            return Failed(
                FailureKind.NOT_FOUND, msg("There is no person {person} in the directory any more.", person=pair.person)
            )
        return DirectoryRefusedError(answer, msg("change the members of {group}", group=pair.group)).failed()

    def _no_group(self, pair: Pair, *, member: bool) -> Outcome:
        self.lookup.forget(pair.group)
        if pair.group_uuid and self.lookup.group_by_uuid(pair.group_uuid) is not None:
            renamed = msg("The group {group} was renamed in this very moment.", group=pair.group)
            return Failed(FailureKind.TRANSIENT, renamed)
        if member:
            return Failed(
                FailureKind.NOT_FOUND, msg("There is no group {group} in the directory any more.", group=pair.group)
            )
        return AlreadyDone(pair.state(), msg("The group {group} no longer exists.", group=names.leaf(pair.group)))

    @staticmethod
    def _anew(now: Pair) -> NeedsHuman:
        """Whether they are in it by what we gave, or by somebody who gave it anew, no directory tells: taking it could
        take it from whoever needs it, and leaving it could leave it for ever."""
        group = names.leaf(now.group)
        remove = msg("If nobody gave it to them anew: remove {person} from {group}.", person=now.person, group=group)
        reason = msg("{another} {person} is a member of it.", another=another_group(now.group), person=now.person)
        return NeedsHuman(reason, (Todo(remove),))

    def _moved_away(self, before: Pair, now: Pair) -> NeedsHuman:
        """The group's new name is none that may be changed; what was given there is seen to by a person."""
        reason = msg(
            "The group {before} is now {group}, which is not among writable_groups, so nothing was written there.",
            before=before.group,
            group=now.group,
        )
        if self._member:
            return NeedsHuman(reason, (Todo(msg("Remove {person} from {group}.", person=now.person, group=now.group)),))
        return NeedsHuman(reason, (Todo(msg("Add {person} to {group}.", person=now.person, group=now.group)),))

    @staticmethod
    def _last_member(pair: Pair) -> NeedsHuman:
        name = names.leaf(pair.group)
        return NeedsHuman(
            msg(
                "{person} is the last member of {group}, and this kind of group may not be empty.",
                person=pair.person,
                group=pair.group,
            ),
            (
                Todo(
                    msg(
                        "Add somebody else (or a placeholder entry) to {group}, or delete the group if it is over.",
                        group=name,
                    )
                ),
                Todo(msg("Remove {person} from {group}.", person=pair.person, group=name)),
            ),
            msg("A colleague ends your membership of {group}.", group=name),
        )

    def _of(self, args: MembershipArgs, state: State) -> Pair:
        if state.get("group") and state.get("person"):
            attribute = str(state.get("attribute") or self.settings.member_attribute)
            whose = str(state["group"]), str(state["person"]), state.get("uuid"), state.get("group_uuid")
            return Pair(*whose, attribute)
        return replace(self._pairs.asked(args.customer, args.group), attribute=self.settings.member_attribute)

    def _found(self, args: MembershipArgs, pair: Pair, *, recorded: bool, anew: bool = False) -> tuple[Pair, bool]:
        """The pair, and whether the group has it; a `recorded` person and group are looked for under new DNs as well,
        with `anew` whatever was read of them a short while ago. Raises AnothersNameError where the person is gone and
        their DN is another entry's.

        Somebody renamed still has what they had, and so have the members of a group that was, and those whose
        membership was written before `member_attribute` was changed, or was moved to another attribute with it.
        """
        there = self._there(pair, self.pins.get(pair.place))
        if not recorded or (there and not anew and self._pairs.unmoved(args.group, pair)):
            return pair, there
        pairs = [one for now in self._pairs.today(pair) for one in self._either(now)]
        for now in pairs:
            if there if now == pair else self._there(now, self.pins.get(now.place)):
                return now, True
        return pairs[0], False

    def _there(self, pair: Pair, host: str | None = None) -> bool:
        return bool(self.client.compare(pair.group, self._attribute(pair), pair.person, host))

    def _attribute(self, pair: Pair) -> str:
        return pair.attribute or self.settings.member_attribute

    def _either(self, pair: Pair) -> list[Pair]:
        """The pair by the attribute it was written to, and by today's where that is another one."""
        today = self.settings.member_attribute
        moved = self._attribute(pair).lower() != today.lower()
        return [pair, replace(pair, attribute=today)] if moved else [pair]

    def _seen(self, *, there: bool, evidence: State) -> Observation:
        return Observation(Presence.PRESENT if there is self._member else Presence.ABSENT, evidence)

    def _blocked(self, person: Person, group: str) -> Blocked | None:
        if not self.settings.may_write_group(group):
            return Blocked(self._not_ours(group).reason, for_good=True)
        if self._member and person.held:
            return Blocked(is_held(person))
        return None

    @staticmethod
    def _not_ours(group: str) -> Declined:
        return Declined(not_writable_group(group))

    @staticmethod
    def _tell(pair: Pair, *, member: bool) -> str:
        name = names.leaf(pair.group)
        if member:
            return msg("You are a member of {group}.", group=name)
        return msg("You are no longer a member of {group}.", group=name)
