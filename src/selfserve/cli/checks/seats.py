"""Seats that are held and come back to nobody by themselves: of pools that are away, or with no grant behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from selfserve.cli.checks.finding import Finding, warning
from selfserve.cli.stop import Stop
from selfserve.cli.surroundings import Surroundings
from selfserve.fulfilment.unclaimed import unclaimed
from selfserve.store.seats import shortages
from selfserve.store.tables import Seat

AREA = "seats"


def check_seats(around: Surroundings) -> Iterator[Finding]:
    """Pools that the settings do not have (any more) and seats of which are held or waited for, and seats that nobody
    will give back; nothing where there is no store to look at."""
    if not around.store_ready:
        return
    try:
        with around.any_database() as database, database.read() as session:
            held = sa.select(Seat.pool, sa.func.count()).where(Seat.holder.is_not(None)).group_by(Seat.pool)
            counted = {row[0]: row[1] for row in session.execute(held)}
            waiting, nobodys = shortages(session), Counter(one.pool for one in unclaimed(session))
    except Stop:
        return  # said of the store
    for pool in sorted((counted.keys() | waiting.keys()) - configured(around)):
        yield warning(AREA, _away(pool, counted.get(pool, 0), waiting.get(pool, 0)))
    for pool, count in sorted(nobodys.items()):
        yield warning(AREA, f"{pool}: {_nobodys(count)}.")


def _nobodys(count: int) -> str:
    if count == 1:
        return "one seat is held and has no grant behind it; `selfserve seats unclaimed` says whose it was"
    return f"{count} seats are held and have no grant behind them; `selfserve seats unclaimed` says whose they were"


def configured(around: Surroundings) -> set[str]:
    """The pools of all sections of seats."""
    sections = around.settings.connector_sections.values()
    pools = (section.get("pools") for section in sections if section.get("kind") == "seats")
    return {str(name) for one in pools if isinstance(one, dict) for name in one}


def _away(pool: str, held: int, waiting: int) -> str:
    seats = f"{held} of its seats {'is' if held == 1 else 'are'} held, each until its grant ends"
    line = f"{waiting} wait{'s' * (waiting == 1)} in its line and get nothing until it is there again"
    told = ", and ".join(part for count, part in ((held, seats), (waiting, line)) if count)
    return f"The pool {pool} is in no section of the settings: {told}."
