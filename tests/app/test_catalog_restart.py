"""The last good version of the catalog survives the process: who starts beside a broken edit serves it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs
from tests.app.installation import Installation, ask, installation, told
from tests.servers.postgres import Postgres

from selfserve import good_catalogs
from selfserve.app import App
from selfserve.catalog.files import Copy
from selfserve.catalog.live import CatalogUnusable
from selfserve.good_catalogs import GoodCatalogs
from selfserve.store.tables import GoodCatalog, Notice
from selfserve.tasks import sync_people

TECHOPS = "techops@fernhill.example"
TITLE = "The catalog has a mistake, so the last edit is not served"


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """An installation that has run once, with people, upon a good catalog; once on each store."""
    store = ""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        store = server.url(server.create_database())
    with installation(tmp_path, store) as place:
        _run_once(place)
        yield place


@pytest.fixture
def ran(place: Installation) -> Installation:
    """The same on SQLite alone, for what is no matter of the store."""
    _run_once(place)
    return place


def _run_once(place: Installation) -> None:
    app = place.build()
    sync_people(app, full=True)
    app.house.catalog.begin()
    app.stop()


def _broken_item(catalog: Path) -> None:
    (catalog / "items" / "slack-app.yaml").write_text("id: slack-app\nname: [broken\n")


def _wrong_item(catalog: Path) -> None:
    _edit(catalog / "items" / "slack-app.yaml", "risk: low", "risk: none")


def _broken_teams(catalog: Path) -> None:
    (catalog / "teams.yaml").write_text("techops: [\n")


def _team_gone(catalog: Path) -> None:
    (catalog / "teams.yaml").write_text("lone: {name: Lone, mail: lone@fernhill.example, members: [a@b.example]}\n")


def _broken_policy(catalog: Path) -> None:
    _edit(catalog / "policy.yaml", "techops: techops", "techops: nobody")


def _runbook_gone(catalog: Path) -> None:
    (catalog / "runbooks" / "munki.md").unlink()


def _no_text(catalog: Path) -> None:
    (catalog / "teams.yaml").write_bytes(b"\xff\xfe")


def _all_gone(catalog: Path) -> None:
    catalog.rename(catalog.with_name("away"))


BREAKS = [
    _broken_item, _wrong_item, _broken_teams, _team_gone, _broken_policy, _runbook_gone, _no_text, _all_gone
]  # fmt: skip


@pytest.mark.parametrize("breaks", BREAKS)
def test_who_starts_beside_a_broken_edit_serves_the_last_good_version(
    house: Installation, breaks: Callable[[Path], None]
) -> None:
    """Whatever file it is that is broken: items, teams, policy and runbooks are as they were."""
    looks = house.build(looking=True)
    good = looks.house.catalog.current
    looks.stop()
    breaks(house.folder / "catalog")
    app = house.build(works=False)
    assert app.house.catalog.problems
    served = app.house.catalog.current
    assert (served.digests, served.teams, served.policy, served.runbooks) == (
        good.digests, good.teams, good.policy, good.runbooks,
    )  # fmt: skip
    app.stop()


def test_pages_and_worker_go_on_beside_a_broken_edit_and_staff_are_told_once(house: Installation) -> None:
    """Customers go on asking, all is ready, and two processes tell of the same edit once, as while they run."""
    _broken_item(house.folder / "catalog")
    worker, web = house.build(), house.build(works=False)
    try:
        worker.start()
        web.start()
        for process in (worker, web):
            assert process.house.catalog.problems
            assert not any(ready() for ready in process.readiness().values())
            assert ask(process, "lukas", "guest-wifi", how_long="2h").name
        assert told(worker, mailbox=TECHOPS) == [TITLE]
    finally:
        web.stop()
        worker.stop()


def test_a_mended_folder_is_served_at_the_next_look(house: Installation) -> None:
    """The copy is for as long as nothing better is there; from then on the mended version is the one kept."""
    item = house.folder / "catalog" / "items" / "slack-app.yaml"
    text = item.read_text()
    item.write_text("broken")
    app = house.build()
    try:
        app.start()
        item.write_text(text.replace("Slack", "Chat"))
        assert app.house.catalog.refresh() or not app.house.catalog.problems
        assert app.house.catalog.problems == ()
        assert "Chat" in _kept(app)["items/slack-app.yaml"]
    finally:
        app.stop()


def test_what_was_served_last_is_what_is_kept_and_not_what_it_was_begun_with(ran: Installation) -> None:
    """A rule that was made stricter while the process ran is as strict after the next start."""
    item = ran.folder / "catalog" / "items" / "slack-app.yaml"
    app = ran.build()
    _edit(item, "Slack", "Chat")
    assert app.house.catalog.refresh()
    app.stop()
    item.write_text("broken")

    again = ran.build()
    assert "Chat" in again.house.catalog.current.items["slack-app"].name
    again.stop()


def test_files_that_are_good_are_served_whatever_is_kept(ran: Installation) -> None:
    """An edit made while nothing ran is served at the start, and kept then."""
    _edit(ran.folder / "catalog" / "items" / "slack-app.yaml", "Slack", "Chat")
    app = ran.build()
    app.start()
    app.stop()
    assert app.house.catalog.problems == ()
    again = ran.build(works=False)
    assert "Chat" in _kept(again)["items/slack-app.yaml"]
    again.stop()


def test_what_else_of_the_edit_waits_with_the_mistake_is_told(ran: Installation) -> None:
    """Who took an item out or made one stricter beside a slip reads that this is not so yet."""
    catalog = ran.folder / "catalog"
    _broken_item(catalog)
    _edit(catalog / "items" / "guest-wifi.yaml", "id: guest-wifi", "# stricter from now on\nid: guest-wifi")
    (catalog / "items" / "zoom-pro.yaml").unlink()
    with capture_logs() as logs:
        app = ran.build()
        app.start()
    try:
        assert "zoom-pro" in app.house.catalog.current.items
        with app.house.database.read() as session:
            body = session.scalars(sa.select(Notice.body).where(Notice.mailbox == TECHOPS)).one()
        assert "items/slack-app.yaml:3:1: This is not YAML" in body
        assert "Edited too, but not served until this is mended: items/guest-wifi.yaml" in body.splitlines()
        assert "Not there any more, but served until this is mended: items/zoom-pro.yaml" in body.splitlines()
        said = next(line for line in logs if line["event"] == "catalog_broken")
        assert said["problems"][0].startswith("items/slack-app.yaml:3:1: ")
        assert said["edited_but_not_served"] == ("items/guest-wifi.yaml", "items/slack-app.yaml")
        assert said["gone_but_served"] == ("items/zoom-pro.yaml",)
        assert datetime.fromisoformat(said["served_since"]) > datetime.now(UTC) - timedelta(minutes=5)
    finally:
        app.stop()


def test_a_kept_version_that_does_not_fit_any_more_is_refused_with_both_reasons(ran: Installation) -> None:
    """A connector was taken out of the settings meanwhile: nothing is served in part, and nothing by guessing."""
    _broken_item(ran.folder / "catalog")
    left = {name: section for name, section in ran.settings.connectors.items() if section.kind != "munki"}
    assert len(left) < len(ran.settings.connectors)
    ran.settings = ran.settings.model_copy(update={"connectors": left})
    with pytest.raises(CatalogUnusable) as refused:
        ran.build()
    lines = str(refused.value).splitlines()
    assert any(line.startswith("items/slack-app.yaml:3:1: ") for line in lines)
    assert "The last good version, which was kept, does not fit what is configured now either:" in lines
    assert any(line.startswith("  items/") for line in lines)


def test_a_first_start_upon_a_broken_catalog_is_refused(place: Installation) -> None:
    """Nothing was ever good here."""
    _broken_item(place.folder / "catalog")
    with pytest.raises(CatalogUnusable, match=r"items/slack-app\.yaml:3:1"):
        place.build()


def test_who_only_looks_is_told_of_the_folder_as_it_is(ran: Installation) -> None:
    """A command that shows what an item would do does not answer by another version."""
    _broken_item(ran.folder / "catalog")
    with pytest.raises(CatalogUnusable):
        ran.build(looking=True)


def test_a_damaged_copy_is_no_copy(ran: Installation) -> None:
    """Rather none than half a catalog."""
    _broken_item(ran.folder / "catalog")
    app = ran.build(works=False)
    damaged: list[object] = [{**_kept(app), "policy.yaml": ""}, {"policy.yaml": 1}, []]
    for files in damaged:
        with app.house.database.write() as session:
            session.execute(sa.update(GoodCatalog).values(files=files))
        with capture_logs() as logs, pytest.raises(CatalogUnusable):
            ran.build(works=False)
        assert [line["event"] for line in logs] == ["kept_catalog_damaged"]
    app.stop()


def test_nothing_is_written_where_nothing_changed(ran: Installation) -> None:
    """Starts and the looks of every hour leave the store in peace."""
    app = ran.build()
    wrote = _writes(app)
    app.house.catalog.begin()
    for _ in range(3):
        assert app.house.catalog.refresh(force=True)
    assert wrote == []
    _edit(ran.folder / "catalog" / "items" / "slack-app.yaml", "Slack", "Chat")
    assert app.house.catalog.refresh()
    assert len(wrote) == 1
    with app.house.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(GoodCatalog)) == 1
    app.stop()


def test_a_catalog_too_large_to_be_kept_leaves_none_of_before(ran: Installation, monkeypatch: Any) -> None:
    """A rule of before it must not come back instead."""
    monkeypatch.setattr(good_catalogs, "LARGEST", 1000)
    _edit(ran.folder / "catalog" / "items" / "slack-app.yaml", "Slack", "Chat")
    app = ran.build()
    app.house.catalog.begin()
    assert app.house.catalog.since is None
    assert GoodCatalogs(app.house.database, app.house.now).kept() is None
    app.stop()


KILLED = """
    import os, signal, sys
    import sqlalchemy as sa
    from datetime import UTC, datetime
    from selfserve.catalog.files import Copy
    from selfserve.good_catalogs import GoodCatalogs
    from selfserve.store.database import Database

    database = Database(os.environ["STORE"])
    sa.event.listen(database.engine, "commit", lambda _: os.kill(os.getpid(), signal.SIGKILL))
    GoodCatalogs(database, lambda: datetime.now(UTC)).keep(Copy({"policy.yaml": "half of another"}))
"""


def test_a_kill_while_the_copy_is_written_leaves_the_one_before(house: Installation) -> None:
    """It was written whole and is not there until the store says so."""
    app = house.build(works=False)
    before = _kept(app)
    url = app.house.database.url.render_as_string(hide_password=False)
    child = subprocess.run(
        [sys.executable, "-c", dedent(KILLED)],
        env={**os.environ, "STORE": url, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        check=False, timeout=60,
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL
    assert _kept(app) == before
    keeper = GoodCatalogs(app.house.database, app.house.now)
    keeper.keep(Copy({"policy.yaml": "another"}))
    kept = keeper.kept()
    assert kept is not None
    assert kept.copy.texts == {"policy.yaml": "another"}
    app.stop()


def _kept(app: App) -> dict[str, str]:
    kept = GoodCatalogs(app.house.database, app.house.now).kept()
    assert kept is not None
    return dict(kept.copy.texts)


def _writes(app: App) -> list[str]:
    wrote: list[str] = []

    @sa.event.listens_for(app.house.database.engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, _p: Any, context: Any, _many: bool) -> None:
        if context.isinsert or context.isupdate or context.isdelete:
            wrote.append(statement)

    return wrote


def _edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
