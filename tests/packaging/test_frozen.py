"""The app with a Python of its own: built, started, and no copy of the machine's WebKit in it."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from tests.desktop.session import Session, app, desktop, until
from tests.desktop.test_server import Answer, answering
from tests.packaging.building import APP, APP_ID, WHEN, brand, built
from tests.packaging.once import once
from tests.servers.certificates import make_certificates
from tests.servers.processes import program

from selfserve.packaging.appdir import app_dir
from selfserve.packaging.brand import load
from selfserve.packaging.frozen import GI, fits_gtk
from selfserve.packaging.replaced import replaceable

HOSTILE = 'Fern "hill" \\ Help"+'
"""A legal name, which as source would be a mistake or code."""
BARE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The AppDir, which holds the folder."""
    assert fits_gtk(), f"{GI} is for another Python than this one"
    made = once(tmp_path_factory, "frozen", lambda where: _build(where))
    return made / f"{APP}.AppDir"


def _build(where: Path) -> None:
    file = brand(where)
    file.write_text(file.read_text().replace("Fernhill Help", HOSTILE.replace("\\", "\\\\").replace('"', '\\"')))
    app_dir(load(file), where, WHEN)


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
    assert seen.stderr == f"{HOSTILE}: no window can be opened here, as there is no screen.\n"


def test_the_same_input_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """In another folder, with another umask, time zone, language and order of hashing: the bytes, and who may read."""
    odd = {"TZ": "Asia/Kathmandu", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"}
    done = built(
        folder.parent / "brand.toml", tmp_path / "far" / "away", "app-folder", cwd=tmp_path, umask=0o077, **odd
    )
    assert done.returncode == 0, done.stderr
    assert _seen(tmp_path / "far" / "away" / APP) == _seen(folder / "usr/lib" / APP)
    told = [one.name for one in folder.rglob("*.dist-info/*") if one.name in OF_AN_INSTALLATION]
    assert told == [], "what an installer wrote about its own folder"


OF_AN_INSTALLATION = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


def _seen(folder: Path) -> dict[str, tuple[int, str]]:
    """All that lies there: who may do what, and what it is."""
    return {
        one.relative_to(folder).as_posix(): (
            one.lstat().st_mode,
            str(one.readlink()) if one.is_symlink() else sha256(one.read_bytes()).hexdigest() if one.is_file() else "",
        )
        for one in folder.rglob("*")
    }


def test_the_next_build_may_take_its_place(folder: Path) -> None:
    """The AppDir's, and that of the folder in it: each is known as what a build made."""
    replaceable(folder)
    replaceable(folder / "usr/lib" / APP)
    assert [one.name for one in folder.parent.iterdir() if one.name.startswith(".selfserve-")] == []


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


PLACED = ("LD_LIBRARY_PATH", "GIO_MODULE_DIR", "GTK_PATH", "GTK_EXE_PREFIX", "GTK_DATA_PREFIX", "GI_TYPELIB_PATH",
          "GDK_PIXBUF_MODULE_FILE", "XDG_DATA_DIRS")  # fmt: skip
"""What PyInstaller's starter and its hooks for GTK set for themselves."""


def company(asked: Any) -> Answer:
    """A server that lets everybody in, as far as the app must be answered to show a page of it."""
    told: dict[str, object] = {"product": "selfserve", "brand": "Fernhill"}
    if asked.path in ("/api/v1/app/sign-in", "/api/v1/app/start"):
        told = {"token": "sd_1", "entry": "e", "ask_every": 30, "name": "Lukas"}
    if not asked.path.startswith("/api/"):
        return 200, {"Content-Type": "text/html"}, b"<!doctype html><title>x</title><h1>A page of the company</h1>"
    return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()


def allowed(address: str) -> None:
    """What the customer's browser does at such a server."""
    with httpx.Client() as browser:
        onward = browser.get(address).headers["Location"]
        asked = httpx.URL(onward).params
        back = browser.get(f"http://127.0.0.1:{asked['port']}/back", params={"state": asked["state"], "code": "c"})
    assert back.status_code == 200


def test_it_shows_the_company_over_tls_and_keeps_its_surroundings_to_itself(folder: Path, tmp_path: Path) -> None:
    """By a certificate of the company's own authority; a browser that it starts gets the customer's variables."""
    files = make_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.cert_file, files.key_file)
    moved = tmp_path / "app"
    shutil.copytree(folder, moved, symlinks=True)
    with answering(company, context) as port, desktop(tmp_path / "desk") as session:
        _told(moved, f"https://localhost:{port}", files.ca_file.read_bytes())
        _noting(session)
        with app(session, [str(moved / "AppRun")], APP_ID) as shown:
            shown.sees("Welcome")
            shown.press("Sign in")
            allowed(session.address())
            shown.press("Do not send")
            shown.sees("A page of the company")
            until(lambda: (session.folder / "environment").exists(), "the browser did not say what it was given")
            given = (session.folder / "environment").read_text()
    assert {name for name in PLACED if f"{name}=" in given} == set()
    assert str(moved) not in given


def _told(moved: Path, server: str, authority: bytes) -> None:
    (place,) = moved.rglob("brand.toml")
    (place.parent / "ca.pem").write_bytes(authority)
    text = place.read_text().replace("https://help.fernhill.example", server)
    place.write_text('ca_file = "ca.pem"\n' + text)


def _noting(session: Session) -> None:
    browser = session.folder / "browser"
    browser.write_text(browser.read_text() + f'env >"{session.folder}/environment.new"\n'
                       f'mv "{session.folder}/environment.new" "{session.folder}/environment"\n')  # fmt: skip


def test_it_draws_the_brands_icon_and_speaks_tls(folder: Path) -> None:
    """No hook of PyInstaller's turns GTK's eyes into the folder, which has neither modules nor loaders of it."""
    inside = folder / "usr/lib" / APP / "_internal"
    assert [path.name for path in inside.glob("g*_*") if path.name not in ("gi",)] == []
    program_file = (folder / "usr/lib" / APP / APP).read_bytes()
    assert [name for name in (b"pyi_rth_gio", b"pyi_rth_gdkpixbuf", b"pyi_rth_gi\0") if name in program_file] == []


def test_the_list_of_parts_names_what_the_folder_holds(folder: Path) -> None:
    """Python, OpenSSL and every package, by what was really put there; each library by its name."""
    inside = folder / "usr/lib" / APP
    text = (inside / "sbom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    told = json.loads(text)["components"]
    names = {one["name"].lower().replace("_", "-") for one in told}
    wanted = {"cpython", "pyinstaller", "libssl.so.3", "libcrypto.so.3", "cryptography", "cffi", "keyring", "jeepney",
              "secretstorage", "bottle", "jaraco.classes", "jaraco.context", "jaraco.functools", "pygobject",
              "pywebview", "proxy-tools", "truststore"}  # fmt: skip
    assert wanted <= names
    assert all(one.get("version") for one in told)
    libraries = {path.name for path in (inside / "_internal").glob("*.so*")}
    of_packages = {name for name in libraries if ".cpython-" in name or name.startswith(("_cffi_backend", "libpython"))}
    assert libraries - of_packages <= {one["name"] for one in told}
