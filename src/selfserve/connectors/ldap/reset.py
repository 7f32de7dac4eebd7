"""Give a customer a temporary password, which they must change when they first use it."""

from __future__ import annotations

from collections.abc import Callable

from selfserve.connectors.contract import Blocked, Context, Done, Observation, Outcome, Plan, Presence, State
from selfserve.connectors.ldap.account import CHANGED, LOCK, RESET, AccountState
from selfserve.connectors.ldap.deed import AFTER_LOSS, CONFIRMED, CustomerArgs, Deed, Desk, held_back, is_held, state_of
from selfserve.connectors.ldap.errors import AnswerLostError, DirectoryError, DirectoryRefusedError
from selfserve.connectors.ldap.lookup import Person
from selfserve.connectors.ldap.passwords import temporary_password
from selfserve.connectors.ldap.shown import certain
from selfserve.connectors.ldap.unlock import Unlock
from selfserve.connectors.ldap.wire import REPLACE, Change
from selfserve.languages.messages import msg

_MARKS = ("entryCSN", CHANGED)
"""Attributes that change with a new password, the finest first: entryCSN is OpenLDAP's, in microseconds."""


class ResetPassword(Deed[CustomerArgs]):
    """Sets a password made here (`make`), demands its change at the first sign-in, and unlocks what wrong tries
    locked."""

    def __init__(self, desk: Desk, make: Callable[[], str] = temporary_password) -> None:
        super().__init__(desk)
        self._make, self._unlock = make, Unlock(desk)

    def resource(self, args: CustomerArgs) -> str:
        return f"password:{self.lookup.person(args.customer).name}"

    def plan(self, args: CustomerArgs) -> Plan:
        person = self._person(args)
        blocked = Blocked(is_held(person)) if person.held else None
        return Plan(
            msg("You get a temporary password, shown to you alone; you choose a new one when you first use it."),
            f"Set a random password for {person.dn} (RFC 3062) and demand its change.",
            blocked,
        )

    def apply(self, args: CustomerArgs, ctx: Context) -> Outcome:
        person = self._person(args)
        if person.held:
            return held_back(person, msg("reset its password"))
        password = self._make()
        try:
            answer = self.client.set_password(person.dn, password)
        except AnswerLostError as lost:
            return self._after_loss(person, password, lost)
        if not answer.ok:
            return DirectoryRefusedError(answer, msg("set a password for {person}", person=person.dn)).failed()
        return self._finish(person, password, answer.host)

    def _person(self, args: CustomerArgs) -> Person:
        """The one to write for. A lock that may not be read may be an administrator's, which a new password would
        lift."""
        return certain(self.client, self.lookup, self.lookup.person(args.customer, 0), LOCK)

    def observe(self, args: CustomerArgs, state: State) -> Observation:
        """A password itself cannot be read; its date can, and tells where `apply` left the date it saw."""
        known = state.get("person")
        person = self.lookup.recorded(str(known), state.get("uuid")) if known else self.lookup.person(args.customer, 0)
        changed, expected = person.entry.text(CHANGED), state.get("changed")
        evidence = {"person": person.dn, CHANGED: changed, RESET: person.entry.text(RESET)}
        if not expected or not changed:
            return Observation(Presence.INVISIBLE, evidence)
        return Observation(Presence.PRESENT if changed >= str(expected) else Presence.ABSENT, evidence)

    def _after_loss(self, person: Person, password: str, lost: AnswerLostError) -> Outcome:
        """Only this call knows the password, so it is settled here, on the same server: look, then write at most once
        more."""
        try:
            if self._took_effect(person, password, lost.host):
                return self._finish(person, password, lost.host, confirmed=True)
            if self.lookup.again(person.dn, lost.host).held:
                return held_back(person, msg("reset its password"))
        except DirectoryError:
            return lost.failed()
        answer = self.client.set_password(person.dn, password, lost.host)
        if not answer.ok:
            return DirectoryRefusedError(answer, msg("set a password for {person}", person=person.dn)).failed()
        return self._finish(person, password, answer.host)

    def _took_effect(self, before: Person, password: str, host: str) -> bool:
        """A bind only where the entry has changed, so that no failed try is counted for nothing."""
        now = self.lookup.again(before.dn, host)
        mark = next((name for name in _MARKS if now.entry.text(name)), None)
        if mark and now.entry.text(mark) == before.entry.text(mark):
            return False
        return self.client.can_bind(before.dn, password, host)

    def _finish(self, person: Person, password: str, host: str, *, confirmed: bool = False) -> Done:
        """The password is set and must reach the customer: nothing that goes wrong from here on may hide it."""
        try:
            must_change, changed = self._demand_change(person.dn, host)
        except DirectoryError:
            must_change, changed = False, None
        words = msg("Here is your temporary password. Please choose a new one right after.")
        if must_change:
            words = msg("Here is your temporary password. You are asked to choose a new one.")
        more = {CONFIRMED: AFTER_LOSS} if confirmed else {}
        return Done(state_of(person, changed=changed, must_change=must_change, **more), words, password)

    def _demand_change(self, dn: str, host: str) -> tuple[bool, str | None]:
        person = self.lookup.again(dn, host)
        if person.account.state is AccountState.LOCKED:
            self._unlock.unlock(person, host)
        must_change = person.entry.text(RESET) == "TRUE"
        if not must_change and not person.held:
            must_change = self.client.modify(person.dn, [Change(REPLACE, RESET, ("TRUE",))], host).ok
        return must_change, person.entry.text(CHANGED)
