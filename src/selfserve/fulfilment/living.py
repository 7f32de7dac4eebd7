"""Whether the same is held otherwise: by another grant of the customer's that is not just being taken back."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.store.states import LIVING, STEP_THERE
from selfserve.store.tables import Grant, GrantReason, Request, Step


def held_otherwise(session: Session, step: Step) -> bool:
    """True where a living grant of the same customer, other than the step's own, rests on the same thing in the target,
    as `owned` hands it on."""
    own = sa.select(GrantReason.grant_id).where(GrantReason.request_id == step.request_id)
    customer = sa.select(Request.customer_id).where(Request.id == step.request_id).scalar_subquery()
    held = (
        sa.select(Step.id)
        .join(GrantReason, GrantReason.request_id == Step.request_id)
        .join(Grant, Grant.id == GrantReason.grant_id)
        .where(
            Step.resource == step.resource,
            Step.connector == step.connector,
            Step.state.in_(STEP_THERE),
            GrantReason.ended_at.is_(None),
            Grant.id.not_in(own),
            Grant.customer_id == customer,
            Grant.state.in_(LIVING),
        )
    )
    return session.scalar(held.limit(1)) is not None
