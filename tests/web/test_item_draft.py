"""`/items/{id}`: what somebody has filled in is theirs until they ask, on every device."""

from __future__ import annotations

import sqlite3
from typing import NoReturn

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from selfserve.connectors.contract import ChoicesAway, Failed, FailureKind, Option, Options
from selfserve.store.tables import Draft
from selfserve.web.parts.form import Form
from tests.web.conftest import Calls, Visitor
from tests.web.serving import Served
from tests.web.stand import PageStand
from tests.web.test_in_chromium import PHONE, tab
from tests.web.waiting import until

WHY = "What do you need the figures for?"
NOTHING_LEFT = "Object.keys(sessionStorage).every(one => !one.startsWith('draft:'))"
"""True once the server has all that was typed: the tab remembers nothing of it any more."""


def drafts(stand: PageStand) -> list[Draft]:
    """Every draft in the store."""
    with stand.house.database.read() as session:
        return list(session.scalars(sa.select(Draft)))


async def test_what_was_typed_is_there_again_and_gone_once_asked(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """Kept under the version the browser named; another visit begins with it; asking ends it."""
    ana = visitor("ana")
    await ana.open("/items/finance-reports")
    ana.find(Form).trigger("draft", {"version": 3, "values": {"reason": "Forecast"}})
    await until(lambda: bool(told))
    assert told == [("kept", (3, True, ["reason"]))]
    again = visitor("ana")
    await again.open("/items/finance-reports")
    form = next(iter(again.find(Form).elements))
    assert form.props["start"]["reason"] == "Forecast"
    assert form.props["keeping"]["draft"] is True
    again.find(Form).trigger("send", {"button": "ask", "values": {"reason": "Forecast for spring"}})
    await again.should_see("Tomás Reyes was asked to approve it", retries=30)
    assert ("sent", ()) in told
    assert drafts(stand) == []
    await ana.open("/items/finance-reports")
    form = next(iter(ana.find(Form).elements))
    assert form.props["start"]["reason"] == ""
    assert form.props["keeping"]["draft"] is False


async def test_a_refused_ask_leaves_the_draft(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Nothing was asked for, so nothing is taken away, and typing goes on being kept."""
    sam = visitor("sam")
    await sam.open("/items/production-access")
    sam.find(Form).trigger("draft", {"version": 1, "values": {"incident": "urgent!"}})
    await until(lambda: len(told) == 1)
    sam.find(Form).trigger("send", {"button": "ask", "values": {"incident": "urgent!"}})
    await until(lambda: len(told) == 2)
    assert told[1][0] == "refuse"
    assert [row.answers for row in drafts(stand)] == [{"incident": "urgent!"}]
    sam.find(Form).trigger("draft", {"version": 2, "values": {"incident": "INC-1"}})
    await until(lambda: len(told) == 3)
    assert [row.answers for row in drafts(stand)] == [{"incident": "INC-1"}]


async def test_a_store_that_is_away_is_never_said_to_have_kept(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """While another process holds it there is no answer, so that the browser tries again; then it is kept."""
    ana = visitor("ana")
    await ana.open("/items/finance-reports")
    stand.house.database.patience = 0.05
    lock = sqlite3.connect(stand.folder / "house.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    ana.find(Form).trigger("draft", {"version": 1, "values": {"reason": "Forecast"}})
    ana.find(Form).trigger("look", {"field": "nothing", "text": "", "turn": 1})
    await until(lambda: bool(told))
    lock.execute("ROLLBACK")
    lock.close()
    assert "kept" not in [name for name, _ in told]
    stand.house.database.patience = 5.0
    ana.find(Form).trigger("draft", {"version": 1, "values": {"reason": "Forecast"}})
    await until(lambda: ("kept", (1, True, ["reason"])) in told)
    assert [row.answers for row in drafts(stand)] == [{"reason": "Forecast"}]


async def test_who_it_is_for_is_kept_too_while_one_leads_them(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Named by name when the page is opened again; of somebody one no longer leads only that is said, so that the
    request becomes nobody else's, nor one's own."""
    tomas = visitor("tomas")
    await tomas.open("/items/wiki-editors")
    tomas.find(Form).trigger("draft", {"version": 1, "values": {"_for": "person-ana"}})
    await until(lambda: bool(told))
    await tomas.open("/items/wiki-editors")
    form = next(iter(tomas.find(Form).elements))
    assert form.props["start"]["_for"] == "person-ana"
    assert form.props["fields"][0]["shown"] == "Ana Sousa"
    with stand.house.database.write() as session:
        session.execute(sa.text("UPDATE person SET manager_id = NULL WHERE login = 'ana'"))
    await tomas.open("/items/wiki-editors")
    form = next(iter(tomas.find(Form).elements))
    assert form.props["start"]["_for"] == form.props["fields"][0]["shown"] == "Somebody you no longer lead"
    tomas.find(Form).trigger("send", {"values": form.props["start"]})
    await until(lambda: any(call == "refuse" and "_for" in str(args) for call, args in told))
    with stand.house.database.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM request WHERE item_id = 'wiki-editors'")) == 0


@pytest.mark.parametrize(("login", "item"), [("tomas", "wiki-editors"), ("tomas", "new-laptop"), ("ana", "new-laptop")])
async def test_the_empty_form_has_something_for_each_question(visitor: Visitor, login: str, item: str) -> None:
    """Who it is for among them, where that is asked: what has nothing there could not be started over."""
    somebody = visitor(login)
    await somebody.open(f"/items/{item}")
    form = next(iter(somebody.find(Form).elements))
    fresh = form.props["keeping"]["fresh"]
    assert list(fresh) == [one["name"] for one in form.props["fields"]]
    assert fresh.get("_for", "") == ""


async def test_asking_again_begins_with_the_request_and_not_with_the_draft(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """Whoever presses "Ask again" means that request."""
    made = stand.ask("jonas", "finance-reports", {"reason": "Cost of the study in spring."})
    jonas = visitor("jonas")
    await jonas.open("/items/finance-reports")
    jonas.find(Form).trigger("draft", {"version": 1, "values": {"reason": "Something else"}})
    await until(lambda: bool(told))
    await jonas.open(f"/items/finance-reports?again={made.name}")
    assert next(iter(jonas.find(Form).elements)).props["start"]["reason"] == "Cost of the study in spring."


def _typed(page: Page, words: str) -> None:
    page.goto("/items/finance-reports")
    page.get_by_label(WHY).fill(words)
    expect(page.get_by_text("Draft kept")).to_be_visible()


def test_a_reload_and_another_device_find_what_was_typed(browser: Browser, served: Served) -> None:
    """One word says that it is kept; "Start over" empties it everywhere, and can be taken back."""
    with tab(browser, served, "mei") as page:
        _typed(page, "Forecast for the study")
        page.reload()
        expect(page.get_by_label(WHY)).to_have_value("Forecast for the study")
        expect(page.get_by_text("Draft kept")).to_be_visible()
    with tab(browser, served, "mei", PHONE) as phone:
        phone.goto("/items/finance-reports")
        expect(phone.get_by_label(WHY)).to_have_value("Forecast for the study")
        phone.get_by_role("button", name="Start over").click()
        expect(phone.get_by_label(WHY)).to_have_value("")
        expect(phone.get_by_text("Draft kept")).to_have_count(0)
        phone.get_by_role("button", name="Undo").click()
        expect(phone.get_by_label(WHY)).to_have_value("Forecast for the study")
        phone.get_by_role("button", name="Start over").click()
        expect(phone.get_by_text("Draft kept")).to_have_count(0)
        phone.reload()
        expect(phone.get_by_role("heading", name="Finance reports", level=1)).to_be_visible()
        expect(phone.get_by_label(WHY)).to_have_value("")


def _fill(page: Page, label: str, words: str) -> None:
    """Type, and wait until it is kept: the word that says so may still mean what stood there before."""
    page.get_by_label(label).fill(words)
    page.wait_for_function(NOTHING_LEFT)
    expect(page.get_by_text("Draft kept")).to_be_visible()


def test_two_devices_add_to_one_draft(browser: Browser, served: Served) -> None:
    """Open on both before either is typed in: each keeps what was changed on it, the later word of one field stands,
    and "Start over" empties what both wrote."""
    name, story = "What is it called?", "What do you want to do with it?"
    with tab(browser, served, "lukas") as desk, tab(browser, served, "lukas", PHONE) as phone:
        for device in (desk, phone):
            device.goto("/items/new-software")
            device.wait_for_function("window.did_handshake")
        _fill(desk, story, "From the desk, a long text")
        _fill(phone, name, "Phone")
        desk.reload()
        expect(desk.get_by_label(story)).to_have_value("From the desk, a long text")
        expect(desk.get_by_label(name)).to_have_value("Phone")
        _fill(desk, name, "Desk")
        _fill(phone, story, "From the phone, the later one")
        phone.reload()
        expect(phone.get_by_label(name)).to_have_value("Desk")
        expect(phone.get_by_label(story)).to_have_value("From the phone, the later one")
        phone.get_by_role("button", name="Start over").click()
        phone.wait_for_function(NOTHING_LEFT)
        phone.reload()
        expect(phone.get_by_role("heading", name="Software we do not have yet", level=1)).to_be_visible()
        expect(phone.get_by_label(name)).to_have_value("")
        expect(phone.get_by_label(story)).to_have_value("")


def test_what_stands_on_a_device_is_kept_though_another_started_over(browser: Browser, served: Served) -> None:
    """ "Draft kept" is true of all that the other still shows once it is typed into again, also where the first has
    begun anew since: of one field the later word stands. An answer that was only taken back stays so."""
    name, story, number = "What is it called?", "What do you want to do with it?", "How many of you need it?"
    with tab(browser, served, "sam") as desk, tab(browser, served, "sam", PHONE) as phone:
        desk.goto("/items/new-software")
        desk.wait_for_function("window.did_handshake")
        _fill(desk, name, "Blender")
        _fill(desk, story, "To draw what we build")
        phone.goto("/items/new-software")
        phone.wait_for_function("window.did_handshake")
        desk.get_by_role("button", name="Start over").click()
        desk.wait_for_function(NOTHING_LEFT)
        _fill(phone, number, "7")
        _find(phone, {name: "Blender", story: "To draw what we build", number: "7"})
        _find(desk, {name: "Blender", story: "To draw what we build", number: "7"})
        desk.get_by_role("button", name="Start over").click()
        _fill(desk, name, "Krita")
        _fill(phone, number, "8")
        _find(desk, {name: "Krita", story: "To draw what we build", number: "8"})
        _fill(desk, story, "")
        _fill(phone, number, "9")
        _find(phone, {name: "Krita", story: "", number: "9"})


def _find(page: Page, answers: dict[str, str]) -> None:
    """What is there once the page is opened again."""
    page.reload()
    page.wait_for_function("window.did_handshake")
    for label, words in answers.items():
        expect(page.get_by_label(label)).to_have_value(words)


def test_what_another_device_keeps_outlives_what_a_tab_remembers(browser: Browser, served: Served) -> None:
    """Cut off with one field typed: the tab brings only that one back, and not the rest as it stood there."""
    name, story = "What is it called?", "What do you want to do with it?"
    with tab(browser, served, "mei") as desk, tab(browser, served, "mei", PHONE) as phone:
        for device in (desk, phone):
            device.goto("/items/new-software")
            device.wait_for_function("window.did_handshake")
        desk.evaluate("window.socket.disconnect()")
        desk.get_by_label(name).fill("Desk")
        _fill(phone, story, "From the phone, meanwhile")
        desk.reload()
        expect(desk.get_by_label(name)).to_have_value("Desk")
        expect(desk.get_by_label(story)).to_have_value("From the phone, meanwhile")
        expect(desk.get_by_text("Draft kept")).to_be_visible()
        phone.reload()
        expect(phone.get_by_label(name)).to_have_value("Desk")


def test_what_no_server_has_heard_of_yet_survives_a_reload(browser: Browser, served: Served) -> None:
    """Cut off in the middle of a word: the tab remembers it, and hands it over when it can."""
    with tab(browser, served, "priya") as page:
        page.goto("/items/finance-reports")
        expect(page.get_by_label(WHY)).to_be_visible()
        page.evaluate("window.socket.disconnect()")
        page.get_by_label(WHY).fill("Typed into the void")
        expect(page.get_by_text("Draft kept")).to_have_count(0)
        page.reload()
        expect(page.get_by_label(WHY)).to_have_value("Typed into the void")
        expect(page.get_by_text("Draft kept")).to_be_visible()
    with tab(browser, served, "priya") as other:
        other.goto("/items/finance-reports")
        expect(other.get_by_label(WHY)).to_have_value("Typed into the void")


def test_the_first_wrong_field_gets_the_focus_and_says_what_is_wrong(browser: Browser, served: Served) -> None:
    """Each wrong answer is marked and its sentence tied to it."""
    with tab(browser, served, "sam") as page:
        page.goto("/items/production-access")
        page.get_by_label("How long?", exact=False).first.fill("900")
        page.get_by_role("button", name="Request it").or_(page.get_by_role("button", name="Get it now")).click()
        first = page.locator("[aria-invalid=true]").first
        expect(first).to_be_focused()
        sentence = page.locator(f"[id='{first.get_attribute('aria-describedby').split()[0]}']")  # type: ignore[union-attr]
        expect(sentence).to_contain_text("hours")


EVERY_KIND = """\
id: every-kind
name: Every kind of question
summary: All there is to ask.
category: Devices
icon: wrench
keywords: [everything]
owner: workplace
runbook: runbooks/repair-device.md
risk: low
who: "true"
form:
  line: {type: text, label: A line}
  story: {type: longtext, label: A story}
  count: {type: number, label: How many?}
  one_of: {type: choice, label: Which one?, options: [This, That]}
  app: {type: options, label: Which app?, from: munki.install.item}
  colleague: {type: person, label: Who?}
  device: {type: device, label: Which device?}
  day: {type: date, label: When?, default: 3d}
  span: {type: duration, label: How long?, default: 8h}
  sure: {type: yesno, label: Sure?, default: true}
fulfil:
  - id: do
    use: human.checklist
    with: {summary: Do it, todo: [{text: It is done}]}
escalate: {after: 4h, to: workplace}
expect: 4h
"""


async def test_every_kind_of_answer_is_kept_and_shown_again(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Ten kinds, also where the answer takes a default back; a person is shown by name, a day that was left alone moves
    on with the calendar."""
    (stand.folder / "catalog" / "items" / "every-kind.yaml").write_text(EVERY_KIND)
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    ana = visitor("ana")
    await ana.open("/items/every-kind")
    form = next(iter(ana.find(Form).elements))
    kinds = [one["kind"] for one in form.props["fields"]]
    assert kinds == ["text", "longtext", "number", "choice", "pick", "pick", "text", "date", "duration", "yesno"]
    day = form.props["start"]["day"]
    typed = {
        "line": "Words", "story": "More words\nand more", "count": "3", "one_of": "That", "app": "Firefox",
        "colleague": "person-jonas", "device": "C02XK1", "day": day, "span": "2d", "sure": False,
    }  # fmt: skip
    ana.find(Form).trigger("draft", {"version": 1, "values": typed})
    await until(lambda: ("kept", (1, True, [name for name in typed if name != "day"])) in told)
    (draft,) = drafts(stand)
    assert draft.answers == {name: value for name, value in typed.items() if name != "day"}
    await ana.open("/items/every-kind")
    form = next(iter(ana.find(Form).elements))
    assert form.props["start"] == typed
    assert next(one["shown"] for one in form.props["fields"] if one["name"] == "colleague") == "Jonas Müller"


async def test_choices_that_cannot_be_looked_up_are_told_as_such(
    visitor: Visitor, stand: PageStand, told: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the list would stand, and beside what was typed and not chosen: not that there is nothing. Once the target
    answers, the list is what it was."""
    (stand.folder / "catalog" / "items" / "every-kind.yaml").write_text(EVERY_KIND)
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    emil = visitor("emil")
    await emil.open("/items/every-kind")
    form = next(iter(emil.find(Form).elements))
    target = stand.target("munki")

    def away(*_: object) -> NoReturn:
        raise ChoicesAway(Failed(FailureKind.TRANSIENT, "The share is not mounted."))

    before = dict(form.props["words"])
    monkeypatch.setattr(target, "options", away, raising=False)
    emil.find(Form).trigger("look", {"field": "app", "text": "fire", "turn": 1})
    await until(lambda: ("offer", ("app", 1, [])) in told)
    for name in ("nothing", "choice"):
        assert form.props["words"][name].startswith("Was zur Auswahl steht, lässt sich nicht nachsehen"), name
    assert not [call for call, _ in told if call == "refuse"]
    monkeypatch.setattr(target, "options", lambda *_: Options((Option("Firefox", "Firefox"),)))
    emil.find(Form).trigger("look", {"field": "app", "text": "fire", "turn": 2})
    await until(lambda: any(call == "offer" and args[1] == 2 for call, args in told))
    assert form.props["words"] == before


def test_nothing_says_that_a_draft_is_kept_which_is_not(browser: Browser, served: Served) -> None:
    """What is typed after the draft was kept takes the word away until it is kept as well; offline it stays away."""
    with tab(browser, served, "lukas") as page:
        _typed(page, "Prices")
        page.evaluate("window.socket.disconnect()")
        page.get_by_label(WHY).press_sequentially(" for spring")
        expect(page.get_by_text("Draft kept")).to_have_count(0)
        expect(page.get_by_role("button", name="Start over")).to_be_visible()
