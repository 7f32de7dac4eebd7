"""Every command tells what is wrong with the store in one sentence."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from tests.cli.conftest import Selfserve

from selfserve.cli.store_trouble import in_a_sentence
from selfserve.people import identities
from selfserve.store.database import patient

BUSY = "The store is busy: another process holds its write lock. Try again in a moment.\n"


@pytest.fixture
def installed(selfserve: Selfserve, folder: Path) -> Path:
    """An installation with a store, and one person in it."""
    assert selfserve("db", "upgrade").code == 0
    with closing(sqlite3.connect(folder / "data/selfserve.db")) as connection:
        connection.execute(
            "INSERT INTO person (id, key, dn, login, email, name, given_name, department, title, location,"
            " employee_type, human, language, zone, disabled, seen_at)"
            " VALUES ('p', 'p', 'p', 'ana', 'ana@example.test', 'Ana', '', '', '', '', '', '', '', '', 0,"
            " '2026-07-01 09:00:00')"
        )
        connection.commit()
    return folder


@pytest.fixture
def locked(installed: Path) -> Iterator[Path]:
    """Another connection holds the store's write lock; whoever waits here does so for a moment only."""
    with closing(sqlite3.connect(installed / "data/selfserve.db", isolation_level=None)) as other, patient(0.01):
        other.execute("BEGIN IMMEDIATE")
        yield installed
        other.execute("ROLLBACK")


@pytest.mark.parametrize(
    "command",
    [
        ("tokens", "create", "ana", "--label", "ci", "--scope", "requests:read"),
        ("tokens", "revoke", "x"),
        ("people", "unlink", "ana"),
        ("people", "sign-out", "ana"),
    ],
)
def test_a_locked_store_is_a_sentence(selfserve: Selfserve, locked: Path, command: tuple[str, ...]) -> None:
    """What to do is in it; nothing is printed as if it had been done, and no trace of how it came."""
    ran = selfserve(*command)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith(BUSY)
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", [("audit", "verify"), ("tokens", "list", "ana"), ("db", "backup", "copy.db")])
def test_a_locked_store_can_be_read(selfserve: Selfserve, locked: Path, command: tuple[str, ...]) -> None:
    """Who only looks waits for nobody."""
    ran = selfserve(*command)
    assert (ran.code, ran.err) == (0, "")


def test_doctor_finds_a_locked_store(selfserve: Selfserve, locked: Path) -> None:
    """It is reachable, and nobody can do anything in it."""
    checks = json.loads(selfserve("doctor", "--json").out)["checks"]
    told = [(one["level"], one["text"]) for one in checks if one["area"] == "store"]
    assert told[0] == ("fail", "The store cannot be written: another process holds its write lock.")


@pytest.mark.parametrize(
    "command", [("audit", "verify"), ("tokens", "list", "ana"), ("db", "upgrade"), ("serve",), ("worker",)]
)
def test_a_file_that_is_no_store_is_a_sentence(selfserve: Selfserve, folder: Path, command: tuple[str, ...]) -> None:
    """Whoever opens it: never a trace of how."""
    (folder / "data").mkdir(0o700)
    (folder / "data/selfserve.db").write_bytes(b"no database" * 1000)
    ran = selfserve(*command)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "The store cannot be used: file is not a database.\n"


def test_trouble_in_the_middle_of_a_command_is_a_sentence(
    selfserve: Selfserve, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only the driver's own: a pool that is used up, a table that is gone."""

    def gone(session: Session, *_: object) -> int:
        session.execute(sa.text("SELECT * FROM nowhere WHERE secret = 'hunter2'"))
        return 0

    monkeypatch.setattr(identities, "unlink", gone)
    ran = selfserve("people", "unlink", "ana")
    assert (ran.code, ran.out, ran.err) == (1, "", "The store cannot be used: no such table: nowhere.\n")
    assert in_a_sentence(PoolTimeout("no connection came free")) == "The store cannot be used: no connection came free."
