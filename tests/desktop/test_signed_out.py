"""An admin signs somebody out, or unlinks them: app, window, browser and unused codes end; everybody else goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.people import device_codes, identities, signing_out
from selfserve.people.signing_out import SignedOut
from selfserve.store.tables import DeviceCode, DeviceToken, Identity, Person, SignIn
from selfserve.web import sessions
from selfserve.web.sessions import SignedIn
from tests.api.calls import both_stores
from tests.desktop.installation import ISSUER, RULES, Installation

End = Callable[[Session, Installation], SignedOut]


def by_admin(session: Session, home: Installation) -> SignedOut:
    """`selfserve people sign-out ada`."""
    ada, now = home.stand.people["ada"], home.stand.clock()
    return signing_out.sign_out(session, [ada], now, why="by_admin", actor="cli")


def unlinked(session: Session, home: Installation) -> SignedOut:
    """`selfserve people unlink ada`."""
    ada, now = home.stand.people["ada"], home.stand.clock()
    session.add(Identity(issuer=ISSUER, subject="sub-ada", person_id=ada, linked_at=now))
    session.flush()
    done = identities.unlink(session, ada, now, "cli")
    assert done.identities == 1
    return done.ended


both_ways = pytest.mark.parametrize("end", [by_admin, unlinked])


@both_stores
@both_ways
def test_all_that_was_open_ends(home: Installation, end: End) -> None:
    """App, window and browser; the app cannot start anew, and each end is in the trail."""
    told = home.signed_in_app("ada")
    _, window = home.window(told["entry"])
    browser = dict(home.browser.cookies)
    with home.stand.house.database.write() as session:
        assert end(session, home) == SignedOut(browsers=1, apps=1, windows=1)
    assert home.call("GET", "/notices", told["token"]).status_code == 401
    assert home.call("POST", "/start", told["token"]).status_code == 401
    for cookies in (window, browser):
        assert home.seen_by(cookies).status_code == 303
    assert home.kinds("device:")[-1] == "device.ended"
    assert home.kinds("sign_in:").count("sign_in.ended") == 2
    with home.stand.house.database.write() as session:
        assert not signing_out.sign_out(session, [home.stand.people["ada"]], home.stand.clock(), why="x", actor="cli")


@both_stores
@both_ways
def test_a_code_on_its_way_is_worth_nothing(home: Installation, end: End) -> None:
    """Neither the one that opens a window nor the one that lets a new app in."""
    told = home.signed_in_app("ada")
    grant = home.allow()
    with home.stand.house.database.write() as session:
        assert end(session, home) == SignedOut(browsers=1, apps=1, codes=2)
    assert home.window(told["entry"])[0].status_code == 401
    assert home.trade_in(grant).status_code >= 400
    with home.stand.house.database.read() as session:
        live = sa.select(sa.func.count()).select_from(DeviceToken).where(DeviceToken.ended_at.is_(None))
        assert session.scalar(live) == 0
        unused = sa.select(sa.func.count()).select_from(DeviceCode).where(DeviceCode.used_at.is_(None))
        assert session.scalar(unused) == 0


@both_ways
def test_nobody_else_is_signed_out(home: Installation, end: End) -> None:
    """It is about one person."""
    bens = home.signed_in_app("ben")
    _, window = home.window(bens["entry"])
    home.browser.cookies.delete(RULES.cookie)
    home.signed_in_app("ada")
    with home.stand.house.database.write() as session:
        end(session, home)
    assert home.call("GET", "/notices", bens["token"]).status_code == 200
    assert home.seen_by(window).text == "ben"


@both_ways
def test_who_is_signed_out_may_sign_in_again(home: Installation, end: End) -> None:
    """It locks nobody out."""
    home.signed_in_app("ada")
    with home.stand.house.database.write() as session:
        end(session, home)
    again = home.signed_in_app("ada")
    assert home.call("GET", "/notices", again["token"]).status_code == 200


def _waits(home: Installation) -> bool:
    """Somebody waits for a lock of the store; SQLite lets nobody begin to write before, so it never comes to that."""
    if home.stand.house.database.sqlite:
        return True
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with home.stand.house.database.read() as session:
        return bool(session.scalar(sa.text(waits)))


def _signs_in(session: Session, home: Installation) -> str:
    """As at the provider's answer: who it is, then a session."""
    now = home.stand.clock()
    person = identities.person_of(session, ISSUER, "sub-ada", "login", "ada", now)
    return sessions.open_session(session, person, SignedIn(ISSUER, "sub-ada", now), RULES, now)[0].id


@both_stores
def test_who_signs_in_at_the_moment_of_unlinking_is_found(home: Installation) -> None:
    """The identity is read first, and unlinked before its session is stored: the session ends all the same."""
    ada, now = home.stand.people["ada"], home.stand.clock()
    with home.stand.house.database.write() as session:
        session.add(Identity(issuer=ISSUER, subject="sub-ada", person_id=ada, linked_at=now))

    def unlink() -> SignedOut:
        with home.stand.house.database.write() as session:
            return identities.unlink(session, ada, now, "cli").ended

    with ThreadPoolExecutor(1) as other:
        with home.stand.house.database.write() as session:
            sign_in_id = _signs_in(session, home)
            session.flush()
            late = other.submit(unlink)
            turn = threading.Event()
            while not _waits(home):
                assert not late.done(), "it did not wait for who signs in"
                turn.wait(0.01)
        assert late.result(30) == SignedOut(browsers=1)
    with home.stand.house.database.read() as session:
        assert session.get_one(SignIn, sign_in_id).ended_at is not None


@both_stores
def test_a_window_that_opens_at_the_moment_of_signing_out_is_found_and_holds_nobody_up(home: Installation) -> None:
    """It has its code and is about to take its app: whoever signs its person out waits, and ends the new window too."""
    told, database = home.signed_in_app("ada"), home.stand.house.database

    def out() -> SignedOut:
        with database.write() as session:
            return by_admin(session, home)

    with ThreadPoolExecutor(1) as other:
        with database.write() as session:
            code = device_codes.take_entry(session, told["entry"], home.stand.clock())
            assert code is not None
            late = other.submit(out)
            while not _waits(home) and not database.sqlite:
                threading.Event().wait(0.01)
            app = session.get_one(DeviceToken, code.token_id, with_for_update=True)
            person = session.get_one(Person, app.person_id)
            by = SignedIn(app.issuer, app.subject, app.authenticated_at, agent="", device_token_id=app.id)
            sessions.open_session(session, person, by, RULES, home.stand.clock())
        assert late.result(30) == SignedOut(browsers=1, apps=1, windows=1)
