"""What PyInstaller reads, for each platform: the brand as data, the platform's own parts, icon and version."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.packaging.building import APP, APP_ID, brand
from tests.packaging.test_brand import png

from selfserve.desktop import VERSION
from selfserve.packaging.brand import Branding, load
from selfserve.packaging.frozen import main, prepare
from selfserve.packaging.program_icon import program_icon
from selfserve.packaging.replaced import BUILT
from selfserve.packaging.windows_version import version_info
from selfserve.settings.keys import toml

PLATFORMS = ("linux", "win32", "darwin")
NAMES = ('Fern "hill"', "Fern \\ hill", 'x", open("/tmp/evil", "w"), "', "'+str(1)+'", '"""', "Größe {0} @NAME@")


def branding(folder: Path, name: str = "Fernhill Help", icon: bytes = b"") -> Branding:
    """The sample company's brand under another name."""
    file = brand(folder, publisher=name)
    text = file.read_text().replace('"Fernhill Help"', toml(name))
    if icon:
        (folder / "icon.png").write_bytes(icon)
        text = 'icon = "icon.png"\n' + text
    file.write_text(text)
    return load(file)


def listed(folder: Path) -> set[str]:
    """All files below, but what is the app's own."""
    files = (one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())
    return {name for name in files if name.startswith(("webview/", "truststore/"))}


def run(spec: Path, monkeypatch: pytest.MonkeyPatch, platform: str) -> dict[str, Any]:
    """The recipe as PyInstaller runs it, without PyInstaller; what its program and its bundle were told."""
    seen: dict[str, Any] = {}
    found = SimpleNamespace(pure=[], binaries=[], datas=[], scripts=[("pyi_rth_gio", "", ""), ("start", "", "")])
    names = {
        "SPECPATH": str(spec.parent), "Analysis": lambda *_, **told: seen.update(analysis=told) or found,
        "PYZ": lambda *_: None, "COLLECT": lambda *_, **told: None,
        "EXE": lambda *given, **told: seen.update(program=told, scripts=[one[0] for one in given[1]]),
        "BUNDLE": lambda *_, **told: seen.update(bundle=told),
    }  # fmt: skip
    monkeypatch.setattr(sys, "platform", platform)
    exec(compile(spec.read_text(), str(spec), "exec"), names)
    return seen


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_data_in_the_recipe(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotation marks, backslashes and what would be code: the recipe is the same for every brand."""
    spec = prepare(branding(tmp_path, name), tmp_path / "app", "darwin")
    plain = prepare(branding(tmp_path, "Plain"), tmp_path / "other" / "app", "darwin")
    assert spec.read_bytes() == plain.read_bytes()
    told = run(spec, monkeypatch, "darwin")
    assert told["bundle"]["name"] == name.replace("/", "-").replace(":", "-") + ".app"
    assert told["program"]["name"] == APP
    assert told["bundle"]["bundle_identifier"] == APP_ID
    assert told["bundle"]["info_plist"][BUILT] == f"{VERSION}.1"


def test_the_folder_has_what_its_platform_takes(tmp_path: Path) -> None:
    """It comes first on the path: what it lacks would be found nowhere."""
    found = {}
    for platform in PLATFORMS:
        spec = prepare(branding(tmp_path), tmp_path / platform / "app", platform)
        found[platform] = listed(spec.parent)
        assert "webview/js/api.js" in found[platform]
        assert not [name for name in found[platform] if "android" in name or name.endswith((".jar", "qt.py"))]
    toolkits = {
        platform: {name.partition("/platforms/")[2] for name in names if "/platforms/" in name} - {"__init__.py"}
        for platform, names in found.items()
    }
    assert toolkits == {
        "linux": {"gtk.py"},
        "win32": {"edgechromium.py", "mshtml.py", "win32.py", "winforms.py"},
        "darwin": {"cocoa.py"},
    }
    own = {"truststore/_windows.py": "win32", "truststore/_macos.py": "darwin"}
    assert {name: platform for name in own for platform in PLATFORMS if name in found[platform]} == own
    libraries = {platform: sorted(one for one in found[platform] if "/lib/" in one and one.endswith(".dll"))
                 for platform in PLATFORMS}  # fmt: skip
    assert libraries["linux"] == libraries["darwin"] == []
    assert "webview/lib/runtimes/win-x64/native/WebView2Loader.dll" in libraries["win32"]
    assert "webview/lib/Microsoft.Web.WebView2.WinForms.dll" in libraries["win32"]


def test_windows_libraries_lie_where_pywebview_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As files in the folder; and its toolkits are named, as no import of ours does."""
    spec = prepare(branding(tmp_path), tmp_path / "app", "win32")
    told = run(spec, monkeypatch, "win32")["analysis"]
    assert (str(spec.parent / "webview/lib"), "webview/lib") in told["datas"]
    assert {"webview.platforms.winforms", "webview.platforms.edgechromium"} <= set(told["hiddenimports"])
    assert "secretstorage" not in told["hiddenimports"]


def test_gtk_is_not_looked_for_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyInstaller's hooks that would turn GLib, GTK and its pictures there are left out, on Linux."""
    spec = prepare(branding(tmp_path), tmp_path / "app", "linux")
    assert run(spec, monkeypatch, "linux")["scripts"] == ["start"]


def test_a_png_becomes_the_programs_icon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the form of each platform, with the very picture in it."""
    picture = png(256, 256)
    made = {}
    for platform in PLATFORMS:
        spec = prepare(branding(tmp_path, icon=picture), tmp_path / platform / "app", platform)
        made[platform] = json.loads((spec.parent / "app.json").read_text())["icon"]
    assert made["linux"] is None
    ico, icns = Path(made["win32"]).read_bytes(), Path(made["darwin"]).read_bytes()
    assert (ico[:6], ico[22:]) == (b"\0\0\1\0\1\0", picture)
    assert (icns[:4], icns[8:12], icns[16:]) == (b"icns", b"ic08", picture)
    assert int.from_bytes(icns[4:8], "big") == len(icns)


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_an_svg_is_drawn_where_something_draws(
    tmp_path: Path, platform: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each size; and where nothing does, that is said, with what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))
    icon = tmp_path / "icon.svg"
    icon.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    made = program_icon(icon, tmp_path, platform, lambda _, size: png(size, size))
    assert made is not None
    content = made.read_bytes()
    assert all(png(size, size) in content for size in (16, 32, 64, 128, 256))
    assert capsys.readouterr().err == ""
    assert program_icon(icon, tmp_path, platform) is None
    assert "install rsvg-convert for an SVG, or name a PNG" in capsys.readouterr().err


def test_windows_is_told_version_and_maker(tmp_path: Path) -> None:
    """As PyInstaller evaluates it: a maker's name is a text there, whatever is in it; the revision counts."""
    kinds = ("VSVersionInfo", "FixedFileInfo", "StringFileInfo", "StringTable", "VarFileInfo", "VarStruct")
    seen: dict[str, str] = {}
    names: dict[str, Any] = {kind: lambda *given, **told: (given, told) for kind in kinds}
    names["StringStruct"] = lambda key, value: seen.update({key: value})
    for hostile in NAMES:
        text = version_info(branding(tmp_path, hostile))
        assert text.isascii()
        (_, told) = eval(text, {"__builtins__": {}}, names)
        assert (seen["CompanyName"], seen["ProductName"], seen["ProductVersion"]) == (hostile, hostile, f"{VERSION}.1")
        assert told["ffi"][1]["filevers"] == (0, 1, 0, 1)


def test_a_wrong_brand_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For the recipes, which stop then."""
    bad = brand(tmp_path, name="")
    assert main([str(bad), str(tmp_path / "out")]) == 2
    assert main([str(tmp_path / "none.toml"), str(tmp_path / "out")]) == 2
    assert main([str(bad)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.endswith(".") or "BRAND OUT" in line for line in told.err.splitlines()] == [True] * 3
    assert "package.name" in told.err
