"""Decisions that do not wait for a person any more while they look at them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.languages.messages import msg
from selfserve.requests.decide import Say, was_first
from selfserve.store.states import StageState
from selfserve.store.tables import Decision, Stage


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one, in a sentence; `own` where they decided it themselves."""

    words: str
    own: bool = False


def overtaken(session: Session, stage_ids: Collection[str], person_id: str) -> dict[str, Ended]:
    """What became of each: who was first, they themselves included, or why it is not theirs any more."""
    own = sa.select(Decision.stage_id, Decision.decision).where(
        Decision.person_id == person_id, Decision.stage_id.in_(stage_ids)
    )
    made = {stage_id: Ended(_said(decision), own=True) for stage_id, decision in session.execute(own)}
    found = session.scalars(sa.select(Stage).where(Stage.id.in_(stage_ids), Stage.id.not_in(made)))
    return made | {stage.id: Ended(_became(session, stage)) for stage in found}


def _said(decision: str) -> str:
    if decision == Say.APPROVE:
        return msg("You approved this already.")
    return msg("You did not approve this, and said so already.")


def _became(session: Session, stage: Stage) -> str:
    if stage.state == StageState.OPEN:
        return msg("This is not yours to decide (any more). Those who can have been told.")
    return was_first(session, stage).words
