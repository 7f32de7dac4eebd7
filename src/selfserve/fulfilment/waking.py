"""What waits for a target that is back is tried at once: its pause has grown while nobody could have got through."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from selfserve.fulfilment import conclude, ends, failing
from selfserve.fulfilment.house import House
from selfserve.store.ids import new_id
from selfserve.store.states import Purpose, RunState
from selfserve.store.tables import Grant, Run

MOST = 500
"""So many are ordered at a time, those first that would wait longest; the others come as their pauses end."""
BATCH = 50
"""So many in one transaction, that nobody waits long for the store."""


def wake(house: House, connectors: Collection[str]) -> int:
    """Order the next attempt of what these connectors failed for now; how many that were.

    One that somebody else has at this moment is left to them.
    """
    if not connectors:
        return 0
    with house.database.read() as session:
        waiting = list(failing.waiting_for(session, connectors, MOST).items())
    woken = 0
    for start in range(0, len(waiting), BATCH):
        with house.database.write() as session:
            now = house.now()
            woken += sum(_woken(session, house, *one, now) for one in waiting[start : start + BATCH])
    return woken


def _woken(session: Session, house: House, run_id: str, connector: str, now: datetime) -> bool:
    run = session.get(Run, run_id, with_for_update={"skip_locked": True}, populate_existing=True)
    if run is None or run.state != RunState.WAITING:
        return False
    run.state, run.claim, run.ended_at = RunState.STOPPED, new_id(), now
    run.note = "What it waited for is back"
    session.flush()
    if run.purpose == Purpose.FULFIL:
        conclude.follow(session, house, run, connector, now, None, first_at=run.first_at)
        return True
    grant = session.get_one(Grant, run.grant_id, with_for_update=True)
    ends.order_revoke(session, house, grant, now, first_at=run.first_at, after=None)
    return True
