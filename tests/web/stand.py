"""A house with the demo's catalog and company, and the pages upon it; whoever a cookie names is signed in.

`python -m tests.web.stand PORT FOLDER` serves it, for Chromium and for looking at it; with a number behind, a catalog
of so many items, with names and summaries as long as they may be; with `hostile`, everything full of traps.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from starlette.requests import Request as HttpRequest

from selfserve.catalog.live import LiveCatalog
from selfserve.connectors.contract import Ports
from selfserve.connectors.registry import Registry
from selfserve.demo.company import FERNHILL
from selfserve.fulfilment.engine import Engine
from selfserve.fulfilment.fulfil import fulfil
from selfserve.fulfilment.house import House
from selfserve.fulfilment.revoke import revoke
from selfserve.people import tokens
from selfserve.people.device_tokens import DeviceRules
from selfserve.people.principal import Principal
from selfserve.people.roles import Role, RoleRules
from selfserve.requests import acts, case_rows
from selfserve.requests.case_rows import CaseRow
from selfserve.requests.decide import Say, decide
from selfserve.requests.desk import done
from selfserve.requests.submit import Submitted, submit
from selfserve.settings.company import Brand, Company
from selfserve.settings.identity import Directory, Oidc
from selfserve.settings.model import Settings
from selfserve.settings.sealing import Sealer
from selfserve.settings.server import Server
from selfserve.store import migrations
from selfserve.store.database import Database
from selfserve.store.states import Purpose, RunState
from selfserve.store.tables import Escalation, Person, PersonGroup, Request, Run, Stage
from selfserve.web.sessions import SessionRules
from tests.stand.parsed import parsed_once
from tests.web.targets import KINDS, SECTIONS, Target

CATALOG = Path(__file__).parents[2] / "catalog"
COOKIE = "who"
NAME, SUMMARY = 200, 200
"""As long as an item's name and summary may be."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass
class PageStand:
    """What the pages are handed, and hands to move the house with. `signed_out`: logins whose session has ended."""

    house: House
    settings: Settings
    folder: Path
    signed_out: set[str] = field(default_factory=set)
    rules: SessionRules = field(default_factory=lambda: SessionRules(RoleRules()))
    device_rules: DeviceRules = DeviceRules()  # noqa: RUF009  (frozen)
    apps: dict[str, str] = field(default_factory=dict)
    """The app's token by the login of who looks from its window."""

    def principal_of(self, request: HttpRequest) -> Principal | None:
        """The person whose login stands in the cookie."""
        login = request.cookies.get(COOKIE, "")
        with self.house.database.read() as session:
            person = session.scalar(sa.select(Person).where(Person.login == login))
        if person is None or login in self.signed_out:
            return None
        staff = login in next(group.members for group in FERNHILL.groups if group.name == "techops")
        admin = login in next(group.members for group in FERNHILL.groups if group.name == "selfserve-admins")
        held = (Role.CUSTOMER, Role.STAFF) if staff else (Role.CUSTOMER,)
        roles = frozenset((*held, Role.ADMIN) if admin else held)
        return Principal(
            person.id, login, person.email, person.name, person.language, roles, f"s-{login}", self.house.now(),
            device_token_id=self.apps.get(login),
        )  # fmt: skip

    def onlooker_of(self, request: HttpRequest) -> Principal | None:
        """The same for a page that stays open."""
        return self.principal_of(request)

    def id(self, login: str) -> str:
        """The id of a person."""
        return f"person-{login}"

    def target(self, name: str) -> Target:
        """A target by the name of its connector."""
        found = self.house.connectors.get(name)
        assert isinstance(found, Target)
        return found

    def ask(self, login: str, item: str, answers: Mapping[str, object] | None = None) -> Submitted:
        """Somebody asks for something."""
        return submit(self.house, customer_id=self.id(login), item_id=item, answers=answers or {})

    def decide(self, login: str, name: str, say: Say, reason: str = "") -> None:
        """Somebody decides about a request."""
        with self.house.database.read() as session:
            request = session.scalars(sa.select(Request).where(Request.name == name)).one()
            stage = session.scalars(sa.select(Stage).where(Stage.request_id == request.id)).one()
        decide(self.house, stage_id=stage.id, person_id=self.id(login), say=say, reason=reason)

    def cancel(self, login: str, name: str) -> None:
        """Somebody does not want it any more."""
        with self.house.database.write() as session:
            acts.cancel(session, self.house, name, self.id(login), self.house.now())

    def case(self, name: str) -> Escalation:
        """The latest case about a request."""
        with self.house.database.read() as session:
            return session.scalars(
                sa.select(Escalation)
                .join(Request, Request.id == Escalation.request_id)
                .where(Request.name == name)
                .order_by(Escalation.id.desc())
                .limit(1)
            ).one()

    def cases(self) -> list[CaseRow]:
        """The open cases as the desk lists them."""
        with self.house.database.read() as session:
            return case_rows.desk(session)

    def latest_case(self, case_id: str) -> Escalation:
        """A case as it stands now."""
        with self.house.database.read() as session:
            return session.get_one(Escalation, case_id)

    def state(self, name: str) -> str:
        """Where a request stands."""
        with self.house.database.read() as session:
            return session.scalars(sa.select(Request.state).where(Request.name == name)).one()

    def latest(self, login: str) -> Request:
        """What somebody asked for last."""
        with self.house.database.read() as session:
            mine = sa.select(Request).where(Request.customer_id == self.id(login))
            return session.scalars(mine.order_by(Request.id.desc()).limit(1)).one()

    def work(self) -> None:
        """Do what the queue would do now."""
        with self.house.database.read() as session:
            waits = sa.and_(Run.state == RunState.WAITING, Run.due_at <= self.house.now())
            due = session.scalars(sa.select(Run).where(sa.or_(Run.state == RunState.QUEUED, waits))).all()
        for run in due:
            (fulfil if run.purpose == Purpose.FULFIL else revoke)(self.house, run.id)

    def close(self) -> None:
        """Let go of everything."""
        self.house.engine.stop()
        self.house.connectors.close()
        self.house.database.close()


def fill(path: Path) -> None:
    """A store at `path` with every table and the company of the demo."""
    database = Database(f"sqlite:///{path}")
    migrations.upgrade(database.engine)
    engine = Engine(database, executor="template")
    engine.prepare()
    engine.stop()
    with database.write() as session:
        for one in FERNHILL.people:
            session.add(
                Person(
                    id=f"person-{one.login}", key=one.login, dn=FERNHILL.dn(one), login=one.login,
                    email=FERNHILL.mail(one), name=one.name, given_name=one.given_name, department=one.department,
                    title=one.title, location=one.location, language=one.language, seen_at=utc_now(),
                )
            )  # fmt: skip
        session.flush()
        for one in FERNHILL.people:
            manager = f"person-{one.manager}" if one.manager else None
            session.execute(sa.update(Person).where(Person.login == one.login).values(manager_id=manager))
        for group in FERNHILL.groups:
            session.add_all(PersonGroup(person_id=f"person-{login}", group=group.name) for login in group.members)
    database.close()


def build(folder: Path, template: Path, now: Callable[[], datetime] = utc_now) -> PageStand:
    """The stand on a copy of the filled store `template`; its catalog is a copy too, to be edited."""
    shutil.copy(template, folder / "house.db")
    shutil.copytree(CATALOG, folder / "catalog", dirs_exist_ok=True)
    database = Database(f"sqlite:///{folder / 'house.db'}")
    registry = Registry.build(SECTIONS, Ports(now=now), extra=KINDS, ticks=lambda: now().timestamp())
    with parsed_once():
        catalog = LiveCatalog(folder / "catalog", registry)
    house = House(
        database=database,
        catalog=catalog,
        connectors=registry,
        engine=Engine(database, executor="one"),
        sealer=Sealer(b"k" * 32),
        now=now,
        zone=ZoneInfo("Europe/Berlin"),
        executor="one",
        lease=timedelta(seconds=30),
        one_clock=True,
    )
    return PageStand(house, settings(), folder)


def crowd(folder: Path, items: int) -> None:
    """Put so many items in place of those in the catalog's `folder`; each is as long-winded as it may be."""
    model = (folder / "items" / "wiki-editors.yaml").read_text().partition("languages:")[0]
    for path in (folder / "items").glob("*.yaml"):
        path.unlink()
    for number in range(items):
        name = (f"{number} Rechtsschutzversicherungsgesellschaften " + "and whoever reads their letters " * 6)[:NAME]
        text = re.sub(r"(?m)^(id|name|summary): .*$", lambda found: f"{found[1]}: {{{found[1]}}}", model)
        words = ("Words without an end. " * 20)[:SUMMARY]
        text = text.replace("{id}", f"item-{number}").replace("{name}", name).replace("{summary}", words)
        (folder / "items" / f"item-{number}.yaml").write_text(text)


def settings() -> Settings:
    """As much of an installation's settings as pages read."""
    return Settings(
        company=Company(
            name="Fernhill",
            support="Call 4357, or come to the TechOps desk on the second floor.",
            support_in={"de": "Ruf 4357 an, oder komm zum Tisch von TechOps im zweiten Stock."},
        ),
        brand=Brand(
            name="Fernhill Help", links={"Call 4357": "tel:4357"}, links_in={"de": {"Call 4357": "Ruf 4357 an"}}
        ),
        server=Server(public_url="http://127.0.0.1:8080"),
        oidc=Oidc(issuer="https://login.fernhill.example", client_id="selfserve"),
        directory=Directory(connector="directory", base=FERNHILL.base),
    )


def live_in(stand: PageStand, behind: str = "") -> dict[str, str]:
    """Make the house look lived in; the name of each request by what it is good for. `behind` comes after all that is
    typed."""
    legacy = stand.target("legacy")
    names = {
        "held": stand.ask("ana", "vpn-access").name,
        "waits": stand.ask("ana", "new-laptop", {"why_now": "The battery lasts twenty minutes." + behind}).name,
        "figures": stand.ask("ana", "finance-reports", {"reason": "Forecast for the design budget." + behind}).name,
        "secret": stand.ask("ana", "reset-password", {"understood": True}).name,
        "theirs": stand.ask("jonas", "finance-reports", {"reason": "Cost of the study in spring." + behind}).name,
    }
    stand.decide("tomas", names["figures"], Say.ASK, "Which cost centre is it for?" + behind)
    legacy.dark = True  # nobody could look, so the desk asks whether it was there before
    names["stuck"] = stand.ask("ana", "legacy-crm").name
    legacy.dark = False
    names["denied"] = stand.ask(
        "lukas", "finance-reports", {"reason": "To see what the launch has cost." + behind}
    ).name
    stand.decide("priya", names["denied"], Say.DENY, "Clara sends you the report of the launch itself." + behind)
    names["cancelled"] = stand.ask(
        "lukas", "new-laptop", {"why_now": "It is slow when I share my screen." + behind}
    ).name
    stand.cancel("lukas", names["cancelled"])
    names["hands"] = stand.ask("jonas", "new-laptop", {"why_now": "It fell off the desk." + behind}).name
    stand.decide("tomas", names["hands"], Say.APPROVE, "It is four years old." + behind)
    names["returned"] = _returned(stand)
    for login in ("ingrid", "priya", "mei", "sam"):
        for what in ("Everything is slow", "It drops out again and again", "No connection at all"):
            stand.ask(login, "network-trouble", {"what": what, "where": "In the office"})
    for quarter in range(1, 8):  # Ingrid decides: more at once than a list of them shows at first
        stand.ask("priya", "finance-reports", {"reason": f"The figures of quarter {quarter}." + behind})
    with stand.house.database.write() as session:
        ana = session.get_one(Person, stand.id("ana"))
        for label in ("Laptop at home", "Report of the month"):
            tokens.create(session, ana, label, ["requests:read"], timedelta(days=30), stand.house.now())
    return names


def _returned(stand: PageStand) -> str:
    """What a person gave and is to take back again: Jonas has given it back."""
    name = stand.ask("jonas", "shared-mailbox", {"mailbox": "team1@fernhill.example"}).name
    stand.decide("tomas", name, Say.APPROVE)
    done(stand.house, stand.case(name).id, stand.id("ruth"), fields={"agreed_by": "Mila"}, on_my_word=True)
    stand.work()
    with stand.house.database.write() as session:
        acts.give_back(session, stand.house, name, stand.id("jonas"), stand.house.now())
    stand.work()
    return name


if __name__ == "__main__":
    from tests.web.serve import serve

    with contextlib.suppress(KeyboardInterrupt):
        more = sys.argv[3:]
        serve(
            int(sys.argv[1]), Path(sys.argv[2]), *(int(one) for one in more if one.isdigit()), hostile="hostile" in more
        )
