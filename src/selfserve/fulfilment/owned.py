"""Whose an effect is: what is ours to take back, who else rests on it, and who inherits it (docs/decisions/0003)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from selfserve.fulfilment.runs import work_of
from selfserve.fulfilment.steps import StepWork, named
from selfserve.store.statement import Statement, among
from selfserve.store.states import GOING, LIVING, OPEN_RUN, STEP_THERE, Purpose, RequestState, RunState, StepState
from selfserve.store.tables import Grant, GrantReason, Request, Run, Step

_SETTLED = (*STEP_THERE, StepState.DECLINED, StepState.UNDONE)
_UNKNOWN = (StepState.RUNNING, StepState.UNKNOWN, StepState.ACCEPTED, StepState.NEEDS_HUMAN)
"""How a step ends up of which a call was sent, and nobody knows what became of it."""
_AT_IT = (RunState.CLAIMED, RunState.RUNNING)
_TO_COME = (StepState.PLANNED, StepState.RUNNING, StepState.UNKNOWN)
"""Not there yet, and to be called for, or called for with an outcome that is not known."""
_MINE, _THEIRS = aliased(Step), aliased(Step)
"""Made once: what SQLAlchemy works out about a name of a table costs more than a statement that uses it."""


def ours() -> sa.ColumnElement[bool]:
    """A step whose effect is ours to take back: it is there because of us, or may be, as a call for something that was
    not there before was sent and its outcome never settled."""
    doubtful = sa.and_(Step.calls > 0, Step.before == "absent", sa.not_(among(Step.state, _SETTLED)))
    return sa.or_(sa.and_(Step.ours.is_(True), Step.state != StepState.UNDONE), doubtful)


def given() -> sa.ColumnElement[bool]:
    """A grant of which something was given, or may have been. What ends without that never was there: of a call that
    its target refused we look once more that nothing is left of it, but nobody has anything to lose by that.
    """
    may_be = sa.and_(Step.calls > 0, Step.before == "absent", among(Step.state, _UNKNOWN))
    brought = (
        sa.select(Step.id)
        .join(GrantReason, GrantReason.request_id == Step.request_id)
        .where(
            GrantReason.grant_id == Grant.id,
            sa.or_(sa.and_(Step.ours.is_(True), Step.state != StepState.UNDONE), may_be),
        )
        .correlate(Grant)
        .exists()
    )
    return sa.or_(Grant.started_at.is_not(None), brought)


def being_given(session: Session, grant_id: str) -> Step | None:
    """The step of it that is just being brought about, if any: by a run of its own that was under way when the grant
    ended, or for another request that rests on the same thing and is at it, or has called for it and does not know what
    came of that. Taking it away now would take it from under them.

    What is only planned is not waited for: `going_back` puts it off when its turn comes, and it then looks anew. Locks
    the runs, the grant and the steps concerned, in this order.
    """
    runs = session.scalars(
        sa.select(Run)
        .where(Run.request_id.in_(_own(grant_id)), Run.purpose == Purpose.FULFIL, Run.state.in_(OPEN_RUN))
        .order_by(Run.id)
        .with_for_update()  # one that is just being claimed is waited for
    )
    at_it = [run.request_id for run in runs if run.state in _AT_IT]
    if at_it:
        return session.scalar(sa.select(Step).where(Step.request_id.in_(at_it)).order_by(Step.position).limit(1))
    session.get_one(Grant, grant_id, with_for_update=True)
    _lock(session, grant_id)
    walked = sa.exists().where(
        Run.request_id == _THEIRS.request_id, Run.purpose == Purpose.FULFIL, Run.state.in_(_AT_IT)
    )
    return session.scalar(
        sa.select(Step)
        .join(_THEIRS, sa.and_(_THEIRS.resource == Step.resource, _THEIRS.connector == Step.connector))
        .join(Request, Request.id == _THEIRS.request_id)
        .where(
            Step.request_id.in_(_own(grant_id)),
            ours(),
            _THEIRS.request_id.not_in(_own(grant_id)),
            Request.state == RequestState.FULFILLING,
            sa.or_(
                sa.and_(_THEIRS.state.in_([*_TO_COME, StepState.ACCEPTED]), walked),
                sa.and_(_THEIRS.state.in_(_TO_COME), _THEIRS.calls > 0),
            ),
        )
        .order_by(Step.position)
        .limit(1)
    )


def going_back(session: Session, request_id: str, learnt: StepWork | None = None) -> bool:
    """True while something the request is still to bring is just being taken back, as part of what was held before,
    by whomever: found there now, it would be gone in a moment. `learnt` is a step of it whose name is not stored yet.

    Locks the request's steps and what is held of the same, so that of a giving and a taking back that begin at once one
    sees the other, also where the giving has only now learnt what it is about.
    """
    same = [
        sa.select(_THEIRS.id)
        .join(_MINE, sa.and_(_MINE.resource == _THEIRS.resource, _MINE.connector == _THEIRS.connector))
        .where(_MINE.request_id == request_id, _MINE.state.in_(_TO_COME))
    ]
    if learnt is not None:
        same.append(sa.select(Step.id).where(_is(learnt.connector, learnt.resource)))
    held = sa.select(Step.id).where(Step.id.in_(sa.union(*same)), Step.request_id != request_id, ours())
    _lock_all(session, held, _of(request_id))
    return _at_it(session, Step.id.in_(held))


def going(session: Session, things: Iterable[tuple[str, str]]) -> bool:
    """True while any of these, by connector and resource, is just being taken back, whoever held it.

    Locks what is held of them, as `going_back` does: a taking back that is about to begin sees what this transaction
    stores.
    """
    ids = [row[0] for thing in things for row in _HELD.rows(session, dict(zip(_THING, thing, strict=True)))]
    if not ids:
        return False
    _lock_all(session, sa.select(Step.id).where(Step.id.in_(ids)))
    return _at_it(session, sa.and_(Step.id.in_(ids), ours()))


def over(session: Session, connector: str, resource: str) -> frozenset[str]:
    """The attempts at taking this back that are over by now, by their ids: to be read before a look, see `gone_since`.
    Of what has no name yet nobody can tell."""
    if not named(resource):
        return frozenset()
    return frozenset(session.scalars(_attempts(_is(connector, resource)).where(Run.state.not_in(OPEN_RUN))))


def gone_since(session: Session, request_id: str, connector: str, resource: str, before: frozenset[str]) -> bool:
    """True where somebody is at taking this back, or was since `before` was told by `over`, so that what a look in
    between showed may be gone. What has no name yet may be anything that is just taken back there.

    Locks the request's steps and what is held of the same, as `going_back` does.
    """
    others = Step.request_id != request_id
    if not named(resource):
        ending = sa.select(GrantReason.request_id).join(Grant, Grant.id == GrantReason.grant_id)
        theirs = Step.request_id.in_(ending.where(Grant.state.in_(GOING)))
        held = sa.and_(Step.connector == connector, theirs, others, ours())
        _lock_all(session, sa.select(Step.id).where(held), _of(request_id))
        return _at_it(session, held)
    same = sa.and_(_is(connector, resource), others)
    _lock_all(session, sa.select(Step.id).where(same, ours()), _of(request_id))
    taken = sa.and_(same, sa.or_(ours(), Step.state == StepState.UNDONE))
    begun = _attempts(taken).where(Run.state.not_in([RunState.QUEUED, RunState.WAITING]))
    return not before.issuperset(session.scalars(begun))


def to_undo(session: Session, grant_id: str, now: datetime) -> list[StepWork]:
    """The grant's effects that are ours to take back, in the order they were made.

    What another living grant still needs stays, and becomes its own to take back later, also where it is not sure that
    it was us who brought it. What was there before us is never touched.
    """
    locked = _lock(session, grant_id)
    rows = session.scalars(
        sa.select(Step)
        .join(Request, Request.id == Step.request_id)
        .where(Step.request_id.in_(_own(grant_id)), ours())
        .order_by(Request.asked_at, Step.position)
        .execution_options(populate_existing=True)
    ).all()
    undo = []
    for row in rows:
        heir = _heir(session, row, grant_id, locked)
        if heir is None:
            undo.append(work_of(row))
            continue
        heir.ours = True
        heir.target_state = heir.target_state or dict(row.target_state or {})  # what finds it again, and undoes it
        row.ours, row.state, row.undone_at = False, StepState.UNDONE, now
        row.evidence = {**row.evidence, "kept_for": heir.key.partition(":")[0]}
    return undo


_THING = ("connector", "resource")
_HELD = Statement(
    sa.select(Step.id).where(
        Step.connector == sa.bindparam("connector"), Step.resource == sa.bindparam("resource"), ours()
    )
)


def _is(connector: str, resource: str) -> sa.ColumnElement[bool]:
    return sa.and_(Step.connector == connector, Step.resource == resource)


def _of(request_id: str) -> sa.Select[str]:
    return sa.select(Step.id).where(Step.request_id == request_id)


def _lock_all(session: Session, *which: sa.Select[str]) -> list[str]:
    """Lock the steps with these ids in the one order that there is for all, by id; returns their ids."""
    found = sa.select(Step).where(Step.id.in_(sa.union(*which))).order_by(Step.id).with_for_update()
    return [row.id for row in session.scalars(found)]


def _attempts(which: sa.ColumnElement[bool]) -> sa.Select[str]:
    """The runs that take back, or took back, grants because of which such steps were made."""
    return (
        sa.select(Run.id)
        .join(GrantReason, GrantReason.grant_id == Run.grant_id)
        .join(Step, Step.request_id == GrantReason.request_id)
        .where(Run.purpose == Purpose.REVOKE, which)
    )


def _at_it(session: Session, which: sa.ColumnElement[bool]) -> bool:
    return session.scalar(_attempts(which).where(Run.state.in_(_AT_IT)).limit(1)) is not None


def kept(session: Session, step: Step, grant_id: str) -> bool:
    """True where another living grant rests on the same thing, so that it stays when this grant is taken back."""
    return _heir(session, step, grant_id, _lock(session, grant_id)) is not None


def _own(grant_id: str) -> sa.Select[str]:
    return sa.select(GrantReason.request_id).where(GrantReason.grant_id == grant_id)


def _lock(session: Session, grant_id: str) -> list[str]:
    """Lock the grant's steps, all that may be their heirs, and what is just being given; returns their ids.

    Whether a step is ours, and whether its heir still lives, is asked only after that: another grant's end may just be
    handing on, or have begun, while the lock is waited for. One order for all, by id: two that end at once never wait
    for each other.
    """
    own = sa.select(Step.id).where(Step.request_id.in_(_own(grant_id)))
    heirs = (
        sa.select(_THEIRS.id)
        .join(_MINE, sa.and_(_MINE.resource == _THEIRS.resource, _MINE.connector == _THEIRS.connector))
        .join(GrantReason, GrantReason.request_id == _THEIRS.request_id)
        .join(Grant, Grant.id == GrantReason.grant_id)
        .where(_MINE.request_id.in_(_own(grant_id)), Grant.state.in_(LIVING), GrantReason.ended_at.is_(None))
    )
    asked = (
        sa.select(_THEIRS.id)
        .join(_MINE, sa.and_(_MINE.resource == _THEIRS.resource, _MINE.connector == _THEIRS.connector))
        .join(Request, Request.id == _THEIRS.request_id)
        .where(_MINE.request_id.in_(_own(grant_id)), Request.state == RequestState.FULFILLING)
    )
    return _lock_all(session, own, heirs, asked)


def _heir(session: Session, row: Step, grant_id: str, locked: list[str]) -> Step | None:
    """A step of another living grant that rests on the same thing in the target, or whose target is just at it; one of
    those that are locked."""
    return session.scalar(
        sa.select(Step)
        .join(GrantReason, GrantReason.request_id == Step.request_id)
        .join(Grant, Grant.id == GrantReason.grant_id)
        .where(
            Step.id.in_(locked),
            Step.resource == row.resource,
            Step.connector == row.connector,
            Step.state.in_([*STEP_THERE, StepState.ACCEPTED]),
            Grant.id != grant_id,
            Grant.state.in_(LIVING),
            GrantReason.ended_at.is_(None),
        )
        .order_by(Grant.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )
