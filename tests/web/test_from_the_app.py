"""Pages in the app's window: what the machine says about itself helps, and refuses nothing."""

from __future__ import annotations

from selfserve.requests.drafts import keep
from selfserve.store.tables import DeviceToken
from selfserve.web.pages.item_draft import BESIDE
from selfserve.web.parts.form import Form
from selfserve.web.parts.grid import Grid
from tests.web.conftest import Visitor
from tests.web.stand import PageStand
from tests.web.test_mine_page import app_of

LINUX = {"platform": "linux", "name": "ana-laptop"}
MAC = {"platform": "macos", "name": "ana-laptop", "serial": "C02FERN01"}


def told(stand: PageStand, login: str, facts: dict[str, str]) -> None:
    """Somebody looks from their app, whose machine has said this."""
    app_of(stand, login, f"{login}-app")
    stand.apps[login] = f"{login}-app"
    with stand.house.database.write() as session:
        session.get_one(DeviceToken, f"{login}-app").facts = facts


async def cards(visitor: Visitor, login: str) -> set[str]:
    """The ids of the items that somebody's catalog shows."""
    browser = visitor(login)
    await browser.open("/")
    await browser.should_see(kind=Grid)
    (grid,) = browser.find(kind=Grid).elements
    return {str(card["id"]) for card in grid.props["items"]}


async def test_the_catalog_shows_what_fits_the_machine(visitor: Visitor, stand: PageStand) -> None:
    """On Linux no apps for Macs; on a Mac, and in a browser, everything."""
    everything = await cards(visitor, "sam")
    assert "slack-app" in everything
    told(stand, "ana", LINUX)
    told(stand, "emil", MAC)
    assert "slack-app" not in await cards(visitor, "ana")
    assert "vpn-access" in await cards(visitor, "ana")
    assert "slack-app" in await cards(visitor, "emil")


async def test_what_does_not_fit_is_said_and_can_be_asked_for(visitor: Visitor, stand: PageStand) -> None:
    """People ask for their other computers too."""
    told(stand, "ana", LINUX)
    ana = visitor("ana")
    await ana.open("/items/slack-app")
    await ana.should_see("This is not for the computer you sit at")
    await ana.should_see(kind=Form)


async def test_this_computer_is_what_a_device_field_begins_with(visitor: Visitor, stand: PageStand) -> None:
    """By its serial number; in a browser the field is empty."""
    told(stand, "ana", MAC)
    starts = {}
    for login in ("ana", "sam"):
        browser = visitor(login)
        await browser.open("/items/slack-app")
        await browser.should_see(kind=Form)
        (form,) = browser.find(kind=Form).elements
        starts[login] = form.props["start"]["device"]
        await browser.should_not_see("This is not for the computer you sit at")
    assert starts == {"ana": "C02FERN01", "sam": ""}


async def test_this_computer_is_never_that_of_somebody_else(visitor: Visitor, stand: PageStand) -> None:
    """A form that begins with somebody named begins without it; one that gets a name is told which fields to empty."""
    told(stand, "tomas", MAC)
    starts = []
    for draft in ({}, {"_for": "person-ana"}):
        with stand.house.database.write() as session:
            item = stand.house.catalog.current.items["repair-device"]
            keep(session, "person-tomas", item, draft, stand.house.now(), fresh={}, beside=BESIDE)
        tomas = visitor("tomas")
        await tomas.open("/items/repair-device")
        await tomas.should_see(kind=Form)
        (form,) = tomas.find(kind=Form).elements
        starts.append(form.props["start"]["device"])
        assert form.props["keeping"]["fresh"]["device"] == "C02FERN01"
        assert form.props["fields"][0]["name"] == "_for"
        assert form.props["fields"][0]["empties"] == ["device"]
    assert starts == ["C02FERN01", ""]


async def test_what_was_lost_is_not_the_computer_that_tells_it(visitor: Visitor, stand: PageStand) -> None:
    """The field is empty, beside a question whether it is erased."""
    told(stand, "ana", MAC)
    ana = visitor("ana")
    await ana.open("/items/lost-device")
    await ana.should_see(kind=Form)
    (form,) = ana.find(kind=Form).elements
    assert not form.props["start"].get("device")
