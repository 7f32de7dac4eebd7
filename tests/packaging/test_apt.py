"""The repository, as apt takes it on a machine: signed, or not at all; and what a package leaves behind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.packaging.building import APP, APP_ID, brand, deb
from tests.packaging.conftest import Key, make_key
from tests.packaging.machine import Machine, machine
from tests.packaging.serving import served

from selfserve.packaging.apt_repository import Repository
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.signing import signer

SETUP = """
install -D -m 644 {repo}/fernhill.gpg /etc/apt/keyrings/fernhill.gpg
install -D -m 644 {repo}/fernhill.sources /etc/apt/sources.list.d/fernhill.sources
"""
OURS = {"etc/apt/keyrings/fernhill.gpg", "etc/apt/sources.list.d/fernhill.sources"}
NOW = datetime.now(UTC)


@dataclass
class Site:
    """A repository on the web, and a machine set up for it."""

    tree: Repository
    key: Key
    machine: Machine

    def publish(self, *packages: Path, now: datetime = NOW) -> None:
        """Add packages and sign the tree anew."""
        publish(self.tree, self.key, *packages, now=now)

    @property
    def release(self) -> Path:
        """Where the signed lists are."""
        return self.tree.folder / "dists" / "stable"


def publish(tree: Repository, key: Key, *packages: Path, now: datetime = NOW) -> None:
    """Add packages to a tree and sign it anew."""
    with signer(f"file:{key.file}", _read) as signing:
        tree.write(packages, signing, now)


def _read(reference: str) -> str:
    return Path(reference.removeprefix("file:")).read_text()


@pytest.fixture
def site(tmp_path: Path, key: Key, app: Path) -> Iterator[Site]:
    """The app's package published, the machine set up as the page for admins says."""
    folder = tmp_path / "shared" / "repository"
    folder.mkdir(parents=True)
    with served(folder) as url, machine(tmp_path / "machine", tmp_path / "shared") as made:
        found = Site(Repository(folder, "fernhill", url), key, made)
        found.publish(app)
        made.sh(SETUP.format(repo=folder))
        yield found


def _update(site: Site) -> str:
    """What `apt-get update` says; apt keeps the last good lists and warns, so that its words are what counts."""
    done = site.machine.apt("update", "--error-on=any")
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.needs_root
def test_an_app_is_installed_brought_up_to_date_and_leaves_nothing(site: Site, tmp_path: Path) -> None:
    """From the signed tree by apt; links are taken; the new revision comes; after purge every file is as before."""
    before = site.machine.written()
    assert before >= OURS
    assert _update(site) == ""
    installed = site.machine.apt("install", APP)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    assert f"usr/bin/{APP}" in site.machine.written()
    assert site.machine.does("dpkg", "--verify", APP) == ""
    taken = site.machine.does("cat", "/usr/share/applications/mimeinfo.cache")
    assert f"x-scheme-handler/selfserve={APP_ID}.desktop;" in taken

    site.publish(deb(brand(tmp_path / "next", revision=2, summary="Another word"), tmp_path / "dist"))
    assert _update(site) == ""
    assert site.machine.apt("upgrade").returncode == 0
    assert site.machine.does("dpkg-query", "-W", "-f", "${Version}", APP) == "0.1.0-2"
    assert "Comment=Another word" in site.machine.does("cat", f"/usr/share/applications/{APP_ID}.desktop")

    assert site.machine.apt("purge", APP).returncode == 0
    assert site.machine.written() == before


@pytest.mark.needs_root
def test_a_tree_that_somebody_changed_is_refused(site: Site, tmp_path: Path) -> None:
    """A package, a list, the signed text, a foreign signature, an old tree: whatever is bent, nothing is installed."""
    assert _update(site) == ""
    (package,) = site.tree.folder.rglob("*.deb")
    whole = package.read_bytes()
    package.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused = site.machine.apt("install", APP)
    assert refused.returncode != 0
    assert "Hash Sum mismatch" in refused.stderr
    package.write_bytes(whole)

    for change in (_list_bent, _text_bent, _signed_by_another, _signature_left_out):
        kept = tmp_path / "kept"
        shutil.copytree(site.release, kept)
        site.machine.sh("rm -rf /var/lib/apt/lists/*")
        expected = change(site, tmp_path)
        assert expected in _update(site), change.__name__
        assert "Unable to locate package" in site.machine.apt("install", APP).stderr
        shutil.rmtree(site.release)
        kept.rename(site.release)
    assert f"usr/bin/{APP}" not in site.machine.written()


def _list_bent(site: Site, _: Path) -> str:
    for place in (one for one in (site.release / "main").rglob("*") if one.is_file()):
        place.write_bytes(place.read_bytes().replace(b"0", b"1"))
    return "Hash Sum mismatch"


def _text_bent(site: Site, _: Path) -> str:
    place = site.release / "InRelease"
    place.write_text(place.read_text().replace("Label: fernhill", "Label: fernhell"))
    return "BADSIG"


def _signed_by_another(site: Site, folder: Path) -> str:
    theirs = replace(site.tree, folder=folder / "theirs")
    publish(theirs, make_key(folder, "stranger"), *site.tree.folder.rglob("*.deb"))
    shutil.copytree(theirs.folder / "dists", site.tree.folder / "dists", dirs_exist_ok=True)
    return "NO_PUBKEY"


def _signature_left_out(site: Site, _: Path) -> str:
    for name in ("InRelease", "Release.gpg"):
        (site.release / name).unlink()
    return "is not signed"


@pytest.mark.needs_root
def test_a_tree_that_was_held_back_is_refused(site: Site) -> None:
    """Where an admin signs with an end, an old tree cannot hide an update for longer."""
    site.tree = Repository(site.tree.folder, "fernhill", site.tree.url, timedelta(days=7))
    site.publish(now=NOW - timedelta(days=8))
    assert "expired" in _update(site)


def test_without_a_key_nothing_is_signed(tmp_path: Path) -> None:
    """A reference to something else than one secret key, or to a key that gpg does not know."""
    text = tmp_path / "no-key"
    text.write_text("not a key")
    with pytest.raises(CannotPackage, match="gpg refused"), signer(f"file:{text}", _read):
        pass
    with pytest.raises(CannotPackage, match="no secret key"), signer("gpg:0000DEAD0000DEAD", _read):
        pass


@pytest.mark.parametrize("name", ["", "Fernhill", "a b", "../x", "a\nb"])
def test_a_repository_has_a_plain_name(tmp_path: Path, name: str) -> None:
    """It becomes the name of files on machines."""
    with pytest.raises(CannotPackage, match="no name"):
        Repository(tmp_path, name, "https://apt.fernhill.example")


@pytest.mark.parametrize("url", ["", "apt.fernhill.example", "https://a b", "https://x\nTrusted: yes", "ftp://x"])
def test_a_repository_has_one_address(tmp_path: Path, url: str) -> None:
    """A line break would add a field to the file for machines, such as one that turns signatures off."""
    with pytest.raises(CannotPackage, match="no address"):
        Repository(tmp_path, "fernhill", url)
