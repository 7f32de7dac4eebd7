"""Several decisions in one go: each is made on its own, as if it were the only one, and each result is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from selfserve.fulfilment import versions
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg, msg_n
from selfserve.requests import undecided
from selfserve.requests.decide import Say, decide_as_asked, reason_of
from selfserve.requests.refusals import AlreadyDecided, NotPossible, Refusal, Unfit
from selfserve.store.database import StoreBusy
from selfserve.store.tables import Request, Stage, StageApprover

MOST = undecided.MOST_WAITING
"""Stages in one go: what a list shows, and what a person can have read."""


class Became(StrEnum):
    """What became of one decision: it is made, somebody was first, or it could not be made."""

    DECIDED = "decided"
    FIRST = "first"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """One of them; `words` say why where it was not decided."""

    stage_id: str
    became: Became
    words: str = ""


def decide_together(
    house: House, *, stage_ids: Sequence[str], person_id: str, say: Say, reason: str = ""
) -> list[Result]:
    """Approve or deny several stages, in their order; the same one named twice is decided once.

    Together are approved only requests for one and the same item, or such of low risk; high risk is looked at one by
    one. Others, questions, and more than `MOST` are refused as a whole (NotPossible), before anything is decided; a
    denial without a reason too, and a reason that is too long (Unfit).
    """
    wanted = list(dict.fromkeys(stage_ids))
    if say is Say.ASK or not wanted:
        raise NotPossible(msg("Choose what to approve or to deny together. A question is asked one by one."))
    if len(wanted) > MOST:
        raise NotPossible(msg("Decide {count} at a time at most.", count=MOST))
    reason = reason_of(reason)
    if say is Say.DENY and not reason:
        raise Unfit({"reason": msg("Say why, in a sentence.")})
    if say is Say.APPROVE and not _alike(house, wanted, person_id):
        raise NotPossible(
            msg("Approve together only requests for the same item, or such of low risk. Look at the others one by one.")
        )
    return [_one(house, stage_id, person_id, say, reason) for stage_id in wanted]


def summary(say: Say, results: Sequence[Result]) -> list[str]:
    """What came of it, a clause for each kind: "4 approved", "1 had been decided already"."""
    count = {kind: sum(one.became is kind for one in results) for kind in Became}
    decided, first, refused = count[Became.DECIDED], count[Became.FIRST], count[Became.REFUSED]
    clauses = []
    if decided or not (first or refused):
        approved = msg_n("{count} approved", "{count} approved", decided)
        clauses.append(approved if say is Say.APPROVE else msg_n("{count} denied", "{count} denied", decided))
    if first:
        clauses.append(msg_n("{count} had been decided already", "{count} had been decided already", first))
    if refused:
        clauses.append(msg_n("{count} could not be decided", "{count} could not be decided", refused))
    return [*clauses]


def alike(items: Sequence[tuple[str, str]]) -> bool:
    """Whether requests, each given as its item's id and risk, may be approved together."""
    risks = {risk for _, risk in items}
    return "high" not in risks and (len({item for item, _ in items}) == 1 or risks == {"low"})


def _alike(house: House, stage_ids: Sequence[str], person_id: str) -> bool:
    """Judged by those that came to this person; what did not is refused one by one, without a word about it."""
    with house.database.read() as session:
        found = session.scalars(
            sa.select(Request)
            .join(Stage, Stage.request_id == Request.id)
            .join(StageApprover, StageApprover.stage_id == Stage.id)
            .where(Stage.id.in_(stage_ids), StageApprover.person_id == person_id)
        ).all()
        items = [(one.item_id, versions.pinned(session, one.item_version_id).risk) for one in found]
    return not items or alike(items)


def _one(house: House, stage_id: str, person_id: str, say: Say, reason: str) -> Result:
    try:
        decide_as_asked(house, stage_id=stage_id, person_id=person_id, say=say, reason=reason)
    except AlreadyDecided as first:
        return Result(stage_id, Became.FIRST, first.words)
    except Unfit as unfit:
        return Result(stage_id, Became.REFUSED, next(iter(unfit.errors.values()), unfit.words))
    except Refusal as refused:
        return Result(stage_id, Became.REFUSED, refused.words)
    except StoreBusy:
        return Result(stage_id, Became.REFUSED, msg("We are busy at the moment. Please try this one again."))
    return Result(stage_id, Became.DECIDED)
