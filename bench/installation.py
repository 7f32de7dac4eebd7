"""A throw-away installation on a real directory: its configuration, its people, a token each."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import sqlalchemy as sa
from tests.servers.processes import free_port
from tests.servers.slapd import Slapd

from selfserve.app import App, build, open_store
from selfserve.people import tokens
from selfserve.people.roles import RoleRules
from selfserve.settings.loading import load
from selfserve.settings.secrets import SecretSource
from selfserve.store.database import Database
from selfserve.store.tables import ExecutorLease, Person
from selfserve.tasks import sync_people
from selfserve.web.sessions import SessionRules, SignedIn, open_session

CATALOG = Path(__file__).parent / "catalog"
GROUP = "bench"
START = "from selfserve.cli import main; main()"
CONFIG = """
[server]
public_url = "http://127.0.0.1:{port}"
port = {port}
secret_key = "env:BENCH_SECRET"
sealing_key = "env:BENCH_SEAL"

[store]
folder = "data"
url = "{url}"
{password}

[catalog]
folder = "catalog"

[oidc]
issuer = "https://login.example.test"
client_id = "bench"

[roles]
staff = ["staff"]

[directory]
connector = "directory"
base = "{people}"
group_base = "{groups}"
every = "1h"

[connectors.directory]
kind = "ldap"
urls = ["ldaps://localhost:{ldap}"]
ca_file = "{ca}"
bind_dn = "{bind}"
bind_password = "env:BENCH_LDAP"
people_base = "{people}"
groups_base = "{groups}"
writable_groups = ["bench*"]

[connectors.human]
kind = "human"

[worker]
concurrency = {concurrency}
poll = "{poll}"
first_attempt_budget = "{budget}"
"""


@dataclass(frozen=True)
class Asker:
    """Somebody who asks, and their token."""

    id: str
    token: str


@dataclass(frozen=True)
class Installation:
    """A folder with a configuration, the address it serves on, and people to ask with."""

    folder: Path
    port: int
    slapd: Slapd
    group_dn: str
    customers: list[Asker]

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def store(self) -> Database:
        """Its store, to look into beside the running server."""
        return open_store(load(self.folder / "selfserve.toml", {}), SecretSource(self.folder, environment()))

    @contextmanager
    def serving(self, port: int = 0, *, works: bool = True) -> Iterator[subprocess.Popen[bytes]]:
        """The server as a process of its own, ready; `port` for a further one on the same store. One that does not
        work only answers: `working` does the rest."""
        command = ["serve", "--worker" if works else "--no-worker"]
        with self._running(command, {"SELFSERVE__SERVER__PORT": str(port or self.port)}) as process:
            wait_answers(f"http://127.0.0.1:{port or self.port}/readyz", process, self.folder / "server.log")
            yield process

    @contextmanager
    def working(self) -> Iterator[subprocess.Popen[bytes]]:
        """A `selfserve worker` as a process of its own, on the same store, seen to be there by its lease."""
        database = self.store()
        try:
            before = _leases(database)
            with self._running(["worker"], {}) as process:
                while _leases(database) == before:
                    if process.poll() is not None:
                        raise RuntimeError(f"the worker ended: {(self.folder / 'server.log').read_text()[-2000:]}")
                    time.sleep(0.05)
                yield process
        finally:
            database.close()

    @contextmanager
    def _running(self, command: list[str], where: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
        whole = [sys.executable, "-c", START, "--config", str(self.folder / "selfserve.toml"), *command]
        with (self.folder / "server.log").open("ab") as log:
            process = subprocess.Popen(whole, env={**environment(), **where}, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def _leases(database: Database) -> int:
    with database.read() as session:
        return session.scalars(sa.select(sa.func.count()).select_from(ExecutorLease)).one()


def environment() -> dict[str, str]:
    """The child's environment: the secrets of a bench."""
    return {
        **os.environ,
        "BENCH_SECRET": "b" * 40,
        "BENCH_SEAL": base64.b64encode(b"s" * 32).decode(),
        "BENCH_LDAP": "svc-secret",
        "BENCH_PG": "postgres-secret",
    }


def wait_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until `url` answers with 200; raises with the end of the log where the process ends first."""
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(log.read_text()[-3_000:])
        try:
            if httpx.get(url, timeout=1).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise TimeoutError(log.read_text()[-3_000:])


def install(
    folder: Path,
    slapd: Slapd,
    *,
    url: str = "",
    people: int = 400,
    budget: str = "2s",
    poll: str = "400ms",
    items: int = 0,
) -> Installation:
    """Write a configuration, read the people from the directory, and give the first `people` of them a token each.

    `items` more items make the catalog of a page; `budget` is what a first attempt may take, `poll` how
    often a queue is looked into.
    """
    folder.mkdir(parents=True)
    shutil.copytree(CATALOG, folder / "catalog")
    port = free_port()
    group_dn = slapd.add_group(name=f"{GROUP}-{secrets.token_hex(4)}")
    item = folder / "catalog" / "items" / "membership.yaml"
    text = item.read_text().replace("GROUP", group_dn.split(",")[0].removeprefix("cn="))
    item.write_text(text)
    for number in range(items):
        named = text.replace("id: membership", f"id: tool-{number}").replace("name: Membership", f"name: Tool {number}")
        item.with_name(f"tool-{number}.yaml").write_text(named)
    (folder / "selfserve.toml").write_text(
        CONFIG.format(
            port=port,
            url=url.replace(":postgres-secret@", "@"),
            password='password = "env:BENCH_PG"' if url else "",
            people=slapd.people,
            groups=slapd.groups,
            ldap=slapd.tls_port,
            ca=slapd.ca_file,
            bind=slapd.svc_dn,
            poll=poll,
            concurrency=16,
            budget=budget,
        )
    )
    app = open_app(folder)
    try:
        sync_people(app)
        customers = _tokens(app, people)
    finally:
        app.stop()
    return Installation(folder, port, slapd, group_dn, customers)


def open_app(folder: Path) -> App:
    """The installation in this process, not begun."""
    settings = load(folder / "selfserve.toml", {})
    return build(settings, SecretSource(folder, environment()), upgrades=True)


def _tokens(app: App, people: int) -> list[Asker]:
    made = []
    now = datetime.now(UTC)
    with app.house.database.write() as session:
        for person in session.scalars(sa.select(Person).order_by(Person.login).limit(people)).all():
            scopes = ["requests:write", "requests:read", "catalog:read", "approvals:write"]
            _, clear = tokens.create(session, person, "bench", scopes, timedelta(days=1), now)
            made.append(Asker(person.id, clear))
    return made


def signed_in(where: Installation) -> dict[str, str]:
    """The cookies of a signed-in customer."""
    rules = SessionRules(RoleRules.of({}), secure=False)
    database = where.store()
    try:
        with database.write() as session:
            person = session.get_one(Person, where.customers[0].id)
            now = datetime.now(UTC)
            came = SignedIn("https://login.example.test", person.login, now)
            _, secret = open_session(session, person, came, rules, now)
    finally:
        database.close()
    return {rules.cookie: secret}
