"""What was given and is not in the target any more, although nobody took it back here: told, and put right by
people."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.fulfilment import ends, escalation, grants, parties, versions
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.store.states import GrantState, RequestState
from selfserve.store.tables import Escalation, Grant, Person, Request, Step

DRIFT = "drift"
HELD = (RequestState.FULFILLED, RequestState.PARTLY_FULFILLED)


def tell(session: Session, house: House, step_id: str, now: datetime) -> str | None:
    """Put before the owners that a step's effect is gone; the name of its request, None where it is held no more."""
    step = session.get_one(Step, step_id)
    grant = _grant_of(session, step, lock=True)
    if grant is None or grant.state != GrantState.ACTIVE:
        return None
    request = session.get_one(Request, step.request_id)
    Trail(session, f"grant:{grant.id}").tell("grant.drifted", at=now, data={"step": step.name})
    if request.state in HELD:
        item = versions.pinned(session, request.item_version_id)
        case = escalation.Case(
            subject=f"drift:{grant.id}",
            why=DRIFT,
            reason=_why(step),
            team=item.escalate.to,
            title=msg("“{item}”: not in the target any more", item=request.item_name),
            runbook=item.runbook,
            request_id=request.id,
            step_id=step.id,
        )
        escalation.hand_over(session, house, case, now)
    return request.name


def _why(step: Step) -> str:
    by = step.evidence.get("by")
    if step.verified_at is None and by:
        return msg(
            "{connector} does not show it; it was given on {name}'s word, and never seen there",
            connector=step.connector,
            name=str(by),
        )
    return msg("{connector} does not show it any more, although it was not taken back here", connector=step.connector)


def back(session: Session, step_id: str, now: datetime) -> None:
    """It is seen in the target (again): what was told about it has solved itself."""
    step = session.get_one(Step, step_id)
    grant = _grant_of(session, step)
    if grant is not None and _open_about(session, grant, step):
        session.get_one(Grant, grant.id, with_for_update=True)
        if _open_about(session, grant, step):  # nobody closed it while the lock was waited for
            escalation.close_subject(session, f"drift:{grant.id}", now)
    step.verified_at = now


def _open_about(session: Session, grant: Grant, step: Step) -> bool:
    return any(case.step_id == step.id for case in escalation.open_on(session, f"drift:{grant.id}"))


def _grant_of(session: Session, step: Step, *, lock: bool = False) -> Grant | None:
    reason = grants.reason_of(session, step.request_id)
    return session.get(Grant, reason.grant_id, with_for_update=lock) if reason else None


def restored(session: Session, case: Escalation, staff: Person, words: str, now: datetime, *, seen: bool) -> None:
    """Staff put it back in the target; where that was not `seen`, it stands on their word until the next hourly
    look."""
    step = session.get_one(Step, case.step_id, with_for_update=True)
    step.verified_at = now if seen else None
    step.evidence = {**step.evidence, "by": staff.name, "at": now.isoformat()}
    Trail(session, f"request:{step.request_id}").tell(
        "step.done_by_hand",
        at=now,
        actor=f"person:{staff.id}",
        tell=words,
        data={"step": step.name, "by": staff.given_name or staff.name},
    )


def given_up(session: Session, house: House, case: Escalation, staff: Person, words: str, now: datetime) -> None:
    """It stays away: the customer reads why, and the request holds it no more."""
    request = session.get_one(Request, case.request_id, with_for_update=True)
    request.words = words
    request.version += 1
    ends.end_reason(session, house, request, "gone_in_target", now, f"person:{staff.id}")
    Trail(session, f"request:{request.id}").tell("request.cannot", at=now, actor=f"person:{staff.id}", tell=words)
    what = f"gone:{request.version}"
    parties.tell(session, request, now=now, what=what, title=_gone, body=words)


def _gone(it: str) -> str:
    return msg("{it} is not there any more", it=it)
