"""Recipes that cannot be run here, as far as they can be read: and each says that it was not run."""

from __future__ import annotations

import json
import plistlib
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.docs.pages import ROOT
from tests.packaging.building import brand
from tests.packaging.test_deploying import lint
from tests.servers.processes import program

from selfserve.desktop import VERSION
from selfserve.packaging.brand import load
from selfserve.packaging.frozen import words
from selfserve.packaging.templates import template

PACKAGING = ROOT / "packaging"
WIX = "{http://wixtoolset.org/schemas/v4/wxs}"


def test_the_property_lists_are_some() -> None:
    """As macOS reads them."""
    for place in (PACKAGING / "macos").glob("*.plist"):
        assert plistlib.loads(place.read_bytes())
    pkginfo = plistlib.loads((PACKAGING / "macos" / "selfserve.pkginfo.plist").read_bytes())
    assert {"name", "version", "installer_item_location", "items_to_copy", "installs"} <= set(pkginfo)


def test_the_windows_installer_is_well_formed() -> None:
    """One upgrade code from outside, for the whole machine, and the links' keys."""
    root = ElementTree.parse(PACKAGING / "windows" / "selfserve.wxs").getroot()
    package = root.find("{*}Package")
    assert package is not None
    assert (package.get("Scope"), package.get("UpgradeCode")) == ("perMachine", "$(UpgradeCode)")
    keys = [one.get("Name") for one in root.iter(f"{WIX}RegistryValue")]
    assert "URL Protocol" in keys
    commands = [one.get("Value") for one in root.iter(f"{WIX}RegistryValue") if "command" in (one.get("Key") or "")]
    assert commands == ['"[INSTALLFOLDER]$(Package).exe" -- "%1"']  # after -- nothing of a link is an option


def test_windows_knows_whose_notice_it_is() -> None:
    """By the id of the menu entry, which is the one that the app names when it shows a notice."""
    root = ElementTree.parse(PACKAGING / "windows" / "selfserve.wxs").getroot()
    (one,) = root.iter(f"{WIX}ShortcutProperty")
    assert (one.get("Key"), one.get("Value")) == ("System.AppUserModel.ID", "$(Id)")


def test_every_word_that_the_installer_wants_is_handed_over(tmp_path: Path) -> None:
    """Revision and start at sign-in among them; and nothing is built from the words of a build that failed."""
    recipe = (PACKAGING / "windows" / "build.ps1").read_text()
    wanted = set(re.findall(r"\$\((\w+)\)", (PACKAGING / "windows" / "selfserve.wxs").read_text()))
    given = dict(re.findall(r'-d "(\w+)=\$\(\$words\.(\w+)\)"', recipe))
    assert wanted == set(given) >= {"Build", "Autostart", "Id"}
    told = words(load(brand(tmp_path, revision=7, autostart=True)), tmp_path)
    assert set(given.values()) <= set(told)
    assert (told["build"], told["autostart"]) == (f"{VERSION}.7", "true")
    lines = recipe.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("$told = python"):
            assert lines[at + 1] == "if ($LASTEXITCODE) { exit $LASTEXITCODE }"


def test_the_pkginfo_is_that_of_what_was_built(tmp_path: Path) -> None:
    """Name, id, revision and program: what Munki compares is what the bundle says of itself."""
    told = words(load(brand(tmp_path, revision=7)), tmp_path)
    place = tmp_path / "told.plist"
    script = [sys.executable, str(PACKAGING / "macos" / "pkginfo.py"), str(place)]
    subprocess.run(script, input=json.dumps(told), text=True, check=True)
    found = plistlib.loads(place.read_bytes())
    assert (found["version"], found["name"]) == (f"{VERSION}.7", "selfserve-desktop")
    assert found["installer_item_location"] == f"selfserve-desktop-{VERSION}.7.dmg"
    (one,) = found["installs"]
    assert one["path"] == "/Applications/Fernhill Help.app"
    assert (one["CFBundleIdentifier"], one["CFBundleVersion"]) == ("example.fernhill.selfserve", f"{VERSION}.7")
    assert one["version_comparison_key"] == "CFBundleVersion"
    assert '"CFBundleVersion": TOLD["build"]' in template("app.spec", {})


@pytest.mark.parametrize("name", ["macos/build.sh", "debian-packages", "environment", "lock"])
def test_shell_is_sound(name: str) -> None:
    """By ShellCheck."""
    subprocess.run([program("shellcheck", "shellcheck"), PACKAGING / name], check=True)


@pytest.mark.parametrize("name", ["chrome", "edge"])
def test_managed_browsers_get_one_app(name: str) -> None:
    """A window on the company's address."""
    (one,) = json.loads((PACKAGING / "browsers" / f"{name}-managed.json").read_text())["WebAppInstallForceList"]
    assert one["url"].startswith("https://")
    assert one["default_launch_container"] == "window"


def test_workflows_are_some() -> None:
    """By the schema of those who run them; nothing may write but what is built."""
    places = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    lint("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *places)
    assert all("permissions:\n  contents: read\n" in place.read_text() for place in places)


@pytest.mark.parametrize(
    "page", ["windows/README.md", "macos/README.md", "browsers/README.md", "helm/selfserve/README.md"]
)
def test_what_was_not_tried_says_so(page: str) -> None:
    """Plainly, before anybody rolls it out."""
    text = (PACKAGING / page).read_text()
    assert (
        "never run where selfserve is tested" in text
        or "**no managed browser was tried**" in text
        or "not run.**" in text
    )
