"""`/health`: what is wrong first, then everything, for admins only and kept true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from nicegui import ui
from nicegui.testing import User
from starlette.requests import Request

from selfserve.connectors.contract import Finding, Level
from selfserve.fulfilment import leases
from selfserve.insights import certificates
from selfserve.insights.findings import stored
from selfserve.insights.handshake import NotShown, Place, Shown
from selfserve.languages.messages import msg
from selfserve.people.principal import Principal
from selfserve.people.roles import Role
from selfserve.store.tables import AuditEvent, ConnectorHealth, ExecutorLease, Person, Pulse, Run, Step, SyncMark
from selfserve.store.tables import Request as Asked
from tests.web.conftest import Calls, Visitor
from tests.web.stand import PageStand
from tests.web.waiting import until


def in_order(stand: PageStand) -> None:
    """A worker beats, people were read, connectors answer."""
    now = stand.house.now()
    with stand.house.database.write() as session:
        leases.beat(session, stand.house, "worker")
        session.add(SyncMark(source="directory", stamp="1", full_at=now, ran_at=now, figures={"read": 1204}))
        for name in stand.house.connectors.connectors:
            session.add(
                ConnectorHealth(connector=name, level="info", findings=[], failures=0, checked_at=now, changed_at=now)
            )


def content(who: User) -> str:
    """All markup on the page."""
    return "".join(str(one.content) for one in who.find(ui.html).elements if isinstance(one, ui.html))


async def test_health_is_for_admins_only(visitor: Visitor, stand: PageStand) -> None:
    """Customers and staff read a friendly no, and have no way there in their navigation."""
    for login, words in (("ana", "This page is not for you"), ("ruth", "This page is not for you")):
        who = visitor(login)
        await who.open("/health")
        await who.should_see(words)
        await who.should_not_see(marker="look-again")
        (frame,) = who.find(marker="frame").elements
        assert "/health" not in {one["path"] for one in frame.props["places"]}
    tove = visitor("tove")
    await tove.open("/health")
    (frame,) = tove.find(marker="frame").elements
    assert "/health" in {one["path"] for one in frame.props["places"]}


async def test_what_is_wrong_stands_first_with_what_to_do(visitor: Visitor, stand: PageStand) -> None:
    """No worker, and nobody read: said in a sentence each, before all else."""
    tove = visitor("tove")
    await tove.open("/health")
    await tove.should_see("2 things need somebody.")
    await tove.should_see("No worker is running, so nothing that waits is done.")
    assert "Start <code>selfserve worker</code>" in content(tove)


async def test_a_house_in_order_says_so_and_shows_all_of_it(visitor: Visitor, stand: PageStand) -> None:
    """Connectors, certificates with their days, processes, people, versions, room."""
    in_order(stand)
    place, away = Place("provider", "login.fernhill.example", 443), Place("mail", "mail.fernhill.example", 465)

    def see(one: Place) -> Shown:
        if one is away:
            raise NotShown("it does not answer in time")
        return Shown("login.fernhill.example", stand.house.now() + timedelta(days=41, hours=1))

    certificates.look(stand.house.database, [place, away], stand.house.now(), see)
    tove = visitor("tove")
    await tove.open("/health")
    for words in ("Everything works. Nothing needs you.", "41 days left", "Not seen", "it does not answer in time",
                  "The identity provider", "Does the work.", "1,204", "SQLite", "MiB", "Its server knows"):  # fmt: skip
        await (tove.should_not_see if words == "Its server knows" else tove.should_see)(words)
    assert content(tove).count("s-tone-ok") >= len(stand.house.connectors.connectors)


async def test_the_page_follows_without_a_reload(visitor: Visitor, stand: PageStand) -> None:
    """A worker comes up while the page is open: its trouble leaves."""
    tove = visitor("tove")
    await tove.open("/health")
    await tove.should_see("No worker is running")
    in_order(stand)
    await until(lambda: "Everything works." in content(tove), within=30)


async def test_plots_have_a_sentence_and_a_table(visitor: Visitor, stand: PageStand) -> None:
    """Whoever does not see the drawing hears it told, and finds the same numbers behind it."""
    stand.ask("ana", "vpn-access")
    with stand.house.database.write() as session:
        session.add(Pulse(at=stand.house.now() - timedelta(seconds=1), waiting=2, running=1, oldest=65))
    tove = visitor("tove")
    await tove.open("/health")
    await tove.should_see(
        "In the last 24 hours 1 requests were done without a human, 0 with a human, and 0 failed.", retries=3
    )
    await tove.should_see("the oldest work waited 1 minute at most")
    await tove.should_see("The same as a table")
    assert content(tove).count('<table class="s-table">') >= 2


async def test_a_plot_without_a_bar_says_why_in_its_frame(visitor: Visitor, stand: PageStand) -> None:
    """Nothing known, and nothing that had to wait, are told apart; neither is an empty frame."""
    tove, again = visitor("tove"), visitor("tove")
    await tove.open("/health")
    await tove.should_see("Nothing is known of the last day yet.")
    assert '<p class="s-plot-none" aria-hidden="true">Nothing is known of the last day yet.</p>' in content(tove)
    with stand.house.database.write() as session:
        session.add(Pulse(at=stand.house.now() - timedelta(seconds=1), waiting=0, running=0, oldest=0))
    await again.open("/health")
    await again.should_see("Nothing had to wait")
    assert '<p class="s-plot-none" aria-hidden="true">Nothing had to wait</p>' in content(again)


async def test_look_again_orders_a_look(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """One press: an order for whoever works, a trace of who pressed, and a word that it is under way."""
    in_order(stand)
    tove = visitor("tove")
    await tove.open("/health")
    tove.find(marker="look-again").click()
    await until(lambda: any(name == "say" and "look at everything again" in str(args) for name, args in told))
    with stand.house.database.read() as session:
        asked = session.scalars(sa.select(AuditEvent).where(AuditEvent.stream == "installation")).one()
    assert (asked.kind, asked.actor) == ("installation.look_asked", f"person:{stand.id('tove')}")


async def test_an_admin_no_more_sets_off_nothing(
    visitor: Visitor, stand: PageStand, monkeypatch: pytest.MonkeyPatch, told: Calls
) -> None:
    """The role is asked for again at the press, not only when the page was built."""
    in_order(stand)
    tove = visitor("tove")
    await tove.open("/health")
    genuine = PageStand.principal_of

    def demoted(self: PageStand, request: Request) -> Principal | None:
        found = genuine(self, request)
        return replace(found, roles=frozenset({Role.CUSTOMER, Role.STAFF})) if found else None

    monkeypatch.setattr(PageStand, "principal_of", demoted)
    tove.find(marker="look-again").click()
    await until(lambda: any(name == "warn" and "not for you" in str(args) for name, args in told))
    with stand.house.database.read() as session:
        assert session.scalars(sa.select(AuditEvent).where(AuditEvent.stream == "installation")).all() == []


async def test_what_others_wrote_is_text(visitor: Visitor, stand: PageStand) -> None:
    """A finding with markup in it shows its brackets."""
    in_order(stand)
    with stand.house.database.write() as session:
        row = session.get_one(ConnectorHealth, stand.house.connectors.connectors[0])
        row.level, row.findings = "error", [{"level": "error", "check": "x", "text": "<img src=x onerror=alert(1)>"}]
    tove = visitor("tove")
    await tove.open("/health")
    assert "<img" not in content(tove)
    assert "&lt;img" in content(tove)


async def test_what_a_check_found_is_told_in_the_reader_s_language(visitor: Visitor, stand: PageStand) -> None:
    """A finding is kept as the sentence it was made of: in the note above, and beside its connector."""
    in_order(stand)
    found = [
        Finding(Level.WARNING, "tls", msg("insecure_loopback is on: nothing is encrypted on this machine.")),
        Finding(Level.WARNING, "else", "Somebody else's connector says this"),
    ]
    with stand.house.database.write() as session:
        row = session.get_one(ConnectorHealth, stand.house.connectors.connectors[0])
        row.level, row.findings = "warning", stored(found)
        session.get_one(Person, stand.id("tove")).language = "de"
    tove = visitor("tove")
    await tove.open("/health")
    await tove.should_see(
        "aber nicht zweifelsfrei: insecure_loopback ist an: Auf diesem Rechner wird nichts verschlüsselt. "
        "Somebody else&#39;s connector says this."
    )
    await tove.should_not_see("nothing is encrypted")


async def test_queues_and_connectors_do_not_contradict_each_other(visitor: Visitor, stand: PageStand) -> None:
    """What waits for a system that is away is said where queues are empty, and a next try is never in the past."""
    in_order(stand)
    stand.target("legacy").away = True
    stand.ask("ana", "legacy-crm")
    until_then = stand.house.now() - timedelta(minutes=4)
    with stand.house.database.write() as session:
        rest = {"connector": "legacy", "since": until_then.isoformat(), "reason": "It is away."}
        lease = session.scalars(sa.select(ExecutorLease)).one()
        lease.circuits = [{**rest, "until": until_then.isoformat(), "kept": None}]
        session.execute(sa.update(Asked).values(state="fulfilling"))
        session.execute(sa.update(Step).values(state="planned"))
    tove = visitor("tove")
    await tove.open("/health")
    await tove.should_see("1 request waits. ")
    await tove.should_see("1 request waits for a system that does not answer; nothing else waits, and nothing runs.")
    await tove.should_see("The next request for it is the next try.")
    await tove.should_not_see("Next try today")


async def test_what_was_not_looked_at_yet_is_not_said_to_work(visitor: Visitor, stand: PageStand) -> None:
    """Until each connector was seen once, as long as nothing else is wrong."""
    in_order(stand)
    with stand.house.database.write() as session:
        session.delete(session.get_one(ConnectorHealth, "legacy"))
    tove = visitor("tove")
    await tove.open("/health")
    await tove.should_see("Not everything has been looked at yet.")
    await tove.should_not_see("Everything works.")


async def test_what_waits_in_no_queue_is_not_forgotten(visitor: Visitor, stand: PageStand) -> None:
    """A run that waits for its time: neither "nothing waits", nor "nothing had to wait" where its system failed it."""
    in_order(stand)
    made = stand.ask("ana", "legacy-crm")
    with stand.house.database.write() as session:
        asked = session.get_one(Asked, made.id)
        asked.state, asked.closed_at = "fulfilling", None
        run = session.scalars(sa.select(Run).where(Run.request_id == made.id)).one()
        run.state, run.ended_at, run.due_at = "waiting", None, stand.house.now() + timedelta(minutes=4)
        run.first_at = stand.house.now() - timedelta(minutes=9)
    tove = visitor("tove")
    await tove.open("/health")
    await tove.should_see("1 thing waits for its next look; nothing runs.")
    await tove.should_not_see("Nothing waits")
    with stand.house.database.write() as session:
        session.execute(sa.update(Step).values(state="planned", failure="transient", reason="It does not answer."))
        session.execute(sa.update(Run).values(began_at=stand.house.now() + timedelta(seconds=1)))
    await tove.open("/health")
    for words in (
        "1 thing needs somebody.",
        "The connector legacy does not work: It does not answer.",
        "1 request waits for a system that does not answer; nothing else waits, and nothing runs.",
        "Up to 9 minutes",
    ):
        await tove.should_see(words)
    await tove.should_not_see("Nothing had to wait")
