"""The app's package: the same bytes each time, small, and right in the eyes of the distribution's own tools."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from tests.packaging.building import APP, APP_ID, brand, built, deb
from tests.servers.processes import program

import selfserve.desktop

LARGEST = 2_000_000
NOT_FOR_US = "initial-upload-closes-no-bugs,maintainer-script-should-not-use-dpkg-maintscript-helper"
"""The one wants the number of a bug in Debian's own tracker, where this package never goes; the other that debhelper
writes those lines, which does not build it."""


@pytest.fixture(scope="module")
def unpacked(app: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's files."""
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["dpkg-deb", "--extract", app, folder], check=True)
    return folder


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """In other folders, with another umask, time zone, language and order of hashing."""
    here, there = tmp_path / "a", tmp_path / "far" / "away"
    there.mkdir(parents=True)
    odd = {"TZ": "Asia/Kathmandu", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"}
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(built, brand(tmp_path / "one"), here, "app-deb", cwd=tmp_path, umask=0o022, TZ="UTC"),
            pool.submit(built, brand(tmp_path / "two"), there / "b", "app-deb", cwd=there, umask=0o077, **odd),
        ]
    assert [run.result().returncode for run in runs] == [0, 0], [run.result().stderr for run in runs]
    (first,), (second,) = here.glob("*.deb"), (there / "b").glob("*.deb")
    assert sha256(first.read_bytes()).hexdigest() == sha256(second.read_bytes()).hexdigest()
    assert first.name == second.name


def test_it_is_small(app: Path) -> None:
    """The window is the distribution's; what we bring is below two megabytes."""
    assert app.stat().st_size < LARGEST


def test_lintian_finds_nothing(app: Path) -> None:
    """Debian's own judge of packages, warnings included."""
    command = [program("lintian", "lintian"), "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0"]
    done = subprocess.run([*command, "--suppress-tags", NOT_FOR_US, app], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_desktop_takes_entry_and_page(unpacked: Path) -> None:
    """By the tools of freedesktop.org: the entry with its link handler, and the page in software centres."""
    entry = unpacked / "usr" / "share" / "applications" / f"{APP_ID}.desktop"
    validate = [program("desktop-file-validate", "desktop-file-utils"), "--warn-kde", str(entry)]
    assert subprocess.run(validate, capture_output=True, text=True, check=True).stdout == ""
    assert "MimeType=x-scheme-handler/selfserve;" in entry.read_text()
    assert f"Exec={APP} -- %u\n" in entry.read_text()
    page = unpacked / "usr" / "share" / "metainfo" / f"{APP_ID}.metainfo.xml"
    judge = [program("appstreamcli", "appstream"), "validate", "--no-net", str(page)]
    done = subprocess.run(judge, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_nothing_for_other_systems_rides_along(unpacked: Path) -> None:
    """pywebview's wheel brings programs for Windows and Android; ours has text alone."""
    files = [path for path in unpacked.rglob("*") if path.is_file() and path.name != "sbom.cdx.json"]
    assert {path.suffix for path in files} <= {".py", ".js", ".svg", ".toml", ".typed", ".desktop", ".xml", ".gz", ""}
    assert [path.name for path in (unpacked / "usr" / "lib" / APP / "webview" / "platforms").iterdir()] != []
    assert not list(unpacked.rglob("*android*"))


def test_it_wants_the_webkit_that_it_takes(app: Path) -> None:
    """What the app asks GTK for, and no other version: apt would install one that it cannot open a window with."""
    wanted = subprocess.run(["dpkg-deb", "--field", app, "Depends"], capture_output=True, text=True, check=True).stdout
    asked = re.findall(
        r'require_version\("WebKit2", "(.*)"\)', Path(selfserve.desktop.__file__).with_name("gtk.py").read_text()
    )
    assert re.findall(r"gir1\.2-webkit2-[\d.]+(?: \| [^,]+)?", wanted) == [f"gir1.2-webkit2-{one}" for one in asked]


def test_licences_of_what_rides_along_are_told(unpacked: Path) -> None:
    """Each folder that is not ours has its paragraph, and its licence its words."""
    told = (unpacked / "usr" / "share" / "doc" / APP / "copyright").read_text()
    for folder in (unpacked / "usr" / "lib" / APP).iterdir():
        assert folder.name == "selfserve" or f"Files: usr/lib/{APP}/{folder.name}/*" in told
    assert "Redistributions of source code must retain" in told
    assert "Permission is hereby granted" in told


def test_it_starts_by_itself_only_where_the_brand_says_so(unpacked: Path, tmp_path: Path) -> None:
    """Off unless an admin turns it on; then a file that everybody's session can turn off."""
    assert not (unpacked / "etc").exists()
    on = deb(brand(tmp_path, autostart=True), tmp_path / "dist")
    listed = subprocess.run(["dpkg-deb", "--contents", on], capture_output=True, text=True, check=True).stdout
    assert f"./etc/xdg/autostart/{APP_ID}.desktop" in listed
