"""An installation of the sample company without pages: the demo's directory, catalog, settings; its own store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import ldap3
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from tests.servers.processes import free_port
from tests.stand.parsed import parsed_once

from selfserve.app import App, build
from selfserve.demo import configuration, setup
from selfserve.demo.company import FERNHILL
from selfserve.demo.directory import DemoDirectory
from selfserve.requests.submit import Submitted, submit
from selfserve.settings.model import Settings
from selfserve.settings.references import SecretRef
from selfserve.settings.secrets import SecretSource
from selfserve.settings.server import Store
from selfserve.store.tables import Notice, Person


@dataclass
class Installation:
    """Settings, secrets and a running directory; `build` makes as many processes' parts of it as a test needs."""

    folder: Path
    directory: DemoDirectory
    settings: Settings
    kept: dict[str, str]
    """The secrets by the names of the environment."""

    @property
    def secrets(self) -> SecretSource:
        """Where the parts find them."""
        return SecretSource(self.folder, self.kept)

    def build(self, *, works: bool = True, looking: bool = False, upgrades: bool | None = None) -> App:
        """The parts of one process; one that works or serves keeps its own store, as the demo does."""
        own = not looking if upgrades is None else upgrades
        with parsed_once():
            return build(self.settings, self.secrets, works=works, looking=looking, upgrades=own)

    def leaves(self, login: str) -> None:
        """Somebody leaves the company: the directory has them no more."""
        server = ldap3.Server("127.0.0.1", port=self.directory.port, get_info=ldap3.NONE)
        with ldap3.Connection(server, self.directory.service_dn, self.directory.service_password) as connection:
            assert connection.delete(FERNHILL.dn(login)), connection.result


@contextmanager
def installation(folder: Path, store: str = "") -> Iterator[Installation]:
    """An installation in `folder`; on SQLite unless `store` is an address."""
    kept: dict[str, str] = {}
    setup.prepare(folder)
    password = SecretSource(folder, kept).resolve(setup.DIRECTORY_PASSWORD)
    directory = DemoDirectory(FERNHILL, folder, service_password=password)
    directory.start()
    try:
        file = folder / "of-the-demo.toml"
        configuration.write(file, FERNHILL, configuration.Ports(free_port(), free_port(), directory.port))
        settings = configuration.read(file, {})
        if store:
            address = make_url(store)
            kept["STORE_PASSWORD"] = str(address.password)
            url = address._replace(password=None).render_as_string()
            stored = Store(folder=folder / "data", url=url, password=SecretRef("env", "STORE_PASSWORD"))
            settings = settings.model_copy(update={"store": stored})
        yield Installation(folder, directory, settings, kept)
    finally:
        directory.stop()


def id_of(app: App, login: str) -> str:
    """The id of a person."""
    with app.house.database.read() as session:
        return session.scalars(sa.select(Person.id).where(Person.login == login)).one()


def ask(app: App, login: str, item: str, **answers: object) -> Submitted:
    """Somebody asks for something."""
    return submit(app.house, customer_id=id_of(app, login), item_id=item, answers=answers)


def told(app: App, *, mailbox: str = "", login: str = "") -> list[str]:
    """The titles of what a mailbox or a person was told, oldest first."""
    who = Notice.mailbox == mailbox if mailbox else Notice.person_id == id_of(app, login)
    with app.house.database.read() as session:
        return list(session.scalars(sa.select(Notice.title).where(who).order_by(Notice.made_at, Notice.id)))
