"""Putting an installation together: one working process for a store that is a file, and an end that ends everything."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs
from tests.app.installation import Installation, ask, installation
from tests.servers.postgres import Postgres
from tests.servers.tcp_fault import FaultProxy
from tests.sign_in.serving import served

from selfserve.api.install import application
from selfserve.api.parts import Parts
from selfserve.app import App
from selfserve.schema import CannotStart, StoreUnfit
from selfserve.store import migrations
from selfserve.store.states import RequestState
from selfserve.tasks import measure, sync_people


def test_one_file_has_one_working_process(place: Installation) -> None:
    """The second one is refused in a sentence, before it touches the store; once the first has ended it is not."""
    first = place.build()
    with pytest.raises(CannotStart) as refused:
        place.build()
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert "selfserve.db" in sentence
    assert "PostgreSQL" in sentence
    first.stop()
    place.build().stop()


@pytest.mark.parametrize("how", [{}, {"works": False}, {"looking": True}], ids=["works", "serves", "looks"])
def test_a_start_makes_no_store(place: Installation, how: dict[str, bool]) -> None:
    """A volume that was not mounted is no new installation: nothing is made, and a sentence says what to do."""
    with pytest.raises(StoreUnfit) as refused:
        place.build(upgrades=False, **how)
    assert str(refused.value).startswith(f"There is no store at {place.folder / 'data' / 'selfserve.db'}; run ")
    assert "\n" not in str(refused.value)
    assert not (place.folder / "data").exists()


@pytest.mark.parametrize("how", [{}, {"works": False}, {"looking": True}], ids=["works", "serves", "looks"])
@pytest.mark.parametrize("version", ["0000-of-before", "9999z"])
def test_a_start_leaves_the_store_of_another_build_alone(
    place: Installation, how: dict[str, bool], version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older or newer: an admin backs up, then decides; trying again is no use before."""
    place.build().stop()
    _relabel(place, version)
    if version < "1":
        monkeypatch.setattr(migrations, "knows", lambda revision: True)
    with pytest.raises(StoreUnfit, match=f"^The store is at version {version}, "):
        place.build(upgrades=False, **how)
    assert _version(place) == version


def test_a_start_leaves_the_tables_of_the_engine_alone_as_well(place: Installation) -> None:
    """A newer engine in a newer build is no reason to change a store without its admin; `db upgrade` brings them up."""
    place.build().stop()
    with closing(sqlite3.connect(place.folder / "data/selfserve.db")) as store, store:
        (made,) = store.execute("SELECT version FROM dbos_migrations").fetchone()
        store.execute("UPDATE dbos_migrations SET version = version - 1")
    for works in (True, False):
        with pytest.raises(StoreUnfit, match="selfserve db upgrade"):
            place.build(works=works, upgrades=False)
    with closing(sqlite3.connect(place.folder / "data/selfserve.db")) as store:
        assert store.execute("SELECT version FROM dbos_migrations").fetchone() == (made - 1,)


def _relabel(place: Installation, version: str) -> None:
    with closing(sqlite3.connect(place.folder / "data/selfserve.db")) as store, store:
        store.execute("UPDATE alembic_version SET version_num = ?", (version,))


def _version(place: Installation) -> str:
    with closing(sqlite3.connect(place.folder / "data/selfserve.db")) as store:
        return str(store.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_others_may_look_and_take_orders_meanwhile(place: Installation) -> None:
    """A process without work, and one that only looks, are not in the way of the working one."""
    first = place.build()
    place.build(works=False).stop()
    place.build(looking=True).stop()
    first.stop()


def test_an_end_leaves_nothing_running(app: App) -> None:
    """No thread of ours is left, the lock is free, and a second end does nothing."""
    before = {thread.name for thread in threading.enumerate()}
    app.start()
    assert not any(app.readiness()[name]() for name in app.readiness())
    app.stop()
    app.stop()

    left = {thread.name for thread in threading.enumerate() if not thread.daemon or thread.name in ("heart", "catalog")}
    assert left <= before
    assert app.readiness()["process"]()


def test_a_start_that_fails_ends_what_it_began(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease is given back and the lock is let go, so that the next try is not in its own way."""

    def broken() -> None:
        raise RuntimeError("the engine does not start")

    monkeypatch.setattr(app.house.engine, "start", broken)
    with pytest.raises(RuntimeError, match="does not start"):
        app.start()
    assert "heart" not in {thread.name for thread in threading.enumerate()}
    assert app.lock is not None
    assert app.lock.closed


def test_a_process_without_work_only_takes_orders(place: Installation) -> None:
    """The request is stored and waits; nothing was done in the target."""
    web = place.build(works=False)
    sync_people(web, full=True)

    assert ask(web, "lukas", "vpn-access").state == RequestState.FULFILLING
    assert "vpn" not in place.directory.groups("lukas")
    web.stop()


def test_a_store_that_is_away_is_told_and_comes_back(
    tmp_path: Path, postgres: Postgres, postgres_url: str, tcp_fault: Callable[[int], FaultProxy]
) -> None:
    """Readiness and answers follow the store; the process itself goes on, and so do its figures."""
    proxy = tcp_fault(postgres.port)
    with installation(tmp_path, postgres_url.replace(f":{postgres.port}/", f":{proxy.port}/")) as place:
        app = place.build()
        parts = Parts(app.house, app.roles, app.readiness(), lambda: measure(app.house))
        with ExitStack() as ends:
            ends.callback(app.stop)
            ends.callback(proxy.online)
            http = ends.enter_context(
                httpx.Client(base_url=ends.enter_context(served(lambda _: application(parts))), timeout=30)
            )
            app.start()
            assert http.get("/readyz").json() == {"status": "ready", "checks": {"process": "ok", "store": "ok"}}

            proxy.offline()
            away = http.get("/readyz")
            assert (away.status_code, away.json()["checks"]["store"]) == (503, "The store does not answer.")
            assert http.get("/healthz").json() == {"status": "ok"}
            for probe, code in (("/healthz", 200), ("/readyz", 503)):  # some load balancers ask by HEAD
                asked = http.head(probe)
                assert (asked.status_code, asked.content) == (code, b"")
            assert "selfserve_queue_depth" in http.get("/metrics").text
            token = {"Authorization": "Bearer ss_" + "0" * 32 + "_" + "A" * 43}
            told = http.get("/api/v1/me", headers=token)
            assert (told.status_code, told.json()["type"]) == (503, "store-away")

            proxy.online()
            assert http.get("/readyz").status_code == 200
            assert http.get("/api/v1/me", headers=token).status_code == 401


def test_a_store_that_others_may_look_into_is_told_at_each_start(place: Installation) -> None:
    """In one sentence with the command that helps; it starts all the same."""
    place.build().stop()
    (place.folder / "data").chmod(0o755)
    with capture_logs() as told:
        place.build().stop()
    (line,) = [one for one in told if one["event"] == "store_open_to_others"]
    assert line["log_level"] == "warning"
    assert f"run `chmod 700 {place.folder / 'data'}`" in line["problem"]
