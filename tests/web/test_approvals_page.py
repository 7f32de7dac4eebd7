"""`/approvals`: deciding, with everything needed on one screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from nicegui import ui

from selfserve.requests import acts, story, undecided
from selfserve.requests.decide import Say
from selfserve.requests.submit import submit
from selfserve.store.tables import Person, StageApprover
from selfserve.web.pages import approvals_together
from selfserve.web.parts.form import Form
from selfserve.web.parts.frame import Frame
from selfserve.web.parts.together import Offer, Together
from selfserve.web.visits import Visit
from tests.web.conftest import Calls, Visitor
from tests.web.stand import PageStand
from tests.web.waiting import until

WHY = {"reason": "Forecast for the design budget."}


async def test_everything_needed_to_decide_is_on_the_card(visitor: Visitor, stand: PageStand) -> None:
    """Who, what, why, what they hold already, policy's reason for asking, and how long there is."""
    stand.ask("ana", "vpn-access")
    stand.ask("ana", "finance-reports", WHY)
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    for words in (
        "Ana Sousa: Finance reports", "Product Designer", "Forecast for the design budget.", "VPN access",
        "The reports hold salaries by department.", "You are asked as their manager.", "Medium risk", "in 7 days",
        "Offered as",
    ):  # fmt: skip
        await tomas.should_see(words)


async def test_the_card_names_who_asked_for_the_customer(visitor: Visitor, stand: PageStand) -> None:
    """Tomás asks for Ana, so his own manager decides: told who asks for whom, and as what each of them stands there."""
    submit(stand.house, customer_id="person-ana", asked_by_id="person-tomas", item_id="finance-reports", answers=WHY)
    ingrid = visitor("ingrid")
    await ingrid.open("/approvals")
    for words in (
        "Tomás Reyes fragt für Ana Sousa: Finanzberichte", "Tomás Reyes, die Führungskraft",
        "Du wirst gefragt, denn du bist eine Führungskraft weiter oben.",
    ):  # fmt: skip
        await ingrid.should_see(words)


async def test_two_requests_for_the_same_are_called_by_their_numbers(visitor: Visitor, stand: PageStand) -> None:
    """Ana asks twice for the same: no two cards, boxes or forms on the page have one name."""
    made = [stand.ask("ana", "finance-reports", {"reason": f"Forecast {at} for design."}) for at in range(2)]
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    (bar,) = tomas.find(marker="together").elements
    cards = [one.props.get("aria-label") for one in tomas.find(ui.element).elements if "data-keys" in one.props]
    forms = [one.props["label"] for one in tomas.find(Form).elements]
    for names in (cards, forms, [offer["label"] for offer in bar.props["offers"]]):
        assert len(set(names)) == len(names) == 2
        assert all(any(one.name in str(name) for name in names) for one in made)


async def test_an_approval_does_it_and_clears_the_card(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """After the yes the request is done, and nothing waits any more."""
    made = stand.ask("ana", "finance-reports", WHY)
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    tomas.find(Form).trigger("send", {"button": "approve", "values": {"reason": "", "until": ""}})
    await tomas.should_see("Nothing waits for you", retries=60)
    assert stand.state(made.name) == "fulfilled"


async def test_a_no_needs_a_reason(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Without one the field says so, and nothing is decided."""
    made = stand.ask("ana", "finance-reports", WHY)
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    tomas.find(Form).trigger("send", {"button": "deny", "values": {"reason": "  "}})
    await until(lambda: ("refuse", ({"reason": "Say why, in a sentence."},)) in told)
    assert stand.state(made.name) == "awaiting_approval"


async def test_an_approver_can_shorten_but_not_lengthen(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """An end after the one asked for is refused beside its field; an earlier one holds."""
    made = stand.ask("ana", "finance-reports", WHY)
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    today = stand.house.now().date()
    late, early = (today + timedelta(days=80)).isoformat(), (today + timedelta(days=5)).isoformat()
    tomas.find(Form).trigger("send", {"button": "approve", "values": {"until": late}})
    refusal = {"until": "You can shorten what was asked for, not make it longer."}
    await until(lambda: ("refuse", (refusal,)) in told)
    tomas.find(Form).trigger("send", {"button": "approve", "values": {"until": early}})
    await tomas.should_see("Nothing waits for you", retries=60)
    ana = visitor("ana")
    await ana.open(f"/requests/{made.name}")
    ends = date.fromisoformat(early)
    await ana.should_see(f"{ends.day} {ends:%B}" if (ends - today).days > 6 else f"{ends:%A}")


async def test_the_second_of_two_is_told_who_was_first(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Two of the team look at one card; the second yes finds it decided, and by whom."""
    made = stand.ask("ana", "figma-editor", {"reason": "Screens for the app"})
    tove, ruth = visitor("tove"), visitor("ruth")
    await tove.open("/approvals")
    await ruth.open("/approvals")
    late = next(iter(ruth.find(Form).elements))
    stand.decide("tove", made.name, Say.APPROVE)
    ruth.find(marker=f"decide-{made.name}").trigger("send", {"button": "approve", "values": {}})
    await until(
        lambda: (
            any(name == "refuse" and "Tove Lindqvist approved this already" in str(args) for name, args in told)
            or late.is_deleted
        )
    )
    await ruth.should_see("Nothing waits for you", retries=60)


async def test_what_one_decided_elsewhere_stays_only_for_what_was_typed(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """Two cards that were decided on the phone: the one with words in it becomes a note, the other leaves."""
    names = [stand.ask(login, "finance-reports", WHY).name for login in ("ana", "jonas")]
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    stand.decide("tomas", names[0], Say.DENY, "Not this month.")
    stand.decide("tomas", names[1], Say.APPROVE)
    await until(lambda: [name for name, _ in told].count("end") == 2)
    await tomas.should_not_see("You did not approve this")
    tomas.find(marker=f"decide-{names[0]}").trigger("touched")
    tomas.find(marker=f"decide-{names[1]}").trigger("untouched")
    await tomas.should_see("You did not approve this, and said so already.")
    await tomas.should_not_see(marker=f"decide-{names[1]}")
    tomas.find(marker="put-away").click()
    await tomas.should_not_see("You did not approve this")
    await tomas.should_see("Nothing waits for you")


async def test_a_card_that_takes_itself_away_leaves_the_page_speaking(
    visitor: Visitor, stand: PageStand, told: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An act goes on within the page, not within the card that it takes away; and nothing is refused."""
    offer, gone = Together.offer, list[bool]()

    def noted(bar: Together, offers: Sequence[Offer]) -> None:
        gone.append(ui.context.slot.parent.is_deleted)
        offer(bar, offers)

    monkeypatch.setattr(Together, "offer", noted)
    monkeypatch.setattr(Visit, "on_change", lambda *_, **__: None)
    decided = stand.ask("ana", "finance-reports", WHY)
    left = stand.ask("jonas", "finance-reports", {"reason": "Cost of the study in spring."})
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    (bar,) = tomas.find(Together).elements
    tomas.find(marker=f"decide-{decided.name}").trigger("send", {"button": "approve", "values": {}})
    await until(lambda: len(bar.props["offers"]) == 1)
    assert "Jonas" in bar.props["offers"][0]["label"]
    assert not any(gone)
    assert stand.state(left.name) == "awaiting_approval"
    assert [args for name, args in told if name == "refuse"] == []


async def test_a_new_decision_comes_without_disturbing_what_is_typed(visitor: Visitor, stand: PageStand) -> None:
    """A second card appears; the form of the first stays the very same element."""
    first = stand.ask("ana", "finance-reports", WHY)
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    (form,) = tomas.find(marker=f"decide-{first.name}").elements
    second = stand.ask("jonas", "finance-reports", {"reason": "Cost of the study in spring."})
    await tomas.should_see(marker=f"decide-{second.name}", retries=60)
    assert tomas.find(marker=f"decide-{first.name}").elements == {form}


async def test_the_customers_answer_stands_on_the_card(visitor: Visitor, stand: PageStand) -> None:
    """Question and answer are both there when the approver comes back to it."""
    made = stand.ask("ana", "finance-reports", WHY)
    stand.decide("tomas", made.name, Say.ASK, "Which cost centre is it for?")
    with stand.house.database.write() as session:
        acts.answer(session, made.name, stand.id("ana"), "It is for 4100.", stand.house.now())
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    await tomas.should_see("Which cost centre is it for?")
    await tomas.should_see("It is for 4100.")


async def test_who_is_not_asked_any_more_is_told_so(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """The card was open when somebody else became the one to decide: the press is refused in a sentence, read out too,
    the same that a program is told."""
    made = stand.ask("ana", "finance-reports", WHY)
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    form = tomas.find(Form)
    with stand.house.database.write() as session:
        session.execute(sa.delete(StageApprover))
        session.execute(sa.update(Person).where(Person.login == "ana").values(manager_id="person-priya"))
    form.trigger("send", {"button": "deny", "values": {"reason": "No."}})
    words = "There is nothing for you to decide here (any more)."
    await until(lambda: ("refuse", ({"": words},)) in told and ("say", (words,)) in told)
    assert stand.state(made.name) == "awaiting_approval"


async def test_several_are_decided_together(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Both are offered as one item's; after the yes each is done, and the one decided meanwhile is told apart."""
    names = [stand.ask(login, "finance-reports", WHY).name for login in ("ana", "jonas")]
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    (bar,) = tomas.find(marker="together").elements
    ids = [one["id"] for one in bar.props["offers"]]
    assert [(one["name"], one["ids"]) for one in bar.props["groups"]] == [("Finance reports (2)", ids)]
    stand.decide("tomas", names[0], Say.DENY, "Not this month.")
    tomas.find(marker="together").trigger("decide", {"way": "approve", "ids": ids, "reason": ""})
    await until(lambda: any(name == "tell" for name, _ in told))
    (results,) = next(args for name, args in told if name == "tell")
    assert isinstance(results, dict)
    assert results["title"] == "1 approved and 1 had been decided already."
    assert [one["tone"] for one in results["lines"]] == ["info", "ok"]
    assert "Tomás Reyes" in results["lines"][0]["words"]
    assert all(name in line["label"] for name, line in zip(names, results["lines"], strict=True))
    assert [stand.state(name) for name in names] == ["denied", "fulfilled"]
    await tomas.should_see("Nothing waits for you", retries=60)


async def test_denied_together_without_a_reason_is_refused(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """The list stays with the sentence, and nothing is decided."""
    made = stand.ask("ana", "finance-reports", WHY)
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    (bar,) = tomas.find(marker="together").elements
    ids = [one["id"] for one in bar.props["offers"]]
    tomas.find(marker="together").trigger("decide", {"way": "deny", "ids": ids, "reason": " "})
    await until(lambda: ("refuse", ("Say why, in a sentence.",)) in told)
    assert stand.state(made.name) == "awaiting_approval"


async def test_a_reason_too_long_for_several_costs_nobody_their_words(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """Refused as a whole with what it has and what it may have; the list stays, and so does the reason in it."""
    made = stand.ask("ana", "finance-reports", WHY)
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    (bar,) = tomas.find(marker="together").elements
    ids = [one["id"] for one in bar.props["offers"]]
    tomas.find(marker="together").trigger("decide", {"way": "deny", "ids": ids, "reason": "x" * 2_345})
    await until(lambda: ("refuse", ("This has 2,345 characters; write at most 2,000.",)) in told)
    assert stand.state(made.name) == "awaiting_approval"


async def test_nobody_decides_others_together(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Ids that were guessed are refused one by one, in the words that anybody reads."""
    made = stand.ask("ana", "finance-reports", WHY)
    tomas, jonas = visitor("tomas"), visitor("jonas")
    await tomas.open("/approvals")
    (bar,) = tomas.find(marker="together").elements
    ids = [one["id"] for one in bar.props["offers"]]
    await jonas.open("/approvals")
    jonas.find(marker="together").trigger("decide", {"way": "approve", "ids": ids, "reason": ""})
    await until(lambda: any(name == "tell" for name, _ in told))
    assert stand.state(made.name) == "awaiting_approval"


async def test_the_page_says_how_many_more_wait(
    visitor: Visitor, stand: PageStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit is counted, and comes as the others are decided."""
    monkeypatch.setattr(undecided, "MOST_WAITING", 2)
    for number in range(3):
        stand.ask("ana", "finance-reports", {"reason": f"Forecast {number} for the design budget."})
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    await tomas.should_see("1 more waits. It shows up here when you have decided one of these.")
    await tomas.should_not_see("Forecast 2")
    first = stand.latest("ana")
    with stand.house.database.read() as session:
        shown = undecided.waiting_for(session, stand.house, stand.id("tomas"))[0].request.name
    assert shown != first.name
    stand.decide("tomas", shown, Say.APPROVE)
    await tomas.open("/approvals")
    await tomas.should_see("Forecast 2")
    await tomas.should_not_see("more waits")


async def test_what_was_said_is_read_once_for_all_cards(visitor: Visitor, stand: PageStand) -> None:
    """One statement about the trail however many cards there are, and each card has its own talk."""
    read: list[str] = []

    def note(*told: object) -> None:
        if "FROM audit_event" in str(told[2]):
            read.append(str(told[2]))

    for number in range(3):
        stand.ask("ana", "finance-reports", {"reason": f"Forecast {number} for the design budget."})
    asked = stand.latest("ana")
    stand.decide("tomas", asked.name, Say.ASK, "Which budget is it?")
    tomas = visitor("tomas")
    engine = stand.house.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        await tomas.open("/approvals")
        await tomas.should_see("Which budget is it?")
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert len(read) == 1, read
    with stand.house.database.read() as session:
        waiting = [one.request.id for one in undecided.waiting_for(session, stand.house, stand.id("tomas"))]
        talks = story.talks(session, waiting)
    assert {each: [event.kind for event in talk] for each, talk in talks.items() if talk} == {
        asked.id: ["approval.question"]
    }


async def test_what_does_not_go_together_stands_on_the_card(visitor: Visitor, stand: PageStand) -> None:
    """With what they hold and since when; before asking, the customer reads it too."""
    file = stand.folder / "catalog" / "items" / "finance-reports.yaml"
    file.write_text(file.read_text().replace("risk: medium\n", "risk: medium\nconflicts: [vpn-access]\n"))
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    stand.ask("ana", "vpn-access")
    ana = visitor("ana")
    await ana.open("/items/finance-reports?again=" + stand.ask("ana", "finance-reports", WHY).name)
    await ana.should_see("You hold “VPN access”, which does not go together with this.")
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    await tomas.should_see("Ana Sousa holds “VPN access” since")


async def test_whoever_asked_reads_that_it_was_them(visitor: Visitor, stand: PageStand) -> None:
    """Nobody is told of themselves by their own name; nothing is counted until the customer has answered."""
    made = stand.ask("ana", "finance-reports", WHY)
    stand.decide("tomas", made.name, Say.ASK, "Which cost centre is it for?")
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    await tomas.should_see("You asked")
    await tomas.should_see("Waits for an answer")
    await tomas.should_not_see("Tomás Reyes asked")
    (frame,) = tomas.find(Frame).elements
    assert [place["count"] for place in frame.props["places"] if place["path"] == "/approvals"] == [0]


async def test_many_alike_are_told_in_one_line(
    visitor: Visitor, stand: PageStand, told: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred lines that all say the same are none; few of them are told one by one."""
    monkeypatch.setattr(approvals_together, "FEW", 1)
    for login in ("ana", "jonas"):
        stand.ask(login, "finance-reports", WHY)
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    (bar,) = tomas.find(marker="together").elements
    ids = [one["id"] for one in bar.props["offers"]]
    tomas.find(marker="together").trigger("decide", {"way": "approve", "ids": ids, "reason": ""})
    await until(lambda: any(name == "tell" for name, _ in told))
    (results,) = next(args for name, args in told if name == "tell")
    assert isinstance(results, dict)
    assert [one["label"] for one in results["lines"]] == ["2 requests for “Finance reports”"]


async def test_the_day_on_a_card_is_the_day_of_its_request(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """An approver elsewhere names it as they read it, alone and together; a later one is still refused."""
    with stand.house.database.write() as session:
        session.execute(sa.update(Person).where(Person.login == "ana").values(zone="Asia/Tokyo"))
    until_day = (stand.house.now().astimezone(ZoneInfo("Asia/Tokyo")) + timedelta(days=20)).date()
    made = stand.ask("ana", "finance-reports", {**WHY, "until": until_day.isoformat()})
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    (bar,) = tomas.find(marker="together").elements
    (one,) = [offer["id"] for offer in bar.props["offers"]]
    own = {one: {"until": until_day.isoformat()}}
    tomas.find(marker="together").trigger("look", {"turn": 1, "ids": [one], "own": own})
    await until(lambda: any(name == "foresee" for name, _ in told))
    (_, ahead) = next(args for name, args in told if name == "foresee")
    assert isinstance(ahead, dict)
    assert not ahead[one]["wrong"], ahead
    later = {"reason": "", "until": (until_day + timedelta(days=1)).isoformat()}
    tomas.find(Form).trigger("send", {"button": "approve", "values": later})
    words = "You can shorten what was asked for, not make it longer."
    await until(lambda: ("refuse", ({"until": words},)) in told)
    tomas.find(Form).trigger("send", {"button": "approve", "values": {"reason": "", "until": until_day.isoformat()}})
    await tomas.should_see("Nothing waits for you", retries=60)
    assert stand.state(made.name) != "awaiting_approval"


async def test_the_last_day_there_is_is_told_for_what_it_is(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """It is written rightly; it is only too late."""
    stand.ask("ana", "finance-reports", WHY)
    tomas = visitor("tomas")
    await tomas.open("/approvals")
    tomas.find(Form).trigger("send", {"button": "approve", "values": {"reason": "", "until": "9999-12-31"}})
    await until(lambda: ("refuse", ({"until": "Choose an earlier day."},)) in told)


async def test_the_story_tells_that_the_approver_shortened_the_end(visitor: Visitor, stand: PageStand) -> None:
    """With the day; an end that is the one asked for is nobody's shortening."""
    now = stand.house.now().date()
    for login, days, words in (("ana", 5, "Tomás Reyes approved it, only until "), ("jonas", 20, "hat es genehmigt<")):
        made = stand.ask(login, "finance-reports", {**WHY, "until": (now + timedelta(days=20)).isoformat()})
        tomas, asker = visitor("tomas"), visitor(login)
        await tomas.open("/approvals")
        values = {"reason": "", "until": (now + timedelta(days=days)).isoformat()}
        tomas.find(Form).trigger("send", {"button": "approve", "values": values})
        await tomas.should_see("Nothing waits for you", retries=60)
        await asker.open(f"/requests/{made.name}")
        await asker.should_see(words)
    await asker.should_not_see("aber nur bis")
