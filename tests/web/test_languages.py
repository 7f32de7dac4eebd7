"""Everybody reads the pages in their own language, at the same time in one process."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from selfserve.requests.submit import submit
from selfserve.web.parts.frame import Frame
from selfserve.web.parts.grid import Grid
from tests.web.conftest import Visitor
from tests.web.serving import Served
from tests.web.stand import PageStand
from tests.web.test_in_chromium import tab
from tests.web.waiting import until

WEB = Path(__file__).parents[2] / "src" / "selfserve" / "web"
SHOWN = {
    "heading": (0,), "paragraph": (0,), "hero": (0, 1), "note": (0, 2), "pill": (0,), "back": (1,), "empty": (1, 2),
    "press": (0,), "Form": (0,), "Field": (2, 3), "Button": (1,),
    "announce": (0,), "Refusal": (0,), "NotAllowed": (0,), "NotFound": (0,),
}  # fmt: skip
"""Whose arguments a person reads, and which of them."""
NAMED = frozenset({"label", "help", "hint", "meanwhile", "title", "words", "lead", "no", "yes"})


def _calls() -> list[tuple[str, str, ast.Call]]:
    found = []
    for path in sorted(WEB.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                found.append((f"{path.relative_to(WEB)}:{node.lineno}", name, node))
    return found


def _written(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return True
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(re.search(r"\w", node.value))


def test_no_words_are_shown_as_the_code_has_them() -> None:
    """What is drawn, asked, announced or refused goes through `say` or `msg`; a sentence in them is never made up of
    pieces, which no translation could put in order."""
    wrong = []
    for place, name, call in _calls():
        shown = [call.args[at] for at in SHOWN.get(name, ()) if at < len(call.args)]
        if name in SHOWN:
            shown += [one.value for one in call.keywords if one.arg in NAMED]
        if name in ("say", "msg", "say_n", "msg_n"):
            sentences = call.args[: 2 if name.endswith("_n") else 1]
            wrong += [place for one in sentences if not isinstance(one, (ast.Constant, ast.Name, ast.Attribute))]
        wrong += [place for one in shown if _written(one)]
    assert wrong == []


def test_components_have_no_words_of_their_own() -> None:
    """Templates in the browser take what they say from the server: no letters between tags, none read aloud."""
    for path in sorted((WEB / "parts").glob("*.js")):
        text = path.read_text()
        if "export default {\n  template:" not in text:  # a mixin, which shows nothing
            assert "<" not in re.sub(r"(?m)//.*$| < ", "", text), path.name
            continue
        (template,) = re.findall(r"template: `(.*?)`,\n", text, re.DOTALL)
        bare = re.sub(r"\{\{.*?\}\}", "", template, flags=re.DOTALL)
        assert not re.findall(r'\s(?:aria-label|placeholder|title|alt)="[^"]*\w', bare), path.name
        between = [text for text in re.findall(r'(?:"|/|\w|\s)>([^<>]*)<', bare) if re.search(r"\w", text)]
        assert between == [], path.name


async def test_two_people_read_at_the_same_time_each_in_their_language(visitor: Visitor, stand: PageStand) -> None:
    """Jonas reads German, Ana English: catalog, requests and frame, also after a page was open for both."""
    ana, jonas = visitor("ana"), visitor("jonas")
    for login in ("ana", "jonas"):
        stand.ask(login, "vpn-access")
    await ana.open("/")
    await jonas.open("/")
    for somebody, lead, search, place in (
        (ana, "What do you need?", "Search the catalog", "My requests"),
        (jonas, "Was brauchst du?", "Im Katalog suchen", "Meine Anfragen"),
    ):
        await somebody.should_see(lead)
        assert next(iter(somebody.find(Grid).elements)).props["words"]["search"] == search
        assert next(iter(somebody.find(Frame).elements)).props["places"][1]["name"] == place
    await jonas.open("/requests")
    await ana.open("/requests")
    await jonas.should_see("Alles, wonach du gefragt hast, Offenes zuerst.")
    await jonas.should_see("Heute, ")
    await ana.should_see("Everything you asked for, what is open first.")
    await ana.should_see("Today, ")
    await ana.should_not_see("Heute, ")


async def test_what_was_stored_once_is_told_to_each_who_reads_it(visitor: Visitor, stand: PageStand) -> None:
    """Tomás asks for Jonas: the story and the notice, the item's own words too, English to the one, German to the
    other."""
    made = submit(stand.house, customer_id="person-jonas", asked_by_id="person-tomas", item_id="vpn-access", answers={})
    tomas, jonas = visitor("tomas"), visitor("jonas")
    await jonas.open(f"/requests/{made.name}")
    await tomas.open(f"/requests/{made.name}")
    for words in (
        "Tomás hat „VPN-Zugang“ für dich angefragt",
        "Du hast Zugang zum VPN",
        "Du kannst es benutzen",
        "Erledigt",
    ):
        await jonas.should_see(words)
    for words in ("You asked for “VPN access” for Jonas", "Jonas has access to the VPN", "Ready to use", "Done"):
        await tomas.should_see(words)
    frame = next(iter(jonas.find(Frame).elements))
    jonas.find(Frame).trigger("notices")
    await until(lambda: bool(frame.props.get("notices")))
    (notice,) = frame.props["notices"]
    assert notice["title"] == "Tomás Reyes hat „VPN-Zugang“ für dich angefragt"
    assert notice["body"].startswith("Tomás Reyes ist deine Führungskraft.")


def test_the_page_names_its_language(browser: Browser, served: Served) -> None:
    """Screen readers pronounce, and Quasar speaks, what stands in `<html lang>`; components show the words they got."""
    for login, lang, search in (("jonas", "de", "Im Katalog suchen"), ("ana", "en-GB", "Search the catalog")):
        with tab(browser, served, login) as page:
            page.goto("/")
            expect(page.get_by_label(search)).to_be_visible()
            assert page.locator("html").get_attribute("lang") == lang
            page.get_by_label(search).fill("quirlbesen")
            nothing = "Nichts passt zu „quirlbesen“" if lang == "de" else "Nothing fits “quirlbesen”"
            expect(page.get_by_role("heading", name=nothing)).to_be_visible()
