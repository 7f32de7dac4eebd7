"""What pages of one process share must not show one person what is another's."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace

import pytest
from nicegui import ui
from nicegui.testing import User
from starlette.requests import Request

from selfserve.people.principal import Principal
from selfserve.people.roles import Role
from selfserve.web.parts.frame import Frame
from selfserve.web.parts.grid import Grid
from selfserve.web.visits import Visit
from tests.web.conftest import Calls, Visitor
from tests.web.stand import PageStand
from tests.web.waiting import until

BOTH = ("ana", "mei", "jonas", "ruth")


async def test_pages_opened_at_once_show_each_their_own(visitor: Visitor, stand: PageStand) -> None:
    """A designer, an engineer and staff open the catalog together, again and again, one of them with something of her
    own: cards, marks, notices, name and words of the others are on no page."""
    stand.target("legacy").away = True
    stand.ask("ana", "legacy-crm")
    stand.ask("ana", "vpn-access")
    alone = {login: await _shown(visitor(login)) for login in BOTH}
    assert len({str(shown) for shown in alone.values()}) == len(BOTH), "they differ, or nothing is shown by this"
    for _ in range(3):
        together = await asyncio.gather(*(_shown(visitor(login)) for login in BOTH))
        assert dict(zip(BOTH, together, strict=True)) == alone


async def _shown(somebody: User) -> dict[str, object]:
    """What the answer to the first GET holds of the person and for them."""
    answer = await somebody.http_client.get("/")
    found = re.search(r"parseElements\(String\.raw`(.*?)`\)", answer.text, re.DOTALL)
    assert found
    text = found[1]
    for sign, code in (("<", "&lt;"), (">", "&gt;"), ("`", "&#96;"), ("$", "&#36;"), ("&", "&amp;")):
        text = text.replace(code, sign)
    props = [one["props"] for one in json.loads(text).values() if "props" in one]
    frame = next(one for one in props if "places" in one)
    grid = next(one for one in props if "held" in one)
    told = {name: frame[name] for name in ("name", "title", "unread", "places", "words")}
    return told | {name: grid[name] for name in ("items", "held", "popular", "words")}


async def test_a_rule_that_looks_at_the_item_is_asked_of_each_item(visitor: Visitor, stand: PageStand) -> None:
    """Two items with the same words as their rule: what it says of one is not taken for the other."""
    for name in ("wiki-editors", "vpn-access"):
        path = stand.folder / "catalog" / "items" / f"{name}.yaml"
        text = re.sub(r"(?m)^(visible: .*\n)?who: .*$", 'who: item.id == "vpn-access"', path.read_text())
        path.write_text(text)
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    ana = visitor("ana")
    await ana.open("/")
    found = {card["id"] for card in next(iter(ana.find(Grid).elements)).props["items"]}
    assert "vpn-access" in found
    assert "wiki-editors" not in found


async def test_what_was_read_for_the_answer_is_good_for_the_answer_only(visitor: Visitor, stand: PageStand) -> None:
    """Whoever signs out while the page is open finds nothing more on it, by any press."""
    stand.target("legacy").away = True
    stand.ask("ana", "legacy-crm")
    ana = visitor("ana")
    await ana.open("/")
    frame = next(iter(ana.find(Frame).elements))
    stand.signed_out.add("ana")
    ana.find(Frame).trigger("notices")
    ana.find(marker="got-it").click()
    other = visitor("ruth")
    await other.open("/")
    assert frame.props.get("notices") is None
    stand.signed_out.clear()
    ana.find(Frame).trigger("notices")
    await until(lambda: bool(frame.props.get("notices")))
    await ana.should_see("New here?")


@pytest.mark.parametrize(("login", "path"), [("ruth", "/desk"), ("ruth", "/desk/{case}"), ("tove", "/health")])
async def test_a_page_is_left_once_its_reader_lost_the_role(
    visitor: Visitor, stand: PageStand, monkeypatch: pytest.MonkeyPatch, login: str, path: str
) -> None:
    """What happens after the role was taken away shows on no page that was open before."""
    stand.target("legacy").away = True
    case = stand.case(stand.ask("ana", "legacy-crm").name).id
    left = leaving(monkeypatch)
    who = visitor(login)
    await who.open(path.format(case=case))
    demoting(monkeypatch)
    before = markup(who)
    stand.ask("sam", "legacy-crm")
    await until(lambda: stand.id(login) in left)
    assert markup(who) == before


@pytest.mark.parametrize("path", ["/", "/requests", "/requests/{name}", "/mine", "/approvals"])
async def test_a_page_is_left_once_its_session_has_ended(
    visitor: Visitor, stand: PageStand, monkeypatch: pytest.MonkeyPatch, told: Calls, path: str
) -> None:
    """What happens after they signed out elsewhere shows on no page that was open before."""
    name = stand.ask("ana", "finance-reports", {"reason": "Forecast for the design budget."}).name
    left = leaving(monkeypatch)
    ana = visitor("ana")
    await ana.open(path.format(name=name))
    stand.signed_out.add("ana")
    before = markup(ana)
    stand.cancel("ana", name)
    stand.ask("ana", "vpn-access")
    await until(lambda: stand.id("ana") in left)
    assert markup(ana) == before
    assert "deal" not in [name for name, _ in told]


async def test_a_page_that_shows_something_new_counts_as_no_use(
    visitor: Visitor, stand: PageStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks is asked anew at each change, without a sign of life: nobody has done anything."""
    stand.target("legacy").away = True
    ruth = visitor("ruth")
    await ruth.open("/desk")
    monkeypatch.setattr(PageStand, "onlooker_of", PageStand.principal_of)
    monkeypatch.setattr(PageStand, "principal_of", lambda stand, request: pytest.fail("a sign of life"))
    stand.ask("ana", "legacy-crm")
    await ruth.should_see("Customer database", retries=60)


def demoting(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on everybody is a customer and nothing more."""
    genuine = PageStand.principal_of

    def demoted(self: PageStand, request: Request) -> Principal | None:
        found = genuine(self, request)
        return replace(found, roles=frozenset({Role.CUSTOMER})) if found else None

    monkeypatch.setattr(PageStand, "principal_of", demoted)


def leaving(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose pages are loaded anew, in order."""
    left: list[str] = []
    monkeypatch.setattr(Visit, "leave", lambda visit: left.append(visit.person_id))
    return left


def markup(who: User) -> str:
    """All markup of the page."""
    return "".join(str(one.content) for one in who.find(ui.html).elements if isinstance(one, ui.html))
