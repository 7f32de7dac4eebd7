"""The item a request is pinned to, as it was when somebody asked."""

from __future__ import annotations

import json
from datetime import datetime
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.catalog.items import Item
from selfserve.store.ids import new_id
from selfserve.store.tables import ItemVersion

_KNOWN: WeakKeyDictionary[object, dict[str, str]] = WeakKeyDictionary()
"""Version rows seen by this process, by engine and digest: a version never changes once written."""
_ITEMS: dict[str, Item] = {}
MOST_KEPT = 1_000
"""Items read back from their rows that this process remembers, by the row's id."""


def pin(session: Session, item: Item, now: datetime) -> str:
    """The id of the stored version of `item`, written if it is new."""
    seen = _KNOWN.setdefault(session.get_bind(), {})
    known = seen.get(f"{item.id}:{item.digest}")
    if known is not None:
        return known
    stored = session.scalar(
        sa.select(ItemVersion.id).where(ItemVersion.item_id == item.id, ItemVersion.digest == item.digest)
    )
    if stored is not None:
        seen[f"{item.id}:{item.digest}"] = stored
        return stored
    fresh = new_id()
    session.execute(
        sa.insert(ItemVersion).values(
            id=fresh, item_id=item.id, digest=item.digest, definition=json.loads(item.canonical()), first_seen_at=now
        )
    )
    return fresh  # remembered only once it is read back, for this transaction may still be undone


def pinned(session: Session, version_id: str) -> Item:
    """The item of a version row, which never changes: read once."""
    known = _ITEMS.get(version_id)
    if known is None:
        known = _ITEMS[version_id] = _read(session, version_id)
        if len(_ITEMS) > MOST_KEPT:
            _ITEMS.clear()
    return known


def _read(session: Session, version_id: str) -> Item:
    row = session.execute(
        sa.select(ItemVersion.digest, ItemVersion.definition).where(ItemVersion.id == version_id)
    ).one()
    return Item.model_validate_json(json.dumps(row.definition, ensure_ascii=False))


def gives_the_same(then: Item, today: Item) -> bool:
    """Whether `today` does by its steps what it did `then`, whatever people read of it: else more of it is not what
    somebody holds, for longer, but something else beside it."""
    return _done(then) == _done(today)


def _done(item: Item) -> list[str]:
    steps = []
    for step in item.fulfil:
        asked = {name: value for name, value in step.arguments.tree.items() if name != "languages"}
        steps.append(f"{step.use} {json.dumps(asked, sort_keys=True, default=str)}")
    return sorted(steps)
