"""PostgreSQL 15 as a fixture: own data folder, own port, everything as safe as it ships (fsync on)."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.servers.processes import LOOPBACK, free_port, program, running, stop, with_free_ports

BIN = "/usr/lib/postgresql/15/bin"
OWNER, PASSWORD = "selfserve", "postgres-secret"


@dataclass(frozen=True)
class Postgres:
    """A running server and the account that owns it."""

    port: int
    host: str = LOOPBACK
    owner: str = OWNER
    password: str = PASSWORD

    def url(self, database: str) -> str:
        """SQLAlchemy's address of a database."""
        return f"postgresql+psycopg://{self.owner}:{self.password}@{self.host}:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """An open autocommit connection."""
        address = self.url(database).replace("+psycopg", "")
        return psycopg.connect(address, autocommit=True, connect_timeout=3)

    def create_database(self, template: str = "template1") -> str:
        """The name of a new database nobody else uses: empty, or a copy of `template`.

        Copied file by file: to write each of its pages to the log, as the server does unasked, takes twice as long.
        """
        name = f"t{uuid.uuid4().hex[:16]}"
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'.encode())
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database and cut whoever is still connected to it."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@contextmanager
def start_postgres() -> Iterator[Postgres]:
    """A server on a fresh data folder, both gone at the end."""
    who = _account()
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        if who:
            shutil.chown(folder, who["user"], who["group"])
        _initdb(folder, who)
        stack, server, _ = with_free_ports(lambda: _start(folder, who, free_port()))
        with stack:
            yield server
    finally:
        shutil.rmtree(folder)


class Outage:
    """A server of its own that a test takes away in the middle of everything, and brings back as it was."""

    def __init__(self, folder: Path, who: dict[str, Any]) -> None:
        self._folder, self._who = folder, who
        self._stack, self.server, self._process = with_free_ports(lambda: _start(folder, who, free_port()))

    def begin(self) -> None:
        """The server is gone at once, as after a power cut: nobody is waited for, and nothing is written."""
        stop(self._process, signal.SIGQUIT)
        self._stack.close()

    def end(self) -> None:
        """It is there again, at the same address."""
        self._stack, self.server, self._process = _start(self._folder, self._who, self.server.port)

    def close(self) -> None:
        """The test is over."""
        self._stack.close()


@contextmanager
def postgres_with_outages() -> Iterator[Outage]:
    """A server on a fresh data folder that may be stopped and started; both gone at the end."""
    who = _account()
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        if who:
            shutil.chown(folder, who["user"], who["group"])
        _initdb(folder, who)
        outage = Outage(folder, who)
        try:
            yield outage
        finally:
            outage.close()
    finally:
        shutil.rmtree(folder)


def _account() -> dict[str, Any]:
    """Whose process it is: PostgreSQL refuses to run as root, so root lends it the account of the Debian package."""
    if os.geteuid() != 0:
        return {}
    program("initdb", "postgresql-15", BIN)
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _initdb(folder: Path, who: dict[str, Any]) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    command = [program("initdb", "postgresql-15", BIN), "-D", str(folder / "data"), "-U", OWNER, "-E", "UTF8"]
    command += ["--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={secret}"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **who)
    assert made.returncode == 0, made.stderr


def _start(folder: Path, who: dict[str, Any], port: int) -> tuple[ExitStack, Postgres, subprocess.Popen[bytes]]:
    server = Postgres(port)
    command = [program("postgres", "postgresql-15", BIN), "-D", str(folder / "data")]
    for setting in (
        f"listen_addresses={LOOPBACK}", f"port={server.port}", "unix_socket_directories=", "max_connections=200"
    ):  # fmt: skip
        command += ["-c", setting]
    with ExitStack() as stack:
        # SIGINT is its fast shutdown; SIGTERM would wait for every client to leave.
        ready = partial(_answers, server)
        started = running(command, folder / "log", ready, signal.SIGINT, cwd=folder, **who)
        process = stack.enter_context(started)
        return stack.pop_all(), server, process


def _answers(server: Postgres) -> bool:
    try:
        with server.connect() as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole session (one per worker of pytest-xdist)."""
    with start_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The SQLAlchemy address of a database made for this test and dropped after it."""
    name = postgres.create_database()
    yield postgres.url(name)
    postgres.drop_database(name)
