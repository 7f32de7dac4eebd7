"""`/`: what a customer finds."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from selfserve.connectors.contract import Done, Failed, FailureKind
from selfserve.languages.reader import Reader
from selfserve.store.tables import Person
from selfserve.web.deck import Deck
from selfserve.web.pages.catalog import Found, Shelf, human
from selfserve.web.parts.form import Form
from selfserve.web.parts.frame import Frame
from selfserve.web.parts.grid import Grid
from tests.web.conftest import Visitor
from tests.web.stand import PageStand
from tests.web.waiting import until


def cards(grid: Grid) -> dict[str, dict[str, object]]:
    """The cards by the id of their item."""
    return {card["id"]: card for card in grid.props["items"]}


async def test_customer_sees_only_what_is_for_them(visitor: Visitor) -> None:
    """A designer finds the wiki, but not the packs and repositories of others."""
    ana = visitor("ana")
    await ana.open("/")

    found = cards(next(iter(ana.find(Grid).elements)))
    assert "wiki-editors" in found
    assert "github-engineering" not in found


async def test_what_i_hold_is_marked(visitor: Visitor, stand: PageStand) -> None:
    """VPN access is marked after it was given, at once and without a reload."""
    ana = visitor("ana")
    await ana.open("/")
    grid = next(iter(ana.find(Grid).elements))
    assert grid.props["held"] == {}

    stand.ask("ana", "vpn-access")
    await ana.should_see(marker="grid")
    await until(lambda: grid.props["held"] == {"vpn-access": {"words": "You have this", "icon": "check"}})


async def test_card_and_page_say_the_same_of_what_i_have(visitor: Visitor, stand: PageStand) -> None:
    """What a person still has to finish is on its way, in part or whole; what a Mac fetches is not called ready; what
    is being taken back is not called mine: on the card, on the item's page and on the request's."""
    stand.target("legacy").away = True
    stuck, pack = stand.ask("ana", "legacy-crm"), None
    stand.target("seats").away = True
    pack = stand.ask("ana", "welcome-pack")
    mac = stand.ask("ana", "slack-app", {"device": "C02XK1"})
    stand.work()
    told = {
        "legacy-crm": ("On its way", "clock", stuck.name),
        "welcome-pack": ("On its way", "clock", pack.name),
        "slack-app": ("Your device fetches it", "check", mac.name),
    }
    ana = visitor("ana")
    await ana.open("/")
    held = next(iter(ana.find(Grid).elements)).props["held"]
    assert held == {item: {"words": words, "icon": icon} for item, (words, icon, _) in told.items()}
    for item, (words, _, name) in told.items():
        await ana.open(f"/items/{item}")
        await ana.should_see(words)
        await ana.open(f"/requests/{name}")
        await ana.should_not_see("You have this")
    await ana.open(f"/requests/{mac.name}")
    await ana.should_see("Your device fetches it")
    await ana.should_see("Nothing is left for you to do")
    await ana.should_not_see("Ready to use")


async def test_a_card_says_that_one_would_wait(visitor: Visitor, stand: PageStand) -> None:
    """Where seats are short, told without a look at any target; not on the card of what one has."""
    seats = stand.target("seats")
    seats.full = True
    mei = visitor("mei")
    await mei.open("/")
    cards = {card["id"]: card["takes"] for card in next(iter(mei.find(Grid).elements)).props["items"]}
    assert cards["zoom-pro"] == "Short of seats: you would wait"
    assert cards["vpn-access"] == "Instant"
    assert seats.planned == 0
    seats.full = False
    await mei.open("/")
    cards = {card["id"]: card["takes"] for card in next(iter(mei.find(Grid).elements)).props["items"]}
    assert cards["zoom-pro"] != "Short of seats: you would wait"


async def test_a_card_promises_no_moment_while_its_target_rests(visitor: Visitor, stand: PageStand) -> None:
    """The card and the page of what needs it say so; all else is as fast as ever, and so is this once it is back."""
    target = stand.house.catalog.current.items["vpn-access"].fulfil[0].use.partition(".")[0]
    mei = visitor("mei")

    async def takes(item: str) -> object:
        await mei.open("/")
        return cards(next(iter(mei.find(Grid).elements)))[item]["takes"]

    assert await takes("vpn-access") == "Instant"
    stand.house.connectors.note(target, Failed(FailureKind.AUTH, "It does not know us any more."))
    assert await takes("vpn-access") == "Delayed at the moment"
    assert await takes("zoom-pro") == "Instant"
    await mei.open("/items/vpn-access")
    await mei.should_see("The system behind it does not answer at the moment.")
    assert next(iter(mei.find(Form).elements)).props["buttons"][0]["label"] == "Request it"
    stand.house.connectors.note(target, Done({}))
    assert await takes("vpn-access") == "Instant"
    await mei.open("/items/vpn-access")
    await mei.should_not_see("does not answer at the moment")
    assert next(iter(mei.find(Form).elements)).props["buttons"][0]["label"] == "Get it now"


def shelf(stand: PageStand, login: str) -> Shelf:
    return Shelf(stand.house, Deck(lambda use: False), f"person-{login}", Reader("en"))


@pytest.mark.parametrize("text", ["projector", "aktenvernichter", "adobe"])
def test_where_nothing_fits_there_is_something_to_ask_for_instead(stand: PageStand, text: str) -> None:
    """The items that the catalog marks as being for what it does not have; never called found, nor called near too."""
    found = shelf(stand, "ana").search(text)
    assert (found.best, found.instead) == ([], ["ask-techops", "new-software"])
    assert not set(found.instead) & set(found.near)


def test_what_is_instead_is_only_what_one_may_see_and_only_where_nothing_fits(stand: PageStand) -> None:
    """A search that finds offers nothing else; an item that is hidden stays so; blanks ask for nothing."""
    assert shelf(stand, "ana").search("vpn").instead == []
    assert shelf(stand, "ana").search("  ") == Found([])
    path = stand.folder / "catalog" / "items" / "new-software.yaml"
    path.write_text(path.read_text() + "visible: '\"nobody\" in customer.groups'\n")
    assert stand.house.catalog.refresh(force=True)
    assert shelf(stand, "ana").search("projector").instead == ["ask-techops"]


async def test_a_human_is_one_press_away_from_an_empty_search(visitor: Visitor, stand: PageStand) -> None:
    """By the ways that the brand names; where it names none, by mail to the team that takes what has no other."""
    ana = visitor("ana")
    await ana.open("/")
    (grid,) = ana.find(Grid).elements
    assert [link["to"] for link in grid.props["links"]] == ["tel:4357"]
    catalog, settings = stand.house.catalog.current, stand.settings
    bare = settings.model_copy(update={"brand": settings.brand.model_copy(update={"links": {}})})
    assert human(bare, catalog, Reader("en")).links == {"Write to TechOps": "mailto:techops@fernhill.example"}


async def test_nobody_signed_in_is_led_to_sign_in_and_back(visitor: Visitor) -> None:
    """Without a session there is no page, only the way to sign in, which remembers where one wanted to go."""
    nobody = visitor("")
    answer = await nobody.http_client.get("/requests?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Frequests%3Fx%3D1"


async def test_staff_have_the_desk_in_the_navigation_and_customers_do_not(visitor: Visitor) -> None:
    """The desk is named only to those who work there."""
    for login, there in (("ruth", True), ("ana", False)):
        somebody = visitor(login)
        await somebody.open("/")
        frame = next(iter(somebody.find(Frame).elements))
        assert ("/desk" in [place["path"] for place in frame.props["places"]]) is there


async def test_an_edited_catalog_shows_without_a_reload(visitor: Visitor, stand: PageStand) -> None:
    """A new name in a catalog file is on the open page."""
    ana = visitor("ana")
    await ana.open("/")
    path = stand.folder / "catalog" / "items" / "vpn-access.yaml"
    path.write_text(path.read_text().replace("name: VPN access", "name: VPN for <b>all</b>"))
    assert stand.house.catalog.refresh(force=True)
    grid = next(iter(ana.find(Grid).elements))
    await until(lambda: cards(grid)["vpn-access"]["name"] == "VPN for <b>all</b>")


async def test_a_page_costs_few_elements(visitor: Visitor) -> None:
    """Memory and time go with the number of elements: no page has 60."""
    ruth = visitor("ruth")
    for path in ("/", "/items/new-laptop", "/requests", "/approvals", "/desk"):
        client = await ruth.open(path)
        assert len(client.elements) < 60, path


async def test_what_colleagues_like_comes_first_without_what_i_have(visitor: Visitor, stand: PageStand) -> None:
    """Three of Design have it: Ana is shown it above the categories until she has it herself."""
    with stand.house.database.write() as session:
        session.execute(sa.update(Person).where(Person.login.in_(("mei", "sam"))).values(department="Design"))
    for login in ("jonas", "mei", "sam"):
        stand.ask(login, "zoom-pro", {"reason": "Interviews"})
    ana = visitor("ana")
    await ana.open("/")
    grid = next(iter(ana.find(Grid).elements))
    assert grid.props["popular"] == ("zoom-pro",)
    stand.ask("ana", "zoom-pro", {"reason": "Interviews"})
    await until(lambda: grid.props["popular"] == ())


async def test_the_hint_for_new_customers_goes_for_good(visitor: Visitor, stand: PageStand) -> None:
    """Closed once, it is gone on every device of theirs; others still see it, in their language."""
    ana, jonas = visitor("ana"), visitor("jonas")
    await ana.open("/")
    await ana.should_see("New here?")
    ana.find(marker="got-it").click()
    await ana.should_not_see("New here?", retries=30)
    other = visitor("ana")
    await other.open("/")
    await other.should_see("What do you need?")
    await other.should_not_see("New here?")
    await jonas.open("/")
    await jonas.should_see("Neu hier?")
