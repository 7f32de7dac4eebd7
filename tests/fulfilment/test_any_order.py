"""Whatever is done in whatever order, with whatever faults: the ledger and the target agree, and nothing stands still."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from tests.stand import invariants
from tests.stand.house import Stand, build
from tests.stand.shelf import Killed

from selfserve.fulfilment import leases
from selfserve.requests import acts, desk
from selfserve.requests.decide import Say
from selfserve.requests.reconcile import reconcile
from selfserve.requests.refusals import Refusal
from selfserve.store.database import Database
from selfserve.store.states import GrantState, RequestState

WHO = st.sampled_from(["ada", "ben"])
ITEMS = st.sampled_from(["lamp", "cup", "set", "fork", "kit", "screen", "chair"])
FAULTS = st.sampled_from(
    ["transient", "declined", "permanent", "raise", "answer_lost", "lost", "lies", "killed_before", "killed_after", ""]
)
THINGS = ["lamp", "cup", "plate", "fork", "bell", "screen", "chair"]


class AnyOrder(RuleBasedStateMachine):
    """One house, two customers, a target with every fault, staff, approvers, time and dying processes."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="any-order-"))
        shutil.copy(self.template, self.folder / "house.db")
        self.stand: Stand = build(Database(f"sqlite:///{self.folder / 'house.db'}"), self.folder, "p0")
        self.born = 0
        self.dead = False

    def teardown(self) -> None:
        """Close what was opened."""
        self.stand.house.engine.stop()
        self.stand.house.database.close()
        shutil.rmtree(self.folder)

    def _act(self, work: object) -> None:
        """An act may be refused in a sentence, and its process may die in it; nothing else may leave it."""
        try:
            with suppress(Refusal):
                work()  # type: ignore[operator]
        except Killed:
            self.born += 1
            self.stand = self.stand.again(f"p{self.born}")
            leases.sweep(self.stand.house)
            self.dead = True

    def _requests(self) -> list[str]:
        with self.stand.house.database.read() as session:
            return [row[0] for row in session.execute(invariants.sa.select(invariants.Request.name))]

    @rule(who=WHO, item=ITEMS, words=st.sampled_from(["", "a", "b"]))
    def ask(self, who: str, item: str, words: str) -> None:
        """A customer asks."""
        self._act(lambda: self.stand.ask(who, item, {"reason": words} if item == "lamp" else {}))

    @rule(data=st.data(), say=st.sampled_from([Say.APPROVE, Say.APPROVE, Say.DENY]))
    def decide(self, data: st.DataObject, say: Say) -> None:
        """An approver decides about anything that waits."""
        with self.stand.house.database.read() as session:
            waiting = invariants.sa.select(invariants.Stage.request_id)
            ids = list(session.scalars(waiting.where(invariants.Stage.state == "open")))
        if ids:
            self._act(lambda: self.stand.decide("dora", data.draw(st.sampled_from(ids)), say, "Because."))

    @rule(faults=st.lists(FAULTS, min_size=1, max_size=3))
    def trouble(self, faults: list[str]) -> None:
        """The target's next calls go wrong."""
        self.stand.shelf.faults = faults

    @rule(looks=st.lists(st.sampled_from(["raise", "blind", ""]), min_size=1, max_size=3))
    def blindness(self, looks: list[str]) -> None:
        """The target's next looks go wrong."""
        self.stand.shelf.looks = looks

    @rule(offline=st.booleans())
    def line(self, offline: bool) -> None:
        """The target is away, or back."""
        self.stand.shelf.offline = offline

    @rule()
    def deliver(self) -> None:
        """What was ordered arrives."""
        self.stand.shelf.deliver()

    @rule(minutes=st.sampled_from([0, 1, 5, 20, 180, 600]))
    def time(self, minutes: int) -> None:
        """Time goes by, the queue works, grants and stages that are due tick."""
        self.stand.clock.forward(minutes=minutes)
        self._act(lambda: self.stand.work(3))
        with self.stand.house.database.read() as session:
            due = session.scalars(
                invariants.sa.select(invariants.Grant).where(
                    invariants.Grant.ends_at <= self.stand.clock(),
                    invariants.Grant.state.in_([GrantState.PROMISED, GrantState.ACTIVE]),
                )
            ).all()
        for grant in due:
            self.stand.tick_grant(grant)

    @precondition(lambda self: bool(self._requests()))
    @rule(data=st.data(), who=WHO, act=st.sampled_from(["cancel", "give_back", "extend"]))
    def customer(self, data: st.DataObject, who: str, act: str) -> None:
        """A customer cancels, gives back or extends anything of theirs."""
        name, me, now = data.draw(st.sampled_from(self._requests())), self.stand.people[who], self.stand.clock()
        if act == "extend":
            self._act(lambda: acts.extend(self.stand.house, name, me, {}))
        else:
            self._act(lambda: self.stand.write(getattr(acts, act), self.stand.house, name, me, now))

    @precondition(lambda self: bool(self.stand.open_cases()))
    @rule(data=st.data(), act=st.sampled_from(["take", "retry", "done", "my_word", "cannot", "back"]))
    def staff(self, data: st.DataObject, act: str) -> None:
        """Staff deal with any case."""
        case, me = data.draw(st.sampled_from(self.stand.open_cases())), self.stand.people["tess"]
        house = self.stand.house
        match act:
            case "take":
                self._act(lambda: desk.take(house, case.id, me))
            case "retry":
                self._act(lambda: desk.retry(house, case.id, me))
            case "done":
                self._act(lambda: desk.done(house, case.id, me, fields={}))
            case "my_word":
                self._truly_by_hand(case.step_id, take_back=case.grant_id is not None)
                self._act(lambda: desk.done(house, case.id, me, fields={}, on_my_word=True))
            case _:
                self._act(lambda: desk.cannot(house, case.id, me, words="No.", take_back=act == "back"))

    def _truly_by_hand(self, step_id: str | None, *, take_back: bool) -> None:
        """Staff who give their word have done it."""
        with self.stand.house.database.read() as session:
            step = session.get_one(invariants.Step, step_id)
        place = (str(step.args["thing"]), str(step.args["customer"]))
        self.stand.shelf.orders.discard(place)
        (self.stand.shelf.things.discard if take_back else self.stand.shelf.things.add)(place)

    @rule()
    def hour(self) -> None:
        """The hourly look."""
        self._act(lambda: reconcile(self.stand.house))

    @invariant()
    def holds(self) -> None:
        """Everything that must always be true is."""
        invariants.check(self.stand)


def test_any_order_of_acts_and_faults_keeps_the_ledger_true(sqlite_template: Path) -> None:
    """Asks, decisions, time, faults, deaths, gifts back, staff: in any order."""
    AnyOrder.template = sqlite_template
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize("rounds", [3])
def test_after_everything_is_well_again_nothing_is_left_open(stand: Stand, rounds: int) -> None:
    """Faults of every kind, then a day of peace: each request is over or on the desk, each old grant gone."""
    for number in range(rounds):
        for fault in ("transient", "answer_lost", "lost", "lies", "raise"):
            stand.shelf.faults = [fault]
            for who in ("ada", "ben", "eli"):
                with suppress(Refusal):
                    stand.ask(who, ["lamp", "set", "fork"][number % 3], {})
            stand.clock.forward(minutes=3)
            stand.work()
    stand.shelf.faults = []
    for _ in range(60):
        stand.clock.forward(minutes=10)
        stand.work()
        for who in ("ada", "ben", "eli"):
            for grant in stand.grants(who):
                if grant.ends_at is not None and grant.ends_at <= stand.clock():
                    stand.tick_grant(grant)
    invariants.check(stand)
    with stand.house.database.read() as session:
        states = set(session.scalars(invariants.sa.select(invariants.Request.state)))
    assert states == {RequestState.FULFILLED}
    assert not stand.shelf.things
