"""`selfserve demo --tour`: the main way over HTTP as customers and staff walk it, each effect seen in its target."""

from __future__ import annotations

import plistlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import httpx
import ldap3
from rich.console import Console

from selfserve.demo.company import Person
from selfserve.demo.setup import MACS
from selfserve.people import directory as people
from selfserve.people import tokens
from selfserve.people.tokens import SCOPES

if TYPE_CHECKING:
    from selfserve.demo.run import Demo

PATIENCE = 20.0
"""Seconds the tour waits for something that takes its time."""
EXPIRES_AFTER = "3s"
CUSTOMER = "lukas"


class NotSeen(Exception):  # noqa: N818  (what a tour ends on)
    """Something that should be there was not seen; the text says what."""


@dataclass
class Tour:
    """The guide: people with tokens, eyes on the targets, and a line for each step."""

    demo: Demo
    console: Console
    began: float = field(default_factory=time.monotonic)
    tokens: dict[str, str] = field(default_factory=dict)

    def tell(self, what: str, seen: str) -> None:
        """Print a step with its time and what was seen."""
        took = time.monotonic() - self.began
        self.console.print(f"[dim]{took:6.2f} s[/dim]  {what}  [green]✓[/green] [dim]{seen}[/dim]", soft_wrap=True)

    def call(self, who: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One call of the REST API as `who`; NotSeen with the problem's sentence where it is refused."""
        answer = httpx.request(
            method,
            f"{self.demo.url}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._token(who)}"},
            timeout=15,
        )
        if answer.is_error:
            raise NotSeen(f"{who} {method} {path}: {answer.status_code} {answer.json().get('detail', answer.text)}")
        return answer.json()

    def ask(self, who: str, item: str, **answers: Any) -> Any:
        """Ask for an item; the request."""
        return self.call(who, "POST", "/requests", {"item": item, "answers": answers})

    def _token(self, who: str) -> str:
        if who not in self.tokens:
            house = self.demo.app.house
            with house.database.write() as session:
                person = people.by_login(session, who)
                assert person is not None
                now = datetime.now(UTC)
                label = f"tour {now:%Y-%m-%d %H:%M:%S.%f}"
                _, self.tokens[who] = tokens.create(session, person, label, sorted(SCOPES), timedelta(hours=1), now)
        return self.tokens[who]

    def members(self, group: str) -> set[str]:
        """The logins in a group, read from the directory by a client of our own."""
        directory, company = self.demo.directory, self.demo.company
        server = ldap3.Server("127.0.0.1", port=directory.port, get_info=ldap3.NONE)
        with ldap3.Connection(server, directory.service_dn, directory.service_password) as connection:
            connection.search(f"cn={group},{company.groups_dn}", "(objectClass=*)", ldap3.BASE, attributes=["member"])
            names = connection.response[0]["attributes"]["member"] if connection.response else []
        return {found[1] for name in names if (found := re.match(r"uid=([^,]+),", str(name)))}

    def until(self, what: str, seen: Callable[[], Any]) -> Any:
        """Look again until `seen()` is true; NotSeen after a while."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            found = seen()
            if found:
                return found
            time.sleep(0.1)
        raise NotSeen(f"not seen within {PATIENCE:.0f} s: {what}")


def must(seen: object, what: str) -> None:
    """NotSeen unless `seen`."""
    if not seen:
        raise NotSeen(what)


def walk(demo: Demo, console: Console) -> int:
    """Walk all steps; 0 where every effect was seen, else 1 with what was not."""
    tour = Tour(demo, console)
    console.print(f"\nA tour of selfserve at {demo.url}\n")
    for step in STEPS:
        try:
            for what, seen in step(tour):
                tour.tell(what, seen)
        except (NotSeen, httpx.HTTPError) as problem:
            console.print(f"\n[red]Not as it should be:[/red] {problem}\n", soft_wrap=True)
            return 1
    console.print(f"\nEverything was seen, in {time.monotonic() - tour.began:.1f} s.\n")
    return 0


Seen = Iterator[tuple[str, str]]


def sign_in(tour: Tour) -> Seen:
    """A customer signs in with the browser's redirects, and sees the catalog."""
    person = _person(tour)
    with httpx.Client(follow_redirects=True, timeout=15) as browser:
        welcome = browser.get(f"{tour.demo.url}/")
        must("/sign-in" in str(welcome.url), "the sign-in page for somebody who is not signed in")
        form = browser.get(f"{tour.demo.url}/auth/login")
        hidden = dict(re.findall(r'<input type="?hidden"? name="([^"]+)" value="([^"]*)"', form.text))
        fields = {name: unescape(value) for name, value in hidden.items()}
        fields |= {"login": CUSTOMER, "password": person.password}
        home = browser.post(str(form.url), data=fields, headers={"Origin": _origin(str(form.url))})
        arrived = home.status_code == 200 and str(home.url).rstrip("/") == tour.demo.url
        must(arrived, f"the catalog after sign-in, not {home.url}")
        yield f"{person.name} signs in through the identity provider", f"the catalog at {home.url}"


def _person(tour: Tour) -> Person:
    person = tour.demo.company.person(CUSTOMER)
    assert person is not None
    return person


def _origin(url: str) -> str:
    parts = httpx.URL(url)
    return f"{parts.scheme}://{parts.host}:{parts.port}"


def at_once(tour: Tour) -> Seen:
    """A membership that policy allows."""
    made = tour.ask(CUSTOMER, "vpn-access")
    must(made["state"] == "fulfilled", f"VPN access at once, not {made['state']}")
    must(CUSTOMER in tour.members("vpn"), "lukas in the group vpn")
    yield "Lukas asks for VPN access; policy allows it at once", "lukas is in the directory's group vpn"


def approved(tour: Tour) -> Seen:
    """A membership that the manager decides."""
    made = tour.ask(CUSTOMER, "finance-reports", reason="Prices for the spring range", until=_day(30))
    must(made["state"] == "awaiting_approval", f"waiting for the manager, not {made['state']}")
    must(CUSTOMER not in tour.members("finance-reports"), "no membership before the decision")
    yield "Lukas asks for the finance reports; his manager has to decide", "not in the group yet"
    manager = _person(tour).manager
    waiting = tour.call(manager, "GET", "/approvals")["rows"]
    stage = next((each["stage_id"] for each in waiting if each["request"]["id"] == made["id"]), None)
    must(stage, f"the request among what waits for {manager}")
    yes = {"decision": "approve", "reason": "For spring."}
    decided = tour.call(manager, "POST", f"/approvals/{stage}/decide", yes)
    must(decided["state"] == "fulfilled", f"fulfilled after the decision, not {decided['state']}")
    must(CUSTOMER in tour.members("finance-reports"), "lukas in the group finance-reports")
    yield f"{manager.capitalize()} approves", "lukas is in the directory's group finance-reports"


def _day(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def seat(tour: Tour) -> Seen:
    """The last seat of a pool, and a place in the line for it."""
    made = tour.ask("mei", "zoom-pro", reason="Webinars")
    must(made["state"] == "fulfilled", f"a Zoom seat, not {made['state']}")
    seats = tour.demo.app.house.connectors.get("seats").ports.seats
    assert seats is not None
    figures = seats.figures("zoom-pro")
    must(figures and (figures.taken, figures.total) == (1, 1), "one of one Zoom seats taken")
    yield "Mei asks for Zoom Pro and gets the last seat", "1 of 1 seats taken"
    waiting = tour.ask(CUSTOMER, "zoom-pro", reason="Webinars")
    must(waiting["state"] == "fulfilling", f"Lukas in the line, not {waiting['state']}")
    figures = seats.figures("zoom-pro")
    must(figures and (figures.taken, figures.waiting) == (1, 1), "one waiting for a Zoom seat")
    yield "Lukas asks for one too and waits in line", "1 seat taken, 1 person waiting, nobody's seat was stolen"


def software(tour: Tour) -> Seen:
    """Software on a Mac, through Munki's repository."""
    serial = MACS[0]
    made = tour.ask("mei", "slack-app", device=serial)
    must(made["state"] == "fulfilled", f"Slack in the manifest, not {made['state']}")
    manifest = plistlib.loads((tour.demo.folder / "munki" / "manifests" / serial).read_bytes())
    must("Slack" in manifest["managed_installs"], f"Slack in the manifest of {serial}")
    yield "Mei asks for Slack on her Mac", f"the Munki manifest {serial} lists Slack"


def target_down(tour: Tour) -> Seen:
    """A target that does not answer: a human takes over with the whole story, and finishes by hand."""
    made = tour.ask(CUSTOMER, "legacy-crm")
    must(made["state"] == "fulfilling", f"waiting for the old database, not {made['state']}")
    waits = "tried again by itself, nothing is said to be done"
    yield "Lukas asks for the customer database, whose directory is down", waits
    case = tour.until("a case on the desk", lambda: _case(tour, made["id"]))
    must(case["reason"] and case["runbook"] and case["due_at"], "reason, runbook and due time on the desk")
    yield "Patience is over, so it is handed to people", f"on the desk of {case['team']}: {case['reason']}"
    tour.call("emil", "POST", f"/escalations/{case['id']}/take")
    words = "I added you on the old server myself. Sorry for the wait!"
    tour.call(
        "emil",
        "POST",
        f"/escalations/{case['id']}/done",
        {"words": words, "on_my_word": True, "not_there_before": True},
    )
    told = tour.until("the request done", lambda: _when_done(tour, CUSTOMER, made["id"]))
    must(any(line["note"] == words for line in told["lines"]), "Emil's words in Lukas's timeline")
    yield "Emil does it by hand and says so", "Lukas's timeline ends with “Ready to use” and Emil's words"


def _case(tour: Tour, request_id: str) -> Any:
    return next(
        (each for each in tour.call("emil", "GET", "/escalations")["rows"] if each["request_id"] == request_id), None
    )


def _when_done(tour: Tour, who: str, request_id: str) -> Any:
    told = tour.call(who, "GET", f"/requests/{request_id}")
    return told if told["state"] == "fulfilled" else None


def expires(tour: Tour) -> Seen:
    """A membership that ends by itself."""
    made = tour.ask("mei", "guest-wifi", how_long=EXPIRES_AFTER)
    must(made["state"] == "fulfilled", f"guest Wi-Fi at once, not {made['state']}")
    must("mei" in tour.members("guest-wifi"), "mei in the group guest-wifi")
    yield f"Mei puts her phone on the guest network for {EXPIRES_AFTER}", "mei is in the directory's group guest-wifi"
    tour.until("mei out of the group guest-wifi", lambda: "mei" not in tour.members("guest-wifi"))
    tour.until("the grant shown as ended", lambda: _ended(tour, made["id"]))
    yield "Its time is over and it is taken back", "mei is no longer in the group, and her request says so"


def _ended(tour: Tour, request_id: str) -> bool:
    return bool(tour.call("mei", "GET", f"/requests/{request_id}")["grant_state"] == "ended")


STEPS: tuple[Callable[[Tour], Seen], ...] = (sign_in, at_once, approved, seat, software, target_down, expires)
