"""The trail: every change leaves an event in the same transaction, chained by hash within its stream."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from selfserve.store.ids import new_id
from selfserve.store.statement import Statement
from selfserve.store.tables import AuditEvent

START = "0" * 64
MACHINE = "machine"
_TRIES = 50
_TABLE = AuditEvent.__table__
_INSERT = {
    dialect.__name__.rpartition(".")[2]: Statement(
        dialect.insert(_TABLE).on_conflict_do_nothing(index_elements=["stream", "number"])
    )
    for dialect in (postgresql, sqlite)
}
_EVENTS = AuditEvent.__table__.c
_LAST = Statement(
    sa.select(_EVENTS.number, _EVENTS.hash)
    .where(_EVENTS.stream == sa.bindparam("stream"))
    .order_by(_EVENTS.number.desc())
    .limit(1)
)


def link(
    previous: str, stream: str, number: int, at: datetime, actor: str, kind: str, data: Mapping[str, Any], tell: str
) -> str:
    """The hash of one event over its content and the hash before it (SHA-256, hex)."""
    content = json.dumps(
        [previous, stream, number, at.astimezone(UTC).isoformat(), actor, kind, data, tell],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(content.encode()).hexdigest()


class Trail:
    """Appends events to one stream within the caller's transaction.

    `Trail(session, "request:…", fresh=True)` for a stream that is born in this transaction spares the look for its
    last event. So does `last`, what a trail of the same stream told a moment ago: where another writer came between,
    that shows when the next event is written, and the look is made then.
    Two writers of one stream do not break each other: the second waits for the first and goes on from its event.
    """

    def __init__(
        self, session: Session, stream: str, *, fresh: bool = False, last: tuple[int, str] | None = None
    ) -> None:
        self.session, self.stream = session, stream
        self.number, self.hash = (0, START) if fresh else last or self._last()

    @property
    def last(self) -> tuple[int, str]:
        """Number and hash of the stream's last event, as far as this trail knows."""
        return self.number, self.hash

    def _last(self) -> tuple[int, str]:
        row = _LAST.first(self.session, {"stream": self.stream})
        return (row[0], row[1]) if row else (0, START)

    def tell(
        self, kind: str, *, at: datetime, actor: str = MACHINE, tell: str = "", data: Mapping[str, Any] | None = None
    ) -> None:
        """Append one event: `kind` is a stable word, `data` small JSON without secrets, `tell` the customer's line."""
        content = dict(data or {})
        for _ in range(_TRIES):
            if self._append(kind, at, actor, tell, content):
                return
            self.number, self.hash = self._last()  # another transaction appended meanwhile
        raise RuntimeError(f"the trail {self.stream} cannot be written: {_TRIES} others were first")

    def _append(self, kind: str, at: datetime, actor: str, tell: str, content: dict[str, Any]) -> bool:
        previous, self.number = self.hash, self.number + 1
        self.hash = link(previous, self.stream, self.number, at, actor, kind, content, tell)
        written = _INSERT[self.session.get_bind().dialect.name].write(
            self.session,
            {
                "id": new_id(),
                "stream": self.stream,
                "number": self.number,
                "at": at,
                "actor": actor,
                "kind": kind,
                "data": content,
                "tell": tell,
                "previous": previous,
                "hash": self.hash,
            },
        )
        return written == 1
