"""A catalog that follows its folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.catalog.folders import VPN, folder
from tests.catalog.stand import Groups, all_actions

from selfserve.catalog.files import Copy
from selfserve.catalog.keeping import Kept
from selfserve.catalog.live import CatalogUnusable, LiveCatalog
from selfserve.catalog.problems import Problem

SINCE = datetime(2026, 11, 30, 22, 10, tzinfo=UTC)


class Ear:
    """Hears what the live catalog tells staff."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def broken(self, problems: tuple[Problem, ...]) -> None:
        self.heard.append(str(problems[0]))

    def good(self) -> None:
        self.heard.append("good")


def live(path: Path, ear: Ear, people: Groups | None = None) -> LiveCatalog:
    return LiveCatalog(path, all_actions(), people, on_broken=ear.broken, on_good=ear.good)


def write(path: Path, text: str) -> None:
    """Written aside and moved over, as editors and git do."""
    aside = path.with_suffix(".new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def test_an_edit_is_served_after_the_next_look(tmp_path: Path) -> None:
    """The catalog that was handed out before stays as it was."""
    path, ear = folder(tmp_path), Ear()
    catalog = live(path, ear)
    before = catalog.current
    assert not catalog.refresh()
    write(path / "items" / "vpn.yaml", VPN.replace("name: VPN", "name: Tunnel"))
    assert catalog.refresh()
    assert catalog.current.items["vpn"].name == "Tunnel"
    assert before.items["vpn"].name == "VPN"
    assert [hit.item.id for hit in catalog.current.search.search("tunnel")] == ["vpn"]
    assert ear.heard == []


def test_a_broken_edit_keeps_the_last_good_version_and_is_told_once(tmp_path: Path) -> None:
    """Staff hear of it once, and once more when it is mended."""
    path, ear = folder(tmp_path), Ear()
    catalog = live(path, ear)
    good = catalog.current
    write(path / "items" / "vpn.yaml", VPN.replace("owner: techops", "owner: nobody"))
    assert not catalog.refresh()
    assert not catalog.refresh()
    assert catalog.current is good
    assert [problem.line for problem in catalog.problems] == [6]
    write(path / "items" / "vpn.yaml", VPN.replace("owner: techops", "owner: nobody2"))
    assert not catalog.refresh()
    write(path / "items" / "vpn.yaml", VPN)
    assert catalog.refresh()
    assert catalog.problems == ()
    assert [words.split(" ")[0] for words in ear.heard] == ["items/vpn.yaml:6:8:", "items/vpn.yaml:6:8:", "good"]


@pytest.mark.parametrize("file", ["teams.yaml", "policy.yaml", "runbooks/vpn.md", "items/vpn.yaml"])
def test_a_file_that_vanishes_changes_nothing_for_customers(tmp_path: Path, file: str) -> None:
    """A checkout half done, a mount that is gone: the last good version is served."""
    path, ear = folder(tmp_path), Ear()
    second = VPN.replace("id: vpn", "id: second")
    (path / "items" / "second.yaml").write_text(second, encoding="utf-8")
    catalog = live(path, ear)
    text = (path / file).read_text(encoding="utf-8")
    (path / file).unlink()
    served = catalog.refresh()
    assert served == (file == "items/vpn.yaml")  # taking an item out is an edit like any other
    assert bool(ear.heard) == (not served)
    (path / file).write_text(text, encoding="utf-8")
    assert catalog.refresh()
    assert set(catalog.current.items) == {"second", "vpn"}


def test_a_whole_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    """And comes back by itself."""
    path, ear = folder(tmp_path / "catalog"), Ear()
    catalog = live(path, ear)
    path.rename(tmp_path / "away")
    assert not catalog.refresh()
    assert len(ear.heard) == 1
    (tmp_path / "away").rename(path)
    assert not catalog.problems or catalog.refresh()
    assert catalog.problems == ()


def test_a_new_runbook_text_is_served(tmp_path: Path) -> None:
    """The desk shows what the file says now."""
    path, ear = folder(tmp_path), Ear()
    catalog = live(path, ear)
    write(path / "runbooks" / "vpn.md", "# Better\n")
    assert catalog.refresh()
    assert catalog.current.runbooks["runbooks/vpn.md"] == "# Better\n"


def test_a_runbook_in_a_folder_below_is_followed_too(tmp_path: Path) -> None:
    """Runbooks may be sorted into folders."""
    item = VPN.replace("runbooks/vpn.md", "runbooks/access/vpn.md")
    path = folder(tmp_path, items__vpn_yaml=item, runbooks__access__vpn_md="# One\n")
    catalog = live(path, Ear())
    write(path / "runbooks" / "access" / "vpn.md", "# Two\n")
    assert catalog.refresh()
    assert catalog.current.runbook(catalog.current.items["vpn"]) == "# Two\n"


def test_an_edit_of_the_same_length_and_time_is_seen_by_its_new_file(tmp_path: Path) -> None:
    """A clock that stands still does not hide an edit."""
    path, ear = folder(tmp_path), Ear()
    catalog = live(path, ear)
    file = path / "items" / "vpn.yaml"
    stat = file.stat()
    write(file, VPN.replace("name: VPN", "name: VPX"))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert catalog.refresh()


def test_a_start_without_a_good_version_is_refused(tmp_path: Path) -> None:
    """With every problem."""
    with pytest.raises(CatalogUnusable, match=r"items/vpn\.yaml:1:1") as caught:
        live(folder(tmp_path, items__vpn_yaml="x: 1"), Ear())
    assert len(caught.value.problems) > 5


class Shelf:
    """Keeps one version in memory, unless it is away."""

    def __init__(self) -> None:
        self.copy: Copy | None = None
        self.away, self.asked = False, 0

    def kept(self) -> Kept | None:
        return Kept(self.copy, SINCE) if self.copy else None

    def keep(self, copy: Copy) -> datetime:
        self.asked += 1
        if self.away:
            raise OSError("the store does not answer")
        self.copy = copy
        return SINCE


def test_a_version_that_cannot_be_kept_is_served_and_kept_at_a_later_look(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A store that is away holds up no edit; it is logged once, and needs no further edit."""
    path, shelf = folder(tmp_path), Shelf()
    shelf.away = True
    catalog = LiveCatalog(path, all_actions(), keeper=shelf)
    catalog.begin()
    write(path / "items" / "vpn.yaml", VPN.replace("name: VPN", "name: Tunnel"))
    assert catalog.refresh()
    assert catalog.current.items["vpn"].name == "Tunnel"
    assert (shelf.copy, catalog.since, len(caplog.records)) == (None, None, 1)
    shelf.away = False
    assert not catalog.refresh()
    assert shelf.copy is not None
    assert "name: Tunnel" in shelf.copy.texts["items/vpn.yaml"]
    assert catalog.since == SINCE
    asked = shelf.asked
    assert catalog.refresh(force=True)
    assert shelf.asked == asked


def test_a_broken_start_is_told_when_it_begins_and_not_again_for_the_same(tmp_path: Path) -> None:
    """By then there is somebody to tell; what is mended after that is told as ever."""
    path, ear, shelf = folder(tmp_path), Ear(), Shelf()
    LiveCatalog(path, all_actions(), keeper=shelf).begin()
    write(path / "items" / "vpn.yaml", "x: 1")
    catalog = LiveCatalog(path, all_actions(), on_broken=ear.broken, on_good=ear.good, keeper=shelf)
    assert ear.heard == []
    assert catalog.current.items["vpn"].name == "VPN"
    catalog.begin()
    assert not catalog.refresh(force=True)
    assert len(ear.heard) == 1
    write(path / "items" / "vpn.yaml", VPN)
    assert catalog.refresh()
    assert ear.heard[1:] == ["good"]


def test_people_who_leave_are_seen_when_looked_for(tmp_path: Path) -> None:
    """The files are the same, the team is not: a forced look finds it."""
    sizes = {"design": 2}

    class Directory:
        def group_size(self, group: str) -> int | None:
            return sizes.get(group)

        def present(self, addresses: Collection[str]) -> int:
            return len(addresses)

    path, ear = folder(tmp_path, items__vpn_yaml=VPN.replace("owner: techops", "owner: design")), Ear()
    catalog = LiveCatalog(path, all_actions(), Directory(), on_broken=ear.broken, on_good=ear.good)
    sizes["design"] = 1
    assert not catalog.refresh()
    assert not catalog.refresh(force=True)
    assert "1 present members" in ear.heard[0]
    sizes["design"] = 3
    assert catalog.refresh(force=True)
    assert ear.heard[1:] == ["good"]


def test_readers_never_see_half_a_catalog(tmp_path: Path) -> None:
    """While files change and are loaded again, every reader has an item, its digest and its search of one version."""
    path, ear = folder(tmp_path), Ear()
    catalog = live(path, ear)
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            current = catalog.current
            item = current.items["vpn"]
            if item.digest != current.digests["vpn"] or current.search.search(item.name)[0].item is not item:
                wrong.append(item.name)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(8):
        write(path / "items" / "vpn.yaml", VPN.replace("name: VPN", f"name: Tunnel{number}"))
        catalog.refresh()
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert catalog.current.items["vpn"].name == "Tunnel7"


def test_the_watcher_looks_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """The body of a thread: an edit is found by itself, and the thread ends when asked."""
    path = folder(tmp_path)
    found, stop = threading.Event(), threading.Event()
    catalog = LiveCatalog(path, all_actions(), on_broken=lambda _: found.set())
    thread = threading.Thread(target=catalog.watch, args=(stop, 0.01))
    thread.start()
    write(path / "items" / "vpn.yaml", "broken")
    assert found.wait(10)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_an_ear_that_fails_does_not_end_the_watch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Telling staff may fail; that is logged, and the next edit is looked for all the same."""
    path = folder(tmp_path)
    mended, stop = threading.Event(), threading.Event()

    def fail(_: tuple[Problem, ...]) -> None:
        raise RuntimeError("the mail server is down")

    catalog = LiveCatalog(path, all_actions(), on_broken=fail, on_good=mended.set)
    thread = threading.Thread(target=catalog.watch, args=(stop, 0.01))
    thread.start()
    write(path / "items" / "vpn.yaml", "broken")
    while not catalog.problems:
        stop.wait(0.005)
    write(path / "items" / "vpn.yaml", VPN)
    assert mended.wait(10)
    stop.set()
    thread.join(10)
    assert "the mail server is down" in caplog.text
