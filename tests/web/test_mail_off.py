"""The way out of digests: no sign-in, one click, and nothing but digests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from selfserve.notify.unsubscribe import ONE_CLICK, Unsubscribing
from selfserve.people import preferences
from selfserve.store.states import MailWish
from selfserve.web.mail_off import MailOff
from selfserve.web.plain import Plain
from selfserve.web.walls import Wall, WallRules
from tests.web.stand import PageStand

HOME = "http://help.example"
OFF = Unsubscribing(HOME, "only for tests")
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def mailer(stand: PageStand) -> AsyncIterator[httpx.AsyncClient]:
    """A mail program on the other side of the wall: no cookie, no origin."""
    app, plain, database = FastAPI(), Plain("Fernhill Help", "Fernhill", "Call 4357."), stand.house.database
    MailOff(database, OFF, plain).install(app)
    rules = WallRules(HOME, frozenset({"help.example"}))
    app.add_middleware(Wall, rules=rules, session_rules=stand.rules, db=database, plain=plain, clock=stand.house.now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOME) as client:
        yield client


def chosen(stand: PageStand, login: str) -> tuple[str, str]:
    """What somebody's mails are, and their language."""
    with stand.house.database.read() as session:
        found = preferences.of(session, stand.id(login))
        return found.mail, found.language


async def test_one_click_ends_digests_and_nothing_else(mailer: httpx.AsyncClient, stand: PageStand) -> None:
    """As RFC 8058 has it: a post without cookie or origin. A second one changes nothing more."""
    with stand.house.database.write() as session:
        preferences.choose(session, stand.id("ana"), language="de", mail=MailWish.DIGEST)
    for _ in range(2):
        answer = await mailer.post(OFF.address(stand.id("ana")), content=ONE_CLICK, headers=FORM)
        assert answer.status_code == 200
        assert "No more digests" in answer.text
    assert chosen(stand, "ana") == (MailWish.NEEDED, "de")
    assert chosen(stand, "jonas") == (MailWish.AT_ONCE, "")


async def test_a_look_changes_nothing(mailer: httpx.AsyncClient, stand: PageStand) -> None:
    """What checks mails for bad links follows them all; a person finds a button there, in their browser's language."""
    answer = await mailer.get(OFF.address(stand.id("ana")), headers={"accept-language": "de"})
    assert answer.status_code == 200
    assert "Diese Sammelmails beenden?" in answer.text
    assert '<form class="actions" method="post"' in answer.text
    assert chosen(stand, "ana") == (MailWish.AT_ONCE, "")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_forged_way_out_ends_nothing(mailer: httpx.AsyncClient, stand: PageStand, method: str) -> None:
    """A changed signature, another's name before it, somebody who is nobody."""
    good = OFF.address(stand.id("ana"))
    anothers, none = good.replace(stand.id("ana"), stand.id("jonas")), f"{HOME}/mail/off/"
    for forged in (good[:-2], anothers, f"{none}x", none):
        answer = await mailer.request(method, forged)
        assert answer.status_code == 404
        assert "This way out is not one of ours" in answer.text
    if method == "POST":
        assert (await mailer.post(OFF.address("person-nobody"))).status_code == 404
    assert chosen(stand, "ana")[0] == chosen(stand, "jonas")[0] == MailWish.AT_ONCE
