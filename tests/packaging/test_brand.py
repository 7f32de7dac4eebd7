"""The brand file as a build reads it: every mistake is a sentence, and nothing in it gets out of its place."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import pytest
from tests.docs.pages import ROOT
from tests.packaging.building import APP, APP_ID, WHEN, brand
from tests.servers.certificates import make_certificates

from selfserve.desktop import brand as app
from selfserve.packaging.app_deb import app_deb
from selfserve.packaging.app_files import icon_place
from selfserve.packaging.brand import installed, load
from selfserve.packaging.desktop_entry import entry, metainfo
from selfserve.packaging.frozen import prepare
from selfserve.packaging.problems import CannotPackage


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", lines) + part(b"IEND", b"")


def test_the_file_to_copy_can_be_used() -> None:
    """As it stands, and with every line that is commented out but those that need files."""
    path = ROOT / "packaging" / "brand.toml"
    assert load(path).package.name == APP
    text = re.sub(r"(?m)^# ((?!icon|ca_file)[a-z]+ = .*|\[window\])$", r"\1", path.read_text())
    assert text.count("\n#") < path.read_text().count("\n#")


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("name", "Self Serve", "small letters"),
        ("name", "-x", "small letters"),
        ("name", "", "small letters"),
        ("maintainer", "", "a name and a mail address"),
        ("name", "../../etc", "small letters"),
        ("revision", 0, "at least 1|from 1"),
        ("revision", "two", "whole number"),
        ("maintainer", "TechOps", "a name and a mail address"),
        ("maintainer", "x <a@b>\nEssential: yes", "a name and a mail address"),
        ("homepage", "http://x", "begins with https://"),
        ("homepage", "https://x\nX: y", "begins with https://"),
        ("summary", "", "one line"),
        ("summary", "a\nb", "one line"),
        ("summary", "x" * 71, "one line"),
        ("publisher", "a\u202eb", "one line"),
        ("autostart", "perhaps", "true or false"),
        ("colour", "red", "is not a setting"),
    ],
)
def test_a_mistake_is_told_with_its_key(tmp_path: Path, key: str, value: object, allowed: str) -> None:
    """File, key, what is allowed; a line break never becomes a field of the package."""
    with pytest.raises(CannotPackage, match=rf"(?s)brand.toml: package\.{key} .*({allowed})"):
        load(brand(tmp_path, **{key: value}))


def test_a_mistake_in_the_apps_part_is_told_as_well(tmp_path: Path) -> None:
    """By the app's own reader."""
    file = brand(tmp_path)
    file.write_text(file.read_text().replace("https://help", "ftp://help"))
    with pytest.raises(CannotPackage, match="server is"):
        load(file)


def test_what_is_installed_reads_back_as_the_same_brand(tmp_path: Path) -> None:
    """Name, help and colours, and words that TOML writes otherwise."""
    file = brand(tmp_path)
    file.write_text(file.read_text().replace("Fernhill Help", 'Fern \\"hill\\" \\\\ Help'))
    before = load(file).app
    (tmp_path / "there.toml").write_text(installed(before, "", ""))
    assert app.load(tmp_path / "there.toml") == before
    assert 'Name=Fern "hill" \\\\ Help' in entry(load(file), APP)


def test_a_name_is_no_markup(tmp_path: Path) -> None:
    """In the page of the software centre."""
    file = brand(tmp_path, publisher="A & B")
    file.write_text(file.read_text().replace("Fernhill Help", "<b>Help</b>"))
    page = metainfo(load(file), "1", "2026-11-30", "stock", APP)
    assert "&lt;b&gt;Help" in page
    assert "A &amp; B" in page


def test_the_companys_certificates_and_icon_ride_along(tmp_path: Path) -> None:
    """And the installed brand names them where they lie."""
    file = brand(tmp_path)
    (tmp_path / "icon.png").write_bytes(png(128, 128))
    file.write_text(file.read_text().replace("[help]", 'icon = "icon.png"\n[help]'))
    files = {one.path: one.content for one in app_deb(load(file), WHEN).files}
    assert f"usr/share/icons/hicolor/128x128/apps/{APP_ID}.png" in files
    assert b'icon = "icon.png"' in files[f"usr/share/{APP}/brand.toml"]
    assert files[f"usr/share/{APP}/icon.png"] == (tmp_path / "icon.png").read_bytes()


def test_of_the_companys_authorities_certificates_alone_are_packaged(tmp_path: Path) -> None:
    """In each form: what stands around them stays here, and a key is refused, also one that came after the reading."""
    made = make_certificates(tmp_path)
    (tmp_path / "both.pem").write_bytes(b"a note of mine\n" + made.ca_file.read_bytes())
    file = brand(tmp_path)
    file.write_text('ca_file = "both.pem"\n' + file.read_text())
    read = load(file)
    (packed,) = (one.content for one in app_deb(read, WHEN).files if one.path == f"usr/share/{APP}/ca.pem")
    laid_out = prepare(read, tmp_path / "app").parent / "brand" / "ca.pem"
    assert packed == laid_out.read_bytes() == made.ca_file.read_bytes()
    (tmp_path / "both.pem").write_bytes(made.key_file.read_bytes() + made.ca_file.read_bytes())
    with pytest.raises(
        CannotPackage, match=r"brand\.toml: ca_file is 'both\.pem'; .*'PRIVATE KEY' has to be taken out"
    ):
        load(file)
    for build in (lambda: app_deb(read, WHEN), lambda: prepare(read, tmp_path / "again")):
        with pytest.raises(CannotPackage, match=r"both\.pem cannot be packaged; .*'PRIVATE KEY' has to be taken out"):
            build()


@pytest.mark.parametrize("content", [png(100, 100), png(64, 48), b"<svg/>", b""])
def test_a_picture_that_no_desktop_shows_is_refused(tmp_path: Path, content: bytes) -> None:
    """Other sizes than those of the theme, or no picture at all."""
    (tmp_path / "icon.png").write_bytes(content)
    with pytest.raises(CannotPackage, match="no square PNG"):
        icon_place(APP_ID, tmp_path / "icon.png")
