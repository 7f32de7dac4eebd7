"""What else the same action gave the same customer: where there is room for one only, the target alone cannot tell what
was there before us, nor what is still wanted."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.connectors.contract import Beside
from selfserve.fulfilment.house import House
from selfserve.fulfilment.owned import ours
from selfserve.store.states import STEP_THERE, GrantState
from selfserve.store.tables import Grant, GrantReason, Request, Step

_LIVE = (GrantState.PROMISED, GrantState.ACTIVE)


def beside(house: House) -> Callable[[str], list[Beside]]:
    """What stands beside a step, by its id: read when it is asked for, outside of any transaction."""

    def found(step_id: str) -> list[Beside]:
        with house.database.read() as session:
            return _found(session, step_id)

    return found


def _found(session: Session, step_id: str) -> list[Beside]:
    step = session.get_one(Step, step_id)
    customer = sa.select(Request.customer_id).where(Request.id == step.request_id).scalar_subquery()
    own = sa.select(GrantReason.grant_id).where(GrantReason.request_id == step.request_id)
    living = sa.and_(Grant.state.in_(_LIVE), GrantReason.ended_at.is_(None), Step.state.in_(STEP_THERE))
    rows = session.execute(
        sa.select(
            Step.args, Step.target_state, sa.case((ours(), True), else_=False), sa.case((living, True), else_=False)
        )
        .join(Request, Request.id == Step.request_id)
        .join(GrantReason, GrantReason.request_id == Step.request_id)
        .join(Grant, Grant.id == GrantReason.grant_id)
        .where(
            Request.customer_id == customer,
            Step.connector == step.connector,
            Step.action == step.action,
            Grant.id.not_in(own),
            Grant.state != GrantState.ENDED,
            sa.or_(Step.state.in_(STEP_THERE), ours()),
        )
        .order_by(Request.asked_at.desc(), Step.id.desc())
    )
    return [Beside(dict(args), dict(state or {}), bool(mine), bool(lives)) for args, state, mine, lives in rows]
