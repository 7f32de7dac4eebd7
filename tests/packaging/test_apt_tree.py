"""Whoever can write into a repository's folder gets nothing signed: what was signed stays, what is named is added."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.packaging.building import WHEN, brand, deb
from tests.packaging.conftest import Key, make_key
from tests.packaging.test_apt import publish

from selfserve.packaging.apt_index import listed
from selfserve.packaging.apt_repository import Repository
from selfserve.packaging.deb import Deb
from selfserve.packaging.one_at_a_time import one_at_a_time
from selfserve.packaging.problems import CannotPackage

EVIL = {"Package": "evil", "Version": "9", "Architecture": "all", "Description": "Not ours"}


def package(**fields: str) -> bytes:
    """A package that says this of itself."""
    return Deb({**EVIL, **{name.replace("_", "-"): value for name, value in fields.items()}}, (), {}).written(WHEN)


def files(folder: Path) -> Mapping[str, bytes]:
    """All that lies in a folder."""
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


@pytest.fixture
def tree(tmp_path: Path, key: Key, app: Path) -> Repository:
    """A repository with the app in it."""
    made = Repository(tmp_path / "repository", "fernhill", "https://apt.fernhill.example")
    publish(made, key, app)
    return made


def _put_beside(tree: Repository, _: Path) -> None:
    (tree.folder / "pool" / "main" / "evil.deb").write_bytes(package())


def _put_in_its_place(tree: Repository, _: Path) -> None:
    (place,) = tree.folder.rglob("*.deb")
    place.write_bytes(package(Package="selfserve-desktop", Version="0.1.0-1"))


def _taken_away(tree: Repository, _: Path) -> None:
    (place,) = tree.folder.rglob("*.deb")
    place.unlink()


def _listed_as_well(tree: Repository, _: Path) -> None:
    one, at = listed(package()), tree.folder / "dists" / "stable" / "main" / "binary-amd64" / "Packages"
    (tree.folder / one.place).parent.mkdir(parents=True)
    (tree.folder / one.place).write_bytes(package())
    at.write_text(at.read_text() + "\n" + "".join(f"{name}: {value}\n" for name, value in one.fields.items()))


def _listed_by_its_sum(tree: Repository, _: Path) -> None:
    for place in tree.folder.glob("dists/stable/main/binary-amd64/by-hash/SHA256/*"):
        place.write_bytes(place.read_bytes() + b"\n" + package())


def _lists_taken_away(tree: Repository, _: Path) -> None:
    shutil.rmtree(tree.folder / "dists" / "stable" / "main" / "binary-amd64")


def _signed_by_a_stranger(tree: Repository, folder: Path) -> None:
    theirs, evil = replace(tree, folder=folder / "theirs"), folder / "evil.deb"
    evil.write_bytes(package())
    publish(theirs, make_key(folder, "stranger"), evil, *tree.folder.rglob("*.deb"))
    shutil.copytree(theirs.folder, tree.folder, dirs_exist_ok=True)


def _signed_text_bent(tree: Repository, _: Path) -> None:
    place = tree.folder / "dists" / "stable" / "InRelease"
    place.write_text(place.read_text().replace("Label: fernhill", "Label: fernhell"))


def _signature_left_out(tree: Repository, _: Path) -> None:
    at = tree.folder / "dists" / "stable"
    (at / "InRelease").write_bytes((at / "Release").read_bytes())


def _two_texts_in_one(tree: Repository, _: Path) -> None:
    place = tree.folder / "dists" / "stable" / "InRelease"
    place.write_text(place.read_text() + place.read_text())


def _list_taken_away(tree: Repository, _: Path) -> None:
    shutil.rmtree(tree.folder / "dists")


def _led_elsewhere(tree: Repository, folder: Path) -> None:
    (folder / "theirs").write_text("theirs")
    (tree.folder / "dists" / "stable" / "Release").unlink()
    (tree.folder / "dists" / "stable" / "Release").symlink_to(folder / "theirs")


@pytest.mark.parametrize(
    ("alter", "says"),
    [
        (_put_beside, "is in no list that was signed"),
        (_put_in_its_place, "is not what was signed"),
        (_taken_away, "is gone"),
        (_listed_as_well, "is not what was signed"),
        (_listed_by_its_sum, "is not what was signed"),
        (_lists_taken_away, "is gone"),
        (_signed_by_a_stranger, "is not signed by this key"),
        (_signed_text_bent, "is not signed by this key"),
        (_signature_left_out, "is not signed by this key"),
        (_two_texts_in_one, "is not signed by this key"),
        (_list_taken_away, "is in no list that was signed"),
        (_led_elsewhere, "is a link"),
    ],
)
def test_what_somebody_altered_is_not_signed(
    tree: Repository, key: Key, tmp_path: Path, alter: Callable[[Repository, Path], None], says: str
) -> None:
    """Refused in a sentence, with nothing written: a package of theirs, a list of theirs, a signature of theirs."""
    alter(tree, tmp_path)
    before = files(tree.folder)
    with pytest.raises(CannotPackage, match=says):
        publish(tree, key, deb(brand(tmp_path / "next", revision=2), tmp_path / "dist"))
    assert files(tree.folder) == before


def test_what_the_tree_holds_stays_and_what_is_named_is_added(tree: Repository, key: Key, tmp_path: Path) -> None:
    """Each is listed once, and the former list is held to what was signed."""
    second = deb(brand(tmp_path / "next", revision=2), tmp_path / "dist")
    publish(tree, key, second)
    publish(tree, key, second)
    told = (tree.folder / "dists" / "stable" / "main" / "binary-arm64" / "Packages").read_text()
    assert [line for line in told.splitlines() if line.startswith("Version: ")] == [
        "Version: 0.1.0-1",
        "Version: 0.1.0-2",
    ]


def test_a_writing_that_was_broken_off_is_begun_again(tree: Repository, key: Key, tmp_path: Path) -> None:
    """A package that is named may lie there already: it was never signed, and its bytes are those that are named."""
    second = deb(brand(tmp_path / "next", revision=2), tmp_path / "dist")
    place = tree.folder / listed(second.read_bytes()).place
    place.write_bytes(package())
    publish(tree, key, second)
    assert place.read_bytes() == second.read_bytes()


def test_the_same_version_with_other_bytes_is_refused(tree: Repository, key: Key, tmp_path: Path) -> None:
    """Machines that have it would never see the new ones."""
    other = deb(brand(tmp_path / "other", summary="Another word"), tmp_path / "dist")
    with pytest.raises(CannotPackage, match="count up `revision`"):
        publish(tree, key, other)


@pytest.mark.parametrize(
    "fields",
    [
        {"Package": "../../x"}, {"Package": "Evil"}, {"Package": "a/b"}, {"Package": ""}, {"Package": "x" * 64},
        {"Package": "evil\x1b[2J"}, {"Version": "../1"}, {"Version": "1/2"}, {"Version": ""}, {"Version": "x"},
        {"Version": "1 2"}, {"Version": "1\x00"}, {"Version": "\u0661"}, {"Architecture": "../amd64"},
        {"Architecture": "i386"}, {"Architecture": ""}, {"Filename": "pool/other.deb"}, {"sha256": "0" * 64},
        {"SIZE": "1"}, {"Section": "admin\x07"}, {"Section": "admin\u202e"},
        {"Description": "x\n \nFilename: pool/other.deb"}, {"Description": "x\n \t\n y"},
        {"Description": "x\n y\x85Filename: z"}, {"Na me": "x"},
    ],
)  # fmt: skip
def test_a_package_has_a_plain_name_and_breaks_no_list(
    tree: Repository, key: Key, tmp_path: Path, fields: dict[str, str]
) -> None:
    """No way out of the pool, no second paragraph, nothing said of itself that is the repository's, no controls."""
    (tmp_path / "evil.deb").write_bytes(package(**fields))
    before = files(tree.folder)
    with pytest.raises(CannotPackage):
        publish(tree, key, tmp_path / "evil.deb")
    assert files(tree.folder) == before


def test_what_is_no_package_is_said(tree: Repository, key: Key, tmp_path: Path) -> None:
    """A file that is none, or that is not there."""
    (tmp_path / "text.deb").write_text("text")
    for name, says in (("text.deb", r"text\.deb is not a Debian package"), ("none.deb", "cannot be read")):
        with pytest.raises(CannotPackage, match=says):
            publish(tree, key, tmp_path / name)


def test_a_web_server_can_read_what_was_written(key: Key, app: Path, tmp_path: Path) -> None:
    """Whatever habit whoever signs has: files and folders of the tree are everybody's to read, and ours to write."""
    made = Repository(tmp_path / "tree", "fernhill", "https://apt.fernhill.example")
    before = os.umask(0o077)
    try:
        publish(made, key, app)
    finally:
        os.umask(before)
    modes = {(one.is_dir(), stat.S_IMODE(one.stat().st_mode)) for one in (made.folder, *made.folder.rglob("*"))}
    assert modes == {(True, 0o755), (False, 0o644)}


def test_two_do_not_publish_into_one_tree_at_once(tree: Repository, key: Key, app: Path) -> None:
    """The second is told to wait, in a sentence, and nothing is written."""
    before = files(tree.folder)
    with one_at_a_time(tree.folder), pytest.raises(CannotPackage, match="run the same command again"):
        publish(tree, key, app)
    assert files(tree.folder) == before
    publish(tree, key, app)
