"""The installation's own standing tasks: people, mail, connectors' health, and the figures for monitoring."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from selfserve.connectors.contract import Level
from selfserve.connectors.ldap import LdapConnector
from selfserve.fulfilment import tasks as fulfilment_tasks
from selfserve.notify import notices
from selfserve.notify.post import mail_figures, post_due
from selfserve.notify.transport import SmtpTransport
from selfserve.people.figures import SyncFigures
from selfserve.people.groups import GroupSizes
from selfserve.people.mapping import PeopleMapping
from selfserve.people.sync import sync
from selfserve.requests import reconcile, tasks as requests_tasks
from selfserve.store.states import EscalationState
from selfserve.store.tables import ConnectorHealth, Escalation
from selfserve.telemetry import figures

if TYPE_CHECKING:
    from selfserve.app import App

log = structlog.get_logger(__name__)


def register(app: App) -> None:
    """Make every durable task known to the engine, before it starts."""
    fulfilment_tasks.register(app.house)
    requests_tasks.register(app.house)
    engine = app.house.engine
    engine.every("people", cron_every(int(app.settings.directory.every.total_seconds())), lambda: _people(app))
    engine.every("mail", "15 * * * * *", lambda: _mail(app))
    engine.every("health", "30 */5 * * * *", lambda: check_connectors(app))
    engine.every("figures", "*/30 * * * * *", lambda: measure(app))
    engine.every("notices", "0 40 3 * * *", lambda: _forget_notices(app))


def cron_every(seconds: int) -> str:
    """A cron line (seconds first) that comes about every so many seconds."""
    if seconds < 60:
        return f"*/{seconds} * * * * *"
    minutes = min(59, seconds // 60)
    return f"0 */{minutes} * * * *" if seconds < 3600 else f"0 0 */{min(23, seconds // 3600)} * * *"


def sync_people(app: App, *, full: bool | None = None, accept_shrink: bool = False) -> SyncFigures:
    """Read people from the directory now; who left is cut off, and what hangs on them is put right."""
    house, name = app.house, app.settings.directory.connector
    connector = house.connectors.get(name)
    if not isinstance(connector, LdapConnector):
        raise TypeError(f"directory.connector is {name!r}, which is no connector of kind ldap")
    mapping = PeopleMapping(app.settings.directory)
    done = sync(house.database, connector.client, mapping, house.now(), full=full, accept_shrink=accept_shrink)
    house.catalog.knows(GroupSizes(house.database))
    house.catalog.refresh(force=True)
    with house.database.write() as session:
        reconcile.people_left(session, house, house.now(), reconcile.Findings())
    return done


def _people(app: App) -> None:
    done = sync_people(app)
    if done.effective or done.alarms:
        log.info("people_synced", **done.as_json())


def _mail(app: App) -> None:
    mail = app.settings.mail
    password = app.secrets.resolve(mail.password) if mail.password else None
    posted = post_due(app.house.database, app.settings, SmtpTransport(mail, password), app.house.now)
    if posted.mails or posted.refused or posted.trouble:
        log.info("mail_posted", **{name: getattr(posted, name) for name in ("mails", "sent", "held", "refused", "trouble")})


def check_connectors(app: App) -> dict[str, str]:
    """Ask every connector how it is and keep the answer; the house's team is told once when one goes bad or comes back."""
    levels = {}
    for name in app.house.connectors.connectors:
        findings = app.house.connectors.get(name).check()
        worst = _worst([finding.level for finding in findings])
        levels[name] = worst
        _keep_health(app, name, worst, [asdict(finding) for finding in findings], app.house.now())
    return levels


def _worst(levels: list[Level]) -> str:
    order = [Level.INFO, Level.WARNING, Level.ERROR]
    return max(levels, key=order.index, default=Level.INFO).value


def _keep_health(app: App, name: str, level: str, findings: list[dict[str, object]], now: datetime) -> None:
    with app.house.database.write() as session:
        row = session.get(ConnectorHealth, name)
        before = row.level if row else Level.INFO.value
        if row is None:
            row = ConnectorHealth(connector=name, level=level, findings=findings, failures=0, checked_at=now, changed_at=now)
            session.add(row)
        row.level, row.findings, row.checked_at = level, findings, now
        row.failures = row.failures + 1 if level == Level.ERROR else 0
        if before == level:
            return
        row.changed_at = now
        if Level.ERROR.value not in (before, level):
            return
        bad = level == Level.ERROR
        catalog = app.house.catalog.current
        notices.tell(
            session,
            now=now,
            event=f"connector:{name}:{level}:{now.isoformat()}",
            mailbox=catalog.teams[catalog.policy.techops].mail,
            title=f"The connector {name} {'does not work' if bad else 'works again'}",
            body="; ".join(str(finding["text"]) for finding in findings if finding["level"] == Level.ERROR),
            path="/desk",
            urgent=True,
        )


def measure(app: App) -> None:
    """Bring the gauges for `/metrics` up to date."""
    with app.house.database.read() as session:
        by_team = session.execute(
            sa.select(Escalation.team, sa.func.count())
            .where(Escalation.state != EscalationState.CLOSED)
            .group_by(Escalation.team)
        ).all()
        mail = mail_figures(session)
    figures.set_escalations_open({team: count for team, count in by_team})
    figures.set_mail(mail["waiting"], mail["refused"])
    figures.set_queue_depth("all", app.house.engine.depth())


def _forget_notices(app: App) -> None:
    with app.house.database.write() as session:
        notices.forget(session, app.house.now(), app.settings.notices.keep)
