"""Manifests of single devices: hard case 15, and every way a repository may be odd."""

from __future__ import annotations

import os
import plistlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.munki.repo import ITEMS, MANIFEST, SERIAL, make_repo, manifest
from tests.connectors.munki.test_plist import changed_lines

from selfserve.connectors.contract import (
    AlreadyDone,
    Blocked,
    ChoicesAway,
    Context,
    Declined,
    Done,
    Failed,
    FailureKind,
    Level,
    NeedsHuman,
    Ports,
    Presence,
)
from selfserve.connectors.munki import InstallArgs, MunkiConnector, MunkiSettings
from selfserve.connectors.munki.files import locked

ROOT = Path(__file__).parents[3]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository as an administrator left it."""
    return make_repo(tmp_path / "repo")


def munki(repo: Path, **changes: Any) -> MunkiConnector:
    return MunkiConnector("munki", MunkiSettings(repo=repo, **changes), Ports())


def ask(item: str = "Slack", device: str = SERIAL) -> InstallArgs:
    return InstallArgs(device=device, item=item)


def test_set_semantics_one_element_differs(repo: Path, ctx: Context) -> None:
    """Hard case 15: comments, unknown keys, order, featured and optional items: only one line is new, undo takes just
    it."""
    connector = munki(repo)
    done = connector.apply("install", ask(), ctx)
    assert isinstance(done, Done)
    assert changed_lines(MANIFEST.encode(), manifest(repo)) == ["+         <string>Slack</string>"]
    assert isinstance(connector.undo("install", ask(), done.state, ctx), Done)
    assert manifest(repo) == MANIFEST.encode()
    assert [path.name for path in (repo / "manifests").iterdir() if path.name.startswith(".")] == []


def test_two_processes_and_an_editor_lose_nothing(repo: Path, ctx: Context) -> None:
    """Hard case 15: two processes write sixty items, somebody edits by hand in between; all is there, none twice."""
    names = [f"App{number:02d}" for number in range(60)]
    entries = [*ITEMS, *({"name": name, "version": "1"} for name in names)]
    (repo / "catalogs" / "production").write_bytes(plistlib.dumps(entries))
    command = [sys.executable, "-m", "tests.connectors.munki.writer", str(repo), SERIAL]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    writers = [subprocess.Popen([*command, *names[half::2]], cwd=ROOT, env=environment) for half in (0, 1)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    installs = plistlib.loads(manifest(repo))["managed_installs"]
    assert sorted(installs) == sorted(["Zoom", "BBEdit & friends", *names])
    added = changed_lines(MANIFEST.encode(), manifest(repo))
    assert len(added) == 60
    assert all(line.startswith("+         <string>App") for line in added)


def test_an_edit_by_hand_while_we_work_is_kept(repo: Path, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor takes no lock: what it wrote between our reading and our writing is in the result."""
    connector, path = munki(repo), repo / "manifests" / SERIAL
    change = connector._changes["install"]
    real = change.edit

    def edit(item: str, before: dict[str, Any]) -> Any:
        inner = real(item, before)
        calls: list[int] = []

        def one(content: bytes, document: dict[str, Any]) -> bytes | None:
            calls.append(1)
            if len(calls) == 1:
                path.write_text(MANIFEST.replace("<string>Zoom</string>", "<string>ByHand</string>", 1))
            return inner(content, document)

        return one

    monkeypatch.setattr(change, "edit", edit)
    assert isinstance(connector.apply("install", ask(), ctx), Done)
    assert plistlib.loads(manifest(repo))["managed_installs"] == ["ByHand", "BBEdit & friends", "Slack"]


def test_it_never_says_installed(repo: Path, ctx: Context) -> None:
    """A manifest is a wish; the customer hears when their Mac will look."""
    connector = munki(repo, next_check="within four hours")
    outcome = connector.apply("install", ask(), ctx)
    assert isinstance(outcome, Done)
    for words in (
        outcome.tell,
        connector.observe("install", ask(), {}).tell,
        connector.plan("install", ask()).customer,
    ):
        assert words == "Slack for Mac is installed at your Mac's next check-in (within four hours)."


def test_what_is_there_already_is_not_ours(repo: Path, ctx: Context) -> None:
    """Installed by an administrator before: already done, no byte changes."""
    connector = munki(repo)
    assert isinstance(connector.apply("install", ask("Zoom"), ctx), AlreadyDone)
    assert manifest(repo) == MANIFEST.encode()


def test_an_item_of_no_catalog_is_declined(repo: Path, ctx: Context) -> None:
    """Munki's own tool would only warn and write it; the Mac would then never find it."""
    connector = munki(repo)
    assert isinstance(connector.apply("install", ask("Slak"), ctx), Declined)
    blocked = connector.plan("install", ask("Slak")).blocked
    assert blocked is not None
    assert blocked.for_good
    assert "in none of the catalogs" in blocked.reason
    assert manifest(repo) == MANIFEST.encode()
    assert isinstance(connector.apply("install", ask("Firefox-128.0"), ctx), Done)


def test_a_new_catalog_is_seen_at_once(repo: Path, ctx: Context) -> None:
    """makecatalogs has run; nobody restarts anything."""
    connector = munki(repo)
    assert isinstance(connector.apply("install", ask("Newcomer"), ctx), Declined)
    (repo / "catalogs" / "testing").write_bytes(plistlib.dumps([{"name": "Newcomer", "version": "1"}]))
    assert isinstance(connector.apply("install", ask("Newcomer"), ctx), Done)


def test_uninstall_moves_between_the_lists_and_back(repo: Path, ctx: Context) -> None:
    """Out of managed_installs, else Munki would fetch it again; undo restores every byte, the place in the list too."""
    connector = munki(repo)
    done = connector.apply("uninstall", ask("Zoom"), ctx)
    assert isinstance(done, Done)
    document = plistlib.loads(manifest(repo))
    assert document["managed_uninstalls"] == ["Zoom"]
    assert document["managed_installs"] == ["BBEdit & friends"]
    assert document["featured_items"] == ["Zoom"]
    assert connector.observe("uninstall", ask("Zoom"), done.state).presence is Presence.PRESENT
    assert isinstance(connector.undo("uninstall", ask("Zoom"), done.state, ctx), Done)
    assert plistlib.loads(manifest(repo)) == plistlib.loads(MANIFEST.encode())
    assert isinstance(connector.undo("uninstall", ask("Zoom"), done.state, ctx), AlreadyDone)


def test_what_cannot_be_removed_or_is_meant_to_go_is_not_forced(repo: Path, ctx: Context) -> None:
    """Not uninstallable: declined. Somebody wants it gone and somebody else wants it: a human decides."""
    connector = munki(repo)
    assert isinstance(connector.apply("uninstall", ask("Agent & Co"), ctx), Declined)
    assert isinstance(connector.apply("uninstall", ask("Slack"), ctx), Done)
    assert isinstance(connector.apply("install", ask("Slack"), ctx), NeedsHuman)


def test_optional_installs_are_offered_and_not_installed(repo: Path, ctx: Context) -> None:
    """The other list, with other words."""
    outcome = munki(repo, install_into="optional_installs").apply("install", ask(), ctx)
    assert isinstance(outcome, Done)
    assert "is offered in Managed Software Center" in outcome.tell
    assert plistlib.loads(manifest(repo))["optional_installs"] == ["Slack"]


@pytest.mark.parametrize("device", ["../site_default", "..", "a/b", ".hidden", "", "C02\nX", "x" * 300, "-rf"])
def test_a_name_never_leads_elsewhere(repo: Path, ctx: Context, device: str) -> None:
    """No path, no dot file, no option: refused as a name, before any file is touched."""
    connector = munki(repo)
    outcome = connector.apply("install", InstallArgs.model_construct(device=device, item="Slack"), ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.PERMANENT
    hostname = munki(repo, identity="hostname").apply(
        "install", InstallArgs.model_construct(device=device, item="Slack"), ctx
    )
    assert isinstance(hostname, Failed)


def test_symbolic_links_are_refused(repo: Path, ctx: Context, tmp_path: Path) -> None:
    """Neither a manifest that is a link nor a folder that leads out is followed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "EVIL1234").write_text(MANIFEST)
    (repo / "manifests" / "LINK1234").symlink_to(outside / "EVIL1234")
    (repo / "manifests" / "clients").symlink_to(outside)
    for connector, device, kind in (
        (munki(repo), "LINK1234", FailureKind.PERMANENT),
        (munki(repo, folder="clients"), "EVIL1234", FailureKind.CONFIG),
    ):
        outcome = connector.apply("install", ask(device=device), ctx)
        assert isinstance(outcome, Failed)
        assert outcome.kind is kind
    assert (outside / "EVIL1234").read_text() == MANIFEST


def test_a_device_without_a_manifest_gets_none(repo: Path, ctx: Context) -> None:
    """A manifest made here would take the Mac out of site_default; so it is told, and undo counts it as gone."""
    connector = munki(repo)
    outcome = connector.apply("install", ask(device="C02NOBODY"), ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.NOT_FOUND
    assert connector.plan("install", ask(device="C02NOBODY")).blocked == Blocked(
        "The device C02NOBODY has no manifest of its own.", for_good=True
    )
    assert isinstance(connector.undo("install", ask(device="C02NOBODY"), {}, ctx), AlreadyDone)
    assert connector.observe("install", ask(device="C02NOBODY"), {}).presence is Presence.ABSENT


def test_serial_numbers_are_found_in_any_case_and_host_names_where_wanted(repo: Path, ctx: Context) -> None:
    """What a customer reads off a sticker is one device, and one resource."""
    connector = munki(repo)
    assert isinstance(connector.apply("install", ask(device=SERIAL.lower()), ctx), Done)
    assert connector.resource("install", ask()) == connector.resource("install", ask(device=SERIAL.lower()))
    (repo / "manifests" / "clients").mkdir()
    (repo / "manifests" / "clients" / "ana-mbp.example.test").write_text(MANIFEST)
    by_name = munki(repo, identity="hostname", folder="clients")
    assert isinstance(by_name.apply("install", ask(device="ana-mbp.example.test"), ctx), Done)


def test_mode_and_owner_survive(repo: Path, ctx: Context) -> None:
    """The web server must still be able to read it."""
    path = repo / "manifests" / SERIAL
    path.chmod(0o640)
    assert isinstance(munki(repo).apply("install", ask(), ctx), Done)
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("content", "words"), [(b"garbage", "no readable property list"), (plistlib.dumps([1]), "no dictionary")]
)
def test_a_broken_manifest_is_told_and_left_alone(repo: Path, ctx: Context, content: bytes, words: str) -> None:
    """Somebody has to look; nothing is overwritten."""
    (repo / "manifests" / SERIAL).write_bytes(content)
    outcome = munki(repo).apply("install", ask(), ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.PERMANENT
    assert words in outcome.reason
    assert munki(repo).observe("install", ask(), {}).failure == outcome
    blocked = munki(repo).plan("install", ask()).blocked
    assert blocked is not None
    assert (blocked.away, blocked.for_good) == (True, False)
    assert manifest(repo) == content


def test_one_manifest_that_may_not_be_read_is_that_devices_trouble(
    repo: Path, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of another owner keeps nobody but its own device from being served."""
    opened = os.open

    def denied(path: Any, flags: int, *rest: Any) -> int:
        if Path(path).name == SERIAL:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, flags, *rest)

    monkeypatch.setattr(os, "open", denied)
    failure = munki(repo).observe("install", ask(), {}).failure
    assert failure is not None
    assert failure.kind is FailureKind.FORBIDDEN
    assert not failure.of_connector


def test_a_name_no_device_can_have_is_simply_not_there(repo: Path, ctx: Context) -> None:
    """What cannot exist is absent: to be looked at, done and taken back without an outage being made of it."""
    connector, odd = munki(repo), ask(device="no file: at all?")
    assert connector.observe("install", odd, {}).presence is Presence.ABSENT
    outcome = connector.apply("install", odd, ctx)
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.again, outcome.of_connector) == (FailureKind.PERMANENT, False, False)
    assert isinstance(connector.undo("install", odd, {}, ctx), AlreadyDone)
    blocked = connector.plan("install", odd).blocked
    assert blocked is not None
    assert blocked.for_good


def test_a_repository_held_by_somebody_else_is_waited_for_and_then_left(repo: Path, ctx: Context) -> None:
    """A share that hangs must not hang us: after the time to wait it is another attempt's turn."""
    connector = munki(repo, lock_seconds=0.05)
    with locked(repo / ".selfserve.lock", 1):
        outcome = connector.apply("install", ask(), ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TRANSIENT
    assert isinstance(connector.apply("install", ask(), ctx), Done)


def test_each_change_is_one_commit_of_one_file(repo: Path, ctx: Context) -> None:
    """Other people's staged work stays theirs; hooks of the repository are not run with our rights."""
    _git(repo, "init", "--quiet")
    _git(repo, "add", "manifests", "catalogs")
    _git(repo, "commit", "--quiet", "-m", "start")
    (repo / "pkgsinfo" / "staged").write_text("x")
    _git(repo, "add", "pkgsinfo")
    for name in ("pre-commit", "commit-msg", "post-commit"):
        hook = repo / ".git" / "hooks" / name
        hook.write_text("#!/bin/sh\ntouch hook-was-here\nexit 1\n")
        hook.chmod(0o755)
    connector = munki(repo, git_commit=True)
    done = connector.apply("install", ask(), ctx)
    assert isinstance(done, Done)
    assert done.state["commit"] == _git(repo, "rev-parse", "HEAD").strip()
    assert _git(repo, "show", "--format=%s", "--name-only").split("\n")[::2] == [
        f"install Slack on {SERIAL} (request-1:step-1)",
        f"manifests/{SERIAL}",
    ]
    assert isinstance(connector.undo("install", ask(), done.state, ctx), Done)
    assert not (repo / "hook-was-here").exists()
    assert _git(repo, "diff", "--stat", "HEAD~2", "HEAD") == ""
    assert "pkgsinfo/staged" in _git(repo, "diff", "--cached", "--name-only")
    assert (Level.INFO, "git") in [(one.level, one.name) for one in connector.check()]


def test_a_commit_that_fails_does_not_undo_the_truth(repo: Path, ctx: Context) -> None:
    """The Mac will install it; that git is broken is for staff."""
    connector = munki(repo, git_commit=True)
    done = connector.apply("install", ask(), ctx)
    assert isinstance(done, Done)
    assert "not committed" in done.state["commit"]
    assert (Level.ERROR, "git") in [(one.level, one.name) for one in connector.check()]


def test_items_and_devices_are_offered(repo: Path) -> None:
    """By part of name or label, page by page; manifests that are no device's are not hidden, they are files like
    others."""
    entries = [{"name": f"App{number:03d}", "version": "1", "display_name": "A"} for number in range(120)]
    (repo / "catalogs" / "production").write_bytes(plistlib.dumps(entries))
    connector = munki(repo)
    seen, cursor = [], None
    while True:
        page = connector.options("install", "item", "app", cursor)
        seen += [one.value for one in page.options]
        if (cursor := page.cursor) is None:
            break
    assert seen == [f"App{number:03d}" for number in range(120)]
    assert [one.value for one in connector.options("install", "device", "c02").options] == [SERIAL]


def _git(repo: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Admin", "-c", "user.email=admin@example.test", "-c", "init.defaultBranch=main")
    return subprocess.run(
        ["git", "-C", str(repo), *identity, *arguments], check=True, capture_output=True, text=True
    ).stdout


def test_a_folder_that_cannot_be_listed_raises_nothing(
    repo: Path, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rights taken away, or a share that reports an error: told as such by every method."""

    def denied(path: Path) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    connector, asked = munki(repo), ask(device=SERIAL.lower())
    monkeypatch.setattr(Path, "iterdir", denied)
    outcome = connector.apply("install", asked, ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.AUTH
    assert connector.observe("install", asked, {}).presence is Presence.UNKNOWABLE
    assert connector.plan("install", asked).blocked
    assert isinstance(connector.undo("install", asked, {}, ctx), Failed)
    with pytest.raises(ChoicesAway) as away:
        connector.options("install", "item", "")
    assert away.value.failure.kind is FailureKind.AUTH
    assert any(one.level is Level.ERROR for one in connector.check())
