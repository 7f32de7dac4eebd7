"""Who is alive: a lease per process, beaten from a thread; each worker takes up what a dead one left."""

from __future__ import annotations

import os
import socket
import threading

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from selfserve.audit import seal
from selfserve.fulfilment import circuits, give_up, queueing, waking
from selfserve.fulfilment.engine import Orphan
from selfserve.fulfilment.house import House
from selfserve.store.away import is_away
from selfserve.store.states import RunState
from selfserve.store.tables import ExecutorLease, Run, Takeover
from selfserve.telemetry import figures

log = structlog.get_logger(__name__)
MOST_TAKEOVERS = 5
"""Work that outlived this many workers is likely what kills them: a human looks at it."""
STALE = 10
"""After so many leases a first attempt is taken for left even though its process lives."""
SWEEP_LOCK = 7_305_881  # any constant: the advisory lock under which one worker at a time sweeps


def beat(session: Session, house: House, role: str) -> set[str]:
    """Write or renew this process's lease, and with it which targets it leaves in peace; those that are back."""
    now, open_here = house.now(), circuits.of_this_process(house)
    lease = session.get(ExecutorLease, house.executor, with_for_update=True)
    back = circuits.tell_changes(session, lease.circuits if lease else [], open_here, now)
    if lease is not None:
        lease.beaten_at, lease.circuits = house.moment, open_here
    else:
        session.add(
            ExecutorLease(
                executor=house.executor,
                role=role,
                host=socket.gethostname(),
                pid=os.getpid(),
                began_at=now,
                beaten_at=house.moment,
                circuits=open_here,
            )
        )
    return back


def living(session: Session, house: House) -> set[str]:
    """Processes whose lease is not over."""
    if house.database.sqlite:
        return {house.executor}  # one machine, one working process (a lock file sees to it): whoever else was, is gone
    alive = sa.select(ExecutorLease.executor).where(ExecutorLease.beaten_at > house.moment - house.lease)
    return {*session.scalars(alive), house.executor}


def leave(session: Session, house: House) -> None:
    """Give the lease back at an orderly end, so that others take over at once."""
    session.execute(sa.delete(ExecutorLease).where(ExecutorLease.executor == house.executor))


def sweep(house: House) -> int:
    """Take up what dead processes left: claimed first attempts and begun orders; returns how many. Never two sweeps at
    once."""
    with house.database.write() as session:
        if not _alone(session, house):
            return 0
        alive = living(session, house)
        claimed = _sweep_claims(session, house, alive)
        session.execute(sa.delete(ExecutorLease).where(ExecutorLease.beaten_at < house.moment - 20 * house.lease))
        resumable, hopeless = _sweep_orders(session, house, alive)
    house.engine.resume(resumable)
    for orphan in hopeless:
        # A human has it before the engine lets go of it: who dies in between leaves it to the next sweep.
        with house.database.write() as session:
            give_up.give_up(session, house, orphan.id, house.now())
        house.engine.give_up([orphan.id])
    return claimed + len(resumable)


def _alone(session: Session, house: House) -> bool:
    if house.database.sqlite:
        return True
    return bool(session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(SWEEP_LOCK))))


def _sweep_claims(session: Session, house: House, alive: set[str]) -> int:
    """First attempts whose process died before it finished: the durable way goes on from the recorded steps.

    One that stands many times longer than any attempt may was left by a thread that died in a living process.
    """
    stale = house.now() - STALE * house.lease
    left = session.scalars(
        sa.select(Run)
        .where(Run.state == RunState.CLAIMED, sa.or_(Run.executor.not_in(alive), Run.began_at < stale))
        .limit(500)
        .with_for_update()
    ).all()
    for run in left:
        _count(session, house, queueing.order_id(run))
        queueing.requeue(session, house, run)
    if left:
        log.warning("took_over_first_attempts", runs=len(left))
    return len(left)


def _sweep_orders(session: Session, house: House, alive: set[str]) -> tuple[list[str], list[Orphan]]:
    """Orders begun by the dead: those to begin again, and those that were begun too often."""
    resumable, hopeless = [], []
    for orphan in house.engine.orphans(alive):
        if _count(session, house, orphan.id) <= MOST_TAKEOVERS:
            resumable.append(orphan.id)
        else:
            log.error("took_over_too_often", order=orphan.id, task=orphan.task)
            hopeless.append(orphan)
    if resumable:
        log.warning("took_over_orders", orders=len(resumable))
    return resumable, hopeless


def _count(session: Session, house: House, order: str) -> int:
    """One more worker left this order behind; returns how many did. A first attempt counts for the order that it
    becomes, so that work which kills whoever begins it reaches a human after as many deaths, however it began."""
    known = session.get(Takeover, order)
    if known is None:
        known = Takeover(order=order, times=0, at=house.now())
        session.add(known)
    known.times, known.at = known.times + 1, house.now()
    figures.takeover()
    return known.times


def _seal(house: House) -> None:
    """Seal what was told lately; an idle house is only asked for it, and writes nothing."""
    with house.database.read() as session:
        due = seal.due(session, house.now())
    if due:
        with house.database.write() as session:
            seal.seal(session, house.now())


class Heart:
    """Beats the lease, sweeps and seals the trail, from a thread of its own, until stopped."""

    def __init__(self, house: House, role: str, *, sweeps: bool) -> None:
        self.house, self.role, self.sweeps = house, role, sweeps
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def start(self) -> None:
        """Write the lease, then keep beating. Called before any work begins."""
        with self.house.database.write() as session:
            beat(session, self.house, self.role)
        self._thread.start()

    def stop(self) -> None:
        """Stop beating and give the lease back."""
        self._stop.set()
        self._thread.join()
        with self.house.database.write() as session:
            leave(session, self.house)

    def _run(self) -> None:
        every = self.house.lease.total_seconds() / 4
        while True:
            try:
                with self.house.database.write() as session:
                    back = beat(session, self.house, self.role)
                waking.wake(self.house, back)
                if self.sweeps:
                    sweep(self.house)
                    _seal(self.house)
            except Exception as problem:
                if is_away(problem):
                    log.warning("heart_missed_a_beat", why=str(problem))
                else:
                    log.exception("heart_missed_a_beat")
            if self._stop.wait(every):
                return
