"""The frame: counts, notices, what is there for no page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from selfserve.notify import notices
from selfserve.requests.decide import Say
from selfserve.web.parts.frame import Frame, initials
from selfserve.web.plain import Plain
from tests.web.conftest import Calls, Visitor
from tests.web.stand import PageStand
from tests.web.waiting import until

WHY = {"reason": "Forecast for the design budget."}


async def test_counts_follow_what_happens(visitor: Visitor, stand: PageStand) -> None:
    """A decision that waits is counted on the open page, and no longer once it is made."""
    tomas = visitor("tomas")
    await tomas.open("/")
    frame = next(iter(tomas.find(Frame).elements))

    def waiting() -> int:
        return next(int(place["count"]) for place in frame.props["places"] if place["path"] == "/approvals")

    assert waiting() == 0
    made = stand.ask("ana", "finance-reports", WHY)
    await until(lambda: waiting() == 1)
    stand.decide("tomas", made.name, Say.APPROVE)
    await until(lambda: waiting() == 0)


async def test_notices_are_listed_when_asked_for_and_read_one_by_one(visitor: Visitor, stand: PageStand) -> None:
    """Opening the list brings the unread ones; one that is read is gone and counted no more."""
    stand.target("legacy").away = True
    stand.ask("ana", "legacy-crm")
    ana = visitor("ana")
    await ana.open("/")
    frame = next(iter(ana.find(Frame).elements))
    assert (frame.props["unread"], frame.props.get("notices")) == (1, None)
    ana.find(Frame).trigger("notices")
    await until(lambda: bool(frame.props.get("notices")))
    (notice,) = frame.props["notices"]
    assert "Customer database" in notice["title"]
    ana.find(Frame).trigger("seen", notice["id"])
    await until(lambda: frame.props["unread"] == 0 and [one["read"] for one in frame.props["notices"]] == [True])


async def test_what_was_read_is_found_again_below_the_new(visitor: Visitor, stand: PageStand) -> None:
    """All notices are there, the unread first, thirty at a time; nobody else's among them."""
    with stand.house.database.write() as session:
        for number in range(40):
            at = stand.house.now() - timedelta(hours=number)
            notices.tell(
                session, now=at, event=f"e{number}", person_id=stand.id("ana"), title=f"News {number}", body="", path=""
            )
        notices.tell(session, now=at, event="other", person_id=stand.id("jonas"), title="Not for Ana", body="", path="")
        notices.mark_read(session, stand.id("ana"), stand.house.now())
        notices.tell(
            session, now=at, event="new", person_id=stand.id("ana"), title="Unread, and older", body="", path=""
        )
    ana = visitor("ana")
    await ana.open("/requests")
    (frame,) = ana.find(Frame).elements
    ana.find(Frame).trigger("notices")
    await until(lambda: bool(frame.props.get("notices")))
    shown = frame.props["notices"]
    assert (shown[0]["title"], shown[0]["read"], shown[1]["title"], shown[1]["read"]) == (
        "Unread, and older", False, "News 0", True,
    )  # fmt: skip
    assert (len(shown), frame.props["older"]) == (30, True)
    ana.find(Frame).trigger("older")
    await until(lambda: len(frame.props["notices"]) == 41)
    assert frame.props["older"] is False
    assert "Not for Ana" not in str(frame.props["notices"])


async def test_nobody_marks_the_notices_of_another(visitor: Visitor, stand: PageStand) -> None:
    """The id of somebody else's notice does nothing."""
    stand.target("legacy").away = True
    stand.ask("ana", "legacy-crm")
    ana, jonas = visitor("ana"), visitor("jonas")
    await ana.open("/")
    ana.find(Frame).trigger("notices")
    frame = next(iter(ana.find(Frame).elements))
    await until(lambda: bool(frame.props.get("notices")))
    await jonas.open("/")
    other = next(iter(jonas.find(Frame).elements))
    jonas.find(Frame).trigger("seen", frame.props["notices"][0]["id"])
    await until(lambda: other.props.get("notices") == [])
    assert frame.props["unread"] == 1


async def test_an_unknown_address_says_so_within_the_frame(visitor: Visitor, told: Calls) -> None:
    """The frame around it, and a way on; its status is told in test_status."""
    ana = visitor("ana")
    answer = await ana.http_client.get("/no/such/page")
    assert "There is no such page" in answer.text


async def test_a_page_that_fails_says_what_to_do(
    visitor: Visitor, stand: PageStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours becomes a sentence with the way to a human and a reference; the trace is in the log only."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("selfserve.web.pages.requests.lists.requests", broken)
    ana = visitor("ana")
    with capture_logs() as logged:
        await ana.open("/requests")
        await ana.should_see("This did not work")
    await ana.should_see("Call 4357")
    (line,) = [line for line in logged if line["event"] == "page_failed"]
    await ana.should_see(f"give the reference {line['reference']}")
    assert (line["log_level"], str(line["exc_info"]), line["path"]) == ("error", "secret detail", "/requests")
    await ana.should_not_see("secret detail")


async def test_the_ways_to_a_human_stand_in_the_menu(visitor: Visitor) -> None:
    """As the company wrote them; one that leads elsewhere opens beside what is being done."""
    ana = visitor("ana")
    await ana.open("/")
    frame = next(iter(ana.find(Frame).elements))
    assert frame.props["links"] == [{"name": "Call 4357", "url": "tel:4357", "icon": "phone", "outside": False}]
    assert "Call 4357" in frame.props["words"]["help"]


def test_a_plain_page_has_the_ways_to_a_human_as_text() -> None:
    """Whatever a company calls them."""
    links = {"<b>Chat</b>": 'https://chat.fernhill.example/?a="b', "Call 4357": "tel:4357"}
    page = bytes(Plain("Help", "Fernhill", "Call us.", links=links).page({}, "Gone").body).decode()
    assert '<a href="tel:4357">Call 4357</a>' in page
    assert "<b>Chat" not in page
    assert "&lt;b&gt;Chat" in page


def test_initials_are_two_letters_at_most() -> None:
    """First and last name, whatever stands between; one name gives one letter."""
    assert [initials(name) for name in ("Ana Sousa", "Ana de la Cruz", "Cher", "")] == ["AS", "AC", "C", ""]


async def test_ways_to_a_human_are_named_in_the_reader_s_language(visitor: Visitor) -> None:
    """In the menu, and in what is said while there is no connection."""
    for login, link, support in (("ana", "Call 4357", "Call 4357, or"), ("jonas", "Ruf 4357 an", "Ruf 4357 an, oder")):
        who = visitor(login)
        await who.open("/")
        frame = next(iter(who.find(Frame).elements))
        assert [one["name"] for one in frame.props["links"]] == [link]
        assert support in frame.props["words"]["help"]
