"""The desk's three exits: retry from the failed step, done by hand, cannot be done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.connectors.contract import Presence
from selfserve.connectors.human import DONE_BY_HAND, TAKEN_BACK_BY_HAND
from selfserve.connectors.patience import TooSlow
from selfserve.connectors.problems import ConnectorProblem
from selfserve.fulfilment import cases, conclude, drift, ends, escalation, grants, owned, parties, sealed, unseen
from selfserve.fulfilment.cases import OWN, WORDS, DeskRefusal, Unfilled
from selfserve.fulfilment.house import House
from selfserve.fulfilment.runs import work_of
from selfserve.fulfilment.steps import StepWork, named, resource_of
from selfserve.languages.messages import msg
from selfserve.store.states import (
    GOING,
    OPEN_RUN,
    STEP_THERE,
    Exit,
    Purpose,
    RequestState,
    RunState,
    StepState,
)
from selfserve.store.tables import Escalation, Grant, Person, Request, Run, Step

log = structlog.get_logger(__name__)
PATIENCE = timedelta(seconds=20)
"""How long a person at the desk waits for a look at the target."""
BEING_TRIED = msg("It is just being tried again; look in a moment.")
AT_IT = msg("The same is just being taken back, as part of what was held before. Wait a moment, then press it again.")
SAID_NEW = "not_there_before"
"""What staff say of the time before, in the evidence."""
NEW = f"{OWN}{SAID_NEW}"
"""The field they say it in."""
SEALED = "(sealed to the customer)"
TELLING = 4
"""From how many signs on a sealed answer tells something; a shorter one stands in many a word by chance."""
OPENLY = msg("What you seal for the customer stands in here too, for all to read. Leave it out here.")


def retry(session: Session, house: House, escalation_id: str, staff: Person, now: datetime) -> None:
    """Try again from the failed step, once; what is done stays done. The case is the team's until that is seen to
    work."""
    case = cases.open_one(session, house, escalation_id, staff, now)
    cases.not_being_tried(case)
    cases.try_again(session, house, case, staff, now)
    if case.grant_id is not None:
        _retry_revoke(session, house, case, now)
    elif case.request_id is not None:
        _retry_request(session, house, case, staff, now)
    else:
        raise DeskRefusal(msg("There is nothing to try again here; close it when it is dealt with."))
    if case.why == drift.DRIFT:  # what is missing is one case, bringing it again is another
        escalation.close(session, case, Exit.RETRIED, now, by=staff.id)
    else:
        escalation.being_tried(session, case, staff, now)


def _retry_request(session: Session, house: House, case: Escalation, staff: Person, now: datetime) -> None:
    request = session.get_one(Request, case.request_id, with_for_update=True)
    drifted = case.why == drift.DRIFT
    if request.state not in (drift.HELD if drifted else (RequestState.HANDED_OVER,)):
        raise DeskRefusal(msg("This request is not waiting for a person any more."))
    _still_wanted(session, request, now)
    step = session.get(Step, case.step_id) if case.step_id else None
    if step is not None and (drifted or step.state not in STEP_THERE):
        step.state, step.accepted_until = StepState.PLANNED, None
        if not _lasting(house, step):
            step.calls = 0  # a person looked, and says that it may be sent again
    _go_on(session, house, request, step.connector if step else "", now)
    Trail(session, f"request:{request.id}").tell(
        "request.retried",
        at=now,
        actor=f"person:{staff.id}",
        data={"step": step.name if step else "", "by": staff.given_name or staff.name},
    )


def _still_wanted(session: Session, request: Request, now: datetime) -> None:
    over = grants.over(session, request.id, now)
    if over is not None:
        raise DeskRefusal(msg("{why} Close it with a word to the customer.", why=over))


def _lasting(house: House, step: Step) -> bool:
    action = house.connectors.lookup(f"{step.connector}.{step.action}")
    return action is not None and action.lasting


def _go_on(session: Session, house: House, request: Request, connector: str, now: datetime) -> None:
    last = session.scalars(
        sa.select(Run)
        .where(Run.request_id == request.id, Run.purpose == Purpose.FULFIL)
        .order_by(Run.attempt.desc())
        .limit(1)
    ).one()
    request.state, request.closed_at = RequestState.FULFILLING, None
    request.version += 1
    conclude.follow(session, house, last, connector, now, None, first_at=now)


def _retry_revoke(session: Session, house: House, case: Escalation, now: datetime) -> None:
    grant = session.get_one(Grant, case.grant_id, with_for_update=True)
    if grant.state not in GOING:
        raise DeskRefusal(msg("This is not waiting to be taken back any more."))
    open_run = sa.select(Run).where(Run.grant_id == grant.id, Run.purpose == Purpose.REVOKE, Run.state.in_(OPEN_RUN))
    # One that is just being begun is passed over and not waited for: its worker holds it and waits for this grant.
    run = session.scalar(open_run.with_for_update(skip_locked=True))
    if run is None and session.scalar(open_run) is not None:
        raise DeskRefusal(BEING_TRIED)
    if run is not None and run.state != RunState.WAITING:
        raise DeskRefusal(BEING_TRIED)
    if run is not None:
        run.state, run.ended_at = RunState.STOPPED, now
        session.flush()
    ends.order_revoke(session, house, grant, now, first_at=now, after=None)


@dataclass(frozen=True)
class Seen:
    """What a look at the target said about a step that staff did by hand. INVISIBLE where no step is looked at.

    `why` says why it could not be looked at. `recorded`: a person's work by design, of which there is only the desk's
    own record, so that nothing was seen in any target. `name`: what the target calls it, where that was not known.
    `over`: the attempts to take the same back that were over before the look.
    """

    presence: Presence
    evidence: dict[str, Any]
    why: str = ""
    recorded: bool = False
    name: str = ""
    over: frozenset[str] = frozenset()

    @property
    def in_target(self) -> bool:
        """True where the target itself showed the effect."""
        return self.presence is Presence.PRESENT and not self.recorded


def look(house: House, escalation_id: str, fields: Mapping[str, Any]) -> Seen:
    """Look at the target of the case's step, before `done` is written. Takes no transaction while it looks."""
    with house.database.read() as session:
        case = session.get(Escalation, escalation_id)
        step = session.get(Step, case.step_id) if case is not None and case.step_id else None
        if step is None:
            return Seen(Presence.INVISIBLE, {})
        work = work_of(step, session.get_one(Request, step.request_id).customer_id)
        assert case is not None
        _, shown = _parted(case, {name: str(value) for name, value in fields.items()})
    if case.grant_id is not None:
        return _look(house, work, {TAKEN_BACK_BY_HAND: shown})
    name = "" if named(work.resource) else _name(house, work)
    with house.database.read() as session:
        over = owned.over(session, work.connector, name or work.resource)
    return replace(_look(house, work, {DONE_BY_HAND: shown}), name=name, over=over)


def _name(house: House, work: StepWork) -> str:
    """What the target calls what the step changes; "" where it has no such thing, or cannot say."""
    try:
        connector, action = house.connectors.guarded(work.use, PATIENCE)
        name = resource_of(connector, action, action.args.model_validate(work.args), work.customer_id)
    except (ConnectorProblem, TooSlow, ValueError):
        return ""
    except Exception:
        log.exception("connector_raised", connector=work.connector, action=work.action)
        return ""
    return name if named(name) else ""


def _look(house: House, work: StepWork, recorded: dict[str, Any]) -> Seen:
    try:
        connector, action = house.connectors.guarded(work.use, PATIENCE)
        args = action.args.model_validate(work.args)
        seen = connector.observe(action.name, args, {**work.target_state, **recorded})
    except (ConnectorProblem, ValueError):
        return Seen(Presence.UNKNOWABLE, {}, msg("The step {step} is not set up rightly.", step=work.use))
    except Exception as problem:
        log.exception("connector_raised", connector=work.connector, action=work.action)
        return Seen(
            Presence.UNKNOWABLE, {}, msg("The connector itself failed: {problem}.", problem=type(problem).__name__)
        )
    return Seen(seen.presence, dict(seen.evidence), seen.failure.reason if seen.failure else "", action.human)


@dataclass(frozen=True)
class ByHand:
    """What staff say they did: the checklist's fields, a word for the customer, and what a look at the target showed.

    `on_my_word`: staff insist although the target does not show it, or cannot be looked at. `not_there_before`: it was
    them who brought it, so that it is taken back; heard only where nobody saw what was there (`unseen.asked`).
    """

    fields: Mapping[str, str]
    words: str
    seen: Seen
    on_my_word: bool = False
    not_there_before: bool | None = None


def done(session: Session, house: House, escalation_id: str, staff: Person, by_hand: ByHand, now: datetime) -> None:
    """The failed step was done by hand; the rest goes on by machine.

    Refused where the target could show it and did not (not there, still at it, or not to be read), unless staff say
    that they are sure. What no target shows by its nature, a person's work or a password, is taken on their word.
    Refused for a moment, whatever they say, where somebody is just taking the same back, or was since the look.
    """
    case = cases.open_one(session, house, escalation_id, staff, now)
    cases.not_being_tried(case)
    cases.not_their_own(session, case, staff)
    cases.act(session, house, case, staff, now)
    fields = _checked_fields(case, by_hand.fields)
    secrets, shown = _parted(case, fields)
    _stays_sealed(secrets, shown, by_hand.words)
    refusal = "" if by_hand.on_my_word else _not_seen(by_hand.seen, gone=case.grant_id is not None)
    if refusal:
        raise DeskRefusal(refusal)
    if case.grant_id is not None:
        _taken_back_by_hand(session, house, case, by_hand, staff, now)
    elif case.why == drift.DRIFT:
        drift.restored(session, case, staff, by_hand.words, now, seen=by_hand.seen.in_target)
    elif case.request_id is not None:
        _brought_by_hand(session, house, case, by_hand, secrets, shown, staff, now)
    kept = shown | dict.fromkeys(secrets, SEALED)
    escalation.close(session, case, Exit.DONE_BY_HAND, now, by=staff.id, words=by_hand.words, fields=kept)


def _parted(case: Escalation, fields: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What the checklist seals to the customer, and what may be read."""
    secret = {str(line["field"]) for line in case.todo if line.get("field") and line.get("secret")}
    secrets = {name: value for name, value in fields.items() if name in secret}
    return secrets, {name: value for name, value in fields.items() if name not in secret}


def _stays_sealed(secrets: Mapping[str, str], shown: Mapping[str, str], words: str) -> None:
    """Unfilled where what is sealed stands in the open beside it: that is read, mailed and kept for years."""
    telling = [re.escape(value) for value in secrets.values() if len(value) >= TELLING]
    if not telling:
        return
    found = re.compile(rf"(?<!\w)(?:{'|'.join(telling)})(?!\w)")
    wrong = {name: OPENLY for name, value in {WORDS: words, **shown}.items() if found.search(value)}
    if wrong:
        raise Unfilled(wrong)


def _not_seen(seen: Seen, *, gone: bool) -> str:
    """Why a look does not bear out what staff say they did; empty where it does, or where there is nothing to see."""
    match seen.presence:
        case Presence.UNKNOWABLE:
            if not seen.why:
                return msg("We could not look. Try again when the target answers, or say that you are sure.")
            return msg(
                "We could not look. Try again when the target answers, or say that you are sure. It said: {why}",
                why=seen.why,
            )
        case Presence.PRESENT if gone:
            return msg("We looked, and the target still shows it. Check again, or say that you are sure.")
        case Presence.ABSENT if not gone:
            return msg("We looked, and the target does not show it yet. Check again, or say that you are sure.")
        case Presence.PENDING:
            return msg("We looked, and the target is still at it. Check again in a while, or say that you are sure.")
        case _:
            return ""


def _on_word(staff: Person, seen: Seen, now: datetime) -> dict[str, Any]:
    """The evidence of a step that was done by hand: whose word it is, when it was given, and what the target showed,
    where there is one."""
    target = {} if seen.recorded else {"target": seen.presence.value}
    return {**seen.evidence, "by": staff.name, "at": now.isoformat(), **target}


def _checked_fields(case: Escalation, given: Mapping[str, str]) -> dict[str, str]:
    wanted = {line["field"]: line for line in case.todo if line.get("field")}
    left_empty = [name for name in wanted if not str(given.get(name, "")).strip()]
    wrong = {name: msg("Please fill this in.") for name in left_empty if wanted[name].get("required", True)}
    wrong |= {name: msg("Write at most 2,000 characters.") for name in wanted if len(str(given.get(name, ""))) > 2_000}
    if wrong:
        raise Unfilled(wrong)
    unknown = set(given) - set(wanted)
    if unknown:
        raise DeskRefusal(msg("The checklist has no field called {names}.", names=", ".join(sorted(unknown))))
    for name, value in given.items():
        cases.words_of(value, name)
    return {name: str(given[name]).strip() for name in wanted if str(given.get(name, "")).strip()}


def _brought_by_hand(
    session: Session,
    house: House,
    case: Escalation,
    by_hand: ByHand,
    secrets: Mapping[str, str],
    shown: dict[str, str],
    staff: Person,
    now: datetime,
) -> None:
    request = session.get_one(Request, case.request_id, with_for_update=True)
    if request.state != RequestState.HANDED_OVER or case.step_id is None:
        raise DeskRefusal(msg("This request is not waiting for a person any more."))
    _still_wanted(session, request, now)
    grants.activate(session, house, request, now)
    step = session.get_one(Step, case.step_id)
    resource = by_hand.seen.name or step.resource
    if owned.gone_since(session, request.id, step.connector, resource, by_hand.seen.over):
        raise DeskRefusal(AT_IT)
    told = _said_before(by_hand) if unseen.unseen(house, step) else {}
    ours = unseen.ours_by_hand(house, step, not_there_before=by_hand.not_there_before is True)
    step.state, step.verified_at, step.ours = StepState.DONE, now if by_hand.seen.in_target else None, ours
    step.target_state = {**step.target_state, DONE_BY_HAND: shown}
    step.evidence = {**_on_word(staff, by_hand.seen, now), **told}
    step.resource, step.failure, step.reason = resource, "", ""
    sealed.add(session, house, request, dict(secrets))
    _go_on(session, house, request, step.connector, now)
    Trail(session, f"request:{request.id}").tell(
        "step.done_by_hand",
        at=now,
        actor=f"person:{staff.id}",
        tell=by_hand.words,
        data={
            "step": step.name,
            "by": staff.given_name or staff.name,
            "fields": shown,
            **({} if by_hand.seen.recorded else {"target": by_hand.seen.presence.value}),
            **told,
        },
    )


def _said_before(by_hand: ByHand) -> dict[str, bool]:
    """What staff say of the time before; Unfilled where they say nothing, as neither answer is safe to guess."""
    if by_hand.not_there_before is None:
        raise Unfilled({NEW: msg("Say whether it was there before: that decides whether it is taken back.")})
    return {SAID_NEW: by_hand.not_there_before}


def _taken_back_by_hand(
    session: Session, house: House, case: Escalation, by_hand: ByHand, staff: Person, now: datetime
) -> None:
    grant = session.get_one(Grant, case.grant_id, with_for_update=True)
    step = session.get_one(Step, case.step_id)
    if not grants.rests_on(session, grant, step) or owned.kept(session, step, grant.id):
        raise DeskRefusal(msg("This is held because of something else, too. Try again instead."))
    step.state, step.undone_at, step.ours = StepState.UNDONE, now, False
    Trail(session, f"grant:{grant.id}").tell(
        "step.undone_by_hand", at=now, actor=f"person:{staff.id}", data={"step": step.name, "words": by_hand.words}
    )
    _retry_revoke(session, house, case, now)  # the rest, and the end, at once and not after the pause


def cannot(
    session: Session,
    house: House,
    escalation_id: str,
    staff: Person,
    words: str,
    now: datetime,
    *,
    take_back: bool = False,
) -> None:
    """It cannot be done: the customer is told why in `words`; what is there already stays, or is taken back on
    request."""
    case, words = cases.open_one(session, house, escalation_id, staff, now), cases.words_of(words, WORDS)
    cases.not_being_tried(case)
    cases.not_their_own(session, case, staff)
    cases.act(session, house, case, staff, now)
    if not words:
        raise Unfilled(
            {WORDS: msg("Tell the customer in a sentence why it cannot be done, and what they can do instead.")}
        )
    if case.grant_id is not None:
        raise DeskRefusal(msg("Taking back cannot be given up; do it by hand, or try again."))
    if case.why == drift.DRIFT:
        drift.given_up(session, house, case, staff, words, now)
    elif case.request_id is not None:
        _close_request(session, house, case, staff, words, now, take_back=take_back)
    escalation.close(session, case, Exit.CANNOT, now, by=staff.id, words=words)


def _close_request(
    session: Session, house: House, case: Escalation, staff: Person, words: str, now: datetime, *, take_back: bool
) -> None:
    request = session.get_one(Request, case.request_id, with_for_update=True)
    if request.state != RequestState.HANDED_OVER:
        raise DeskRefusal(msg("This request is not waiting for a person any more."))
    there = session.scalar(
        sa.select(sa.func.count()).select_from(Step).where(Step.request_id == request.id, Step.state.in_(STEP_THERE))
    )
    keeps = bool(there) and not take_back
    request.state = RequestState.PARTLY_FULFILLED if keeps else RequestState.FAILED
    request.closed_at, request.words = now, words
    request.version += 1
    if not keeps:
        ends.end_reason(session, house, request, "cannot_be_done", now, f"person:{staff.id}")
    Trail(session, f"request:{request.id}").tell(
        "request.cannot", at=now, actor=f"person:{staff.id}", tell=words, data={"steps_there": there, "kept": keeps}
    )
    parties.cannot(session, request, words, now)
