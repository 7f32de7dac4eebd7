"""When tokens were last used, written down by and by."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.people.company import NOON, add

from selfserve.people import tokens
from selfserve.people.seen import Seen
from selfserve.store.database import Database
from selfserve.store.tables import ApiToken


def _two(db: Database) -> tuple[str, str]:
    with db.write() as session:
        ana = add(session, "ana")
        made = [
            tokens.create(session, ana, label, ["requests:read"], timedelta(days=1), NOON)[0] for label in ("a", "b")
        ]
        return made[0].id, made[1].id


def _noted(db: Database) -> dict[str, datetime | None]:
    with db.read() as session:
        return {row.id: row.seen_at for row in session.execute(sa.select(ApiToken.id, ApiToken.seen_at))}


def test_each_token_is_noted_at_its_own_moment(db: Database) -> None:
    """Two that are written down together were not used together; of two uses the later one counts."""
    one, other = _two(db)
    seen = Seen(db)
    seen.note(one, NOON + timedelta(seconds=5))
    seen.note(one, NOON)
    seen.note(other, NOON + timedelta(minutes=3))
    assert seen.write() == 2
    assert _noted(db) == {one: NOON + timedelta(seconds=5), other: NOON + timedelta(minutes=3)}


def test_an_older_use_does_not_undo_a_newer_one(db: Database) -> None:
    """Another process may write later what it saw earlier."""
    one, _ = _two(db)
    here, there = Seen(db), Seen(db)
    here.note(one, NOON + timedelta(minutes=5))
    there.note(one, NOON)
    here.write()
    there.write()
    assert _noted(db)[one] == NOON + timedelta(minutes=5)


def test_what_could_not_be_written_is_kept(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a use that came meanwhile is the newer one."""
    one, other = _two(db)
    seen = Seen(db)
    seen.note(one, NOON)
    seen.note(other, NOON)

    def away(*_: object) -> None:
        seen.note(one, NOON + timedelta(minutes=2))
        raise RuntimeError("away")

    with monkeypatch.context() as patch:
        patch.setattr(tokens, "touch", away)
        with pytest.raises(RuntimeError):
            seen.write()
    assert seen.write() == 2
    assert _noted(db) == {one: NOON + timedelta(minutes=2), other: NOON}
