"""Unlock an account that wrong passwords have locked; the password stays."""

from __future__ import annotations

from selfserve.connectors.contract import (
    AlreadyDone,
    Blocked,
    Context,
    Done,
    Observation,
    Outcome,
    Plan,
    Presence,
    State,
)
from selfserve.connectors.ldap import names
from selfserve.connectors.ldap.account import LOCK, AccountState
from selfserve.connectors.ldap.answers import Answer, Code
from selfserve.connectors.ldap.deed import AFTER_LOSS, CONFIRMED, CustomerArgs, Deed, held_back, is_held, state_of
from selfserve.connectors.ldap.errors import AnswerLostError, DirectoryError, DirectoryRefusedError, EntryNotFoundError
from selfserve.connectors.ldap.lookup import Person
from selfserve.connectors.ldap.shown import certain
from selfserve.connectors.ldap.wire import DELETE, Change
from selfserve.languages.messages import msg

OPEN = msg("Your account is unlocked; your password is still the same.")


class Unlock(Deed[CustomerArgs]):
    """Deletes exactly the lock that was read, so that a lock an administrator sets meanwhile stays.

    Deleting the value also clears the count of failures; replacing it by nothing would leave the count, and one more
    typo would lock again (measured on OpenLDAP 2.5).
    """

    def resource(self, args: CustomerArgs) -> str:
        return f"unlocked:{self.lookup.person(args.customer).name}"

    def plan(self, args: CustomerArgs) -> Plan:
        person = certain(self.client, self.lookup, self.lookup.person(args.customer, 0), LOCK)
        blocked = Blocked(is_held(person)) if person.held else None
        return Plan(
            msg("Your account is unlocked; your password stays the same."),
            f"Delete {LOCK} of {person.dn} ({person.account.why or 'not locked now'}).",
            blocked,
        )

    def apply(self, args: CustomerArgs, ctx: Context) -> Outcome:
        person = self.lookup.person(args.customer, 0)
        asked = self.pins.get(self._pin(person))
        if asked:
            person = self.lookup.again(person.dn, asked)
        return self._from(certain(self.client, self.lookup, person, LOCK, asked), asked)

    def observe(self, args: CustomerArgs, state: State) -> Observation:
        try:
            person = self.lookup.person(args.customer, 0)
            asked = self.pins.get(self._pin(person))
            person = certain(self.client, self.lookup, self.lookup.again(person.dn, asked), LOCK, asked)
        except EntryNotFoundError as error:
            return Observation(Presence.ABSENT, {"read": str(error)})
        is_open = person.account.state is AccountState.OPEN
        evidence = {"person": person.dn, "account": person.account.state.value, "why": person.account.why}
        return Observation(Presence.PRESENT if is_open else Presence.ABSENT, evidence)

    def _from(self, person: Person, host: str | None = None) -> Outcome:
        if person.held:
            return held_back(person, msg("unlock it"))
        if person.account.lock is None:
            return self._settled(person) if host else AlreadyDone(state_of(person), msg("Your account is not locked."))
        try:
            return self._judge(self.unlock(person, host), person)
        except AnswerLostError as lost:
            return self._after_loss(person, lost)

    def unlock(self, person: Person, host: str | None = None) -> Answer:
        """Delete the lock that was read; only for a person who is not held and is locked."""
        assert person.account.lock is not None
        return self.client.modify(person.dn, [Change(DELETE, LOCK, (person.account.lock,))], host)

    def _after_loss(self, person: Person, lost: AnswerLostError) -> Outcome:
        self.pins.set(self._pin(person), lost.host)
        try:
            seen = self.lookup.again(person.dn, lost.host)
        except DirectoryError:
            return lost.failed()
        if seen.held:
            return held_back(seen, msg("unlock it"))
        if seen.account.lock is None:
            return self._settled(seen)
        answer = self.unlock(seen, lost.host)
        self.pins.drop(self._pin(person))
        return self._judge(answer, seen)

    def _judge(self, answer: Answer, person: Person) -> Outcome:
        if answer.ok:
            return Done(state_of(person), OPEN)
        if answer.code == Code.NO_SUCH_ATTRIBUTE:
            return self._changed_meanwhile(self.lookup.again(person.dn, answer.host))
        if answer.code == Code.NO_SUCH_OBJECT:
            self.lookup.forget(person.dn)
        return DirectoryRefusedError(answer, msg("unlock {person}", person=person.dn)).failed()

    def _changed_meanwhile(self, person: Person) -> Outcome:
        if person.held:
            return held_back(person, msg("unlock it"))
        if person.account.lock is None:
            return AlreadyDone(state_of(person), OPEN)
        refused = Answer(Code.NO_SUCH_ATTRIBUTE, "noSuchAttribute", "the account was locked anew meanwhile", "")
        return DirectoryRefusedError(refused, msg("unlock {person}", person=person.dn)).failed()

    def _settled(self, person: Person) -> Done:
        self.pins.drop(self._pin(person))
        return Done(state_of(person, **{CONFIRMED: AFTER_LOSS}), OPEN)

    @staticmethod
    def _pin(person: Person) -> str:
        return f"unlock:{names.normal(person.dn)}"
