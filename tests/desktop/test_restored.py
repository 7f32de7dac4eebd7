"""The store is put back to a backup: nobody who was inside since is accused, and nobody who was put out is let in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from selfserve.people import restored, signing_out, tokens
from selfserve.people.roles import RoleRules
from selfserve.store.tables import DeviceToken, Person
from tests.api.calls import both_stores, refused
from tests.desktop.installation import Installation


def kept(home: Installation) -> dict[str, Any]:
    """The app's row as a backup holds it."""
    with home.stand.house.database.read() as session:
        row = session.scalars(sa.select(DeviceToken)).one()
        return {column.key: getattr(row, column.key) for column in sa.inspect(DeviceToken).column_attrs}


def put_back(home: Installation, row: dict[str, Any] | None = None, now: datetime | None = None, **how: Any) -> None:
    """The restore: the row is what it was (there was none without it), and what a restore ends has ended."""
    with home.stand.house.database.write() as session:
        session.execute(sa.update(DeviceToken).values(**row) if row else sa.delete(DeviceToken))
        session.expire_all()
        restored.end_all(session, now or home.stand.clock(), actor="cli", **how)


def why(home: Installation, method: str, path: str, token: str) -> str:
    """The word with which an app is refused."""
    answer = home.call(method, path, token)
    refused(answer, 401, "unauthenticated")
    return str(answer.json().get("why", ""))


@both_stores
@pytest.mark.parametrize("starts", [0, 1, 2, 3])
def test_an_app_that_was_started_since_the_backup_is_not_accused(home: Installation, starts: int) -> None:
    """It shows a secret newer than the store knows: told what happened, and no notice speaks of a thief."""
    token = home.signed_in_app("ada")["token"]
    backup = kept(home)
    for _ in range(starts):
        token = home.call("POST", "/start", token).json()["token"]
        assert home.call("GET", "/notices", token).status_code == 200
    put_back(home, backup)
    home.stand.clock.forward(minutes=5)
    for method, path in (("POST", "/start"), ("GET", "/notices"), ("DELETE", "/token"), ("POST", "/start")):
        assert why(home, method, path, token) == "restored"
    assert home.row().ended_why == "restored"
    assert "The app on ada's laptop was signed out" not in home.stand.notices("ada")


def test_an_app_that_came_in_since_the_backup_is_told_too(home: Installation) -> None:
    """The store never heard of it; one that was made after the restore, or long before, is none of those."""
    token = home.signed_in_app("ada")["token"]
    now = datetime.now(UTC)
    for at, told in (
        (now - timedelta(days=1), ""),
        (now + timedelta(minutes=1), "restored"),
        (now + timedelta(days=181), ""),
    ):
        put_back(home, None, at)
        assert why(home, "POST", "/start", token) == told
    assert why(home, "POST", "/start", "sd_" + "0" * 32 + "_" + "a" * 43) == ""


@both_stores
def test_who_was_signed_out_since_the_backup_stays_out(home: Installation) -> None:
    """Browser, app, window and a code on its way: all in force in the backup, none after the restore."""
    told = home.signed_in_app("ada")
    _, window = home.window(told["entry"])
    browser = dict(home.browser.cookies)
    code = home.allow()
    backup = kept(home)
    now = home.stand.clock()
    with home.stand.house.database.write() as session:
        signing_out.sign_out(session, [home.stand.people["ada"]], now, why="by_admin", actor="cli")
    put_back(home, backup)
    assert why(home, "POST", "/start", told["token"]) == "restored"
    assert home.seen_by(window).status_code == 303
    assert home.seen_by(browser).status_code == 303
    assert home.trade_in(code).status_code == 401


def test_whoever_was_inside_reads_why_they_are_not(home: Installation) -> None:
    """On the page that asks to sign in; a browser that never was inside reads nothing of it, nor one later on."""
    sentence = "The server was put back to a backup, which signed everybody out."
    home.sign_in("ada")
    cookies = dict(home.browser.cookies)
    put_back(home)
    assert sentence in home.seen_by(cookies, "/sign-in").text
    assert sentence in home.seen_by(dict.fromkeys(cookies, "x" * 43), "/sign-in").text
    assert sentence not in home.seen_by({}, "/sign-in").text
    home.stand.clock.forward(days=2)
    assert sentence not in home.seen_by(cookies, "/sign-in").text


def test_who_signed_out_before_the_restore_reads_nothing_of_it(home: Installation) -> None:
    """It is not what ended theirs."""
    home.sign_in("ada")
    cookies, now = dict(home.browser.cookies), home.stand.clock()
    with home.stand.house.database.write() as session:
        signing_out.sign_out(session, [home.stand.people["ada"]], now, why="by_admin", actor="cli")
    home.stand.clock.forward(hours=1)
    put_back(home)
    assert "backup" not in home.seen_by(cookies, "/sign-in").text


@both_stores
@pytest.mark.parametrize("keep", [False, True])
def test_a_restore_ends_personal_tokens_unless_they_are_kept(home: Installation, *, keep: bool) -> None:
    """Those in force are named either way, others not; the trail says why."""
    now, database = home.stand.clock(), home.stand.house.database
    with database.write() as session:
        ada = session.get_one(Person, home.stand.people["ada"])
        _, clear = tokens.create(session, ada, "payroll", ["requests:read"], timedelta(days=9), now)
        gone, _ = tokens.create(session, ada, "old", ["requests:read"], timedelta(days=9), now)
        tokens.revoke(session, gone.id, now, "cli")
        ended = restored.end_all(session, now, actor="cli", keep_tokens=keep)
    assert [(one.login, one.label) for one in ended.tokens] == [("ada", "payroll")]
    with database.read() as session:
        assert (tokens.verify(session, clear, now, RoleRules()) is None) != keep
        assert restored.last(session) == now
    assert ("token.revoked" in home.kinds(f"token:{ended.tokens[0].id}")) != keep


def test_more_people_than_one_statement_takes(home: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are signed out."""
    monkeypatch.setattr(restored, "AT_ONCE", 1)
    for login in ("ada", "ben"):
        home.sign_in(login)
    with home.stand.house.database.write() as session:
        ended = restored.end_all(session, home.stand.clock(), actor="cli")
    assert ended.signed_out.browsers == 2
