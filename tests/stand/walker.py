"""One house, customers, approvers, staff, time, a target with every fault, and processes that die: moved by numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment import leases
from selfserve.requests import acts, desk
from selfserve.requests.decide import Say
from selfserve.requests.reconcile import reconcile
from selfserve.requests.refusals import Refusal
from selfserve.store.states import OPEN_REQUEST, GrantState, StageState
from selfserve.store.tables import Grant, Request, Stage, Step
from tests.stand import invariants
from tests.stand.house import Stand
from tests.stand.shelf import Killed

T = TypeVar("T")
WHO = ("ada", "ben")
ITEMS = ("lamp", "set", "fork", "cup", "kit", "screen", "chair")
OVERLAPS = (("fork", "set"), ("set", "fork"), ("cup", "kit"), ("kit", "set"), ("set", "cup"))
FAULTS = (
    "transient", "answer_lost", "lost", "lies", "raise", "killed_before", "killed_after", "permanent", "declined", ""
)  # fmt: skip
LOOKS = ("raise", "blind", "")
MINUTES = (0, 1, 5, 20, 130, 600)


class Walker:
    """Each act takes a number, which chooses among what is possible; an act that is not possible does nothing."""

    def __init__(self, stand: Stand) -> None:
        self.stand, self.born = stand, 0

    def act(self, name: str, number: int) -> None:
        """Do it; a refusal in a sentence is an answer, and a killed process is followed by another."""
        try:
            with suppress(Refusal):
                getattr(self, name)(number)
        except Killed:
            self.born += 1
            self.stand = self.stand.again(f"process-{self.born}")
            leases.sweep(self.stand.house)
        invariants.check(self.stand)

    def ask(self, number: int) -> None:
        """A customer asks."""
        item = _of(ITEMS, number)
        answers = {"reason": str(number % 3)} if item == "lamp" else {}
        self.stand.ask(_of(WHO, number // 7), item, answers)

    def decide(self, number: int) -> None:
        """An approver decides about something that waits."""
        with self.stand.house.database.read() as session:
            open_ones = sa.select(Stage.request_id).where(Stage.state == StageState.OPEN).order_by(Stage.id)
            waiting = session.scalars(open_ones).all()
        if waiting:
            say = Say.DENY if number % 5 == 0 else Say.APPROVE
            self.stand.decide("dora", _of(waiting, number // 5), say, "Because.")

    def trouble(self, number: int) -> None:
        """The target's next calls and looks go wrong."""
        self.stand.shelf.faults = [_of(FAULTS, number), _of(FAULTS, number // 10)]
        self.stand.shelf.looks = [_of(LOOKS, number // 100), _of(LOOKS, number // 300)]

    def account(self, number: int) -> None:
        """A customer's account is held, or is not any more."""
        (self.stand.shelf.held.add if number % 3 == 0 else self.stand.shelf.held.discard)(_of(WHO, number // 3))

    def overlap(self, number: int) -> None:
        """Somebody asks for a thing in vain, then for another item that holds the same, and ends one of both."""
        first, second = _of(OVERLAPS, number)
        who = _of(WHO, number // 7)
        self.stand.shelf.faults = [_of(FAULTS, number // 3)]
        made = [self.stand.ask(who, first, {}).name, self.stand.ask(who, second, {}).name]
        name = _of(made, number // 30)
        act = acts.cancel if self.stand.write(_is_open, name) else acts.give_back
        self.stand.write(act, self.stand.house, name, self.stand.people[who], self.stand.clock())
        self.stand.work(2)

    def line(self, number: int) -> None:
        """The target goes away, or comes back."""
        self.stand.shelf.offline = number % 3 == 0

    def deliver(self, _: int) -> None:
        """What was ordered arrives."""
        self.stand.shelf.deliver()

    def time(self, number: int) -> None:
        """Time goes by; grants that are due tick, and the queue works."""
        self.stand.clock.forward(minutes=_of(MINUTES, number))
        with self.stand.house.database.read() as session:
            due = session.scalars(
                sa.select(Grant).where(
                    Grant.ends_at <= self.stand.clock(), Grant.state.in_([GrantState.PROMISED, GrantState.ACTIVE])
                )
            ).all()
        for grant in due:
            self.stand.tick_grant(grant)
        self.stand.work(3)

    def customer(self, number: int) -> None:
        """A customer cancels, gives back or extends something."""
        with self.stand.house.database.read() as session:
            names = session.execute(sa.select(Request.name, Request.customer_id).order_by(Request.id)).all()
        if not names:
            return
        name, me = _of(names, number // 3)
        if number % 3 == 0:
            acts.extend(self.stand.house, name, me, {})
        else:
            act = acts.cancel if number % 3 == 1 else acts.give_back
            self.stand.write(act, self.stand.house, name, me, self.stand.clock())

    def staff(self, number: int) -> None:
        """Staff deal with a case, by any exit."""
        cases, me, house = self.stand.open_cases(), self.stand.people["tess"], self.stand.house
        if not cases:
            return
        case = _of(cases, number // 6)
        exits: Sequence[Callable[[], None]] = (
            lambda: desk.take(house, case.id, me),
            lambda: desk.retry(house, case.id, me),
            lambda: self._falsely_done(case.id),
            lambda: self._by_hand(case.id, case.step_id, take_back=case.grant_id is not None),
            lambda: desk.cannot(house, case.id, me, words="No."),
            lambda: desk.cannot(house, case.id, me, words="No.", take_back=True),
        )
        _of(exits, number)()

    def _falsely_done(self, case_id: str) -> None:
        """Staff who say so without having done it are found out, where the target can be read."""
        self.stand.shelf.looks = []
        if not self.stand.shelf.offline:
            desk.done(self.stand.house, case_id, self.stand.people["tess"], fields={})

    def _by_hand(self, case_id: str, step_id: str | None, *, take_back: bool) -> None:
        """Staff who give their word have done it."""
        with self.stand.house.database.read() as session:
            step = session.get_one(Step, step_id)
        place = (str(step.args["thing"]), str(step.args["customer"]))
        before = set(self.stand.shelf.things)
        if step.action in ("put", "order"):
            self.stand.shelf.orders.discard(place)
            (self.stand.shelf.things.discard if take_back else self.stand.shelf.things.add)(place)
        try:
            desk.done(self.stand.house, case_id, self.stand.people["tess"], fields={}, on_my_word=True)
        except Refusal:
            self.stand.shelf.things = before  # it was not wanted: they undo it
            raise

    def hour(self, _: int) -> None:
        """The hourly look."""
        reconcile(self.stand.house)


ACTS = ("ask", "ask", "ask", "decide", "trouble", "trouble", "line", "account", "overlap", "overlap", "deliver", "time",
        "time", "time", "customer", "customer", "staff", "staff", "staff", "hour")  # fmt: skip


def _is_open(session: Session, name: str) -> bool:
    return session.scalars(sa.select(Request).where(Request.name == name)).one().state in OPEN_REQUEST


def _of(choices: Sequence[T], number: int) -> T:
    return choices[number % len(choices)]
