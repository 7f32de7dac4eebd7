"""The app as a customer has it: installed by apt from the signed repository, in a real window, with a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.demo.process import Started
from tests.desktop import test_the_app_in_its_window as course
from tests.desktop.session import Session, brand_of, desktop
from tests.packaging.building import APP, deb
from tests.packaging.conftest import Key
from tests.packaging.machine import Machine, machine
from tests.packaging.serving import served
from tests.packaging.test_apt import SETUP, Site

from selfserve.packaging.apt_repository import Repository

house, caller = course.house, course.caller
"""The demo, and people who ask there: the same as for the app from its sources."""


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A throw-away machine in a folder of a short name: what is below becomes the path of a socket."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "seen").mkdir()
    with machine(folder / "machine", folder / "seen") as made:
        yield made


@pytest.fixture
def session(fresh: Machine) -> Iterator[Session]:
    """A desktop whose sockets the machine sees as well."""
    with desktop(fresh.shared / "desk") as made:
        yield made


def _installed(on: Machine, key: Key, brand_file: Path) -> list[str]:
    """The command, after `apt-get install` from a repository that holds the app of this brand."""
    tree = on.shared / "repository"
    tree.mkdir()
    with served(tree) as url:
        site = Site(Repository(tree, "fernhill", url), key, on)
        site.publish(deb(brand_file, on.shared / "dist"))
        on.sh(SETUP.format(repo=tree))
        for words in (("update", "--error-on=any"), ("install", APP)):
            done = on.apt(*words)
            assert done.returncode == 0, done.stdout + done.stderr
    return on.command(f"/usr/bin/{APP}")


@pytest.mark.needs_root
def test_what_apt_installed_goes_the_whole_way_and_leaves_nothing(
    fresh: Machine, session: Session, house: Started, key: Key, page: Page, caller: course.Caller
) -> None:
    """Sign-in by the browser, a request by a link, a notice, signed out by the server; then purged without a trace."""
    before = fresh.written()
    command = _installed(fresh, key, brand_of(session.folder, house.url))
    course.test_the_whole_way(session, house, lambda *_: command, page, caller)
    assert fresh.apt("purge", APP).returncode == 0
    left = fresh.written() - before
    assert left == {"etc/apt/keyrings/fernhill.gpg", "etc/apt/sources.list.d/fernhill.sources"}
