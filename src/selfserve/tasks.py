"""The installation's own standing tasks: people, mail, connectors' health, and the figures for monitoring."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from selfserve import techops
from selfserve.connectors.contract import Finding, Level
from selfserve.connectors.guarded import Guarded
from selfserve.connectors.ldap import LdapConnector
from selfserve.fulfilment import circuits
from selfserve.fulfilment import tasks as fulfilment_tasks
from selfserve.fulfilment.house import House
from selfserve.insights import certificates, looking, pulse
from selfserve.insights.findings import stored
from selfserve.insights.places import places
from selfserve.insights.troubles import whose
from selfserve.languages.messages import msg, together
from selfserve.notify import notices
from selfserve.notify.post import mail_figures, post_due
from selfserve.notify.transport import SmtpTransport
from selfserve.notify.unsubscribe import Unsubscribing
from selfserve.people import doubts
from selfserve.people.figures import SyncFigures
from selfserve.people.groups import PresentPeople
from selfserve.people.mapping import PeopleMapping
from selfserve.people.sign_ins import forget_sign_ins
from selfserve.people.sync import SOURCE, sync
from selfserve.requests import reconcile, smiles
from selfserve.requests import tasks as requests_tasks
from selfserve.store.states import EscalationState
from selfserve.store.tables import Certificate, ConnectorHealth, Escalation, SyncMark
from selfserve.telemetry import figures

if TYPE_CHECKING:
    from selfserve.app import App

log = structlog.get_logger(__name__)
CHECK = timedelta(seconds=30)
"""How long a connector is waited for when asked how it is."""
CHECKS_AT_ONCE = 8
"""So many are asked at once: one that does not answer keeps the others from no look."""


_UNITS = ((1, 60, "", " * * * * *"), (60, 60, "0 ", " * * * *"), (3600, 24, "0 0 ", " * * *"))


def register(app: App) -> None:
    """Make every durable task known to the engine, before it starts."""
    fulfilment_tasks.register(app.house)
    requests_tasks.register(app.house)
    engine = app.house.engine
    engine.every("people", cron_every(int(app.settings.directory.every.total_seconds())), lambda: _people(app))
    engine.every("mail", "15 * * * * *", lambda: _mail(app))
    engine.every("health", "30 */5 * * * *", lambda: _health(app))
    engine.every("pulse", "0 * * * * *", lambda: pulse.take(app.house))
    engine.register(looking.LOOK, lambda: look_after(app))
    engine.every("notices", "0 40 3 * * *", lambda: _forget(app))


def cron_every(seconds: int) -> str:
    """A cron line (seconds first) that comes evenly, at least every so many seconds; once a day at the rarest."""
    for unit, most, before, after in _UNITS:
        if seconds < unit * most:
            # Only a divisor gives even distances: */45 would come at :00, :45 and again at :00.
            step = max(part for part in range(1, most) if most % part == 0 and part <= max(1, seconds // unit))
            return f"{before}*/{step}{after}"
    return "0 0 0 * * *"


def sync_people(app: App, *, full: bool | None = None, accept_shrink: bool = False) -> SyncFigures:
    """Read people from the directory now; who left is cut off, and what hangs on them is put right."""
    house, name = app.house, app.settings.directory.connector
    connector = house.connectors.get(name)
    if not isinstance(connector, LdapConnector):
        raise TypeError(f"directory.connector is {name!r}, which is no connector of kind ldap")
    mapping = PeopleMapping(app.settings.directory)
    done = sync(house.database, connector.client, mapping, house.now(), full=full, accept_shrink=accept_shrink)
    figures.cut_off(done.sessions_ended, done.tokens_revoked)
    house.catalog.knows(PresentPeople(house.database))
    house.catalog.refresh(force=True)
    reconcile.people_left(house, reconcile.Findings())
    return done


def _people(app: App) -> None:
    done = sync_people(app)
    if done.effective or done.alarms:
        log.info("people_synced", **done.as_json())
    if done.alarms:
        techops.tell_sync_alarms(app.house, app.roles, done.alarms)


def _mail(app: App) -> None:
    mail = app.settings.mail
    password = app.secrets.resolve(mail.password) if mail.password else None
    transport, off = SmtpTransport(mail, password), unsubscribing(app)
    posted = post_due(app.house.database, app.settings, transport, app.house.now, off)
    if posted.mails or posted.refused or posted.trouble:
        told = ("mails", "sent", "held", "refused", "trouble")
        log.info("mail_posted", **{name: getattr(posted, name) for name in told})


def unsubscribing(app: App) -> Unsubscribing:
    """The way out of digests, which mails name and the server knows."""
    server = app.settings.server
    return Unsubscribing(server.public_url, app.secrets.resolve(server.secret_key))


def _health(app: App) -> None:
    check_connectors(app)
    with app.house.database.read() as session:
        due = certificates.due(session, app.house.now())
    if due:
        check_certificates(app)


def look_after(app: App) -> None:
    """Look at everything that is looked at now and then, at once."""
    check_connectors(app)
    check_certificates(app)


def check_certificates(app: App) -> None:
    """See until when each certificate holds and keep it; the team is told three weeks before an end, and one."""
    house, now = app.house, app.house.now()
    for row in certificates.look(house.database, places(app.settings, house.connectors, house.database.url), now):
        step = next((span for span in (certificates.URGENT, certificates.SOON) if _ends_within(row, now, span)), None)
        if step is None or row.ends_at is None:
            continue
        with house.database.write() as session:
            techops.tell(
                session,
                house,
                app.roles,
                now=now,
                event=f"certificate:{row.of}:{row.address}:{row.ends_at:%Y-%m-%d}:{step.days}"[:200],
                title=msg("The certificate of {whose} ends soon", whose=whose(row.of)),
                body=msg("It is the one that {address} shows. Renew it there.", address=row.address),
            )


def _ends_within(row: Certificate, now: datetime, span: timedelta) -> bool:
    return row.ends_at is not None and row.ends_at - now <= span


WAITS = msg("What needs it waits, and is done once it works again; what waits too long comes to the desk.")
GOES_ON = msg("What waited for it is done now, each at its next try.")


def check_connectors(app: App) -> dict[str, str]:
    """Ask every connector how it is and keep the answer; the team is told once when one goes bad or comes back."""
    levels = {}
    names = app.house.connectors.connectors
    with ThreadPoolExecutor(CHECKS_AT_ONCE, "check") as asked:
        found = list(asked.map(lambda name: _findings(app.house, name), names))
    for name, findings in zip(names, found, strict=True):
        levels[name] = _worst([finding.level for finding in findings])
        _keep_health(app, name, levels[name], findings)
    return levels


def _findings(house: House, name: str) -> list[Finding]:
    try:
        return Guarded(house.connectors.get(name), CHECK).check()
    except Exception as problem:
        log.exception("connector_check_failed", connector=name)
        kind = type(problem).__name__
        return [Finding(Level.ERROR, "check", msg("Its check failed: {kind}; the log has the whole of it.", kind=kind))]


def _worst(levels: list[Level]) -> str:
    order = [Level.INFO, Level.WARNING, Level.ERROR]
    return max(levels, key=order.index, default=Level.INFO).value


def _keep_health(app: App, name: str, level: str, findings: list[Finding]) -> None:
    house, now = app.house, app.house.now()
    with house.database.write() as session:
        row = session.get(ConnectorHealth, name)
        if row is None:
            row = ConnectorHealth(connector=name, level=Level.INFO.value, failures=0, changed_at=now)
            session.add(row)
        before, row.level, row.checked_at = row.level, level, now
        row.findings = stored(findings)
        row.failures = row.failures + 1 if level == Level.ERROR else 0
        if before == level:
            return
        row.changed_at = now
        if Level.ERROR.value not in (before, level):
            return
        down = level == Level.ERROR
        techops.tell(
            session,
            house,
            app.roles,
            now=now,
            event=f"connector:{name}:{level}:{now.isoformat()}",
            title=msg("The connector {name} does not work", name=name)
            if down
            else msg("The connector {name} works again", name=name),
            body=together([*(one.text for one in findings if one.level == Level.ERROR), WAITS if down else GOES_ON]),
        )


def measure(house: House) -> None:
    """Bring the gauges for `/metrics` up to date with the store; the same in every process."""
    with house.database.read() as session:
        by_team = session.execute(
            sa.select(Escalation.team, sa.func.count().label("open"))
            .where(Escalation.state != EscalationState.CLOSED)
            .group_by(Escalation.team)
        ).all()
        mail = mail_figures(session)
        resting = {one.connector for one in circuits.resting(session, house) if one.open}
        mark = session.get(SyncMark, SOURCE)
        faces = smiles.figures(session)
    if mark is not None:
        figures.set_people(doubts.counted(mark.figures))
    figures.set_escalations_open({row.team: row.open for row in by_team})
    figures.set_circuits_open({name: name in resting for name in house.connectors.connectors})
    figures.set_mail(mail["waiting"], mail["refused"])
    figures.set_smiles(faces)
    figures.set_queue_depth("all", house.engine.depth())


def _forget(app: App) -> None:
    now = app.house.now()
    notices.forget(app.house.database, now, app.settings.notices.keep)
    forget_sign_ins(app.house.database, now)
