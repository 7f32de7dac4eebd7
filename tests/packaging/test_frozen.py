"""The app with a Python of its own: built, started, and no copy of the machine's WebKit in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.packaging.building import APP, APP_ID, brand
from tests.packaging.once import once
from tests.servers.processes import program

from selfserve.packaging.appdir import app_dir
from selfserve.packaging.brand import load
from selfserve.packaging.frozen import GI, fits_gtk

BARE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The AppDir, which holds the folder."""
    assert fits_gtk(), f"{GI} is for another Python than this one"
    made = once(tmp_path_factory, "frozen", lambda where: _build(where))
    return made / f"{APP}.AppDir"


def _build(where: Path) -> None:
    app_dir(load(brand(where)), where)


def test_it_starts_where_there_is_no_python(
    folder: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By its own starter, from a folder that was moved, told nothing by the environment."""
    moved = tmp_path / "moved to elsewhere"
    shutil.copytree(folder, moved, symlinks=True, copy_function=os.link)
    told = subprocess.run([moved / "AppRun", "--version"], env=BARE, capture_output=True, text=True, check=True)
    assert told.stdout == "0.1.0\n"
    at_home = {**BARE, "HOME": str(tmp_path_factory.mktemp("home"))}
    seen = subprocess.run([moved / "AppRun"], env=at_home, capture_output=True, text=True, check=False)
    assert seen.returncode == 3
    assert seen.stderr == "Fernhill Help: no window can be opened here, as there is no screen.\n"


def test_the_window_is_the_machines(folder: Path) -> None:
    """GTK and WebKit stay where they get their security updates."""
    names = [path.name for path in folder.rglob("*.so*")]
    assert [name for name in names if "webkit" in name.lower() or "gtk" in name.lower() or "glib" in name.lower()] == []
    assert any(name.startswith("libpython") for name in names)


def test_an_appdir_has_what_its_reader_wants(folder: Path) -> None:
    """Starter, one entry that is right, one icon of its name."""
    subprocess.run([program("desktop-file-validate", "desktop-file-utils"), folder / f"{APP_ID}.desktop"], check=True)
    assert (folder / f"{APP_ID}.svg").read_bytes() == (
        folder / "usr/share/icons/hicolor/scalable/apps" / f"{APP_ID}.svg"
    ).read_bytes()
    assert (folder / "AppRun").stat().st_mode & 0o111
