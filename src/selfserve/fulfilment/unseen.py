"""What is done by hand although nobody ever saw whether it was there before: whose it is, only staff can say
(docs/decisions/0003)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from selfserve.connectors.contract import Presence
from selfserve.fulfilment import drift
from selfserve.fulfilment.house import House
from selfserve.store.tables import Escalation, Step


def asked(session: Session, house: House, case: Escalation) -> bool:
    """True where staff who say that a case is done by hand are asked whether it was not there before."""
    brings = case.request_id is not None and case.grant_id is None and case.why != drift.DRIFT
    step = session.get(Step, case.step_id) if brings and case.step_id else None
    return step is not None and unseen(house, step)


def unseen(house: House, step: Step) -> bool:
    """True for an effect that lasts, and of which no look before our first call told whether its target showed it. A
    person's work by design is seen in no target, and is nobody's before it is done."""
    action = house.connectors.lookup(f"{step.connector}.{step.action}")
    known = step.calls > 0 and step.before in (Presence.PRESENT, Presence.ABSENT)  # an earlier look may be long ago
    return action is not None and action.lasting and not action.human and not known


def ours_by_hand(house: House, step: Step, *, not_there_before: bool) -> bool:
    """Whether what staff did by hand is ours to take back: never what was, or may have been, there before."""
    action = house.connectors.lookup(f"{step.connector}.{step.action}")
    if action is None or not action.lasting:
        return False
    return not_there_before if unseen(house, step) else step.before != Presence.PRESENT
