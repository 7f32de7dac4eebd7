"""`/requests/{name}`: how it was, in one tap."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from selfserve.people import teams
from selfserve.requests import smiles
from selfserve.requests.smiles import Smiled
from selfserve.store.states import Face
from selfserve.store.tables import Request
from selfserve.web.parts.form import Form
from tests.web.conftest import Calls, Visitor
from tests.web.serving import Served
from tests.web.stand import PageStand
from tests.web.test_in_chromium import tab
from tests.web.waiting import until


def said(stand: PageStand, request_id: str) -> Smiled | None:
    """What is kept of it."""
    with stand.house.database.read() as session:
        return smiles.said(session, request_id)


async def test_one_tap_is_enough_and_a_word_may_follow(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """The face is kept at once; the word goes with it; another tap keeps the word."""
    made = stand.ask("ana", "wiki-editors")
    ana = visitor("ana")
    await ana.open(f"/requests/{made.name}")
    await ana.should_see("How was it?")
    ana.find(marker="smile-fair").click()
    await ana.should_see("Thank you for saying how it was", retries=30)
    await ana.should_see(marker="smile-words")
    ana.find(Form).trigger("send", {"button": "add", "values": {"words": "Quick, but no word about the start."}})
    await until(lambda: (kept := said(stand, made.id)) is not None and bool(kept.words))
    ana.find(marker="smile-good").click()
    await until(lambda: (kept := said(stand, made.id)) is not None and kept.face == Face.GOOD)
    kept = said(stand, made.id)
    assert kept is not None
    assert kept.words == "Quick, but no word about the start."


async def test_nobody_is_asked_how_it_was_before_it_is_over(visitor: Visitor, stand: PageStand) -> None:
    """Nor whoever asked for somebody else."""
    waits = stand.ask("ana", "finance-reports", {"reason": "Forecast for spring."})
    ana = visitor("ana")
    await ana.open(f"/requests/{waits.name}")
    await ana.should_see("Waiting for approval")
    await ana.should_not_see("How was it?")


async def test_the_team_reads_it_on_the_case(visitor: Visitor, stand: PageStand) -> None:
    """Ruth's team owns the item and sees face and word; Emil, of another team, does not."""
    legacy = stand.target("legacy")
    legacy.away = True
    made = stand.ask("ana", "legacy-crm")
    legacy.away = False
    stand.work()
    case = stand.case(made.name).id
    with stand.house.database.write() as session:
        request = session.get_one(Request, made.id)
        request.state, request.closed_at = "failed", stand.house.now()
    with stand.house.database.write() as session:
        smiles.smile(session, made.name, stand.id("ana"), Face.POOR, "It never came.", stand.house.now())
    owner = stand.house.catalog.current.items["legacy-crm"].owner
    with stand.house.database.read() as session:
        members = {one.login for one in teams.members(session, stand.house.catalog.current.teams[owner])}
    for login in ("tove", "emil", "ruth"):
        staff = visitor(login)
        await staff.open(f"/desk/{case}")
        if login in members:
            await staff.should_see("It never came.")
        else:
            await staff.should_not_see("It never came.")
    assert members & {"tove", "emil", "ruth"}


def test_a_face_is_tapped_by_keyboard(browser: Browser, served: Served) -> None:
    """Each has its word, is reached by Tab, pressed by Space, and says that it is pressed."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['held']}")
        good = page.get_by_role("button", name="Good", exact=True)
        expect(good).to_have_attribute("aria-pressed", "false")
        good.focus()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="So-so")).to_be_focused()
        page.keyboard.press("Space")
        expect(page.get_by_role("button", name="So-so")).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("button", name="So-so")).to_be_focused()
        page.reload()
        expect(page.get_by_role("button", name="So-so")).to_have_attribute("aria-pressed", "true")
