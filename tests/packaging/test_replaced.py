"""A build takes the place of an earlier build, and of nothing else: an admin's folder of the same name stays whole."""

from __future__ import annotations

import json
import plistlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.packaging.building import APP, brand, built

from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.replaced import BUILT, PARTS, replaceable, replacing
from selfserve.packaging.tree import File, laid


def files(folder: Path) -> dict[str, bytes]:
    """All that lies below."""
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def parts(name: str) -> bytes:
    """A list of parts as far as it tells whose it is."""
    return json.dumps({"metadata": {"component": {"name": name}}}).encode()


def of_a_build(out: Path, name: str = APP) -> Path:
    """What a build of the folder leaves."""
    return laid([File(name, b"x"), File("_internal/base_library.zip", b"x"), File(PARTS, parts(name))], out / name)


def appdir_of_a_build(out: Path) -> Path:
    """What a build of the AppDir leaves, after appimagetool was there."""
    files = [File(one, b"x") for one in ("AppRun", "a.b.desktop", "a.b.svg", ".DirIcon", f"usr/lib/{APP}/{APP}")]
    return laid([*files, File(f"usr/lib/{APP}/{PARTS}", parts(APP))], out / f"{APP}.AppDir")


def bundle_of_a_build(out: Path) -> Path:
    """What a build of the bundle for macOS leaves."""
    told = plistlib.dumps({"CFBundleIdentifier": "a.b", BUILT: "0.1.0.1"})
    return laid([File("Contents/Info.plist", told)], out / "Help.app")


BUILDS = (of_a_build, appdir_of_a_build, bundle_of_a_build)


@pytest.mark.parametrize("build", BUILDS)
def test_what_an_earlier_build_made_is_replaced_as_a_whole(tmp_path: Path, build: Callable[[Path], Path]) -> None:
    """Nothing of it rides along, and nothing of the building stays beside it."""
    place = build(tmp_path)
    (place / "usr" if place.suffix == ".AppDir" else place / "_internal" / "x").mkdir(parents=True, exist_ok=True)
    with replacing(tmp_path, place.name) as made:
        laid([File("new", b"new")], made / place.name)
    assert files(tmp_path) == {f"{place.name}/new": b"new"}
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize("name", ["notes.txt", PARTS, "_internal", APP])
def test_a_folder_of_somebody_elses_stays(tmp_path: Path, name: str) -> None:
    """Also one with a name of ours in it, alone or beside something else."""
    (tmp_path / APP).mkdir()
    (tmp_path / APP / name).write_text("mine")
    _stays(tmp_path)


@pytest.mark.parametrize("build", BUILDS[:2])
def test_a_build_with_somebody_elses_file_in_it_stays(tmp_path: Path, build: Callable[[Path], Path]) -> None:
    """Whoever put a note there wants it; another build's list of parts makes a folder no build of this one."""
    place = build(tmp_path)
    (place / "notes.txt").write_text("mine")
    _stays(tmp_path, place.name)


def test_another_name_in_the_list_of_parts_is_another_build(tmp_path: Path) -> None:
    """A copy of such a list, kept with the brand, makes no build of that folder."""
    of_a_build(tmp_path, "other").rename(tmp_path / APP)
    _stays(tmp_path)


@pytest.mark.parametrize("content", ["[]", "{}", "null", "\x00", '{"metadata": 1}'])
def test_a_list_of_parts_that_is_none_makes_no_build(tmp_path: Path, content: str) -> None:
    """Whatever lies there under its name."""
    (of_a_build(tmp_path) / PARTS).write_text(content)
    _stays(tmp_path)


def test_a_bundle_of_somebody_elses_stays(tmp_path: Path) -> None:
    """With a list of properties that no build wrote, or that is none."""
    (bundle_of_a_build(tmp_path) / "Contents" / "Info.plist").write_bytes(plistlib.dumps({"CFBundleIdentifier": "a.b"}))
    _stays(tmp_path, "Help.app")
    (tmp_path / "Help.app" / "Contents" / "Info.plist").write_text("text")
    _stays(tmp_path, "Help.app")


def test_a_file_or_a_link_of_that_name_stays(tmp_path: Path) -> None:
    """A link leads to what may be anybody's, an earlier build too."""
    (tmp_path / APP).write_text("mine")
    _stays(tmp_path)
    (tmp_path / APP).unlink()
    (tmp_path / APP).symlink_to(of_a_build(tmp_path / "elsewhere"))
    _stays(tmp_path)


def _stays(out: Path, name: str = APP) -> None:
    before = files(out)
    with pytest.raises(CannotPackage, match="is in the way, and holds what no build made"), replacing(out, name):
        raise AssertionError("nothing is built first")
    with pytest.raises(CannotPackage, match="is in the way"), replacing(out) as made:
        (made / name).mkdir()
    assert files(out) == before


def test_a_build_that_fails_leaves_the_earlier_one(tmp_path: Path) -> None:
    """Somebody may be about to roll it out."""
    before = files(of_a_build(tmp_path))
    with pytest.raises(CannotPackage, match="no place inside"), replacing(tmp_path, APP) as made:
        laid((File(name, b"new") for name in (APP, "/etc/passwd")), made / APP)
    assert files(tmp_path / APP) == before
    assert [one.name for one in tmp_path.iterdir()] == [APP]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """There is nothing in it to lose."""
    (tmp_path / APP).mkdir()
    replaceable(tmp_path / APP)


@pytest.mark.parametrize("what", ["app-folder", "app-dir"])
def test_the_folder_of_the_brand_is_never_built_over(tmp_path: Path, what: str) -> None:
    """`package.name` is the folder's name, and the folder is built into the one above it: said, and nothing is lost."""
    name = "acme-help" + (".AppDir" if what == "app-dir" else "")
    file = brand(tmp_path / name, name="acme-help")
    (tmp_path / name / "notes.txt").write_text("mine")
    before = files(tmp_path)
    done = built(file, Path(), what, cwd=tmp_path)
    assert done.returncode == 1
    assert f"{name} is in the way, and holds what no build made: move it elsewhere" in done.stderr
    assert files(tmp_path) == before


def test_what_a_killed_build_left_is_put_back_and_swept(tmp_path: Path) -> None:
    """Killed between its two renames, the former build lay only in the folder beside; the next build finds it."""
    place = of_a_build(tmp_path)
    left = tmp_path / ".selfserve-x1"
    (left / "made" / APP).mkdir(parents=True)
    (left / "former").mkdir()
    place.rename(left / "former" / APP)
    somebodys = tmp_path / ".selfserve-notes"
    somebodys.mkdir()
    with pytest.raises(RuntimeError), replacing(tmp_path, APP):
        raise RuntimeError("the build fails")
    assert sorted(one.name for one in tmp_path.iterdir()) == [".selfserve-notes", APP]
    assert (place / PARTS).is_file()


def test_two_do_not_build_into_one_folder_at_once(tmp_path: Path) -> None:
    """The second is told to wait, and the first goes on."""
    with replacing(tmp_path, APP) as made:
        with (
            pytest.raises(CannotPackage, match="Somebody is just building or publishing into"),
            replacing(tmp_path, APP),
        ):
            pass
        laid([File("new", b"new")], made / APP)
    assert files(tmp_path) == {f"{APP}/new": b"new"}
