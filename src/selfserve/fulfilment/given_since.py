"""After a backup was put back: what was given since it was made, as the former store tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment.owned import ours
from selfserve.store.states import GrantState
from selfserve.store.tables import Grant, GrantReason, Person, Request, Step


@dataclass(frozen=True)
class Given:
    """An effect that is in its target because of us, or may be: whose, by which request (its name in the former store),
    what was called with which arguments, the target's name for it, and until when it was given (None without an end).
    """

    login: str
    name: str
    request: str
    item: str
    connector: str
    action: str
    args: dict[str, Any]
    resource: str
    until: datetime | None


def given_since(former: Session, restored: Session) -> list[Given]:
    """What the former store holds to be ours and the restored one does not know as such, by person and request.

    A step that both know, but that was called for only after the backup, counts as well: the restored store would find
    its effect there, take it for somebody else's and leave it for ever.
    """
    known = set(restored.scalars(sa.select(Step.id).where(ours())))
    rows = former.execute(
        sa.select(Step, Request, Person, GrantReason.ends_at)
        .join(Request, Request.id == Step.request_id)
        .join(Person, Person.id == Request.customer_id)
        .join(GrantReason, GrantReason.request_id == Request.id)
        .join(Grant, Grant.id == GrantReason.grant_id)
        .where(ours(), Grant.state != GrantState.ENDED)
        .order_by(sa.func.lower(Person.login), Request.asked_at, Step.position)
    )
    return [_given(row) for row in rows if row.Step.id not in known]


def _given(row: Any) -> Given:
    step, request, person = row.Step, row.Request, row.Person
    return Given(
        login=person.login,
        name=person.name,
        request=request.name,
        item=str(request.item_name),
        connector=step.connector,
        action=step.action,
        args=step.args,
        resource=step.resource,
        until=row.ends_at,
    )
