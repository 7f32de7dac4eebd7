"""What every connector must pass before it may touch a company's systems; runs under any test runner.

Derive a class from `ConformanceSuite` for each action, whose name begins with `Test` for pytest (or add
`unittest.TestCase`), and give it a `case`. Everything is called on the real connector against a real target.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ValidationError

from selfserve.connectors.contract import (
    Accepted,
    Action,
    AlreadyDone,
    ChoicesAway,
    Connector,
    Context,
    Declined,
    Done,
    Failed,
    FailureKind,
    Level,
    NeedsHuman,
    Observation,
    Outcome,
    Presence,
    State,
)

LARGEST_STATE = 8 * 1024
"""Bytes of JSON; a state is stored with every step."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_LOST_RIGHTS = (FailureKind.AUTH, FailureKind.CONFIG, FailureKind.FORBIDDEN, FailureKind.NOT_FOUND)
"""Some targets say who may not see a thing that it is not there."""
_NASTY = ("", "*", "a)(b=*", "ﬁ \u0000 '\"; --", "x" * 300)


class _Died(BaseException):
    """The process ends while it remembers."""


@dataclass(frozen=True, slots=True)
class Case:
    """One action that can be carried out now on a target made for this one test.

    `target` reads what matters in the target, past the connector, as a value that can be compared. The four faults
    change the target or the way to it: `offline`/`online` cut and mend the way, `lose_answer` makes the next write
    happen without an answer, `take_rights` makes the target refuse the connector. `restored` is False for an action
    whose undo cannot bring back the very same target (then only its observation counts).
    """

    connector: Connector
    action: str
    args: BaseModel
    target: Callable[[], Any]
    offline: Callable[[], None] | None = None
    online: Callable[[], None] | None = None
    lose_answer: Callable[[], None] | None = None
    take_rights: Callable[[], None] | None = None
    restored: bool = True

    @property
    def declared(self) -> Action[Any]:
        """The action as the connector declares it."""
        return self.connector.actions[self.action]

    def apply(self) -> Outcome:
        """One attempt, always under the same key."""
        return self.connector.apply(self.action, self.args, context())

    def observe(self, state: State) -> Observation:
        """What the connector sees."""
        return self.connector.observe(self.action, self.args, state)

    def undo(self, state: State) -> Outcome:
        """Take it back once."""
        return self.connector.undo(self.action, self.args, state, context())


class ConformanceSuite(ABC):
    """The promises of `selfserve.connectors.contract`, one test each."""

    @abstractmethod
    def case(self) -> Case:
        """A fresh case, its effect not there yet; called once per test."""

    def test_it_is_declared_well(self) -> None:
        """Names fit into `name.action`, arguments and settings have a schema, and an action is done by one, not
        both."""
        case = self.case()
        kind = type(case.connector)
        assert _NAME.fullmatch(kind.kind), f"{kind.kind!r} is no good name for a kind"
        assert kind.Settings.model_json_schema()
        for name, action in kind.actions.items():
            assert name == action.name, f"{name!r} is declared under another name"
            assert _NAME.fullmatch(name), f"{name!r} is no good name for an action"
            assert action.args.model_json_schema()
            assert action.title, f"{name} has no title"
            assert not (action.human and action.destructive), f"{name} is done by a human, who needs no warning"

    def test_what_works_is_not_forbidden_beforehand(self) -> None:
        """What `catalog check` tells of arguments holds for good: it names none that the plan finds nothing against."""
        case = self.case()
        kind, settings = type(case.connector), case.connector.settings
        known = case.args.model_dump(mode="json", by_alias=True, exclude_none=True)
        assert not kind.forbidden(case.action, known, settings)
        for args in ({}, dict.fromkeys(known)):
            assert not kind.forbidden(case.action, args, settings), "nothing is known of these arguments"
            assert kind.joins_group(case.action, args, "a group", settings) is not True

    def test_plan_check_and_options_write_nothing(self) -> None:
        """Before somebody asked, nothing in the target may change, whatever is typed into a form."""
        case = self.case()
        before = case.target()
        plan = case.connector.plan(case.action, case.args)
        assert plan.customer
        assert plan.staff
        assert plan.blocked is None, f"the case cannot work: {plan.blocked.reason}"
        assert case.connector.resource(case.action, case.args) == case.connector.resource(case.action, case.args) != ""
        for field in (*type(case.args).model_fields, "no such field"):
            for typed in _NASTY:
                page = case.connector.options(case.action, field, typed)
                assert len(page.options) <= 500, "options come in pages"
            case.connector.options(case.action, field, "", "a cursor of somebody else")
        findings = case.connector.check()
        assert findings, "a check says at least what it looked at"
        assert not [one.text for one in findings if one.level is Level.ERROR]
        assert case.target() == before

    def test_every_option_is_reached_by_its_cursor_once(self) -> None:
        """Pages neither repeat nor lose a choice."""
        case = self.case()
        for field in type(case.args).model_fields:
            seen: list[str] = []
            cursor = None
            while True:
                page = case.connector.options(case.action, field, "", cursor)
                seen += [option.value for option in page.options]
                cursor = page.cursor
                if cursor is None:
                    break
                assert len(seen) < 100_000, "the pages never end"
            assert len(seen) == len(set(seen)), f"{field}: a choice is offered twice"

    def test_what_was_done_is_seen(self) -> None:
        """After `apply` the target shows it, and `observe` says so; before, it says that it is not there."""
        case = self.case()
        if case.declared.lasting and not case.declared.human:
            assert case.observe({}).presence is Presence.ABSENT
        outcome = case.apply()
        state = _state(case, outcome)
        assert case.observe(state).presence in _expected(case, outcome)

    def test_done_twice_is_done_once(self) -> None:
        """The second attempt under the same key finds it done and changes nothing."""
        case = self.case()
        first = case.apply()
        _state(case, first)
        after = case.target()
        second = case.apply()
        assert isinstance(second, Done | AlreadyDone | type(first)), f"the second attempt came back with {second}"
        if case.declared.lasting:
            assert case.target() == after

    def test_a_crash_before_the_record_is_made_good(self) -> None:
        """The state was lost with the process: `observe` without it, `apply` again, and still one effect."""
        case = self.case()
        case.apply()
        after = case.target()
        seen = case.observe({})
        allowed = {Presence.PRESENT, Presence.PENDING} if case.declared.lasting else set(Presence)
        assert seen.presence in (set(Presence) if case.declared.human else allowed)
        again = case.apply()
        state = _state(case, again)
        if case.declared.lasting:
            assert case.target() == after
        assert case.observe(state).presence in _expected(case, again)

    def test_what_is_remembered_before_the_write_takes_it_back_after_a_crash(self) -> None:
        """Stored before anything is sent, and enough to bring back what was there: the process died with the answer."""
        case, kept = self.case(), list[State]()

        def dies(state: State) -> None:
            kept.append(state)
            raise _Died

        before, ctx = case.target(), context()
        try:
            case.connector.apply(case.action, case.args, replace(ctx, remember=dies))
        except _Died:
            assert case.target() == before, "something was sent before it was remembered"
        if not kept:
            return
        kept.clear()
        case.connector.apply(case.action, case.args, replace(ctx, remember=kept.append))
        assert len(json.dumps(kept[-1]).encode()) <= LARGEST_STATE, (
            "the state is too large to be stored with every step"
        )
        assert case.observe(kept[-1]).presence in (Presence.PRESENT, Presence.PENDING)
        assert isinstance(case.undo(kept[-1]), Done | AlreadyDone)
        assert not case.restored or case.target() == before

    def test_a_lost_answer_is_looked_up_and_not_repeated(self) -> None:
        """The write happened, its answer did not arrive: either settled at once, or unknown until looked at."""
        case = self.case()
        lose = _fault(case, case.lose_answer, "lose_answer")
        if lose is None:
            return
        lose()
        outcome = case.apply()
        if isinstance(outcome, Failed):
            assert outcome.kind is FailureKind.UNKNOWN, f"a lost answer is no proof of failure: {outcome}"
            assert case.observe({}).presence in (Presence.PRESENT, Presence.PENDING, Presence.UNKNOWABLE)
            outcome = case.apply()
        state = _state(case, outcome)
        assert case.observe(state).presence in _expected(case, outcome)

    def test_arguments_that_can_never_be_read_are_no_fault_of_the_target(self) -> None:
        """One request's typing error must neither be tried for ever nor open the circuit for everybody else."""
        case = self.case()
        for field, value in case.args.model_dump().items():
            for nasty in _NASTY if isinstance(value, str) else ():
                failure = _observed_with(case, field, nasty).failure
                if failure is not None:
                    what = f"{field}={nasty!r} came back as {failure}"
                    assert not failure.again, f"{what}, which is tried again and again"
                    assert not failure.of_connector, f"{what}, which keeps everybody else out"
                    assert "\n" not in failure.reason, f"one sentence is one line: {failure.reason!r}"

    def test_an_offline_target_raises_nothing(self) -> None:
        """Each method answers while the target is away, `options` with what it knows or ChoicesAway; the caller is told
        to come again, and later it works."""
        case = self.case()
        offline = _fault(case, case.offline, "offline")
        if offline is None:
            return
        assert case.online is not None, "who takes a target offline gives `online` as well"
        before, name = case.target(), case.connector.resource(case.action, case.args)
        fields = tuple(type(case.args).model_fields)
        offered = {field: _choices(case, field) for field in fields}
        offline()
        outcome = case.apply()
        assert isinstance(outcome, Failed), f"an offline target came back with {outcome}"
        assert outcome.again, f"an outage is no final failure: {outcome}"
        seen = case.observe({})
        assert seen.failure is not None, f"an offline target was seen as {seen.presence}"
        assert seen.failure.again, f"an outage is no final failure: {seen.failure}"
        plan = case.connector.plan(case.action, case.args)
        assert plan.customer
        assert plan.blocked is None or not plan.blocked.for_good, f"an outage passes: {plan.blocked}"
        assert case.connector.resource(case.action, case.args) in ("", name), (
            "a name made up while nobody could be asked"
        )
        for field in fields:
            still = _choices(case, field)
            if isinstance(still, Failed):
                assert still.again, f"an outage is no final failure: {still}"
            else:
                assert still == offered[field], f"{field}: what cannot be looked up is told as not on offer"
        assert [one for one in case.connector.check() if one.level is Level.ERROR], "check saw nothing amiss"
        if case.declared.undoable:
            undone = case.undo({})
            assert isinstance(undone, Failed), f"an offline target came back with {undone}"
            assert undone.again
        case.online()
        assert case.target() == before
        _state(case, case.apply())

    def test_lost_rights_are_told_as_such(self) -> None:
        """The target no longer accepts the connector: not tried again and again, and nothing was written."""
        case = self.case()
        take = _fault(case, case.take_rights, "take_rights")
        if take is None:
            return
        before = case.target()
        take()
        outcome = case.apply()
        assert isinstance(outcome, Failed), f"without rights it came back with {outcome}"
        assert outcome.kind in _LOST_RIGHTS, f"{outcome.kind} is not what lost rights are"
        assert case.target() == before

    def test_undo_takes_it_back_once_and_twice(self) -> None:
        """Afterwards the target is as before; the second time it is gone already, which is success."""
        case = self.case()
        before = case.target()
        state = _state(case, case.apply())
        first = case.undo(state)
        _harmless(case, first)
        if case.declared.human or not case.declared.undoable:
            assert isinstance(first, NeedsHuman | Declined), f"nothing can take it back, but undo said {first}"
            return
        assert isinstance(first, Done | AlreadyDone), f"undo came back with {first}"
        after = case.target()
        second = case.undo(state)
        assert isinstance(second, Done | AlreadyDone), f"the second undo came back with {second}"
        assert case.target() == after
        assert case.observe(state).presence is Presence.ABSENT
        if case.restored:
            assert case.target() == before

    def test_the_state_is_small_json_without_secrets(self) -> None:
        """What is stored with the step can be stored, and holds nothing that must be sealed."""
        case = self.case()
        outcome = case.apply()
        state = _state(case, outcome)
        seen = case.observe(state)
        json.dumps(seen.evidence)
        secret = outcome.secret if isinstance(outcome, Done) else None
        assert bool(secret) <= case.declared.secret_result, "a secret came from an action that declares none"
        if secret:
            shown = json.dumps([state, seen.evidence, seen.tell, outcome.tell if isinstance(outcome, Done) else ""])
            assert secret not in shown
            assert secret not in repr(outcome)
            assert secret not in repr(seen)

    def test_a_repeated_call_gives_its_secret_again(self) -> None:
        """Whoever died with the first answer asks again with the same key; the customer still gets what is theirs."""
        case = self.case()
        first = case.apply()
        if not case.declared.idempotent or not isinstance(first, Done) or first.secret is None:
            return
        again = case.apply()
        assert isinstance(again, Done), f"the repeated call came back with {again}"
        assert again.secret == first.secret, "the repeated call gave another secret"


def context() -> Context:
    """The context of every attempt of the suite: one key, a minute of time, the real clock."""

    def now() -> datetime:
        return datetime.now(UTC)

    return Context("conformance:step", now() + timedelta(minutes=1), now)


def _observed_with(case: Case, field: str, value: str) -> Observation:
    """What is seen with one argument changed; nothing where the action's own arguments refuse the value."""
    try:
        args = type(case.args).model_validate({**case.args.model_dump(), field: value})
    except ValidationError:
        return Observation(Presence.ABSENT)
    return case.connector.observe(case.action, args, {})


def _choices(case: Case, field: str) -> list[str] | Failed:
    """The values of the first page, or why they cannot be looked up."""
    try:
        return [option.value for option in case.connector.options(case.action, field, "").options]
    except ChoicesAway as away:
        return away.failure


def _fault(case: Case, fault: Callable[[], None] | None, name: str) -> Callable[[], None] | None:
    """The fault; only an action that is done by a human, and so reaches no target, may come without."""
    assert fault or case.declared.human, f"give the case a {name}: only an action done by a human needs none"
    return fault


def _state(case: Case, outcome: Outcome) -> State:
    """The state of an attempt that went as it should; fails for any other outcome."""
    _harmless(case, outcome)
    if isinstance(outcome, Done | AlreadyDone):
        return outcome.state
    if isinstance(outcome, Accepted):
        assert outcome.poll_after > timedelta(0)
        assert outcome.expires >= outcome.poll_after
        return outcome.handle
    assert isinstance(outcome, NeedsHuman), f"the case did not work: {outcome}"
    assert case.declared.human, f"the case ended at a human: {outcome}"
    assert outcome.todo, "a human gets a checklist"
    return {}


def _harmless(case: Case, outcome: Outcome) -> None:
    """Small JSON, and sentences instead of stack traces."""
    state = outcome.state if isinstance(outcome, Done | AlreadyDone) else getattr(outcome, "handle", {})
    assert len(json.dumps(state).encode()) <= LARGEST_STATE, "the state is too large to be stored with every step"
    for words in (getattr(outcome, "tell", ""), getattr(outcome, "reason", "")):
        assert "Traceback" not in words
        assert "\n" not in words, f"one sentence is one line: {words!r}"


def _expected(case: Case, outcome: Outcome) -> set[Presence]:
    if isinstance(outcome, Accepted):
        return {Presence.PENDING, Presence.PRESENT}
    if case.declared.human:
        return {Presence.INVISIBLE, Presence.PENDING}
    return {Presence.PRESENT} if case.declared.lasting else {Presence.PRESENT, Presence.INVISIBLE}
