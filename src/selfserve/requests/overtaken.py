"""Decisions that do not wait for a person any more without their having made them."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.languages.messages import msg
from selfserve.requests.decide import was_first
from selfserve.store.states import StageState
from selfserve.store.tables import Decision, Stage


def overtaken(session: Session, stage_ids: Collection[str], person_id: str) -> dict[str, str]:
    """What became of each, in a sentence: who was first, or why it is not theirs any more."""
    own = sa.select(Decision.stage_id).where(Decision.person_id == person_id)
    found = session.scalars(sa.select(Stage).where(Stage.id.in_(stage_ids), Stage.id.not_in(own)))
    return {stage.id: _became(session, stage) for stage in found}


def _became(session: Session, stage: Stage) -> str:
    if stage.state == StageState.OPEN:
        return msg("This is not yours to decide (any more). Those who can have been told.")
    return was_first(session, stage).words
