"""Standing tasks: how often they come, whom they tell, and what hangs on somebody who leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.app.installation import Installation, ask, id_of, told
from tests.telemetry.test_figures import value

from selfserve.app import App
from selfserve.connectors.contract import Finding, Level
from selfserve.demo.company import FERNHILL
from selfserve.fulfilment.revoke import revoke
from selfserve.insights import looking
from selfserve.insights.handshake import Place, Shown
from selfserve.insights.places import places
from selfserve.languages.reader import Reader
from selfserve.people import tokens
from selfserve.store.states import GrantState, Purpose, RunState
from selfserve.store.tables import (
    AuditEvent,
    Certificate,
    ConnectorHealth,
    Grant,
    Notice,
    Person,
    Run,
    Stage,
    StageApprover,
)
from selfserve.tasks import (
    GOES_ON,
    WAITS,
    _people,
    check_certificates,
    check_connectors,
    cron_every,
    look_after,
    measure,
    sync_people,
)

TECHOPS = "techops@fernhill.example"


@pytest.mark.parametrize(
    ("seconds", "line"),
    [
        (0, "*/1 * * * * *"),
        (1, "*/1 * * * * *"),
        (30, "*/30 * * * * *"),
        (45, "*/30 * * * * *"),
        (59, "*/30 * * * * *"),
        (60, "0 */1 * * * *"),
        (90, "0 */1 * * * *"),
        (900, "0 */15 * * * *"),
        (2_700, "0 */30 * * * *"),
        (3_600, "0 0 */1 * * *"),
        (5 * 3_600, "0 0 */4 * * *"),
        (12 * 3_600, "0 0 */12 * * *"),
        (86_400, "0 0 0 * * *"),
        (7 * 86_400, "0 0 0 * * *"),
    ],
)
def test_a_task_comes_evenly_and_never_too_rarely(seconds: int, line: str) -> None:
    """Only divisors of the minute, the hour and the day give even distances."""
    assert cron_every(seconds) == line


def test_a_connector_that_goes_bad_is_told_once_and_again_when_it_works(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The team's mailbox and each of its members hear of each turn once, however often it is looked at."""
    munki = app.house.connectors.get("munki")
    good = munki.check
    bad = [Finding(Level.ERROR, "repo", "The repository is gone.")]
    before = told(app, mailbox=TECHOPS)
    check_connectors(app)
    known = told(app, mailbox=TECHOPS)

    for check, title in ((lambda: bad, "The connector munki does not work"), (good, "The connector munki works again")):
        monkeypatch.setattr(munki, "check", check)
        for _ in range(3):
            check_connectors(app)
        assert told(app, mailbox=TECHOPS).count(title) == 1
        assert told(app, login="emil").count(title) == 1
        assert {login: _leads(app, login, title) for login in ("tove", "emil")} == {"tove": "/health", "emil": ""}
    assert [title for title in known if title not in before] == ["The connector legacy does not work"]


def _leads(app: App, login: str, title: str) -> str:
    """Where the notice leads; whoever may not read the page that shows it finds all there is to do in its words."""
    with app.house.database.read() as session:
        of_theirs = session.scalars(sa.select(Notice).where(Notice.person_id == id_of(app, login)))
        (notice,) = (one for one in of_theirs if str(one.title) == title)
        assert "What needs it waits" in notice.body or "What waited for it" in notice.body
        return notice.path


@pytest.mark.parametrize(
    ("words", "german"),
    [
        (WAITS, "Was sie braucht, wartet und wird erledigt, sobald sie wieder funktioniert;"),
        (GOES_ON, "Was auf sie gewartet hat, wird jetzt erledigt,"),
    ],
)
def test_a_connector_has_its_gender_in_german(words: str, german: str) -> None:
    """What follows "die Anbindung" in the same notice speaks of it as such."""
    assert Reader("de").tell(words).startswith(german)


def test_a_check_that_breaks_is_a_finding_and_stops_no_other(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of one connector's own is kept as its state; the others are asked all the same."""

    def broken() -> list[Finding]:
        raise RuntimeError("password=secret")

    monkeypatch.setattr(app.house.connectors.get("directory"), "check", broken)
    levels = check_connectors(app)

    assert levels["directory"] == "error"
    assert levels["human"] == "info"
    with app.house.database.read() as session:
        row = session.get_one(ConnectorHealth, "directory")
    assert row.failures == 1
    assert "secret" not in str(row.findings)


def test_whoever_leaves_gives_back_what_they_held_and_decides_nothing_more(place: Installation, app: App) -> None:
    """Seen at the next look into the directory: what they held is taken out of the target, their stages find others."""
    ask(app, "mei", "guest-wifi", how_long="8h")
    ask(app, "sam", "finance-reports", reason="Budget for spring", until=_day(app, 30))
    (asked,) = _approvers(app)
    assert asked == "mei"

    place.leaves("mei")
    done = sync_people(app, full=True)
    assert done.gone == 1

    assert "mei" not in _approvers(app)
    assert _approvers(app)
    with app.house.database.read() as session:
        held = session.scalars(sa.select(Grant).where(Grant.customer_id == id_of(app, "mei"))).one()
        runs = session.scalars(sa.select(Run).where(Run.purpose == Purpose.REVOKE)).all()
    assert held.state == GrantState.ENDING
    assert [run.state for run in runs] == [RunState.QUEUED]
    revoke(app.house, runs[0].id)
    with app.house.database.read() as session:
        assert session.get_one(Grant, held.id).state == GrantState.ENDED


def test_monitoring_sees_who_is_known_and_what_leaving_ended(place: Installation, app: App) -> None:
    """How many are present and reachable as the last reading left it, and each session or token that it ended."""
    with app.house.database.write() as session:
        mei = session.get_one(Person, id_of(app, "mei"))
        tokens.create(session, mei, "ci", ["requests:read"], timedelta(days=1), app.house.now())
    ended = value("selfserve_cut_off_total", what="tokens")
    place.leaves("mei")
    sync_people(app, full=True)
    measure(app.house)

    assert value("selfserve_cut_off_total", what="tokens") == ended + 1
    assert value("selfserve_people", what="present") == len(FERNHILL.people) - 1
    assert value("selfserve_people", what="without_mail") == 0


def test_a_doubtful_look_into_the_directory_is_told_once_a_day(place: Installation, app: App) -> None:
    """When most people are suddenly gone nobody is cut off; the team is told, and not at every look."""
    for login in ("ana", "jonas", "lukas", "sam", "clara", "tomas", "priya"):
        place.leaves(login)
    for _ in range(3):
        with app.house.database.write() as session:
            session.execute(sa.text("UPDATE sync_mark SET full_at = NULL"))
        _people(app)

    assert told(app, mailbox=TECHOPS) == ["The directory was read with doubts"]
    with app.house.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Person.gone_at.is_not(None))) == 0


def _day(app: App, days: int) -> str:
    return (app.house.now() + timedelta(days=days)).date().isoformat()


def _approvers(app: App) -> list[Any]:
    with app.house.database.read() as session:
        return list(
            session.scalars(
                sa.select(Person.login)
                .join(StageApprover, StageApprover.person_id == Person.id)
                .join(Stage, Stage.id == StageApprover.stage_id)
            )
        )


def test_a_certificate_near_its_end_is_told_three_weeks_before_and_once_more(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at every hour, the team hears of it at three weeks and at one."""
    place = Place("provider", "login.example", 443)
    monkeypatch.setattr("selfserve.tasks.places", lambda *_: [place])
    title = "The certificate of the identity provider ends soon"
    for days, told_then in ((30, 0), (20, 1), (20, 1), (6, 2), (6, 2)):
        ends = app.house.now() + timedelta(days=days)
        monkeypatch.setattr("selfserve.insights.certificates._seen", lambda *_, ends=ends: Shown("x", ends))
        check_certificates(app)
        assert told(app, mailbox=TECHOPS).count(title) == told_then


def test_a_look_asked_for_reaches_connectors_and_certificates(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an admin sets off on the page is what the timers do by themselves; it leaves its trace."""
    monkeypatch.setattr("selfserve.tasks.places", lambda *_: [Place("mail", "mail.example", 465)])
    monkeypatch.setattr("selfserve.insights.certificates._seen", lambda *_: "it does not answer in time")
    looking.ask(app.house, id_of(app, "tove"))
    looking.ask(app.house, id_of(app, "tove"))
    look_after(app)
    with app.house.database.read() as session:
        assert {row.connector for row in session.scalars(sa.select(ConnectorHealth))} == set(
            app.house.connectors.connectors
        )
        assert session.scalars(sa.select(Certificate.problem)).all() == ["it does not answer in time"]
        asked = session.scalars(sa.select(AuditEvent.kind).where(AuditEvent.stream == "installation")).all()
        assert asked == ["installation.look_asked"] * 2
    with app.house.database.read() as session:
        waiting = sum(one.waiting for one in app.house.engine.loads(session, datetime.now(UTC)))
    assert 1 <= waiting <= 2


def test_the_places_of_an_installation_are_those_with_tls(app: App) -> None:
    """Everything on loopback is spoken to in clear; an https provider, mail and a database elsewhere are looked at."""
    house, settings = app.house, app.settings
    assert list(places(settings, house.connectors, house.database.url)) == []
    far = settings.model_copy(
        update={
            "oidc": settings.oidc.model_copy(update={"issuer": "https://login.fernhill.example:8443/realm"}),
            "server": settings.server.model_copy(update={"public_url": "https://help.fernhill.example"}),
            "mail": settings.mail.model_copy(update={"host": "mail.fernhill.example", "port": 587, "tls": "starttls"}),
        }
    )
    found = places(far, house.connectors, sa.make_url("postgresql+psycopg://x@db.fernhill.example/x"))
    assert [(one.of, one.address, one.way.value) for one in found] == [
        ("provider", "login.fernhill.example:8443", "tls"),
        ("server", "help.fernhill.example:443", "tls"),
        ("mail", "mail.fernhill.example:587", "smtp"),
        ("database", "db.fernhill.example:5432", "postgres"),
    ]


def test_whoever_works_has_everything_looked_at_soon_after_the_start(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the queue and a little later, so that no start and no end waits for a target; nobody reads for minutes that
    nothing was looked at."""
    monkeypatch.setattr(app.house.engine, "start", lambda: None)
    app.start()
    ordered = app.house.engine.client.list_workflows(status="DELAYED", load_input=False, load_output=False)
    assert [one.name for one in ordered] == [looking.LOOK]
