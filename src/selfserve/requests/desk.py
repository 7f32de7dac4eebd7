"""The desk as faces call it: each act one transaction, looks at targets outside of it, cases of every kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.fulfilment import cases, desk, escalation, parties, unseen
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.requests import asking, stages
from selfserve.requests.refusals import NotFound, NotPossible, Unfit
from selfserve.store.states import EscalationState, Exit, RequestState, StageState
from selfserve.store.tables import Escalation, Person, Request, Stage

NO_APPROVER = "no_approver"


@contextmanager
def _told() -> Iterator[None]:
    """The desk's own refusals in the words of this room, so that faces map them once."""
    try:
        yield
    except cases.UnknownEscalation as unknown:
        raise NotFound(unknown.words) from unknown
    except cases.Unfilled as unfilled:
        raise Unfit(unfilled.errors) from unfilled
    except cases.DeskRefusal as refused:
        raise NotPossible(refused.words) from refused


def take(house: House, case_id: str, staff_id: str) -> None:
    """Make the case mine; NotPossible, with who has it, where somebody was first."""
    with _told(), house.database.write() as session:
        cases.take(session, house, case_id, asking.present(session, staff_id), house.now())


def take_over(house: House, case_id: str, staff_id: str) -> None:
    """Make the case mine although a colleague has it; they are told."""
    with _told(), house.database.write() as session:
        cases.take_over(session, house, case_id, asking.present(session, staff_id), house.now())


def hand_on(house: House, case_id: str, staff_id: str, *, team: str, words: str) -> None:
    """Hand the case to another team by its id, with a word for them."""
    with _told(), house.database.write() as session:
        cases.hand_on(session, house, case_id, asking.present(session, staff_id), team, words, house.now())


def retry(house: House, case_id: str, staff_id: str) -> None:
    """Try again from the failed step; for a request that nobody can decide, look again for somebody who can."""
    with _told(), house.database.write() as session:
        staff, now = asking.present(session, staff_id), house.now()
        case = cases.open_one(session, house, case_id, staff, now)
        if case.why == NO_APPROVER:
            cases.try_again(session, house, case, staff, now)
            _look_for_approvers(session, house, case)
        else:
            desk.retry(session, house, case_id, staff, now)


def _look_for_approvers(session: Session, house: House, case: Escalation) -> None:
    stage = _open_stage(session, case)
    if stage is None or not stages.refresh(session, house, stage, house.now()):
        raise NotPossible(msg("There is still nobody who can decide this: see to the team's members first."))


def _open_stage(session: Session, case: Escalation) -> Stage | None:
    return session.scalar(
        sa.select(Stage).where(Stage.request_id == case.request_id, Stage.state == StageState.OPEN).with_for_update()
    )


def done(
    house: House,
    case_id: str,
    staff_id: str,
    *,
    fields: Mapping[str, str],
    words: str = "",
    on_my_word: bool = False,
    not_there_before: bool | None = None,
) -> None:
    """The failed step was done by hand, with the checklist's fields; the target is looked at first.

    Where nobody ever saw what was there (`asks_before`), staff have to say whether it was `not_there_before`: Unfit
    where they do not.
    """
    with _told():
        shown = {name: cases.words_of(value, name) for name, value in fields.items()}
        seen = desk.look(house, case_id, shown)
        by_hand = desk.ByHand(shown, cases.words_of(words, cases.WORDS), seen, on_my_word, not_there_before)
        with house.database.write() as session:
            staff, now = asking.present(session, staff_id), house.now()
            if cases.open_one(session, house, case_id, staff, now).why == NO_APPROVER:
                raise NotPossible(msg("A decision cannot be replaced by hand: find somebody who may decide."))
            desk.done(session, house, case_id, staff, by_hand, now)


def asks_before(session: Session, house: House, case: Escalation) -> bool:
    """Whether `done` asks if it was there before: nobody ever saw, and only staff can know."""
    return case.state != EscalationState.CLOSED and unseen.asked(session, house, case)


def cannot(house: House, case_id: str, staff_id: str, *, words: str, take_back: bool = False) -> None:
    """It cannot be done; `words` is what the customer reads."""
    with _told(), house.database.write() as session:
        staff, now = asking.present(session, staff_id), house.now()
        case = cases.open_one(session, house, case_id, staff, now)
        if case.why == NO_APPROVER:
            cases.not_their_own(session, case, staff)
            cases.act(session, house, case, staff, now)
            _give_up(session, case, staff, words, house)
        else:
            desk.cannot(session, house, case_id, staff, words, now, take_back=take_back)


def _give_up(session: Session, case: Escalation, staff: Person, words: str, house: House) -> None:
    words = cases.words_of(words, cases.WORDS)
    if not words:
        why = msg("Tell the customer in a sentence why it cannot be done, and what they can do instead.")
        raise Unfit({cases.WORDS: why})
    now = house.now()
    stage = _open_stage(session, case)
    if stage is not None:
        stage.state, stage.closed_at = StageState.CANCELLED, now
        stages.settle(session, stage, now)
    request = session.get_one(Request, case.request_id, with_for_update=True)
    request.state, request.closed_at, request.words = RequestState.FAILED, now, words
    request.version += 1
    Trail(session, f"request:{request.id}").tell("request.cannot", at=now, actor=f"person:{staff.id}", tell=words)
    parties.cannot(session, request, words, now)
    escalation.close(session, case, Exit.CANNOT, now, by=staff.id, words=words)
