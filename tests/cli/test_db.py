"""`selfserve db`: upgrade, backup, restore."""

from __future__ import annotations

import errno
import os
import pwd
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from tests.cli.conftest import Selfserve

from selfserve import schema
from selfserve.audit.trail import Trail
from selfserve.cli.troubles import told
from selfserve.locks import only_one
from selfserve.people import tokens
from selfserve.people.roles import RoleRules
from selfserve.store import migrations
from selfserve.store.database import Database
from selfserve.store.ids import new_id
from selfserve.store.tables import AuditEvent, ExecutorLease, Notice, Person, SignIn
from selfserve.web import sessions
from selfserve.web.sessions import SessionRules, SignedIn


def store(folder: Path) -> Database:
    """The installation's store."""
    return Database(f"sqlite:///{folder}/data/selfserve.db")


def tell(folder: Path, kind: str) -> None:
    """An event in the trail."""
    database = store(folder)
    with database.write() as session:
        Trail(session, "test:1").tell(kind, at=datetime.now(UTC))
    database.close()


def told_of(folder: Path) -> list[str]:
    """The kinds of all events in the trail, in order."""
    database = store(folder)
    with database.read() as session:
        kinds = list(session.scalars(sa.select(AuditEvent.kind).order_by(AuditEvent.id)))
    database.close()
    return kinds


def test_a_store_is_upgraded_once(selfserve: Selfserve, folder: Path) -> None:
    """Before it, commands say what to run; doing it again changes nothing."""
    before = selfserve("audit", "verify")
    assert before.code == 2
    assert before.err.startswith(f"There is no store at {folder}/data/selfserve.db; run `selfserve db upgrade` ")
    assert selfserve("db", "upgrade").out.startswith("The store went from empty to ")
    assert selfserve("db", "upgrade").out.startswith("The store is at version ")
    assert selfserve("audit", "verify").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("serve",),
        ("worker",),
        ("people", "sync"),
        ("people", "sign-out", "ana"),
        ("tokens", "list", "ana"),
        ("audit", "verify"),
        ("db", "backup", "copy.db"),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_every_command_says_the_same_of_a_store_that_is_not_there(
    selfserve: Selfserve, folder: Path, words: tuple[str, ...]
) -> None:
    """And none makes one, nor its folder, where a disk may be missing; `db upgrade` alone does."""
    ran = selfserve(*words)
    sentence = f"There is no store at {folder}/data/selfserve.db; run `selfserve db upgrade` to make one. "
    assert ran.code == (1 if words == ("doctor",) else 2)
    assert sentence in " ".join((ran.out + ran.err).split())
    assert not (folder / "data").exists()


@pytest.mark.parametrize(
    "words",
    [("serve",), ("worker",), ("people", "sync"), ("tokens", "list", "ana"), ("audit", "verify"), ("doctor",)],
    ids=" ".join,
)
def test_every_command_says_the_same_of_an_older_store(
    selfserve: Selfserve, folder: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the command, and nobody but that command brings the store up."""
    selfserve("db", "upgrade")
    made = migrations.head()
    monkeypatch.setattr(migrations, "head", lambda: "9999z")
    ran = selfserve(*words)
    assert ran.code == (1 if words == ("doctor",) else 2)
    said = f"The store is at version {made}, this build needs 9999z; run `selfserve db upgrade`."
    assert said in " ".join((ran.out + ran.err).split())
    database = store(folder)
    assert migrations.current(database.engine) == made
    database.close()


def test_a_store_that_is_worked_on_is_not_upgraded(
    selfserve: Selfserve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence says what to stop first; where there is nothing to bring up, who works is not in the way."""
    selfserve("db", "upgrade")
    database = store(folder)
    lock = only_one(database)
    assert lock is not None
    with lock:
        assert selfserve("db", "upgrade").out == f"The store is at version {migrations.head()}.\n"
        monkeypatch.setattr(migrations, "wrong", lambda engine: "It is older.")
        ran = selfserve("db", "upgrade")
        assert (ran.code, ran.err) == (1, f"Another process works on {folder}/data/selfserve.db; stop it first.\n")
    assert selfserve("db", "upgrade").code == 0
    database.close()


def test_who_still_works_with_the_build_of_before_is_told(
    selfserve: Selfserve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where many processes share a store the old ones go on; their admin hears that they are to be started anew."""
    selfserve("db", "upgrade")
    database, now = store(folder), datetime.now(UTC)
    with database.write() as session:
        session.add(
            ExecutorLease(executor="web-1", role="web", host="a", pid=1, began_at=now, beaten_at=now, circuits=[])
        )
    database.close()
    versions = iter(["0001", "0002"])
    monkeypatch.setattr(migrations, "current", lambda engine: next(versions))
    monkeypatch.setattr(schema, "bring_up_unused", lambda database, engine: None)
    ran = selfserve("db", "upgrade")
    assert (ran.code, ran.out) == (0, "The store went from 0001 to 0002.\n")
    assert ran.err == "web-1 still works on it with the build of before; start every process again.\n"


def test_a_backup_brings_back_what_was(selfserve: Selfserve, folder: Path) -> None:
    """What came after the backup is gone from the store and kept beside it."""
    selfserve("db", "upgrade")
    tell(folder, "before")
    assert selfserve("db", "backup", "copy.db").code == 0
    assert (folder / "copy.db").stat().st_mode & 0o777 == 0o600
    tell(folder, "after")
    assert "2 events" in selfserve("audit", "verify").out
    ran = selfserve("db", "restore", "copy.db")
    assert ran.code == 0
    assert told_of(folder) == ["before", "store.restored"]
    (kept,) = (folder / "data").glob("selfserve.db.before-*")
    assert selfserve("db", "restore", str(kept)).code == 0
    assert told_of(folder) == ["before", "after", "store.restored"]
    assert "3 events" in selfserve("audit", "verify").out


def inside(database: Database) -> str:
    """Somebody is signed in, and has a token; its clear text."""
    now = datetime.now(UTC)
    with database.write() as session:
        ada = Person(id=new_id(), key="ada", dn="uid=ada", login="ada", email="ada@x.example", name="Ada", seen_at=now)
        session.add(ada)
        session.flush()
        by = SignedIn("https://idp.example", "sub-ada", now)
        sessions.open_session(session, ada, by, SessionRules(RoleRules()), now)
        return tokens.create(session, ada, "payroll", ["requests:read"], timedelta(days=9), now)[1]


@pytest.mark.parametrize("keep", [False, True])
def test_a_restore_lets_nobody_back_in_and_says_what_it_ended(
    selfserve: Selfserve, folder: Path, *, keep: bool
) -> None:
    """Sessions always, tokens unless they are kept; whose they are is printed, and what nobody but a human knows."""
    selfserve("db", "upgrade")
    database = store(folder)
    clear = inside(database)
    database.close()
    selfserve("db", "backup", "copy.db")
    ran = selfserve("db", "restore", "copy.db", *(["--keep-tokens"] if keep else []))
    assert (ran.code, ran.err) == (0, "")
    assert "Everybody is signed out. Ended: 1 browser session.\n" in ran.out
    assert ("Personal tokens that stay in force:\n  ada: payroll (" in ran.out) == keep
    assert ("Personal tokens that were ended:\n  ada: payroll (" in ran.out) != keep
    assert "selfserve people unlink" in ran.out
    assert ("selfserve tokens revoke" in ran.out) == keep
    beside = [one.name for one in (folder / "data").glob("selfserve.db*") if ".before-" not in one.name]
    assert sorted(beside) == ["selfserve.db", "selfserve.db.lock", "selfserve.db.schema-lock"]
    database = store(folder)
    with database.read() as session:
        assert (tokens.verify(session, clear, datetime.now(UTC), RoleRules()) is None) != keep
        assert session.query(SignIn).filter(SignIn.ended_at.is_(None)).count() == 0
        assert ("Your token payroll was ended" in str(session.scalars(sa.select(Notice.title)).all())) != keep
    database.close()
    assert selfserve("audit", "verify").code == 0


def test_a_backup_overwrites_nothing(selfserve: Selfserve, folder: Path) -> None:
    """Not even by mistake."""
    selfserve("db", "upgrade")
    (folder / "copy.db").write_text("mine")
    ran = selfserve("db", "backup", "copy.db")
    assert (ran.code, ran.err) == (2, "copy.db exists already; a backup overwrites nothing.\n")


def test_a_backup_comes_in_by_standard_input(selfserve: Selfserve, folder: Path) -> None:
    """Whoever may read the file hands it over: a service's account restores what only root can read."""
    selfserve("db", "upgrade")
    tell(folder, "before")
    selfserve("db", "backup", "copy.db")
    tell(folder, "after")
    ran = selfserve("db", "restore", "-", stdin=(folder / "copy.db").read_bytes())
    assert (ran.code, ran.err) == (0, "")
    assert "The store is what it was in standard input, at version " in ran.out
    assert told_of(folder) == ["before", "store.restored"]
    assert (folder / "data/selfserve.db").stat().st_mode & 0o777 == 0o600
    assert not (folder / "data/selfserve.db.brought").exists()


@pytest.mark.parametrize("content", [b"", b"not a database"])
def test_what_comes_in_and_is_no_backup_leaves_nothing_behind(
    selfserve: Selfserve, folder: Path, content: bytes
) -> None:
    """On a machine without a store there is none afterwards either."""
    ran = selfserve("db", "restore", "-", stdin=content)
    assert (ran.code, ran.err) == (2, "standard input is not a backup of a selfserve store.\n")
    assert not list((folder / "data").glob("*"))


def test_a_file_that_may_not_be_used_is_named_with_the_account() -> None:
    """Root's commands are run as the service's account, which whoever typed them may not know."""
    told_of = told(PermissionError(errno.EACCES, "Permission denied", "/root/today.db"))
    name = pwd.getpwuid(os.geteuid()).pw_name
    assert told_of == (f"The account {name} has no permission for /root/today.db.", 1)


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"x" * 5000])
def test_only_a_backup_is_restored(selfserve: Selfserve, folder: Path, content: bytes) -> None:
    """Anything else leaves the store as it is."""
    selfserve("db", "upgrade")
    tell(folder, "kept")
    (folder / "other").write_bytes(content)
    ran = selfserve("db", "restore", "other")
    assert (ran.code, ran.err) == (2, "other is not a backup of a selfserve store.\n")
    assert "1 events" in selfserve("audit", "verify").out


def test_nothing_is_restored_under_a_working_process(selfserve: Selfserve, folder: Path) -> None:
    """It would write into a file that is not the store any more."""
    selfserve("db", "upgrade")
    selfserve("db", "backup", "copy.db")
    database = store(folder)
    now = datetime.now(UTC)
    with database.write() as session:
        session.add(ExecutorLease(executor="web-1", role="web", host="h", pid=1, began_at=now, beaten_at=now))
    database.close()
    ran = selfserve("db", "restore", "copy.db")
    assert (ran.code, ran.err) == (2, "web-1 still works on this store; stop it first.\n")


def test_postgresql_is_left_to_its_own_tools(
    selfserve: Selfserve, folder: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Upgrade works there; backup says the command to run, without the password."""
    address = make_url(postgres_url)
    monkeypatch.setenv("PG_PASSWORD", address.password or "")
    monkeypatch.setenv("SELFSERVE__STORE__PASSWORD", "env:PG_PASSWORD")
    monkeypatch.setenv("SELFSERVE__STORE__URL", address._replace(password=None).render_as_string())
    assert selfserve("db", "upgrade").code == 0
    ran = selfserve("db", "backup", "copy.dump")
    assert ran.code == 2
    assert "pg_dump --format=custom --file=copy.dump 'postgresql://" in ran.err
    ran = selfserve("db", "restore", "copy.dump")
    assert "pg_restore --clean --if-exists copy.dump --dbname 'postgresql://" in ran.err
    assert ran.err.rstrip().endswith("&& selfserve db upgrade && selfserve db restored")
    database = Database(postgres_url)
    inside(database)
    database.close()
    ran = selfserve("db", "restored")
    assert (ran.code, ran.err) == (0, "")
    assert "Everybody is signed out. Ended: 1 browser session.\n" in ran.out
    assert "ada: payroll" in ran.out


def test_an_unreachable_store_is_one_sentence(
    selfserve: Selfserve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the password that was tried."""
    monkeypatch.setenv("SELFSERVE__STORE__URL", "postgresql+psycopg://role@127.0.0.1:1/x")
    monkeypatch.setenv("SELFSERVE__STORE__PASSWORD", "env:PG_PASSWORD")
    monkeypatch.setenv("PG_PASSWORD", "hunter2")
    ran = selfserve("db", "upgrade")
    assert ran.code == 1
    assert ran.err.startswith("The store cannot be used: ")
    assert len(ran.err.splitlines()) == 1
    assert "hunter2" not in ran.err
