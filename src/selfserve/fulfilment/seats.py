"""What a line for seats means for requests: a freed seat is looked at at once, and who buys more is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from selfserve.catalog.teams import Team
from selfserve.connectors.seats import Pool, SeatsConnector
from selfserve.fulfilment import conclude
from selfserve.fulfilment.house import House, Orders
from selfserve.languages.messages import msg, msg_n
from selfserve.notify import notices
from selfserve.people.teams import members
from selfserve.store.ids import new_id
from selfserve.store.seats import shortages
from selfserve.store.states import OPEN_RUN, Purpose, RunState
from selfserve.store.tables import Notice, Run, Step

AGAIN = timedelta(days=1)
"""After so long a pool that is still short is told again."""
_TRIES = 3
"""A run that was followed by the next while we waited for its row is looked for again."""


def wake(session: Session, house: Orders, keys: list[str], now: datetime) -> None:
    """Order the next look of the requests whose steps have these keys for now: what they wait for has come."""
    asked = aliased(Step)  # who asked first may have left their place to another request of theirs
    same = sa.and_(asked.resource == Step.resource, asked.connector == Step.connector)
    waiting = sa.select(Step.request_id, Step.connector).join(asked, same).where(asked.key.in_(keys)).distinct()
    for step in session.execute(waiting).all():
        run = _open_run(session, step.request_id)
        if run is None:
            continue
        if run.state in (RunState.CLAIMED, RunState.RUNNING):
            run.note = conclude.WOKEN  # it may have looked already; its end orders the next look for at once
        elif run.state == RunState.WAITING:
            run.state, run.claim, run.ended_at = RunState.STOPPED, new_id(), now
            run.note = "What it waited for has come"
            conclude.follow(session, house, run, step.connector, now, None, first_at=run.first_at)


def _open_run(session: Session, request_id: str) -> Run | None:
    wanted = (
        sa.select(Run)
        .where(Run.request_id == request_id, Run.purpose == Purpose.FULFIL, Run.state.in_(OPEN_RUN))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return next((run for _ in range(_TRIES) if (run := session.scalar(wanted)) is not None), None)


def tell_short(session: Session, house: House, pool: str, now: datetime) -> bool:
    """Tell the team that buys seats of `pool` that somebody waits; False where they were told within the last day.

    Once for a shortage and not for each who waits, nor anew where a shortage of this day comes back: they know already.
    """
    told = sa.select(Notice.id).where(Notice.event.startswith(f"seats:{pool}:short:", autoescape=True))
    if session.scalar(told.where(Notice.made_at > now - AGAIN).limit(1)) is not None:
        return False
    known = configured(house).get(pool)
    waiting = shortages(session, pool).get(pool, 0)
    if known is None or not waiting:
        return False
    team, event = _team(house, known), f"seats:{pool}:short:{now.isoformat()}"
    title = msg_n(
        "Every seat of {label} is taken, and one person waits",
        "Every seat of {label} is taken, and {count} people wait",
        waiting,
        label=known.label,
    )
    body = msg("Buy more, or ask who does not need theirs any more. A seat that comes free goes to the first in line.")
    notices.tell(session, now=now, event=event, mailbox=team.mail, title=title, body=body, path="/desk")
    for person in members(session, team):
        notices.tell(
            session, now=now, event=event, person_id=person.id, title=title, body=body, path="/desk", mail=False
        )
    return True


def tell_still_short(session: Session, house: House, now: datetime) -> None:
    """Tell again, a day after it was told, which pools are still short."""
    for pool in shortages(session):
        tell_short(session, house, pool, now)


def configured(house: House) -> Mapping[str, Pool]:
    """The pools of the settings, by their names."""
    found = [house.connectors.get(name) for name in house.connectors.connectors]
    return {name: pool for one in found if isinstance(one, SeatsConnector) for name, pool in one.pools.items()}


def _team(house: House, pool: Pool) -> Team:
    """Who buys more; where that is no team of the catalog, the house's own team."""
    catalog = house.catalog.current
    return catalog.teams.get(pool.team) or catalog.teams[catalog.policy.techops]
