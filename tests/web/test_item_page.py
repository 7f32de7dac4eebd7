"""`/items/{id}`: asking, with everything said beforehand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from nicegui.testing import User

from selfserve.connectors.contract import Blocked, Plan
from selfserve.requests.decide import Say
from selfserve.store.tables import Person
from selfserve.web.parts.form import Form
from selfserve.web.parts.grid import Grid
from tests.web.conftest import Calls, Visitor
from tests.web.stand import PageStand
from tests.web.waiting import until


async def test_asking_leads_to_the_request_that_it_made(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """A form that is right ends on the page of its request, where it is done already."""
    ana = visitor("ana")
    await ana.open("/items/wiki-editors")
    ana.find(Form).trigger("send", {"button": "ask", "values": {}})
    await ana.should_see("Ready to use", retries=30)
    assert stand.state(stand.latest("ana").name) == "fulfilled"


async def test_each_wrong_answer_is_told_beside_its_field(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Nothing is stored, and each field gets its own sentence."""
    sam = visitor("sam")
    await sam.open("/items/production-access")
    values = {"hours": "9h", "incident": "urgent!", "reason": ""}
    sam.find(Form).trigger("send", {"button": "ask", "values": values})
    await until(lambda: bool(told))
    (name, (errors,)) = told[0]
    assert name == "refuse"
    assert isinstance(errors, dict)
    assert set(errors) == {"hours", "incident", "reason"}
    assert errors["hours"] == "Choose at most 8 hours."


async def test_a_form_offers_every_kind_of_question_as_itself(visitor: Visitor) -> None:
    """Choice, long text, day: each arrives at the browser as what it is, with limits and defaults."""
    ana = visitor("ana")
    await ana.open("/items/new-laptop")
    form = next(iter(ana.find(Form).elements))
    kinds = {one["name"]: one["kind"] for one in form.props["fields"]}
    assert kinds == {
        "model": "choice", "why_now": "longtext", "needed": "date", "place": "choice",
    }  # fmt: skip
    day = next(one for one in form.props["fields"] if one["name"] == "needed")
    assert date.fromisoformat(day["max"]) - date.fromisoformat(day["min"]) == timedelta(days=88)
    assert form.props["start"]["model"] == "MacBook Pro 14 inch"


async def test_colleagues_are_offered_while_one_types(visitor: Visitor, told: Calls) -> None:
    """A few letters of a name find the colleague, with what tells them from another."""
    ana = visitor("ana")
    await ana.open("/items/leaving-colleague")
    ana.find(Form).trigger("look", {"field": "colleague", "text": "jon", "turn": 1})
    await until(lambda: bool(told))
    name, (field, turn, options) = told[0]
    assert (name, field, turn) == ("offer", "colleague", 1)
    assert isinstance(options, list)
    assert [(one["value"], one["label"]) for one in options] == [("person-jonas", "Jonas Müller")]


async def test_who_decides_is_said_before_it_is_asked(visitor: Visitor) -> None:
    """The aside names the manager, what is done and how long it takes, though the form is still empty."""
    ana = visitor("ana")
    await ana.open("/items/finance-reports")
    await ana.should_see("Tomás Reyes approves it")
    await ana.should_see("You get access to the finance reports")
    await ana.should_see("Within 1 minute.")


async def test_nothing_to_fill_in_is_said_only_where_no_field_stands(visitor: Visitor) -> None:
    """Whoever leads somebody is asked for whom, and that is something to fill in."""
    ana, tomas = visitor("ana"), visitor("tomas")
    await ana.open("/items/vpn-access")
    await ana.should_see("There is nothing to fill in.")
    await tomas.open("/items/vpn-access")
    await tomas.should_see(Form)
    await tomas.should_not_see("There is nothing to fill in.")


async def test_what_happens_next_follows_the_answers(visitor: Visitor) -> None:
    """A short Figma seat is decided by the tools team, a long one by the manager."""
    ana = visitor("ana")
    await ana.open("/items/figma-editor")
    far = (date.today() + timedelta(days=300)).isoformat()  # noqa: DTZ011  (a day far enough ahead in any zone)
    ana.find(Form).trigger("changed", {"reason": "Screens for the app", "until": far})
    await ana.should_see("Tomás Reyes approves it", retries=30)


async def test_who_would_wait_is_promised_no_time(visitor: Visitor, stand: PageStand) -> None:
    """Every seat is taken: the aside says so, names no minute, and the button says that one waits."""
    stand.target("seats").full = True
    mei = visitor("mei")
    await mei.open("/items/zoom-pro")
    await mei.should_see("You would be number 4 in line")
    await mei.should_see("You have it as soon as one is free")
    await mei.should_not_see("Within 1 minute.")
    await mei.should_see("You wait in line")
    await mei.should_not_see('<div class="s-strong">Every seat')
    form = next(iter(mei.find(Form).elements))
    assert [one["label"] for one in form.props["buttons"]] == ["Wait for one"]


async def test_who_cannot_have_it_is_told_so_without_a_form(visitor: Visitor) -> None:
    """A finance person finds the Figma seat, reads that it is not for them, and fills in nothing."""
    clara = visitor("clara")
    await clara.open("/items/figma-editor")
    await clara.should_see("Das ist nicht für dich")
    await clara.should_not_see(Form)


async def test_what_is_hidden_from_me_is_not_found(visitor: Visitor) -> None:
    """An item that is not for a customer looks like one that does not exist."""
    ana = visitor("ana")
    for item in ("github-engineering", "no-such-item"):
        await ana.open(f"/items/{item}")
        await ana.should_see("This is not in the catalog.")


async def test_asking_again_begins_with_the_former_answers(visitor: Visitor, stand: PageStand) -> None:
    """The former request's words stand in the form; those of somebody else's request never do."""
    made = stand.ask("jonas", "finance-reports", {"reason": "Cost of the study in spring."})
    jonas, ana = visitor("jonas"), visitor("ana")
    await jonas.open(f"/items/finance-reports?again={made.name}")
    assert next(iter(jonas.find(Form).elements)).props["start"]["reason"] == "Cost of the study in spring."
    await ana.open(f"/items/finance-reports?again={made.name}")
    await ana.should_see("There is no such request of yours.")


def _asked_who(user: User) -> bool:
    form = next(iter(user.find(Form).elements))
    return any(one["name"] == "_for" for one in form.props["fields"])


async def test_who_it_is_for_is_asked_only_where_there_is_a_choice(visitor: Visitor) -> None:
    """A manager chooses for a membership and a seat, not for a password; who leads nobody is never asked."""
    tomas, ana = visitor("tomas"), visitor("ana")
    for item, asked in (("wiki-editors", True), ("zoom-pro", True), ("reset-password", False)):
        await tomas.open(f"/items/{item}")
        assert _asked_who(tomas) is asked, item
        await ana.open(f"/items/{item}")
        assert not _asked_who(ana)


async def test_a_manager_asks_for_somebody_they_lead(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Offered by name, asked for, and the page of the request says for whom."""
    tomas = visitor("tomas")
    await tomas.open("/items/wiki-editors")
    tomas.find(Form).trigger("look", {"field": "_for", "text": "so", "turn": 1})
    await until(lambda: bool(told))
    name, (field, _, options) = told[0]
    assert isinstance(options, list)
    assert (name, field, [one["value"] for one in options]) == ("offer", "_for", ["person-ana"])
    tomas.find(Form).trigger("send", {"button": "ask", "values": {"_for": "person-ana"}})
    await tomas.should_see("for Ana Sousa", retries=30)
    assert (stand.latest("ana").asked_by_id, stand.latest("ana").state) == ("person-tomas", "fulfilled")


async def test_a_name_that_is_nobody_one_leads_never_becomes_an_ask_for_oneself(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """Typed and not chosen, a colleague elsewhere, one's own manager: refused beside the field, nothing is asked."""
    tomas = visitor("tomas")
    await tomas.open("/items/wiki-editors")
    for at, named in enumerate(("An", "person-sam", "ingrid@fernhill.example")):
        tomas.find(Form).trigger("send", {"button": "ask", "values": {"_for": named}})
        await until(lambda at=at: len(told) > at)  # type: ignore[misc]
        assert told[at][0] == "refuse"
        assert "Choose somebody from the list." in str(told[at][1])
    assert not stand.target("directory").there


async def test_what_was_asked_for_already_is_told_and_no_more(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Ana asked herself: her manager reads so below the form, and is not led to her request."""
    made = stand.ask("ana", "zoom-pro", {"reason": "Interviews"})
    tomas = visitor("tomas")
    await tomas.open("/items/zoom-pro")
    values = {"_for": "person-ana", "reason": "Interviews", "days": 30}
    tomas.find(Form).trigger("send", {"button": "ask", "values": values})
    await until(lambda: bool(told))
    assert "This was already asked for Ana Sousa." in str(told[0])
    assert made.name not in str(told[0])


async def test_a_manager_asks_for_another_what_they_cannot_have(visitor: Visitor, stand: PageStand) -> None:
    """Ingrid is not in Design; she asks for a seat for somebody who is, and who it is for has to be said."""
    ingrid = visitor("ingrid")
    await ingrid.open("/items/figma-editor")
    await ingrid.should_see("Du kannst für jemanden anfragen, den du führst.")
    form = next(iter(ingrid.find(Form).elements))
    assert next(one for one in form.props["fields"] if one["name"] == "_for")["required"]
    ingrid.find(Form).trigger("send", {"button": "ask", "values": {"_for": "person-ana", "reason": "Screens"}})
    await ingrid.should_see("für Ana Sousa", retries=30)
    assert stand.latest("ana").asked_by_id == "person-ingrid"


async def test_what_can_never_be_done_is_said_beside_the_form_and_refused_by_it(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """Before and after the press in the same sentence; no request is made of it."""
    stand.target("directory").gone = True
    ana = visitor("ana")
    await ana.open("/items/wiki-editors")
    await ana.should_see("The directory has no such group. It cannot be done as it stands.")
    ana.find(Form).trigger("send", {"button": "ask", "values": {}})
    await until(lambda: bool(told))
    assert told[0] == ("refuse", ({"": "The directory has no such group."},))
    stand.target("directory").gone = False


async def test_now_is_promised_only_where_a_machine_does_it(visitor: Visitor) -> None:
    """What a person does by design is requested; what is done at once is had now."""
    ana = visitor("ana")
    said = {}
    for item in ("wiki-editors", "repair-device"):
        await ana.open(f"/items/{item}")
        form = next(iter(ana.find(Form).elements))
        said[item] = form.props["buttons"][0]["label"]
    assert said == {"wiki-editors": "Get it now", "repair-device": "Request it"}


async def test_promise_and_what_it_really_took_stand_side_by_side(visitor: Visitor, stand: PageStand) -> None:
    """The item promises; five customers before waited a second each: both are said, in the reader's language."""
    for login in ("mei", "sam", "ruth", "priya"):
        stand.ask(login, "wiki-editors")
    ana = visitor("ana")
    await ana.open("/items/wiki-editors")
    await ana.should_see("Open any page of the wiki anew, and the pencil is there. Usually within 10 seconds.")
    await ana.should_not_see("Lately it took")
    stand.ask("tomas", "wiki-editors")
    await ana.open("/items/wiki-editors")
    await ana.should_see("Open any page of the wiki anew, and the pencil is there. Lately it took a moment.")
    jonas = visitor("jonas")
    await jonas.open("/items/wiki-editors")
    await jonas.should_see("Zuletzt dauerte es einen Augenblick.")


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("repair-device", "Usually within 2 working days."),
        ("guest-account", "Usually within 1 day after approval."),
        ("new-software", "Usually within 5 working days, a decision not counted."),
    ],
)
async def test_the_expected_time_is_said_beside_a_promise_until_there_is_a_median(
    visitor: Visitor, item: str, said: str
) -> None:
    """The page says before it is asked what the card says, whether the promise names a time or not."""
    lukas = visitor("lukas")
    await lukas.open(f"/items/{item}")
    await lukas.should_see(said)


@pytest.mark.parametrize(
    ("login", "said"), [("lukas", "This is not a whole mail address."), ("jonas", "Das ist keine")]
)
async def test_a_mistake_is_told_when_the_field_is_left(visitor: Visitor, told: Calls, login: str, said: str) -> None:
    """In the words of the item, in the reader's language; nothing for an answer that stands, or none."""
    somebody = visitor(login)
    await somebody.open("/items/guest-account")
    form = somebody.find(Form)
    assert [one["name"] for one in next(iter(form.elements)).props["fields"] if one["checked"]] == [
        "guest",
        "mail",
        "work",
        "until",
    ]
    for field, text in (
        ("mail", ""),
        ("mail", "a@b.example"),
        ("nothing", "x"),
        ("guest", "A"),
        ("until", "2020-01-01"),
        ("host", "nobody"),
        ("mail", "anna.example"),
    ):
        form.trigger("check", {"field": field, "text": text})
    await until(lambda: len(told) > 2)
    judged = {args[:2]: str(args[2]) for name, args in told if name == "judge"}
    assert judged.keys() == {("guest", "A"), ("until", "2020-01-01"), ("mail", "anna.example")}
    assert judged["mail", "anna.example"].startswith(said)


async def test_how_long_those_who_decide_take_is_said_beside_them(visitor: Visitor, stand: PageStand) -> None:
    """From five decisions of theirs on."""
    for login in ("ana", "jonas", "lukas", "sam", "emil"):
        made = stand.ask(login, "finance-reports", {"reason": "Forecast for spring."})
        with stand.house.database.read() as session:
            boss = session.get_one(Person, stand.id(login)).manager_id or ""
        stand.decide(boss.removeprefix("person-"), made.name, Say.APPROVE)
    ruth = visitor("ruth")
    await ruth.open("/items/finance-reports")
    await ruth.should_see("Usually decided within a moment.")


async def test_a_closed_door_names_who_opens_it(visitor: Visitor, stand: PageStand) -> None:
    """The card says that it is not for Ana and promises no instant; the page names the team and how to write to it."""
    ana = visitor("ana")
    await ana.open("/")
    (grid,) = ana.find(Grid).elements
    cards = {card["id"]: card["takes"] for card in grid.props["items"]}
    assert cards["jetbrains-licence"] == "Not for you"
    assert cards["vpn-access"] != "Not for you"
    await ana.open("/items/jetbrains-licence")
    await ana.should_see("ask Devices and software: workplace@fernhill.example")
    await ana.should_see('href="mailto:workplace@fernhill.example?subject=JetBrains%20licence"')


async def test_what_is_held_is_shown_before_it_is_offered_anew(visitor: Visitor, stand: PageStand) -> None:
    """The way to extend it or give it back; the button does not promise to get what is there."""
    name = stand.ask("ana", "guest-wifi", {"how_long": "8h"}).name
    ana = visitor("ana")
    await ana.open("/items/guest-wifi")
    await ana.should_see(f'href="/requests/{name}"')
    await ana.should_see("See it or give it back")
    (form,) = ana.find(Form).elements
    assert form.props["buttons"][0]["label"] == "Ask for it once more"


async def test_asking_again_is_offered_only_where_it_does_something(visitor: Visitor, stand: PageStand) -> None:
    """Who has what asks for nothing finds the way to it and no button that would only open it; whoever leads somebody
    may ask for them, and has to say for whom."""
    name = stand.ask("ana", "vpn-access").name
    ana = visitor("ana")
    await ana.open("/items/vpn-access")
    await ana.should_see(f'href="/requests/{name}"')
    await ana.should_see("See it, extend it or give it back")
    await ana.should_not_see("Ask for it once more")
    await ana.should_not_see(Form)
    stand.ask("tomas", "vpn-access")
    tomas = visitor("tomas")
    await tomas.open("/items/vpn-access")
    (form,) = tomas.find(Form).elements
    assert [one["required"] for one in form.props["fields"]] == [True]
    assert form.props["buttons"][0]["label"] == "Request it"


async def test_a_target_that_is_away_is_told_without_its_error(visitor: Visitor, stand: PageStand) -> None:
    """In the reader's language and without an address: Ana reads English, Jonas German."""
    stand.target("legacy").away = True
    ana, jonas = visitor("ana"), visitor("jonas")
    await ana.open("/items/legacy-crm")
    await ana.should_see(
        "The system behind it does not answer at the moment. You can ask all the same: it is done as soon as it "
        "answers, and if that takes longer than 15 minutes, a person takes over."
    )
    await ana.should_not_see("You can ask all the same: a person takes over.")
    await ana.should_not_see("10.0.0.7")
    assert _button(ana) == "Request it", "what a machine does at once is promised by nobody now"
    await ana.should_not_see("ithin 1 minute")
    await jonas.open("/items/legacy-crm")
    await jonas.should_see("Das System dahinter antwortet gerade nicht. Du kannst trotzdem danach fragen")
    await jonas.should_see("dauert das länger als 15 Minuten, übernimmt ein Mensch.")
    await jonas.should_not_see("10.0.0.7")
    stand.target("legacy").away = False
    await ana.open("/items/legacy-crm")
    assert _button(ana) == "Get it now"
    await ana.should_see("ithin 1 minute")


async def test_what_only_a_person_can_do_is_told_apart_from_a_target_that_is_away(
    visitor: Visitor, stand: PageStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting helps nothing there, so nobody is told to wait."""
    held = Plan("You get it.", "put", Blocked("Your account is held."))
    monkeypatch.setattr(stand.target("legacy"), "plan", lambda *_: held)
    ana = visitor("ana")
    await ana.open("/items/legacy-crm")
    await ana.should_see("Your account is held. You can ask all the same: a person takes over.")
    await ana.should_not_see("it is done as soon as it answers")


def _button(reader: User) -> str:
    (form,) = reader.find(Form).elements
    return str(form.props["buttons"][0]["label"])


CENTRE = "form:\n  centre:\n    type: text\n    label: Which cost centre?\n    required: true\n    max: 40\n"
"""A question that came into an item since its page was opened."""


def put(stand: PageStand, item: str, old: str, new: str) -> None:
    """Change an item's file, as its team would, and serve what it says now; its words are English only then."""
    path = stand.folder / "catalog" / "items" / f"{item}.yaml"
    text = path.read_text().split("\nlanguages:")[0] + "\n"
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems


def asked(who: User) -> list[str]:
    """What the form on the page asks."""
    return [one["name"] for one in next(iter(who.find(Form).elements)).props["fields"]]


async def test_an_open_form_asks_what_its_item_asks_by_now(visitor: Visitor, stand: PageStand) -> None:
    """A new question appears by itself, and one that is gone leaves."""
    ana = visitor("ana")
    await ana.open("/items/finance-reports")
    put(stand, "finance-reports", "form:\n", CENTRE)
    await until(lambda: asked(ana) == ["centre", "reason", "until"])
    put(stand, "finance-reports", CENTRE, "form:\n")
    await until(lambda: asked(ana) == ["reason", "until"])


async def test_what_a_changed_item_misses_is_told_beside_its_question(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """Asked in the very moment in which the item changed: the question comes with the sentence."""
    ana = visitor("ana")
    await ana.open("/items/finance-reports")
    form = next(iter(ana.find(Form).elements))
    values = {"reason": "Forecast for the design budget.", "until": form.props["start"]["until"]}
    put(stand, "finance-reports", "form:\n", CENTRE)
    ana.find(Form).trigger("send", {"button": "ask", "values": values})
    await until(lambda: any(name == "refuse" for name, _ in told))
    assert next(args for name, args in told if name == "refuse") == ({"centre": "Please fill this in."},)
    assert "centre" in asked(ana)


async def test_a_refusal_about_what_is_not_on_the_page_is_told_below_all(visitor: Visitor, told: Calls) -> None:
    """With the name of its question where that is known: nobody presses a button that says nothing."""
    ana = visitor("ana")
    await ana.open("/items/finance-reports")
    form = next(iter(ana.find(Form).elements))
    wrong = {"reason": "Too short.", "centre": "Please fill this in.", "other": "This form does not ask for that."}
    with ana:
        form.refuse(wrong, {"centre": "Which cost centre?"})
    below = "“Which cost centre?”: Please fill this in. This form does not ask for that."
    assert told == [("refuse", ({"reason": "Too short.", "": below},))]


@pytest.mark.parametrize("typed", [True, False])
async def test_an_item_taken_out_of_the_catalog_under_an_open_form_says_so(
    visitor: Visitor, stand: PageStand, told: Calls, typed: bool
) -> None:
    """What happened, that nothing was sent, and what to do; what was typed stays to be read, and nothing is asked."""
    ana = visitor("ana")
    await ana.open("/items/leaving-colleague")
    (stand.folder / "catalog" / "items" / "leaving-colleague.yaml").unlink()
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    ana.find(Form).trigger("send", {"button": "ask", "values": {}})
    await until(lambda: any(name == "end" for name, _ in told))
    (words,) = next(args for name, args in told if name == "end")
    assert isinstance(words, str)
    assert "taken out of the catalog" in words
    assert "nothing was sent" in words
    assert "or ask a human. What you had typed, for you to keep:" in words
    ana.find(Form).trigger("touched" if typed else "untouched")
    if not typed:
        await ana.should_see("This was taken out of the catalog", retries=60)
        await ana.should_not_see(Form)
    assert not [name for name, _ in told if name == "refuse"]
