"""Personal API tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.people.company import NOON, add
from tests.people.test_directory import counted

from selfserve.audit.seal import verify as verify_trail
from selfserve.people import tokens
from selfserve.people.roles import Role, RoleRules
from selfserve.store.database import Database
from selfserve.store.tables import ApiToken, AuditEvent, Person

DAY = timedelta(days=1)
RULES = RoleRules.of({"staff": ["techops"]})


def made(db: Database, *, lasts: timedelta = DAY, groups: tuple[str, ...] = ("techops", "all")) -> tuple[str, str]:
    """(token id, clear text) of a fresh token."""
    with db.write() as session:
        row, clear = tokens.create(
            session, add(session, "ana", groups=groups), "laptop", ["requests:read"], lasts, NOON
        )
        return row.id, clear


def test_a_token_tells_person_scopes_and_roles_in_one_query(db: Database) -> None:
    """The API asks at every call, so it is one indexed query; roles are those the directory gives now."""
    token_id, clear = made(db)
    with db.read() as session, counted(db) as statements:
        who = tokens.verify(session, clear, NOON, RULES)
    assert who is not None
    assert (who.login, who.token_id, who.scopes) == ("ana", token_id, frozenset({"requests:read"}))
    assert who.roles == {Role.CUSTOMER, Role.STAFF}
    assert who.may("requests:read")
    assert not who.may("admin")
    assert len(statements) == 1


def test_the_secret_is_stored_nowhere(db: Database) -> None:
    """Neither the row nor the trail holds the secret part; the trail is whole."""
    _, clear = made(db)
    secret = clear.rsplit("_", 1)[-1] if clear.count("_") == 2 else clear[36:]
    with db.snapshot() as session:
        row = session.scalars(sa.select(ApiToken)).one()
        event = session.scalars(sa.select(AuditEvent)).one()
        assert secret not in f"{vars(row)} {vars(event)}"
        assert event.kind == "token.created"
        assert verify_trail(session).breaks == []


def test_anything_but_the_very_token_is_nobody(db: Database) -> None:
    """A changed sign, another secret, a wrong shape, an unknown id."""
    _, clear = made(db)
    other = clear[:-1] + ("A" if clear[-1] != "A" else "B")
    unknown = "ss_" + "0" * 32 + clear[35:]
    with db.read() as session:
        for presented in (
            other,
            unknown,
            clear.upper(),
            f" {clear}",
            f"{clear}\n",
            "",
            "ss__",
            "ss_" + "x" * 5000,
            "Ω",
        ):
            assert tokens.verify(session, presented, NOON, RULES) is None


def test_a_token_ends_at_its_moment(db: Database) -> None:
    """One microsecond before it lives, at its end it does not."""
    _, clear = made(db)
    with db.read() as session:
        assert tokens.verify(session, clear, NOON + DAY - timedelta(microseconds=1), RULES) is not None
        assert tokens.verify(session, clear, NOON + DAY, RULES) is None


def test_a_revoked_token_is_dead_and_revoking_twice_is_told(db: Database) -> None:
    """The second one to revoke learns that somebody was first."""
    token_id, clear = made(db)
    with db.write() as session:
        assert tokens.revoke(session, token_id, NOON, "somebody") is True
        assert tokens.revoke(session, token_id, NOON, "somebody") is False
        assert tokens.verify(session, clear, NOON, RULES) is None
        kinds = session.scalars(sa.select(AuditEvent.kind).order_by(AuditEvent.number)).all()
    assert kinds == ["token.created", "token.revoked"]


@pytest.mark.parametrize("column", ["disabled", "gone_at"])
def test_a_token_dies_with_its_person(db: Database, column: str) -> None:
    """Whoever is disabled or gone has no working token, even before any sync revoked it."""
    _, clear = made(db)
    with db.write() as session:
        session.execute(sa.update(Person).values({column: NOON if column == "gone_at" else True}))
        assert tokens.verify(session, clear, NOON, RULES) is None


def test_use_is_noted_at_most_once_a_minute(db: Database) -> None:
    """A write per call would make the store the limit."""
    token_id, clear = made(db)
    later = NOON + timedelta(seconds=59)
    with db.write() as session:
        assert tokens.verify(session, clear, NOON, RULES).touch_due  # type: ignore[union-attr]
        tokens.touch(session, {token_id: NOON})
        assert not tokens.verify(session, clear, later, RULES).touch_due  # type: ignore[union-attr]
        tokens.touch(session, {token_id: later})
        assert session.get_one(ApiToken, token_id).seen_at == NOON
        assert tokens.verify(session, clear, NOON + timedelta(minutes=1), RULES).touch_due  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("label", "scopes", "lasts", "sentence"),
    [
        ("x", ["root"], DAY, "there is no scope 'root'"),
        ("x", [], DAY, "at least one scope"),
        ("", ["admin"], DAY, "label of 1 to 100"),
        ("x" * 101, ["admin"], DAY, "label of 1 to 100"),
        ("\u200b\u3164 \ufeff", ["admin"], DAY, "label of 1 to 100"),
        ("a\u202eb", ["admin"], DAY, "cannot be shown"),
        ("x", ["admin"], timedelta(0), "lasts more than 0s and at most 366d, not 0s$"),
        ("x", ["admin"], timedelta(days=367), "lasts more than 0s and at most 366d, not 367d$"),
    ],
)
def test_a_token_that_cannot_be_made_says_why(
    db: Database, label: str, scopes: list[str], lasts: timedelta, sentence: str
) -> None:
    """One sentence that names what is allowed."""
    with db.write() as session:
        person = add(session, "ana")
        with pytest.raises(tokens.TokenRefusedError, match=sentence):
            tokens.create(session, person, label, scopes, lasts, NOON)


def test_no_token_for_the_absent_and_none_under_a_used_label(db: Database) -> None:
    """A label names one token of a person for ever, so that the trail stays readable."""
    with db.write() as session:
        ana, off = add(session, "ana"), add(session, "off", disabled=True)
        tokens.create(session, ana, " laptop ", ["admin"], DAY, NOON)
        with pytest.raises(tokens.TokenRefusedError, match="'laptop' of Ana already"):
            tokens.create(session, ana, "laptop", ["admin"], DAY, NOON)
        with pytest.raises(tokens.TokenRefusedError, match="disabled or has left"):
            tokens.create(session, off, "laptop", ["admin"], DAY, NOON)
        assert [row.label for row in tokens.listed(session, ana.id)] == ["laptop"]
