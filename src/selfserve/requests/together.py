"""Several decisions in one go: each is made on its own, as if it were the only one, and each result is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from selfserve.fulfilment import versions
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg, msg_n
from selfserve.requests import undecided
from selfserve.requests.decide import Say, decide_as_asked, expected, reason_of
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


@dataclass(frozen=True, slots=True)
class Own:
    """What one of several has for itself: a reason, and an end that is earlier than the one asked for, which counts
    where it is approved."""

    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class End:
    """Until when one of them would be held if it were approved now: a moment, or a span from delivery, or neither (no
    end); `wrong` says why it could not be approved so."""

    at: datetime | None = None
    lasts: timedelta | None = None
    wrong: str = ""


NOTHING_OF_ITS_OWN = Own()


def ends_of(house: House, *, stage_ids: Sequence[str], person_id: str, own: Mapping[str, Own]) -> dict[str, End]:
    """The end that each of at most `MOST` would have with what it has for itself; those that give nothing to hold, or
    are not (any more) for this person to decide, are left out."""
    found = {}
    for stage_id in list(dict.fromkeys(stage_ids))[:MOST]:
        try:
            wanted = expected(
                house, stage_id=stage_id, person_id=person_id, until=own.get(stage_id, NOTHING_OF_ITS_OWN).until
            )
        except Refusal as refused:
            found[stage_id] = End(wrong=_why(refused))
        else:
            if wanted is not None:
                found[stage_id] = End(wanted.ends_at, wanted.lasts)
    return found


def decide_together(
    house: House,
    *,
    stage_ids: Sequence[str],
    person_id: str,
    say: Say,
    reason: str = "",
    own: Mapping[str, Own] | None = None,
) -> list[Result]:
    """Approve or deny several stages, in their order; the same one named twice is decided once. What one has for
    itself, by its stage in `own`, counts for it; `reason` is for those that have none of their own.

    Together are approved only requests for one and the same item, or such of low risk; high risk is looked at one by
    one. Others, questions, and more than `MOST` are refused as a whole (NotPossible), before anything is decided; a
    denial of any without a reason too, and a `reason` that is too long (Unfit).
    """
    own = own or {}
    wanted = list(dict.fromkeys(stage_ids))
    if say is Say.ASK or not wanted:
        raise NotPossible(msg("Choose what to approve or to deny together. A question is asked one by one."))
    if len(wanted) > MOST:
        raise NotPossible(msg("Decide {count} at a time at most.", count=MOST))
    reason = reason_of(reason)
    all_of_them = [own.get(stage_id, NOTHING_OF_ITS_OWN) for stage_id in wanted]
    if say is Say.DENY and not reason and not all(one.reason.strip() for one in all_of_them):
        raise Unfit({"reason": msg("Say why, in a sentence.")})
    if say is Say.APPROVE and not _alike(house, wanted, person_id):
        raise NotPossible(
            msg("Approve together only requests for the same item, or such of low risk. Look at the others one by one.")
        )
    said = [one if one.reason.strip() else replace(one, reason=reason) for one in all_of_them]
    return [_one(house, stage_id, person_id, say, mine) for stage_id, mine in zip(wanted, said, strict=True)]


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


def _one(house: House, stage_id: str, person_id: str, say: Say, own: Own) -> Result:
    until = own.until if say is Say.APPROVE else None
    try:
        decide_as_asked(house, stage_id=stage_id, person_id=person_id, say=say, reason=own.reason, until=until)
    except AlreadyDecided as first:
        return Result(stage_id, Became.FIRST, first.words)
    except Refusal as refused:
        return Result(stage_id, Became.REFUSED, _why(refused))
    except StoreBusy:
        return Result(stage_id, Became.REFUSED, msg("We are busy at the moment. Please try this one again."))
    return Result(stage_id, Became.DECIDED)


def _why(refused: Refusal) -> str:
    """What is wrong, in a sentence of its own."""
    errors = refused.errors if isinstance(refused, Unfit) else {}
    return next(iter(errors.values()), refused.words)
