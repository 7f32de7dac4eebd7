"""`/desk` and `/desk/{id}`: what machines could not finish, and the three ways out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from nicegui import ui
from starlette.requests import Request

from selfserve.connectors.contract import Failed, FailureKind, Todo
from selfserve.connectors.human import ChecklistArgs
from selfserve.fulfilment import leases
from selfserve.fulfilment.desk import NEW
from selfserve.languages.messages import Message
from selfserve.languages.reader import Reader
from selfserve.people.principal import Principal
from selfserve.people.roles import Role
from selfserve.requests import acts, desk
from selfserve.requests.decide import Say
from selfserve.store.tables import Request as Asked
from selfserve.store.tables import Step
from selfserve.web import visits
from selfserve.web.pages.case_acts import SURE
from selfserve.web.parts.failures import failure_words
from selfserve.web.parts.form import Form
from selfserve.web.theme import STATIC
from tests.store.leaks import found_in
from tests.web.conftest import Calls, Visitor
from tests.web.stand import PageStand
from tests.web.targets import Member
from tests.web.waiting import until

MODELS = {"ana": "MacBook Pro 14 inch", "jonas": "ThinkPad T14"}


def stuck(stand: PageStand) -> tuple[str, str]:
    """A request whose target refused; its name and the id of its case."""
    stand.target("legacy").away = True
    name = stand.ask("ana", "legacy-crm").name
    stand.target("legacy").away = False
    return name, stand.case(name).id


def by_hand(stand: PageStand) -> tuple[str, str]:
    """A laptop that a person makes ready; the request's name and the id of its case."""
    name = stand.ask("jonas", "new-laptop").name
    stand.decide("tomas", name, Say.APPROVE)
    return name, stand.case(name).id


def mailbox(stand: PageStand, login: str) -> str:
    """A shared mailbox that a person is to give; the request's name."""
    name = stand.ask(login, "shared-mailbox", {"mailbox": "team1@fernhill.example"}).name
    stand.decide("tomas", name, Say.APPROVE)
    stand.work()
    return name


def had(stand: PageStand, name: str) -> None:
    """A person gave it."""
    case = stand.case(name)
    desk.done(stand.house, case.id, stand.id("ruth"), fields={"agreed_by": "Mila"}, on_my_word=True)
    stand.work()


def give_back(stand: PageStand, login: str, name: str) -> None:
    """The customer gave it back, and a person is to take it away."""
    with stand.house.database.write() as session:
        acts.give_back(session, stand.house, name, stand.id(login), stand.house.now())
    stand.work()


async def test_the_desk_is_not_for_customers(visitor: Visitor, stand: PageStand) -> None:
    """A customer who types its address reads a friendly no, on the list as on a case."""
    _, case = stuck(stand)
    ana = visitor("ana")
    for path in ("/desk", f"/desk/{case}"):
        await ana.open(path)
        await ana.should_see("This page is not for you")
        await ana.should_not_see(Form)


async def test_a_role_taken_away_is_gone_at_the_next_act(
    visitor: Visitor, stand: PageStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staff with the page still open can do nothing once they are no longer staff."""
    name, case = stuck(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    genuine = PageStand.principal_of

    def demoted(self: PageStand, request: Request) -> Principal | None:
        found = genuine(self, request)
        return replace(found, roles=frozenset({Role.CUSTOMER})) if found else None

    monkeypatch.setattr(PageStand, "principal_of", demoted)
    ruth.find(marker="try-again").click()
    await ruth.should_see("This is not for you (any more).", retries=60)
    assert stand.state(name) == "handed_over"


async def test_cases_come_by_due_time_and_by_themselves(visitor: Visitor, stand: PageStand) -> None:
    """What is due sooner stands first; a new case appears on the open list."""
    by_hand(stand)
    ruth = visitor("ruth")
    await ruth.open("/desk")
    await ruth.should_see("New laptop")
    stuck(stand)
    await ruth.should_see("Customer database", retries=60)
    content = next(iter(ruth.find(marker="desk").elements)).props["innerHTML"]
    assert content.index("Customer database") < content.index("New laptop")


async def test_the_case_has_story_runbook_and_evidence(visitor: Visitor, stand: PageStand) -> None:
    """Nobody has to ask the customer again: everything known is there."""
    _, case = stuck(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    for words in ("Ana asked for “Customer database”", "The target refused the connection", "legacy.add_member"):
        await ruth.should_see(words)
    await ruth.should_see(marker="runbook")


async def test_a_case_in_the_list_says_which_request_it_is(visitor: Visitor, stand: PageStand) -> None:
    """Two of one item are told apart: by their numbers, and by what was answered."""
    asked = {login: stand.ask(login, "new-laptop", {"model": model}).name for login, model in MODELS.items()}
    for name in asked.values():
        stand.decide("tomas", name, Say.APPROVE)
    ruth = visitor("ruth")
    await ruth.open("/desk")
    for words in (*asked.values(), *MODELS.values()):
        await ruth.should_see(words)


async def test_taking_a_case_shows_to_the_other_one_looking(visitor: Visitor, stand: PageStand) -> None:
    """Emil sees at once that Ruth has it, and the customer reads that somebody looks after it."""
    name, case = stuck(stand)
    ruth, emil = visitor("ruth"), visitor("emil")
    await ruth.open(f"/desk/{case}")
    await emil.open(f"/desk/{case}")
    ruth.find(marker="take-it").click()
    await emil.should_see("Ruth Adeyemi ist seit", retries=60)
    ana = visitor("ana")
    await ana.open(f"/requests/{name}")
    await ana.should_see("Ruth is looking after it")


async def test_a_case_is_drawn_as_its_item_is(visitor: Visitor, stand: PageStand) -> None:
    """The icon and tint of the item, as in the catalog and among requests; a case about none is drawn by its reason."""
    _, case = stuck(stand)
    row = next(one for one in stand.cases() if one.id == case)
    assert (row.icon, row.category) == ("database", "Access")
    ruth = visitor("ruth")
    for path in ("/desk", f"/desk/{case}"):
        await ruth.open(path)
        content = "".join(str(one.props.get("innerHTML", "")) for one in ruth.find(ui.html).elements)
        assert "icons.svg" in content
        assert "#database" in content
        assert "s-tint-green" in content


async def test_taking_a_case_keeps_what_was_typed(visitor: Visitor, stand: PageStand) -> None:
    """The forms of both who look at it stay the same elements, with all that stands in them."""
    _, case = stuck(stand)
    ruth, emil = visitor("ruth"), visitor("emil")
    await ruth.open(f"/desk/{case}")
    await emil.open(f"/desk/{case}")
    before = [{form.id for form in who.find(Form).elements} for who in (ruth, emil)]
    ruth.find(marker="take-it").click()
    await emil.should_see(marker="take-it-over", retries=60)
    await ruth.should_not_see(marker="take-it", retries=60)
    assert [{form.id for form in who.find(Form).elements} for who in (ruth, emil)] == before


async def test_a_colleague_s_case_is_taken_over_by_saying_so(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Closing it is refused with who is at it; after "Take it over" it is Emil's."""
    _, case = stuck(stand)
    desk.take(stand.house, case, stand.id("ruth"))
    emil = visitor("emil")
    await emil.open(f"/desk/{case}")
    emil.find(marker="cannot").trigger("send", {"button": "cannot", "values": {"_words": "Not today."}})
    await until(lambda: any("Übernimm den Fall zuerst." in str(args) for call, args in told if call == "refuse"))
    emil.find(marker="take-it-over").click()
    await emil.should_see("bei dir", retries=60)
    assert stand.latest_case(case).taken_by_id == stand.id("emil")


async def test_a_case_is_handed_to_another_team(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Offered are the other teams; the one chosen has it then, and the customer reads where it waits."""
    name, case = stuck(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    form = next(iter(ruth.find(marker="hand_on").elements))
    assert isinstance(form, Form)
    offered = {one["value"] for one in form.props["fields"][0]["options"]}
    assert offered == set(stand.house.catalog.current.teams) - {stand.latest_case(case).team}
    ruth.find(marker="hand_on").trigger(
        "send", {"button": "hand_on", "values": {"_team": "workplace", "_words": "It needs new hands."}}
    )
    await ruth.should_see("Ruth Adeyemi: It needs new hands.", retries=60)
    assert stand.latest_case(case).team == "workplace"
    ana = visitor("ana")
    await ana.open(f"/requests/{name}")
    await ana.should_see("It waits with Devices and software now")
    await ana.should_not_see("It needs new hands.")


async def test_trying_again_finishes_it_by_machine(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """The target is back: after one press the case is being tried again, on the desk as on its page, and at the queue's
    turn the request is done and the case closed."""
    name, case = stuck(stand)
    ruth, second = visitor("ruth"), visitor("ruth")
    await ruth.open(f"/desk/{case}")
    ruth.find(marker="try-again").click()
    await ruth.should_see("It is being tried again.", retries=60)
    await ruth.should_not_see(marker="try-again")
    await second.open("/desk")
    await second.should_see("Being tried again")
    assert ("say", ("We try again.",)) in told
    stand.work()
    await ruth.should_see("This case is closed.", retries=60)
    assert stand.state(name) == "fulfilled"


async def test_what_became_of_the_try_is_told_on_both_pages(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Ana and Ruth have their pages open: while it is tried, and after it came back; then it works."""
    name, case = stuck(stand)
    stand.target("legacy").away = True
    ana, ruth = visitor("ana"), visitor("ruth")
    await ana.open(f"/requests/{name}")
    await ruth.open(f"/desk/{case}")
    ruth.find(marker="try-again").click()
    await ruth.should_see("It is being tried again.", retries=60)
    await ana.should_see("Ruth tried it again", retries=60)
    await ana.should_not_see("It did not work this time either")
    stand.work()
    await ana.should_see("It did not work this time either", retries=60)
    await ana.should_see("Ruth is still looking after it.")
    await ruth.should_see("It did not work this time either: The target refused the connection", retries=60)
    await until(lambda: ("say", ("It did not work this time either.",)) in told)
    stand.target("legacy").away = False
    ruth.find(marker="try-again").click()
    await ruth.should_not_see("It did not work this time either: The target refused the connection", retries=60)
    await ruth.should_see("It is being tried again.", retries=60)
    stand.work()
    await ruth.should_see("This case is closed.", retries=60)
    await until(lambda: ("say", ("It worked this time.",)) in told)
    await ana.should_see("Ready to use", retries=60)


async def test_evidence_is_read_and_not_decoded(visitor: Visitor, stand: PageStand) -> None:
    """No program's notation: a checklist stands once, as a form; the rest in words."""
    _, case = by_hand(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    told = next(iter(ruth.find(marker="told").elements)).props["innerHTML"]
    assert "Steps and evidence" in told
    for notation in ("todo:", "take_back", "&#34;", "done_by_hand", "languages"):
        assert notation not in told


async def test_times_in_evidence_are_written_for_people(visitor: Visitor, stand: PageStand) -> None:
    """As everywhere else on the page; what only looks like a time stays as it was written."""
    name, case = by_hand(stand)
    at = stand.house.now()
    with stand.house.database.write() as session:
        step = session.scalars(sa.select(Step).join(Asked, Asked.id == Step.request_id).where(Asked.name == name)).one()
        step.evidence = {"seen": at.isoformat(), "all": [at.isoformat()], "odd": "2026-13-45T99:00:00Z"}
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    told = next(iter(ruth.find(marker="told").elements)).props["innerHTML"]
    evidence = told.partition("s-evidence")[2].partition("</div>")[0]
    assert at.isoformat() not in evidence
    assert evidence.count(f"Today, {at.astimezone(stand.house.zone):%H:%M}") == 2
    assert "2026-13-45T99:00:00Z" in evidence


async def test_what_a_person_does_by_design_is_not_tried_again(visitor: Visitor, stand: PageStand) -> None:
    """No machine can; the other ways out stand there."""
    _, case = by_hand(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    await ruth.should_see("Take it")
    await ruth.should_not_see("Try again")


async def test_done_by_hand_takes_the_checklists_fields(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """A field left empty is named; with all of them filled in the case closes and the customer is told."""
    name, case = by_hand(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    ruth.find(marker="done").trigger("send", {"button": "done", "values": {"serial": ""}})
    await until(lambda: any(call == "refuse" for call, _ in told))
    (refused,) = [args[0] for call, args in told if call == "refuse"]
    assert refused == {"serial": "Please fill this in."}
    asked = {one["name"]: one["required"] for one in next(iter(ruth.find(marker="done").elements)).props["fields"]}
    assert (asked["serial"], asked["returned_serial"]) == (True, False)
    ticks = {name: True for name in asked if name.startswith("_tick_")}
    values = {"serial": "C02XK1", "returned_serial": "", **ticks, "_words": "It is on your desk."}
    ruth.find(marker="done").trigger("send", {"button": "done", "values": values})
    await ruth.should_see("This case is closed.", retries=60)
    stand.work()
    assert stand.state(name) == "fulfilled"


async def test_no_field_of_a_checklist_is_one_of_the_pages_own(
    visitor: Visitor, stand: PageStand, told: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is called: what is sealed in it reaches the customer sealed, and nobody else at all."""
    names = ["words", "on_my_word", "not_there_before", "tick_0", "team", "take_back"]
    lines = tuple(Todo(f"The {name}", name, True) for name in names)
    monkeypatch.setattr(ChecklistArgs, "lines", lambda *_: lines)
    name, case = by_hand(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    asked = [one["name"] for one in next(iter(ruth.find(marker="done").elements)).props["fields"]]
    assert len(set(asked)) == len(asked) == len(names) + 1
    values = {field: f"SECRET-ORANGE-{field}" for field in names}
    ruth.find(marker="done").trigger("send", {"button": "done", "values": values})
    await ruth.should_see("This case is closed.", retries=60)
    assert found_in(stand.house.database, "SECRET-ORANGE") == []
    with stand.house.database.write() as session:
        assert acts.reveal(session, stand.house, name, stand.id("jonas"), stand.house.now()) == values


async def test_points_that_are_not_ticked_are_asked_about_once(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Done with no point ticked: asked how it stands, after what is missing; pressed once more it is done. Ticking
    another in between is asked about anew."""
    name, case = by_hand(stand)
    points = sum(not line.get("field") for line in stand.case(name).todo)
    assert points > 1
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")

    async def refused(**values: object) -> dict[str, str]:
        del told[:]
        ruth.find(marker="done").trigger("send", {"button": "done", "values": values})
        await until(lambda: any(call == "refuse" for call, _ in told))
        (errors,) = next(args for call, args in told if call == "refuse")
        assert isinstance(errors, dict)
        return errors

    ticks = [f"_tick_{at}" for at, line in enumerate(stand.case(name).todo) if not line.get("field")]
    assert list(await refused(serial="")) == ["serial"]
    assert f"{points} of {points} points are not ticked" in (await refused(serial="C02XK1"))[""]
    assert f"{points - 1} of {points} point" in (await refused(serial="C02XK1", **{ticks[0]: True}))[""]
    assert stand.state(name) == "handed_over"
    values = {"serial": "C02XK1", ticks[0]: True}
    ruth.find(marker="done").trigger("send", {"button": "done", "values": values})
    await ruth.should_see("This case is closed.", retries=60)


async def test_whoever_was_second_on_a_case_is_told_and_keeps_their_words(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """Ruth says it is done while Tove types: Tove reads who closed it, her forms end with what stands in them, and
    those with nothing in them leave."""
    _, case = stuck(stand)
    ruth, tove = visitor("ruth"), visitor("tove")
    await ruth.open(f"/desk/{case}")
    await tove.open(f"/desk/{case}")
    before = {form.id for form in tove.find(Form).elements}
    ruth.find(marker="done").trigger("send", {"button": "done", "values": {SURE: True}})
    await tove.should_see("Ruth Adeyemi closed this case.", retries=60)
    assert {form.id for form in tove.find(Form).elements} == before
    assert told.count(("end", ("What you had typed was not used; it stands here for you to keep:",))) == len(before)
    assert ("say", ("Ruth Adeyemi closed this case. Nothing is left to do.",)) in told
    await ruth.should_see("This case is closed.", retries=60)
    await ruth.should_not_see(Form)
    tove.find(marker="hand_on").trigger("untouched")
    await tove.should_not_see(marker="hand_on", retries=60)


async def test_what_is_not_there_is_not_believed(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Done by hand, but the target does not show it: refused, unless staff say that they are sure."""
    name, case = stuck(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    ruth.find(marker="done").trigger("send", {"button": "done", "values": {}})
    await until(lambda: any(call == "refuse" and "does not show it yet" in str(args) for call, args in told))
    assert stand.state(name) == "handed_over"


@pytest.mark.parametrize("said", [True, False])
async def test_what_nobody_saw_before_asks_whether_it_is_new(visitor: Visitor, stand: PageStand, said: bool) -> None:
    """The target could not be read when Ana asked: Ruth says whether it was there, and the case tells what she said.
    What may have been there stays Ana's when it ends."""
    legacy = stand.target("legacy")
    legacy.dark = True
    name = stand.ask("ana", "legacy-crm").name
    stand.work()
    legacy.dark = False
    case = stand.case(name).id
    place = legacy.resource("add_member", Member(customer="ana", group="crm"))
    legacy.there.add(place)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    asked = {one["name"]: one for one in next(iter(ruth.find(marker="done").elements)).props["fields"]}
    assert asked[NEW]["required"]
    ruth.find(marker="done").trigger("send", {"button": "done", "values": {NEW: "new" if said else "there"}})
    await ruth.should_see("This case is closed.", retries=60)
    await ruth.should_see(f"Said that it was not there before: {'Yes' if said else 'No'}", retries=60)
    stand.work()
    give_back(stand, "ana", name)
    assert (place in legacy.there) is not said


async def test_what_was_seen_before_asks_nothing_more(visitor: Visitor, stand: PageStand) -> None:
    """The target showed that it was not there, and then refused."""
    _, case = stuck(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    assert NEW not in {one["name"] for one in next(iter(ruth.find(marker="done").elements)).props["fields"]}


async def test_what_is_taken_on_somebodys_word_says_whose_it_is(visitor: Visitor, stand: PageStand) -> None:
    """Done by hand though the target does not show it: the case names who is sure, and tells of no look that saw it."""
    name, case = stuck(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    await ruth.should_not_see("On Ruth Adeyemi")
    ruth.find(marker="done").trigger("send", {"button": "done", "values": {SURE: True}})
    await ruth.should_see("This case is closed.", retries=60)
    stand.work()
    assert stand.state(name) == "fulfilled"
    for login, word, seen in (
        ("ruth", "On Ruth Adeyemi&#39;s word", "Seen in the target"),
        ("emil", "Auf das Wort von Ruth Adeyemi", "Im Zielsystem gesehen"),
    ):
        later = visitor(login)
        await later.open(f"/desk/{case}")
        await later.should_see(word)
        await later.should_not_see(seen)


async def test_cannot_be_done_needs_words_for_the_customer(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """The customer is never left without a sentence."""
    name, case = stuck(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    ruth.find(marker="cannot").trigger("send", {"button": "cannot", "values": {"_words": " "}})
    await until(lambda: any(call == "refuse" and "in a sentence why" in str(args) for call, args in told))
    words = "The old database is switched off this week; use the new one."
    ruth.find(marker="cannot").trigger("send", {"button": "cannot", "values": {"_words": words}})
    await ruth.should_see("This case is closed.", retries=60)
    ana = visitor("ana")
    await ana.open(f"/requests/{name}")
    await ana.should_see(words)


async def test_mine_and_not_taken_divide_the_list(visitor: Visitor, stand: PageStand) -> None:
    """After I took one it is mine, and no longer among those not taken."""
    _, mine = stuck(stand)
    by_hand(stand)
    desk.take(stand.house, mine, stand.id("ruth"))
    ruth = visitor("ruth")
    await ruth.open("/desk?view=mine")
    await ruth.should_see("Customer database")
    await ruth.should_see("With you")
    await ruth.should_not_see("New laptop")
    await ruth.open("/desk?view=free")
    await ruth.should_see("New laptop")
    await ruth.should_not_see("Customer database")


async def test_items_to_choose_by_are_named_in_the_readers_language(visitor: Visitor, stand: PageStand) -> None:
    """A German colleague chooses among German names."""
    stand.target("legacy").away = True
    stand.ask("ana", "legacy-crm")
    made = stand.ask("jonas", "new-laptop")
    stand.decide("tomas", made.name, Say.APPROVE)
    emil = visitor("emil")
    await emil.open("/desk")
    chips = " ".join(str(one.content) for one in emil.find(ui.html).elements if "s-chip" in str(one.content))
    assert "Neuer Laptop" in chips
    assert "New laptop" not in chips


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_of_failure_is_told_in_words(kind: FailureKind) -> None:
    """No kind reaches staff as programs write it, in no language."""
    words = failure_words(kind)
    assert isinstance(words, Message)
    assert kind.replace("_", " ") not in words.lower().split()
    assert Reader("de").tell(words) != words


async def test_a_case_tells_the_failure_in_the_reader_s_language(visitor: Visitor, stand: PageStand) -> None:
    """What kind of failure it was stands beside the step in words, in English and in German."""
    _, case = stuck(stand)
    ruth, emil = visitor("ruth"), visitor("emil")
    await ruth.open(f"/desk/{case}")
    await ruth.should_see("The target refused, and would refuse again")
    await emil.open(f"/desk/{case}")
    await emil.should_see("Das Zielsystem hat abgelehnt und würde wieder ablehnen")
    await emil.should_not_see(">permanent<")


async def test_a_runbook_cannot_bring_script(visitor: Visitor, stand: PageStand) -> None:
    """Markup in it shows as text."""
    _, case = stuck(stand)
    for path in (stand.folder / "catalog" / "runbooks").glob("*.md"):
        path.write_text(f"{path.read_text()}\n\n<img src=x onerror=hit()>\n")
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    (runbook,) = ruth.find(marker="runbook").elements
    assert isinstance(runbook, ui.html)
    assert "&lt;img src=x onerror=hit()&gt;" in runbook.content


async def test_a_target_that_is_left_in_peace_stands_at_the_top(visitor: Visitor, stand: PageStand) -> None:
    """Staff see which, since when, why, and who waits, before the cases that come of it."""
    ruth = visitor("ruth")
    await ruth.open("/desk")
    await ruth.should_not_see("does not work at the moment")
    stand.house.connectors.note("directory", Failed(FailureKind.AUTH, "The directory refuses the service account."))
    with stand.house.database.write() as session:
        leases.beat(session, stand.house, "worker")
    await ruth.should_see("directory does not work at the moment", retries=60)
    await ruth.should_see("The directory refuses the service account. Next try")
    await ruth.should_see("No requests wait.")


async def test_a_desk_with_a_target_at_rest_does_not_say_that_machines_cope(visitor: Visitor, stand: PageStand) -> None:
    """No case is open, but what waits for the target is not done: the list says what becomes of it, and the line
    about the target keeps its distance from the filters."""
    ruth = visitor("ruth")
    await ruth.open("/desk")
    await ruth.should_see("Machines are coping on their own.")
    stand.house.connectors.note("directory", Failed(FailureKind.AUTH, "The directory refuses the service account."))
    with stand.house.database.write() as session:
        leases.beat(session, stand.house, "worker")
    await ruth.should_see("goes on by itself as soon as the target works again", retries=60)
    await ruth.should_not_see("Machines are coping on their own.")
    await ruth.open("/desk")
    await ruth.should_see("goes on by itself as soon as the target works again")
    (rests,) = ruth.find(marker="resting").elements
    assert "s-rests" in rests.classes
    assert re.search(r"\.s-rests \{[^}]*margin-bottom: [1-9]", (STATIC / "app.css").read_text())


async def test_filters_stand_in_the_address_and_count(visitor: Visitor, stand: PageStand) -> None:
    """Overdue, my teams and one item each show theirs only; an item chosen stays chosen from view to view."""
    stuck(stand)
    by_hand(stand)
    ruth = visitor("ruth")
    await ruth.open("/desk?view=late")
    await ruth.should_see("Nothing is overdue.")
    await ruth.open("/desk?view=teams&item=legacy-crm")
    (table,) = ruth.find(marker="desk").elements
    assert "Customer database" in str(table.props["innerHTML"])
    assert "New laptop" not in str(table.props["innerHTML"])
    (chips,) = ruth.find(marker="filters").elements
    assert "/desk?view=late&amp;item=legacy-crm" in str(chips.props["innerHTML"])


async def test_what_is_to_be_taken_back_does_not_look_like_what_is_to_be_given(
    visitor: Visitor, stand: PageStand
) -> None:
    """In the list as on its page: with a mark, and with the number of its request."""
    given = mailbox(stand, "jonas")
    ruth = visitor("ruth")
    await ruth.open("/desk")
    await ruth.should_see(given)
    await ruth.should_not_see("To be taken back")
    had(stand, given)
    give_back(stand, "jonas", given)
    (case,) = stand.cases()
    for path in ("/desk", f"/desk/{case.id}"):
        await ruth.open(path)
        await ruth.should_see("To be taken back")
        await ruth.should_see(given)


async def test_the_customer_reads_who_takes_it_back_as_soon_as_somebody_does(
    visitor: Visitor, stand: PageStand
) -> None:
    """The open page of what was given back follows the case."""
    given = mailbox(stand, "ana")
    had(stand, given)
    give_back(stand, "ana", given)
    (case,) = stand.cases()
    ana = visitor("ana")
    await ana.open(f"/requests/{given}")
    await ana.should_see("A colleague in Access and identity takes it back")
    await ana.should_see(">By to")  # today, or tomorrow where that is an hour away: as every time to come is told
    desk.take(stand.house, case.id, stand.id("ruth"))
    await ana.should_see("Ruth takes it back", retries=60)
    await ana.should_see(">By to")


async def test_a_checklist_promises_no_look_at_a_target(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """There is none: neither before it is done, nor in what was recorded of it, nor is anybody asked to be sure of
    it; where there is one, all three stand there."""
    _, case = by_hand(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    await ruth.should_see("The customer is told, and the rest goes on by itself.")
    await ruth.should_not_see("We look at the target before we believe it")
    fields = {one["name"] for one in next(iter(ruth.find(marker="done").elements)).props["fields"]}
    assert "_on_my_word" not in fields
    values = {"serial": "C02XK1", **{each: True for each in fields if each.startswith("_tick_")}}
    ruth.find(marker="done").trigger("send", {"button": "done", "values": values})
    await ruth.should_see("This case is closed.", retries=60)
    content = next(iter(ruth.find(marker="told").elements)).props["innerHTML"]
    assert "On Ruth" in content
    assert "In the target: " not in content
    stand.target("legacy").away = True
    await ruth.open(f"/desk/{stand.case(stand.ask('ana', 'legacy-crm').name).id}")
    await ruth.should_see("We look at the target before we believe it")
    fields = {one["name"] for one in next(iter(ruth.find(marker="done").elements)).props["fields"]}
    assert "_on_my_word" in fields


async def test_what_is_to_be_taken_back_is_not_shown_as_done(visitor: Visitor, stand: PageStand) -> None:
    """Its step was done, and that is what is to be undone; when it is, the step says so."""
    given = mailbox(stand, "ana")
    had(stand, given)
    give_back(stand, "ana", given)
    (case,) = stand.cases()
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case.id}")

    def pills() -> list[str]:
        steps = str(next(iter(ruth.find(marker="told").elements)).props["innerHTML"]).partition('class="s-step"')[2]
        return re.findall(r'class="s-pill[^"]*"[^>]*>(?:<svg.*?</svg>)?([^<]*)<', steps)

    assert pills() == ["To be taken back"]
    desk.take(stand.house, case.id, stand.id("ruth"))
    desk.done(stand.house, case.id, stand.id("ruth"), fields={}, on_my_word=True)
    stand.work()
    await ruth.open(f"/desk/{case.id}")
    assert pills() == ["Taken back"]


async def test_evidence_of_ours_is_told_in_the_language_of_its_reader(visitor: Visitor, stand: PageStand) -> None:
    """Whose word it is and when it was given; and what the target showed, where staff were sure all the same."""
    given = mailbox(stand, "ana")
    case = stand.case(given).id
    had(stand, given)
    emil = visitor("emil")
    await emil.open(f"/desk/{case}")
    for words in ("Von Hand erledigt: Ja", "Auf wessen Wort: Ruth", "Wann es gesagt wurde: Heute"):
        await emil.should_see(words)
    for words in ("done by hand", "by: Ruth", "at: "):
        await emil.should_not_see(words)
    stand.target("legacy").away = True
    stuck_one = stand.case(stand.ask("ana", "legacy-crm").name).id
    desk.done(stand.house, stuck_one, stand.id("ruth"), fields={}, on_my_word=True)
    await emil.open(f"/desk/{stuck_one}")
    await emil.should_see("Im Zielsystem: Es ist nicht da")


async def test_a_case_that_is_taken_keeps_no_room_for_buttons_it_has_not(visitor: Visitor, stand: PageStand) -> None:
    """A person's work that is theirs already has nothing to press above its ways out."""
    _, case = by_hand(stand)
    ruth = visitor("ruth")
    await ruth.open(f"/desk/{case}")
    await ruth.should_see(marker="take-it")
    desk.take(stand.house, case, stand.id("ruth"))
    await ruth.should_not_see(marker="take-it", retries=60)
    rows = [one for one in ruth.find(ui.element).elements if "s-acts" in one.classes]
    assert [one for one in rows if not one.default_slot.children] == []


def _later(clock: Callable[[], datetime], gone: timedelta) -> datetime:
    return clock() + gone


@pytest.mark.parametrize("path", ["/desk", "/desk/{case}"])
async def test_times_go_on_where_nothing_changes(
    visitor: Visitor, stand: PageStand, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """What has become late while the page was open is told as late."""
    monkeypatch.setattr(visits, "EVERY", 0.05)
    _, case = stuck(stand)
    ruth = visitor("ruth")
    await ruth.open(path.format(case=case))
    await ruth.should_see("In ")
    due, clock = stand.latest_case(case).due_at, stand.house.now
    for hours in (3, 5, 7):  # what changed before the page was opened may show the first of them
        gone = due + timedelta(hours=hours) - clock()
        monkeypatch.setattr(stand, "house", replace(stand.house, now=partial(_later, clock, gone)))
        await ruth.should_see(f"{hours} hours late", retries=60)


async def test_the_desk_calls_an_item_by_its_name_where_no_case_of_it_is_left(visitor: Visitor) -> None:
    """As the catalog does, in the reader's language; never by its id."""
    ruth, emil = visitor("ruth"), visitor("emil")
    await ruth.open("/desk?item=finance-reports")
    await ruth.should_see("Finance reports")
    await ruth.should_not_see(">finance-reports")
    await emil.open("/desk?item=finance-reports")
    await emil.should_not_see(">finance-reports")
