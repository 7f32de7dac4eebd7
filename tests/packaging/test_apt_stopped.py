"""Publishing that is killed at any of its steps: machines find one whole signed state, and the same command goes on."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.demo.process import environment
from tests.packaging import stopping
from tests.packaging.building import APP, brand, deb
from tests.packaging.conftest import Key
from tests.packaging.machine import Machine, machine
from tests.packaging.serving import served
from tests.packaging.test_apt import SETUP, publish
from tests.packaging.test_apt_tree import files, package

from selfserve.packaging.apt_index import listed
from selfserve.packaging.apt_repository import Repository
from selfserve.packaging.problems import CannotPackage

SIGNED = ("InRelease", "Release.gpg")
"""A signature has its own moment in it."""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path, key: Key, app: Path) -> Repository:
    """A repository with the app in it."""
    made = Repository(tmp_path / "repository", *stopping.REPOSITORY)
    publish(made, key, app, now=stopping.LATER)
    return made


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """The app's next revision."""
    return deb(brand(tmp_path / "next", revision=2), tmp_path / "dist")


def stopped(base: Path, out: Path, key: Key, *packages: Path, stride: int = 1) -> list[Path]:
    """The trees that publishing leaves, killed before its first step, its second (or each `stride`-th), and so on.

    The last is whole.
    """
    command = [sys.executable, "-m", "tests.packaging.stopping", *map(str, (base, out, key.file, stride, *packages))]
    out.mkdir()
    env = environment(PYTHONPATH=f"{ROOT}:{ROOT / 'src'}")
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return sorted(out.iterdir())


def content(folder: Path) -> dict[str, bytes]:
    """What a tree holds, but for signatures and for what somebody is writing."""
    found = files(folder)
    return {place: one for place, one in found.items() if not place.startswith(".") and not place.endswith(SIGNED)}


def shown(folder: Path) -> dict[str, bytes]:
    """The same without lists by their sums, of which those of the former state stay."""
    return {place: held for place, held in content(folder).items() if "by-hash" not in place}


def distinct(trees: list[Path]) -> list[Path]:
    """Those that a reader can tell from the one before."""
    found: dict[str, Path] = {}
    for one in trees:
        seen = {place: held for place, held in files(one).items() if not place.startswith(".")}
        found.setdefault(hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest(), one)
    return list(found.values())


def test_the_same_command_mends_what_a_killed_one_left(
    tree: Repository, key: Key, second: Path, tmp_path: Path
) -> None:
    """At every step, of a tree to begin and of one without lists by sums as well: nothing is missing, nothing left."""
    former = tmp_path / "former"
    shutil.copytree(tree.folder, former, ignore=shutil.ignore_patterns("by-hash"))
    for base, name in ((tree.folder, "further"), (tmp_path / "nothing", "begun"), (former, "renewed")):
        *left, whole = stopped(base, tmp_path / name, key, second)
        assert len(left) > 40
        for one in left:
            publish(replace(tree, folder=one), key, second, now=stopping.LATER)
            assert shown(one) == shown(whole), one.name
            assert content(one).items() <= content(whole).items(), one.name
            assert [found.name for found in one.iterdir() if found.name.startswith(".")] == []


def test_another_command_goes_on_where_two_were_killed(
    tree: Repository, key: Key, second: Path, tmp_path: Path
) -> None:
    """A third revision, killed too, on what the second left: nothing of ours is taken for somebody else's."""
    third = deb(brand(tmp_path / "third", revision=3), tmp_path / "dist")
    for base in distinct(stopped(tree.folder, tmp_path / "left", key, second))[::4]:
        *left, whole = stopped(base, tmp_path / f"again-{base.name}", key, second, third, stride=7)
        for one in left:
            publish(replace(tree, folder=one), key, second, third, now=stopping.LATER)
            assert shown(one) == shown(whole)


def test_what_was_read_before_is_still_there(tree: Repository, key: Key, second: Path) -> None:
    """A machine that has the former InRelease finds its lists by their sums; what is older goes."""

    def lists() -> set[str]:
        return {place for place in files(tree.folder) if "by-hash" in place}

    first = lists()
    publish(tree, key, second)
    both = lists()
    assert first < both
    assert len(both) == 2 * len(first)
    publish(tree, key)
    assert lists() == both - first


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Machine]:
    """A machine that sees what is served to it."""
    (tmp_path / "shared").mkdir()
    with machine(tmp_path / "machine", tmp_path / "shared") as made:
        yield made


@pytest.mark.needs_root
def test_apt_finds_one_whole_state_wherever_publishing_was_killed(
    tree: Repository, key: Key, second: Path, ours: Machine, tmp_path: Path
) -> None:
    """The former revision or the new one, each with its package; after the same command the new one."""
    site = ours.shared / "site"
    with served(ours.shared) as url:
        here = replace(tree, url=f"{url}/site")
        publish(here, key, now=stopping.LATER)
        shutil.copytree(here.folder, site)
        ours.sh(SETUP.format(repo=site))
        seen = []
        for one in distinct(stopped(here.folder, tmp_path / "left", key, second)):
            shutil.rmtree(site)
            shutil.copytree(one, site)
            seen.append(_offered(ours))
        assert seen == sorted(seen)
        assert set(seen) == {"0.1.0-1", "0.1.0-2"}
        assert seen.count("0.1.0-1") > 3
        assert seen.count("0.1.0-2") > 3
        for one in distinct(sorted((tmp_path / "left").iterdir())):
            shutil.rmtree(site)
            shutil.copytree(one, site)
            publish(replace(here, folder=site), key, second, now=stopping.LATER)
            assert _offered(ours) == "0.1.0-2"


def _offered(on: Machine) -> str:
    """The version that apt finds and fetches, knowing nothing from before."""
    on.sh("rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb")
    for words in (("update", "--error-on=any"), ("install", "--download-only", APP)):
        done = on.apt(*words)
        assert done.returncode == 0, done.stdout + done.stderr
    (found,) = on.sh("cd /var/cache/apt/archives && ls *.deb").split()
    return found.split("_")[1]


def test_a_list_that_somebody_put_beside_a_killed_one_is_not_taken_for_ours(
    tree: Repository, key: Key, second: Path, tmp_path: Path
) -> None:
    """Under a plain name it is refused as ever; by another sum it is never read, and goes."""
    evil = listed(package())
    text = "".join(f"{name}: {value}\n" for name, value in evil.fields.items()).encode()
    for one in distinct(stopped(tree.folder, tmp_path / "left", key, second)):
        at = one / "dists" / "stable" / "main" / "binary-amd64"
        (at / "by-hash" / "SHA256").mkdir(parents=True, exist_ok=True)
        (at / "by-hash" / "SHA256" / hashlib.sha256(text).hexdigest()).write_bytes(text)
        (one / ".writing").mkdir(exist_ok=True)
        (one / ".writing" / "new").write_bytes(text)
        mended = tmp_path / "mended"
        shutil.copytree(one, mended)
        publish(replace(tree, folder=mended), key, second)
        assert [place for place, held in files(mended).items() if b"evil" in held] == []
        shutil.rmtree(mended)
        (at / "Packages").write_bytes(text)
        before = files(one)
        with pytest.raises(CannotPackage, match="is not what was signed"):
            publish(replace(tree, folder=one), key, second)
        assert files(one) == before


def test_a_tree_that_cannot_be_written_is_said_and_stays_whole(tree: Repository, key: Key, second: Path) -> None:
    """A file where a folder has to be: in a sentence, with what to do; machines still find what was signed before."""
    before = content(tree.folder)
    (tree.folder / ".writing").write_text("mine")
    with pytest.raises(
        CannotPackage, match=r"\.writing cannot be written: Not a directory\. .* the same command again"
    ):
        publish(tree, key, second)
    assert content(tree.folder) == before
