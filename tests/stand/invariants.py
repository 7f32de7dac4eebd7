"""What must be true at any moment, whatever was done before."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.seal import verify
from selfserve.store.states import (
    OPEN_RUN,
    STEP_THERE,
    EscalationState,
    GrantState,
    Purpose,
    RequestState,
    StageState,
    StepState,
)
from selfserve.store.tables import Escalation, Grant, GrantReason, Request, Run, Stage, Step
from tests.stand.house import Stand


def every_request() -> sa.Select[str]:
    """The ids of all requests."""
    return sa.select(Request.id)


def check(stand: Stand) -> None:
    """Raise AssertionError where anything that must always hold does not."""
    with stand.house.database.snapshot() as session:
        _nothing_is_stuck(session)
        _nothing_ends_without_a_revoke_under_way(session)
        _what_is_ended_is_gone(stand, session)
        _what_is_held_is_there(stand, session)
        _nothing_is_there_without_a_reason(stand, session)
        verdict = verify(session)
        assert not verdict.breaks, verdict.breaks


def _nothing_is_stuck(session: Session) -> None:
    """Every request that is not over waits for somebody or something that will come."""
    for request in session.scalars(sa.select(Request).where(Request.closed_at.is_(None))):
        stage = session.scalar(sa.select(Stage).where(Stage.request_id == request.id, Stage.state == StageState.OPEN))
        run = session.scalar(
            sa.select(Run).where(Run.request_id == request.id, Run.purpose == Purpose.FULFIL, Run.state.in_(OPEN_RUN))
        )
        case = session.scalar(
            sa.select(Escalation).where(
                Escalation.subject == f"request:{request.id}", Escalation.state != EscalationState.CLOSED
            )
        )
        waits = {
            RequestState.AWAITING_APPROVAL: stage,
            RequestState.FULFILLING: run,
            RequestState.HANDED_OVER: case,
        }[RequestState(request.state)]
        assert waits is not None, f"{request.item_id} stands still in {request.state}"


def _nothing_ends_without_a_revoke_under_way(session: Session) -> None:
    for grant in session.scalars(
        sa.select(Grant).where(Grant.state.in_([GrantState.ENDING, GrantState.REVOKE_FAILED]))
    ):
        run = session.scalar(sa.select(Run).where(Run.grant_id == grant.id, Run.state.in_(OPEN_RUN)))
        assert run is not None, f"{grant.item_id} should end and nobody is at it"


def _place(step: Step) -> tuple[str, str]:
    return str(step.args["thing"]), str(step.args["customer"])


def _steps_of(session: Session, grant: Grant) -> list[Step]:
    return list(
        session.scalars(
            sa.select(Step)
            .join(GrantReason, GrantReason.request_id == Step.request_id)
            .where(GrantReason.grant_id == grant.id, Step.connector == "shelf", Step.action.in_(["put", "order"]))
        )
    )


def _what_is_ended_is_gone(stand: Stand, session: Session) -> None:
    """Nothing of a grant shown as ended is still ours, or on the shelf without another reason to be."""
    for grant in session.scalars(sa.select(Grant).where(Grant.state == GrantState.ENDED)):
        for step in _steps_of(session, grant):
            assert not step.ours, f"{grant.item_id} has ended and its {step.name} is still noted as ours"


def _what_is_held_is_there(stand: Stand, session: Session) -> None:
    """What we say is there is there: nobody but us changes this shelf."""
    for grant in session.scalars(sa.select(Grant).where(Grant.state == GrantState.ACTIVE)):
        for step in _steps_of(session, grant):
            if step.state in STEP_THERE:
                assert _place(step) in stand.shelf.things, f"{step.args} is held and not on the shelf"


def _nothing_is_there_without_a_reason(stand: Stand, session: Session) -> None:
    """Everything on the shelf was put there for a step that knows it, and will be taken back with its grant."""
    known: set[tuple[str, str]] = set()
    for step in session.scalars(sa.select(Step).where(Step.connector == "shelf")):
        doubtful = step.calls > 0 and step.state not in (*STEP_THERE, StepState.UNDONE)
        if step.ours or doubtful:
            known.add(_place(step))
    assert stand.shelf.things <= known, f"{stand.shelf.things - known} is on the shelf and nobody knows why"
