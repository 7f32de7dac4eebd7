"""Server-side sessions, on each store."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from starlette.datastructures import Headers
from tests.people.company import NOON, add

from selfserve.audit.seal import verify
from selfserve.people.leaving import CutOff, cut_off
from selfserve.people.roles import Role, RoleRules
from selfserve.store.database import Database
from selfserve.store.tables import Person, SignIn
from selfserve.web import sessions
from selfserve.web.hint import seal, unseal
from selfserve.web.sessions import SessionRules, SignedIn
from selfserve.web.walls import principal_of

RULES = SessionRules(RoleRules.of({"staff": ["techops"]}), idle=timedelta(hours=8), absolute=timedelta(hours=24))
BY = SignedIn("https://idp", "sub-1", NOON, sid="sid-1", agent="Browser", id_token="header.claims.signature")
LATER = NOON + timedelta(minutes=5)


def opened(db: Database, *logins: str) -> list[tuple[str, str]]:
    """(session id, secret) of a new session for each login; people are added where they are new."""
    made = []
    with db.write() as session:
        for login in logins:
            person = session.scalar(sa.select(Person).where(Person.login == login)) or add(session, login)
            row, secret = sessions.open_session(session, person, BY, RULES, NOON)
            made.append((row.id, secret))
    return made


def test_two_sessions_of_a_person_are_listed_and_ended_one_by_one(db: Database) -> None:
    """The list shows what is live only; ending twice says that somebody was first."""
    (first, _), (second, secret), _ = opened(db, "ana", "ana", "bob")
    with db.write() as session:
        person_id = session.get_one(SignIn, first).person_id
        sessions.touch(session, [second], LATER)
        assert [row.id for row in sessions.listed(session, person_id, RULES, LATER)] == [second, first]
        assert sessions.end(session, first, LATER, why="by_hand", actor=person_id) is True
        assert sessions.end(session, first, LATER, why="by_hand", actor=person_id) is False
        assert [row.id for row in sessions.listed(session, person_id, RULES, LATER)] == [second]
        assert sessions.current(session, secret, RULES, LATER) is not None
        assert verify(session).breaks == []


def test_all_others_are_ended_at_once(db: Database) -> None:
    """ "Sign out everywhere else" keeps the one it is said from, and nobody else's is touched."""
    (kept, _), (other, _), (bobs, _) = opened(db, "ana", "ana", "bob")
    with db.write() as session:
        person_id = session.get_one(SignIn, kept).person_id
        assert sessions.end_all(session, person_id, LATER, why="everywhere", actor=person_id, keep=kept) == [other]
        assert sessions.live(session, [kept, other, bobs], RULES, LATER) == {kept, bobs}


def test_a_rotated_secret_replaces_the_old_one(db: Database) -> None:
    """The old secret is worth nothing at once, cannot be rotated again; the ID token stays readable for sign-out."""
    ((row_id, before),) = opened(db, "ana")
    with db.write() as session:
        after = sessions.rotate(session, before, LATER)
        assert after is not None
        assert sessions.rotate(session, before, LATER) is None
        assert sessions.current(session, before, RULES, LATER) is None
        principal = sessions.current(session, after, RULES, LATER)
        assert principal is not None
        assert principal.sign_in_id == row_id
        assert sessions.id_token(session, row_id, after) == BY.id_token
        assert sessions.id_token(session, row_id, before) == ""


def test_life_is_noted_at_most_once_a_minute(db: Database) -> None:
    """A write for every request would make the store the limit."""
    ((row_id, secret),) = opened(db, "ana")
    with db.write() as session:
        for seconds, due, seen in ((30, False, 0), (60, True, 60)):
            now = NOON + timedelta(seconds=seconds)
            principal = sessions.current(session, secret, RULES, now)
            assert principal is not None
            assert principal.touch_due is due
            sessions.touch(session, [row_id], now)
            assert session.scalar(sa.select(SignIn.seen_at)) == NOON + timedelta(seconds=seen)


def test_a_page_that_only_stays_open_is_no_sign_of_life(db: Database) -> None:
    """It asks who looks whenever it shows something new, and would keep a session that nobody uses."""
    ((_, secret),) = opened(db, "ana")
    headers, now = Headers({"cookie": f"{RULES.cookie}={secret}"}), NOON + timedelta(hours=1)
    for used, seen in ((False, NOON), (True, now)):
        assert principal_of(headers, db, RULES, now, used=used) is not None
        with db.read() as session:
            assert session.scalar(sa.select(SignIn.seen_at)) == seen


@pytest.mark.parametrize(("after", "lives"), [(RULES.idle, False), (RULES.idle - timedelta(seconds=1), True)])
def test_idle_sessions_die_on_the_second(db: Database, after: timedelta, lives: bool) -> None:
    """Known by their cookie and on pages that stayed open alike."""
    ((row_id, secret),) = opened(db, "ana")
    with db.read() as session:
        assert (sessions.current(session, secret, RULES, NOON + after) is not None) is lives
        assert bool(sessions.live(session, [row_id], RULES, NOON + after)) is lives


def test_leaving_ends_sessions_with_their_person_only(db: Database) -> None:
    """One stroke for many persons, each end in the trail, none for nobody."""
    (hers, _), (bobs, _) = opened(db, "ana", "bob")
    with db.write() as session:
        person_id = session.get_one(SignIn, hers).person_id
        assert cut_off(session, [person_id], LATER, "gone") == CutOff(sessions=1, tokens=0)
        assert cut_off(session, [person_id], LATER, "gone") == CutOff(0, 0)
        assert cut_off(session, [], LATER, "gone") == CutOff(0, 0)
        assert sessions.live(session, [hers, bobs], RULES, LATER) == {bobs}
        assert verify(session).breaks == []


def test_freshness_is_measured_from_the_proof(db: Database) -> None:
    """What a step-up asks: when did they last prove who they are, not when did they last click."""
    ((_, secret),) = opened(db, "ana")
    with db.read() as session:
        principal = sessions.current(session, secret, RULES, LATER)
    assert principal is not None
    assert principal.fresh(LATER, timedelta(minutes=5))
    assert not principal.fresh(LATER, timedelta(minutes=4))
    assert principal.has(Role.CUSTOMER)
    assert not principal.has(Role.STAFF)


def test_a_hint_that_cannot_be_opened_is_none() -> None:
    """Signing out then goes without the hint instead of failing."""
    for sealed in ("", "AAAA", "not base64!", seal("token", "another secret")):
        assert unseal(sealed, "secret") == ""
