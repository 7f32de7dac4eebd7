"""How long people take to come from the directory: the first full reading, a second one, a reading of changes."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypedDict

from selfserve.people.mapping import PeopleMapping
from selfserve.people.reading import Source
from selfserve.people.sync import sync
from selfserve.store.database import Database


class Row(TypedDict):
    """One line of the table of figures."""

    name: str
    value: float
    unit: str


def measure(db: Database, client: Source, mapping: PeopleMapping, store: str) -> list[Row]:
    """Read everybody into an empty, migrated store, then in full again, then only changes; `store` names the rows."""
    # Everybody was loaded a moment ago; to see a quiet day's reading, changes are asked for from just after that.
    quiet = replace(mapping, overlap=timedelta(seconds=-1))
    return [
        _timed(db, client, mapping, f"people sync, first full reading, {store}", full=True),
        _timed(db, client, mapping, f"people sync, full reading without a change, {store}", full=True),
        _timed(db, client, quiet, f"people sync, reading of changes, {store}", full=False),
    ]


def _timed(db: Database, client: Source, mapping: PeopleMapping, name: str, *, full: bool) -> Row:
    begun = time.perf_counter()
    figures = sync(db, client, mapping, datetime.now(UTC), full=full)
    return {"name": f"{name}, {figures.read} read", "value": round(time.perf_counter() - begun, 3), "unit": "s"}
