"""What pages of one process share must not show one person what is another's."""

from __future__ import annotations

import asyncio
import json
import re

from nicegui.testing import User

from selfserve.web.parts.frame import Frame
from selfserve.web.parts.grid import Grid
from tests.web.conftest import Visitor
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
