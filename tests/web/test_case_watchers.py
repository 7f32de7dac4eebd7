"""Staff upon the same case: their pages say who else is there, and no longer than that."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from nicegui import ui

from selfserve.requests import presence
from selfserve.store.database import Database
from selfserve.store.tables import Watcher
from selfserve.web.pages import case_watchers
from tests.web.conftest import Visitor
from tests.web.stand import PageStand
from tests.web.test_desk_pages import stuck
from tests.web.test_who_sees_what import demoting, leaving
from tests.web.waiting import until


@pytest.fixture(autouse=True)
def swift(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages look often, and nobody is gone for being slow."""
    monkeypatch.setattr(case_watchers, "EVERY", 0.05)
    monkeypatch.setattr(presence, "GONE", timedelta(hours=1))


async def test_who_else_looks_at_a_case_is_seen_across_processes(visitor: Visitor, stand: PageStand) -> None:
    """A colleague whose page another process serves appears and goes; one's own second tab never does."""
    _, case = stuck(stand)
    ruth, again, emil = visitor("ruth"), visitor("ruth"), visitor("emil")
    await ruth.open(f"/desk/{case}")
    await again.open(f"/desk/{case}")
    database = Database(stand.house.database.url.render_as_string(hide_password=False))
    elsewhere = replace(stand.house, database=database, executor="two")
    try:
        await asyncio.to_thread(presence.look, elsewhere, case, stand.id("tove"), "a page elsewhere")
        await ruth.should_see("Tove Lindqvist is looking at this too.", retries=60)
        await emil.open(f"/desk/{case}")
        await ruth.should_see("Emil Novák and Tove Lindqvist are looking at this too.", retries=60)
        await emil.should_see("Ruth Adeyemi und Tove Lindqvist sehen sich das auch gerade an.", retries=60)
        await asyncio.to_thread(presence.leave, elsewhere, "a page elsewhere")
        await emil.should_see("Ruth Adeyemi sieht sich das auch gerade an.", retries=60)
    finally:
        database.close()


async def test_leaving_a_case_ends_being_seen_there(visitor: Visitor, stand: PageStand) -> None:
    """Whoever goes on to another page is told of no more, and neither is whoever is no longer staff."""
    _, case = stuck(stand)
    ruth, emil = visitor("ruth"), visitor("emil")
    await ruth.open(f"/desk/{case}")
    await emil.open(f"/desk/{case}")
    await ruth.should_see("Emil", retries=60)
    with emil:
        ui.navigate.to("/desk")
    await ruth.should_not_see("is looking at this too.", retries=60)
    assert watching(stand) == {stand.id("ruth")}
    stand.signed_out.add("ruth")
    await until(lambda: watching(stand) == set())


async def test_a_case_is_left_by_whoever_is_no_longer_staff(
    visitor: Visitor, stand: PageStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within seconds, though nothing happens on the desk."""
    _, case = stuck(stand)
    left = leaving(monkeypatch)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    await until(lambda: watching(stand) == {stand.id("ruth")})
    demoting(monkeypatch)
    await until(lambda: left == [stand.id("ruth")])


def watching(stand: PageStand) -> set[str]:
    """Who is kept as having a case open."""
    with stand.house.database.read() as session:
        return set(session.scalars(sa.select(Watcher.person_id)))
