"""A store on either database, a clock that stands still, and people to tell things to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from tests.servers.smtp import Mailbox
from tests.settings.samples import settings
from tests.stand.stores import database, postgres_template, sqlite_template, url

from selfserve.notify import notices
from selfserve.notify.post import Posted, post_due
from selfserve.notify.transport import SmtpTransport, Transport
from selfserve.notify.unsubscribe import Unsubscribing
from selfserve.settings.model import Settings
from selfserve.store.database import Database
from selfserve.store.states import MailWish
from selfserve.store.tables import Notice, Person, Preference

__all__ = ["database", "postgres_template", "sqlite_template", "url"]

OFF = Unsubscribing("https://help.example.com", "only for tests")
START = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


@dataclass
class House:
    """Everything a round of the post needs; `at` is the time."""

    database: Database
    settings: Settings
    at: datetime = field(default=START)

    def now(self) -> datetime:
        """The clock."""
        return self.at

    def wishes(self, person_id: str, mail: MailWish, language: str = "") -> None:
        """What a person chose."""
        with self.database.write() as session:
            session.add(Preference(person_id=person_id, mail=mail, language=language))

    def person(self, login: str, **other: object) -> str:
        """A person in the store; returns the id."""
        values: dict[str, object] = {
            "email": f"{login}@example.com",
            "name": login.title(),
            "given_name": login.title(),
        }
        with self.database.write() as session:
            row = Person(id=f"p-{login}", key=login, dn=f"uid={login}", login=login, seen_at=self.at, **values | other)
            session.add(row)
        return f"p-{login}"

    def tell(self, event: str, person_id: str | None = None, **other: object) -> bool:
        """A notice, made now."""
        with self.database.write() as session:
            return notices.tell(
                session,
                now=self.at,
                event=event,
                person_id=person_id,
                **{"title": f"About {event}"} | other,  # type: ignore[arg-type]
            )

    def post(self, transport: Transport | None = None) -> Posted:
        """One round of the post."""
        transport = transport or SmtpTransport(self.settings.mail)
        return post_due(self.database, self.settings, transport, self.now, OFF)

    def wait(self, **length: float) -> None:
        """Let time pass."""
        self.at += timedelta(**length)

    def notice(self, event: str) -> Notice:
        """The notice of an event."""
        with self.database.read() as session:
            found = session.query(Notice).filter_by(event=event).one()
            session.expunge(found)
            return found


@pytest.fixture
def house(database: Database, smtp: Mailbox) -> House:
    """A house on SQLite, and the same on PostgreSQL."""
    mail = {"host": smtp.host, "port": smtp.port, "tls": "none", "sender": "help@example.com", "timeout": "5s"}
    return House(database, settings(mail=mail))
