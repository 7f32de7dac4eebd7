"""`/requests` and `/requests/{name}`: the story, and what its customer can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from selfserve.requests import acts, story
from selfserve.requests.decide import Say
from selfserve.requests.submit import submit
from selfserve.store.tables import Grant, Person, Request
from selfserve.web.pages import requests
from selfserve.web.pages.request_questions import returning
from selfserve.web.parts.dialog import Dialog
from selfserve.web.parts.form import Form
from selfserve.web.parts.pieces import as_title
from selfserve.web.visits import Visit
from tests.web.conftest import Calls, Visitor
from tests.web.stand import PageStand
from tests.web.targets import SECRET
from tests.web.test_item_page import CENTRE, asked, put
from tests.web.waiting import until

WHY = {"reason": "Forecast for the design budget."}


async def test_a_decision_shows_on_the_open_page(visitor: Visitor, stand: PageStand) -> None:
    """Ana looks at her request while Tomás approves it; she reloads nothing."""
    made = stand.ask("ana", "finance-reports", WHY)
    ana = visitor("ana")
    await ana.open(f"/requests/{made.name}")
    await ana.should_see("Waiting for approval")

    stand.decide("tomas", made.name, Say.APPROVE, "For the forecast.")
    await ana.should_see("Tomás Reyes approved it", retries=60)
    await ana.should_see("Ready to use")


async def test_the_list_has_what_is_open_first_and_changes_by_itself(visitor: Visitor, stand: PageStand) -> None:
    """A request asked for elsewhere appears in the open list."""
    ana = visitor("ana")
    await ana.open("/requests")
    await ana.should_see("Nothing here yet")
    stand.ask("ana", "wiki-editors")
    stand.ask("ana", "finance-reports", WHY)
    await ana.should_see("Finance reports", retries=60)
    content = next(iter(ana.find(marker="requests").elements)).props["innerHTML"]
    assert content.index("Finance reports") < content.index("Edit the wiki")


async def test_nobody_sees_the_request_of_another(visitor: Visitor, stand: PageStand) -> None:
    """Somebody else's request is not found, whoever knows its name; staff see it at the desk, not here."""
    made = stand.ask("ana", "finance-reports", WHY)
    for login in ("sam", "ruth", "tomas"):
        other = visitor(login)
        await other.open(f"/requests/{made.name}")
        await other.should_see("There is no such request of yours.")
        await other.should_not_see("Forecast for the design budget.")


async def test_a_question_is_answered_where_it_is_read(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """The approver's question stands above a form; once answered, the form is gone."""
    made = stand.ask("ana", "finance-reports", WHY)
    stand.decide("tomas", made.name, Say.ASK, "Which cost centre is it for?")
    ana = visitor("ana")
    await ana.open(f"/requests/{made.name}")
    await ana.should_see("Which cost centre is it for?")
    ana.find(marker="answer").trigger("send", {"button": "answer", "values": {"answer": "4100"}})
    await ana.should_see("You answered", retries=60)
    await ana.should_not_see(Form)


async def test_a_secret_is_shown_until_it_is_kept_and_stays_in_no_element(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """It goes to the dialog as a message, not as a property; the button goes once the customer has kept it."""
    made = stand.ask("ana", "reset-password", {"understood": True})
    ana = visitor("ana")
    client = await ana.open(f"/requests/{made.name}")
    ana.find(marker="show-it").click()
    await until(lambda: any(name == "reveal" for name, _ in told))
    shown = next(args for name, args in told if name == "reveal")
    assert shown[2] == [{"name": "reset", "value": SECRET}]
    await ana.should_see("The secret was shown", retries=60)
    await ana.should_see("Show it")
    await ana.should_see("It was shown already; until", retries=60)
    ana.find(Dialog).trigger("kept")
    await ana.should_see("You have kept the secret", retries=60)
    await ana.should_not_see("Show it")
    assert "close" in [name for name, _ in told]
    assert not any(SECRET in str(element.props) for element in client.elements.values())


async def test_cancelling_asks_first(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """One press opens a question; only its yes cancels."""
    made = stand.ask("ana", "finance-reports", WHY)
    ana = visitor("ana")
    await ana.open(f"/requests/{made.name}")
    ana.find(marker="cancel-the-request").click()
    await until(lambda: "ask" in [name for name, _ in told])
    assert stand.state(made.name) == "awaiting_approval"
    ana.find(Dialog).trigger("sure", "cancel")
    await ana.should_see("You cancelled it", retries=60)
    assert stand.state(made.name) == "cancelled"


async def test_giving_back_takes_it_back_in_the_target(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """After the yes the target lets go of it."""
    made = stand.ask("ana", "vpn-access")
    ana = visitor("ana")
    await ana.open(f"/requests/{made.name}")
    ana.find(Dialog).trigger("sure", "return")
    await ana.should_see("You gave it back", retries=60)
    stand.work()
    assert stand.target("directory").there == set()


async def test_what_happened_meanwhile_is_told_in_the_dialog(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """A yes that comes too late is answered in a sentence, where it was given."""
    made = stand.ask("ana", "finance-reports", WHY)
    ana = visitor("ana")
    await ana.open(f"/requests/{made.name}")
    stand.decide("tomas", made.name, Say.DENY, "Not now.")
    ana.find(Dialog).trigger("sure", "cancel")
    await until(lambda: ("refuse", ("This is over already.",)) in told)


async def test_who_is_signed_out_meanwhile_does_nothing_any_more(
    visitor: Visitor, stand: PageStand, told: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is still open acts for nobody, and loads itself anew, which leads to sign-in."""
    left: list[str] = []
    monkeypatch.setattr(Visit, "leave", lambda visit: left.append(visit.person_id))
    made = stand.ask("ana", "finance-reports", WHY)
    ana = visitor("ana")
    await ana.open(f"/requests/{made.name}")
    stand.signed_out.add("ana")
    ana.find(Dialog).trigger("sure", "cancel")
    await until(lambda: set(left) == {"person-ana"})
    assert stand.state(made.name) == "awaiting_approval"


async def test_hostile_words_stay_words(visitor: Visitor, stand: PageStand) -> None:
    """Markup in an answer, a question or a name is shown as it was typed."""
    evil = "<img src=x onerror=alert(1)></p><script>alert(2)</script>"
    made = stand.ask("ana", "finance-reports", {"reason": f"{evil} for the forecast"})
    stand.decide("tomas", made.name, Say.ASK, evil)
    for login, path in (("ana", f"/requests/{made.name}"), ("tomas", "/approvals")):
        somebody = visitor(login)
        client = await somebody.open(path)
        content = " ".join(str(element.props.get("innerHTML", "")) for element in client.elements.values())
        assert "<img" not in content
        assert "<script" not in content
        assert "&lt;img src=x onerror=alert(1)&gt;" in content


async def test_a_former_manager_no_longer_sees_what_they_asked_for(visitor: Visitor, stand: PageStand) -> None:
    """Tomás asked for Ana; the day she has another manager it is not found, while Ana has it as before."""
    made = submit(
        stand.house,
        customer_id=stand.id("ana"),
        asked_by_id=stand.id("tomas"),
        item_id="wiki-editors",
        answers={},
    )
    tomas = visitor("tomas")
    await tomas.open(f"/requests/{made.name}")
    await tomas.should_see("Edit the wiki")
    with stand.house.database.write() as session:
        session.get_one(Person, stand.id("ana")).manager_id = stand.id("ruth")
    await tomas.open(f"/requests/{made.name}")
    await tomas.should_see("There is no such request of yours.")
    ana = visitor("ana")
    await ana.open(f"/requests/{made.name}")
    await ana.should_see("Edit the wiki")


async def test_whoever_holds_it_twice_is_asked_to_give_back_both(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """The dialog names the other request, gives back both, and the page never says that it ended while it is there."""
    first = stand.ask("ana", "vpn-access").name
    with stand.house.database.write() as session:  # an extension asked for at once would end at the same time
        session.execute(sa.update(Request).values(asked_at=stand.house.now() - timedelta(days=1)))
    longer = acts.extend(stand.house, first, stand.id("ana"), {}).name
    ana = visitor("ana")
    await ana.open(f"/requests/{first}")
    ana.find(marker="give-it-back").click()
    await until(lambda: any(name == "ask" for name, _ in told))
    question = next(args[0] for name, args in told if name == "ask")
    assert isinstance(question, dict)
    assert longer in question["words"]
    assert question["yes"] == "Give back both"
    ana.find(Dialog).trigger("sure", question["name"])
    await ana.should_see("You gave it back", retries=60)
    for name in (first, longer):
        with stand.house.database.read() as session:
            request = story.find(session, name)
            assert request is not None
            assert "return" not in story.story(session, stand.house, request, stand.id("ana")).can


@pytest.mark.parametrize("whose", ["", "Ana"])
@pytest.mark.parametrize("twice", [True, False])
def test_what_left_the_catalog_is_given_back_for_good(stand: PageStand, twice: bool, whose: str) -> None:
    """Whoever gives it back is not told that they can ask for it again; of what is still offered they are."""
    name = stand.ask("ana", "vpn-access").name
    with stand.house.database.read() as session:
        request = story.find(session, name)
        assert request is not None
        told = story.story(session, stand.house, request, stand.id("ana"))
    assert told.offered
    told = replace(told, held_by=["R-22222"] if twice else [])
    assert "ask for it again" in returning(told, whose).words
    words = returning(replace(told, offered=False), whose).words
    assert "ask for it again" not in words
    assert words.endswith("It is not offered any more.")


async def test_whoever_asked_for_somebody_is_not_offered_to_end_what_they_asked_for_themselves(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """The dialog says that it stays, names no other request, and gives back the one alone; so does the page then."""
    own = stand.ask("ana", "vpn-access").name
    with stand.house.database.write() as session:
        session.execute(sa.update(Request).values(asked_at=stand.house.now() - timedelta(days=1)))
    asked = submit(
        stand.house,
        customer_id=stand.id("ana"),
        asked_by_id=stand.id("tomas"),
        item_id="vpn-access",
        answers=dict(stand.latest("ana").answers),
        though_held=True,
    )
    tomas = visitor("tomas")
    await tomas.open(f"/requests/{asked.name}")
    tomas.find(marker="give-it-back").click()
    await until(lambda: any(name == "ask" for name, _ in told))
    question = next(args[0] for name, args in told if name == "ask")
    assert isinstance(question, dict)
    assert question["words"] == "Your request for it ends. It stays, since it was asked for otherwise too."
    tomas.find(Dialog).trigger("sure", question["name"])
    await tomas.should_see("It stays, since it was asked for otherwise too.", retries=60)
    await tomas.should_not_see(own)
    with stand.house.database.read() as session:
        request = story.find(session, own)
        assert request is not None
        assert "return" in story.story(session, stand.house, request, stand.id("ana")).can


@pytest.mark.parametrize(
    ("words", "title"),
    [("You have a seat.", "You have a seat"), ("One. Two.", "One. Two."), ("Wait...", "Wait..."), ("Done", "Done")],
)
def test_a_step_s_title_has_no_full_stop(words: str, title: str) -> None:
    """Whoever wrote its sentence; beside each other, titles look alike."""
    assert as_title(words) == title


async def test_how_to_use_what_one_got_is_said_where_one_got_it(visitor: Visitor, stand: PageStand) -> None:
    """The item's own words, in the reader's language, as long as they have it; to the customer alone."""
    name = stand.ask("ana", "vpn-access").name
    ana = visitor("ana")
    await ana.open(f"/requests/{name}")
    await ana.should_see("Connect with the VPN app that is on your laptop")
    theirs = submit(
        stand.house, customer_id=stand.id("jonas"), asked_by_id=stand.id("tomas"), item_id="vpn-access", answers={}
    ).name
    jonas, tomas = visitor("jonas"), visitor("tomas")
    await jonas.open(f"/requests/{theirs}")
    await jonas.should_see("Verbinde dich mit der VPN-App auf deinem Laptop")
    await tomas.open(f"/requests/{theirs}")
    await tomas.should_not_see("VPN app that is on your laptop")
    with stand.house.database.write() as session:
        acts.give_back(session, stand.house, name, stand.id("ana"), stand.house.now())
    stand.work()
    await ana.open(f"/requests/{name}")
    await ana.should_not_see("VPN app that is on your laptop")


async def test_extending_is_offered_once_it_changes_something(visitor: Visitor, stand: PageStand) -> None:
    """What was got just now would end on the same day: nothing to press then; some days later there is."""
    name = stand.ask("ana", "vpn-access").name
    ana = visitor("ana")
    await ana.open(f"/requests/{name}")
    await ana.should_see(marker="give-it-back")
    await ana.should_not_see(marker="extend")
    with stand.house.database.write() as session:
        session.execute(sa.update(Grant).values(ends_at=stand.house.now() + timedelta(days=362)))
    await ana.open(f"/requests/{name}")
    await ana.should_see(marker="extend")


async def test_one_tap_does_not_ask_for_another_year(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Extending what asks nothing asks whether it is meant, with the new end, and only then asks for it."""
    first = stand.ask("ana", "vpn-access").name
    with stand.house.database.write() as session:
        session.execute(sa.update(Request).values(asked_at=stand.house.now() - timedelta(days=3)))
        session.execute(sa.update(Grant).values(ends_at=stand.house.now() + timedelta(days=362)))
    ana = visitor("ana")
    await ana.open(f"/requests/{first}")
    ana.find(marker="extend").click()
    await until(lambda: any(name == "ask" for name, _ in told))
    question = next(args[0] for name, args in told if name == "ask")
    assert isinstance(question, dict)
    assert str((stand.house.now() + timedelta(days=365)).year) in question["words"]
    assert stand.latest("ana").name == first
    ana.find(Dialog).trigger("sure", question["name"])
    await until(lambda: stand.latest("ana").name != first)


async def held(stand: PageStand, item: str, answers: Mapping[str, object]) -> str:
    """Something Ana has for a while by now; the name of its request."""
    name = stand.ask("ana", item, answers).name
    if stand.state(name) == "awaiting_approval":
        stand.decide("tomas", name, Say.APPROVE)
    stand.work()
    with stand.house.database.write() as session:
        session.execute(sa.update(Request).values(asked_at=stand.house.now() - timedelta(days=3)))
        if item == "vpn-access":
            session.execute(sa.update(Grant).values(ends_at=stand.house.now() + timedelta(days=30)))
    return name


async def test_an_extension_asks_what_its_item_asks_since(visitor: Visitor, stand: PageStand) -> None:
    """A question that came into the item is asked beside the day, and what was answered then need not be told again."""
    name = await held(stand, "finance-reports", WHY)
    ana = visitor("ana")
    await ana.open(f"/requests/{name}")
    ana.find(marker="extend").click()
    await ana.should_see(Form, retries=30)
    assert asked(ana) == ["until"]
    put(stand, "finance-reports", "form:\n", CENTRE)
    await until(lambda: asked(ana) == ["centre", "until"])
    day = (stand.house.now() + timedelta(days=80)).date().isoformat()
    ana.find(Form).trigger("send", {"button": "extend", "values": {"centre": "4711", "until": day}})
    await until(lambda: stand.latest("ana").name != name)
    assert stand.latest("ana").answers == {"centre": "4711", "until": day, **WHY}


async def test_an_extension_of_a_span_asks_only_where_something_is_missing(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """What asks nothing is a tap and a yes; where a question came in since, it is a form, with the new end."""
    name = await held(stand, "vpn-access", {})
    put(stand, "vpn-access", "fulfil:\n", f"{CENTRE}fulfil:\n")
    ana = visitor("ana")
    await ana.open(f"/requests/{name}")
    await ana.should_not_see("You have it until")
    ana.find(marker="extend").click()
    await ana.should_see("You have it until", retries=30)
    assert asked(ana) == ["centre"]
    assert "ask" not in [what for what, _ in told]
    ana.find(Form).trigger("send", {"button": "extend", "values": {"centre": "4711"}})
    await until(lambda: stand.latest("ana").name != name)
    assert stand.latest("ana").answers == {"centre": "4711"}


async def test_a_yes_that_came_too_late_leads_to_what_is_missing(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """The item changed while the question stood open: its dialog goes, and a form asks."""
    name = await held(stand, "vpn-access", {})
    ana = visitor("ana")
    await ana.open(f"/requests/{name}")
    ana.find(marker="extend").click()
    await until(lambda: "ask" in [what for what, _ in told])
    put(stand, "vpn-access", "fulfil:\n", f"{CENTRE}fulfil:\n")
    ana.find(Dialog).trigger("sure", "extend")
    await until(lambda: ("refuse", ({"centre": "Please fill this in."},)) in told)
    assert ("close", ()) in told
    assert asked(ana) == ["centre"]


async def test_an_extension_leaves_out_what_is_asked_no_more(stand: PageStand) -> None:
    """An answer of then to a question that is gone bars nobody."""
    put(stand, "vpn-access", "fulfil:\n", f"{CENTRE}fulfil:\n")
    name = await held(stand, "vpn-access", {"centre": "4711"})
    put(stand, "vpn-access", CENTRE, "")
    made = acts.extend(stand.house, name, stand.id("ana"), {})
    assert stand.latest("ana").name == made.name != name


async def test_more_open_requests_than_the_list_shows_are_had_by_a_press(
    visitor: Visitor, stand: PageStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them is left out without a word."""
    monkeypatch.setattr(requests, "OPEN", 2)
    names = [stand.ask("ana", "finance-reports", {"reason": f"Forecast number {at}."}).name for at in range(3)]
    ana = visitor("ana")
    await ana.open("/requests")
    await ana.should_not_see(names[0])
    ana.find(marker="older").click()
    for name in names:
        await ana.should_see(name, retries=30)
    await ana.should_not_see(marker="older")
