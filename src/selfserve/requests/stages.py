"""A stage of approval: who may decide, the timers that remind and end it, and what happens when nobody can."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.catalog.approvals import Stage as StageRule
from selfserve.catalog.items import Item
from selfserve.fulfilment import escalation, parties, versions
from selfserve.fulfilment.house import House
from selfserve.fulfilment.promising import Wanted
from selfserve.languages.messages import msg
from selfserve.notify import notices
from selfserve.people import directory
from selfserve.people.teams import UnknownApproverError, approvers
from selfserve.requests.refusals import NotAllowed
from selfserve.requests.words import standing
from selfserve.store.ids import new_id
from selfserve.store.states import RequestState, StageState
from selfserve.store.tables import Person, Request, Stage, StageApprover

log = structlog.get_logger(__name__)
TICK = "stage_tick"
MANAGER = "manager"
Named = list[tuple[Person, str]]


def may_ask_for(session: Session, asker_id: str, customer_id: str) -> None:
    """A manager may ask for those below them; anybody else asks for themselves. NotAllowed otherwise."""
    if not directory.leads_person(session, asker_id, customer_id):
        raise NotAllowed(msg("You can ask for yourself and for people you lead."))


def open_stage(
    session: Session,
    house: House,
    request: Request,
    item: Item,
    rule: StageRule,
    wanted: Wanted | None,
    trail: Trail,
    now: datetime,
) -> Stage:
    """Store the stage that `rule` asks for, tell those who may decide, and set its timers."""
    policy = house.catalog.current.policy.approvals
    expire = rule.expire or policy.expire
    due = now + expire
    if wanted is not None and wanted.ends_at is not None:
        due = min(due, wanted.ends_at)
    stage = Stage(
        id=new_id(),
        request_id=request.id,
        position=1,
        by=[str(approver) for approver in rule.by],
        why=rule.why or "",
        state=StageState.OPEN,
        opened_at=now,
        due_at=due,
        timers=0,
        fallback=False,
    )
    session.add(stage)
    session.flush()
    named = resolve(session, house, stage, request)
    customer = session.get_one(Person, request.customer_id)
    trail.tell(
        "approval.asked",
        at=now,
        data={
            "of": [person.name for person, _ in named][:5],
            "because": sorted({why for _, why in named}),
            "by": stage.by,
            "above": any(why == MANAGER and person.id != customer.manager_id for person, why in named),
        },
    )
    _set_approvers(session, house, stage, request, item, named, now)
    remind = rule.remind or min(policy.remind, expire / 2)
    set_timer(session, house, stage, min(now + remind, due), now)
    return stage


def resolve(session: Session, house: House, stage: Stage, request: Request) -> Named:
    """Who may decide now. Where those named cannot, the fallback team is asked; an empty list means that nobody can.

    A look-up that fails counts as nobody found, and never as an approval.
    """
    catalog = house.catalog.current
    customer = session.get_one(Person, request.customer_id)
    asked_by = session.get_one(Person, request.asked_by_id)

    def look_up(by: list[str]) -> Named:
        try:
            return approvers(session, by, customer, catalog.teams, (asked_by,))
        except UnknownApproverError as unknown:
            log.error("approver_unknown", stage=stage.id, error=str(unknown))  # noqa: TRY400  (the sentence says it all)
            return []

    named = look_up(stage.by)
    stage.fallback = not named
    return named or look_up([f"team:{catalog.policy.approvals.fallback}"])


def locked(session: Session, stage_id: str) -> Stage | None:
    """The stage and its request, both locked, always in the same order; None for one that does not exist."""
    request_id = session.scalar(sa.select(Stage.request_id).where(Stage.id == stage_id))
    if request_id is None:
        return None
    session.get_one(Request, request_id, with_for_update=True)
    return session.get_one(Stage, stage_id, with_for_update=True)


def _set_approvers(
    session: Session, house: House, stage: Stage, request: Request, item: Item, named: Named, now: datetime
) -> None:
    """Write down who may decide, tell those who are new, and call the desk where there is nobody."""
    before = set(session.scalars(sa.select(StageApprover.person_id).where(StageApprover.stage_id == stage.id)))
    session.execute(sa.delete(StageApprover).where(StageApprover.stage_id == stage.id))
    customer = session.get_one(Person, request.customer_id)
    for person, because in named:
        session.add(StageApprover(stage_id=stage.id, person_id=person.id, because=because))
        if person.id not in before:
            _tell_approver(session, stage, request, customer, person, now)
    session.flush()
    if not named:
        case = escalation.Case(
            subject=f"request:{request.id}",
            why="no_approver",
            reason=msg("Nobody can decide this: {names} and the fallback team are empty", names=", ".join(stage.by)),
            team=item.escalate.to,
            title=msg("“{item}”: nobody can approve it", item=request.item_name),
            runbook=item.runbook,
            request_id=request.id,
        )
        escalation.hand_over(session, house, case, now)


def tell_asked_for(session: Session, request: Request, customer: Person, asked_by: Person, now: datetime) -> None:
    """Somebody else asked: the customer knows at once what is done in their name."""
    notices.tell(
        session,
        now=now,
        event=f"request:{request.id}:asked_for",
        person_id=customer.id,
        title=msg("{name} asked for “{item}” for you", name=asked_by.name, item=request.item_name),
        body=msg(
            "{name} is {standing}. If you do not want it, cancel it or give it back.",
            name=asked_by.name,
            standing=standing(customer, asked_by.id, you=True),
        ),
        path=f"/requests/{request.name}",
    )


def _tell_approver(
    session: Session, stage: Stage, request: Request, customer: Person, person: Person, now: datetime, again: int = 0
) -> None:
    asks = msg("{name} asks for “{item}”", name=customer.name, item=request.item_name)
    if request.asked_by_id != customer.id:
        asked_by = session.get_one(Person, request.asked_by_id)
        asks = msg(
            "{name} asks for {customer}: “{item}”", name=asked_by.name, customer=customer.name, item=request.item_name
        )
    why = stage.why or msg("Please decide; it takes a moment.")
    notices.tell(
        session,
        now=now,
        event=f"stage:{stage.id}:asked:{again}",
        person_id=person.id,
        title=asks,
        body=msg("Still waiting for your decision. {why}", why=why) if again else why,
        path="/approvals",
        needed=True,
    )


def set_timer(session: Session, house: House, stage: Stage, due: datetime, now: datetime) -> None:
    """Order the next look at the stage."""
    stage.timers += 1
    order = f"timer:stage:{stage.id}:{stage.timers}"
    house.engine.later(session, TICK, order, stage.id, stage.timers, after=max(due - now, timedelta(0)))


def tick(session: Session, house: House, stage_id: str, number: int, now: datetime) -> str:
    """A stage's timer fired: remind, or end it. A decided stage, or a replaced timer, does nothing. Says what was
    done."""
    stage = locked(session, stage_id)
    if stage is None or stage.state != StageState.OPEN or stage.timers != number:
        return "void"
    assert stage.due_at is not None
    if now >= stage.due_at:
        expire(session, house, stage, now)
        return "expired"
    refresh(session, house, stage, now)
    request = session.get_one(Request, stage.request_id)
    customer = session.get_one(Person, request.customer_id)
    for person in session.scalars(
        sa.select(Person)
        .join(StageApprover, StageApprover.person_id == Person.id)
        .where(StageApprover.stage_id == stage.id)
    ):
        _tell_approver(session, stage, request, customer, person, now, again=stage.timers)
    Trail(session, f"request:{request.id}").tell("approval.reminded", at=now)
    set_timer(session, house, stage, stage.due_at, now)
    return "reminded"


def refresh(session: Session, house: House, stage: Stage, now: datetime) -> Named:
    """Work out anew who may decide: people leave, groups change. Told where it differs from before."""
    request = session.get_one(Request, stage.request_id)
    item = versions.pinned(session, request.item_version_id)
    before = set(session.scalars(sa.select(StageApprover.person_id).where(StageApprover.stage_id == stage.id)))
    named = resolve(session, house, stage, request)
    if {person.id for person, _ in named} != before or not named:
        Trail(session, f"request:{request.id}").tell(
            "approval.asked_anew", at=now, data={"of": [person.name for person, _ in named][:5]}
        )
        _set_approvers(session, house, stage, request, item, named, now)
    if named:
        escalation.close_subject(session, f"request:{request.id}", now)
    return named


def settle(session: Session, stage: Stage, now: datetime) -> None:
    """Nothing waits for anybody at this stage any more: what told them so counts as read, whoever decided."""
    people = session.scalars(sa.select(StageApprover.person_id).where(StageApprover.stage_id == stage.id)).all()
    notices.settled(session, people, f"stage:{stage.id}:asked:", now)
    notices.settled(session, people, f"request:{stage.request_id}:answered:", now)
    settle_question(session, session.get_one(Request, stage.request_id), now)


def settle_question(session: Session, request: Request, now: datetime) -> None:
    """A question that is answered, or that nobody waits for any more, counts as read."""
    notices.settled(session, {request.customer_id, request.asked_by_id}, f"request:{request.id}:question:", now)


def _no_decision(it: str) -> str:
    return msg("Nobody decided about {it} in time", it=it)


def expire(session: Session, house: House, stage: Stage, now: datetime) -> None:
    """Nobody decided in time: the request is over, and everybody concerned is told."""
    stage.state, stage.closed_at = StageState.EXPIRED, now
    settle(session, stage, now)
    request = session.get_one(Request, stage.request_id, with_for_update=True)
    request.state, request.closed_at = RequestState.EXPIRED, now
    request.version += 1
    Trail(session, f"request:{request.id}").tell("request.expired", at=now)
    escalation.close_subject(session, f"request:{request.id}", now)
    item = versions.pinned(session, request.item_version_id)
    _, owner = escalation.team_of(house, item.owner)
    parties.tell(
        session,
        request,
        now=now,
        what="expired",
        title=_no_decision,
        body=msg("We are sorry. You can ask again; the team that owns it has been told too."),
    )
    notices.tell(
        session,
        now=now,
        event=f"request:{request.id}:expired",
        mailbox=owner.mail,
        title=msg("“{item}”: a request ended without a decision", item=request.item_name),
        body=msg("Nobody who may decide did so in time. See who is asked, and whether that still fits."),
        path=f"/requests/{request.name}",
    )
