"""The app with a Python of its own, by PyInstaller: for machines that have none, or another one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from selfserve.desktop import VERSION
from selfserve.packaging.app_files import app_files, icon_of
from selfserve.packaging.brand import Branding, authorities, installed, load
from selfserve.packaging.frozen_parts import frozen_parts
from selfserve.packaging.moment import VARIABLE, moment
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.program_icon import program_icon
from selfserve.packaging.replaced import BUILT, PARTS, replacing
from selfserve.packaging.sbom import Component, document
from selfserve.packaging.templates import template
from selfserve.packaging.tree import laid
from selfserve.packaging.windows_version import version_info

GI = Path("/usr/lib/python3/dist-packages/gi")
"""Where Debian has the bridge between Python and GTK; it is compiled, and fits Debian's version of Python alone."""
HIDDEN = {
    "linux": (
        "secretstorage",
        "jeepney",
        "keyring.backends.SecretService",
        "gi.repository.Gtk",
        "gi.repository.WebKit2",
    ),
    "win32": ("keyring.backends.Windows", "webview.platforms.winforms", "webview.platforms.edgechromium", "clr"),
    "darwin": ("keyring.backends.macOS", "webview.platforms.cocoa"),
}
"""What is named by no import of ours that PyInstaller sees, on each platform."""
DATAS = (("brand", "brand"), ("selfserve/desktop/icon.svg", "selfserve/desktop"), ("webview/js", "webview/js"))
"""What lies in the folder as files: where it is found, and the folder that it is laid into."""
DATAS_OF_WINDOWS = (("webview/lib", "webview/lib"),)
"""WebView2's libraries."""


def fits_gtk() -> bool:
    """Whether this Python can load the distribution's bridge to GTK."""
    return any(GI.glob(f"_gi.{sys.implementation.cache_tag}-*.so"))


def app_folder(branding: Branding, out: Path, when: datetime) -> Path:
    """Build the folder into `out`, with the list of its parts, in place of what an earlier build made; gives its place.

    Raises CannotPackage with PyInstaller's last word, or where something else is at that place.
    """
    name = branding.package.name
    with replacing(out, name) as made:
        parts = _made(branding, made, when)
        text = document(name, f"{VERSION}-{branding.package.revision}", parts, when)
        (made / name / PARTS).write_text(text, "utf-8")
    return out / name


def _made(branding: Branding, folder: Path, when: datetime) -> list[Component]:
    """What PyInstaller makes in `folder`, the same each time (its page on reproducible builds); gives its parts."""
    with tempfile.TemporaryDirectory(prefix="selfserve-frozen-") as made:
        work = Path(made)
        spec = prepare(branding, work / "app")
        command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR", "--distpath",
                   str(folder), "--workpath", str(work / "build"), str(spec)]  # fmt: skip
        found = {
            **os.environ,
            "PYTHONPATH": str(spec.parent),  # it looks at GTK's bridge in processes of its own
            "PYTHONHASHSEED": "0",
            VARIABLE: str(int(when.timestamp())),
        }
        done = subprocess.run(command, env=found, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise CannotPackage(f"PyInstaller stopped: {said}")
        listed = json.loads((spec.parent / "parts.json").read_text("utf-8"))
        return frozen_parts([(inside, source) for inside, source in listed], GI.parent)


def prepare(branding: Branding, folder: Path, platform: str = sys.platform) -> Path:
    """Lay out what PyInstaller reads on `platform`; gives the recipe's place.

    What the brand says is data there, never code.
    """
    laid((replace(file, path=file.path.removeprefix("app/")) for file in app_files("app", platform)), folder)
    (folder / "brand").mkdir()
    icon, trusted = icon_of(branding.app.icon), authorities(branding.app)
    (folder / "brand" / f"icon{icon.suffix}").write_bytes(icon.read_bytes())
    if trusted:
        (folder / "brand" / "ca.pem").write_bytes(trusted)
    text = installed(branding.app, f"icon{icon.suffix}", "ca.pem" if trusted else "")
    (folder / "brand" / "brand.toml").write_text(text, "utf-8")
    (folder / "start.py").write_text(template("app.start", {}), "utf-8")
    if platform == "linux":
        for part in (GI, *GI.parent.glob("PyGObject-*")):
            (folder / part.name).symlink_to(part)
    (folder / "app.json").write_text(json.dumps(_told(branding, folder, platform)), "utf-8")
    spec = folder / "app.spec"
    spec.write_text(template("app.spec", {}), "utf-8")
    return spec


def _told(branding: Branding, folder: Path, platform: str) -> dict[str, object]:
    """What the recipe reads."""
    version_file = None
    if platform == "win32":
        version_file = folder / "version.txt"
        version_file.write_text(version_info(branding), "utf-8")
    icon = program_icon(icon_of(branding.app.icon), folder, platform)
    return {
        "package": branding.package.name,
        "bundle": bundle_name(branding.app.name),
        "id": branding.app.id,
        "scheme": branding.app.scheme,
        "version": VERSION,
        "build": f"{VERSION}.{branding.package.revision}",
        "built": BUILT,
        "hidden": HIDDEN.get(platform, ()),
        "datas": [*DATAS, *(DATAS_OF_WINDOWS if platform == "win32" else ())],
        "icon": str(icon) if icon else None,
        "version_file": str(version_file) if version_file else None,
    }


def bundle_name(name: str) -> str:
    """What macOS calls the program: the brand's name without what parts folders."""
    return re.sub(r"[/:]", "-", name)


def main(arguments: list[str]) -> int:
    """Build for the recipes of Windows and macOS, and tell them as JSON what they are called: BRAND OUT."""
    if len(arguments) != 2:
        sys.stderr.write("Name a brand file and a folder: python3 -m selfserve.packaging.frozen BRAND OUT\n")
        return 2
    try:
        branding = load(Path(arguments[0]))
        folder = app_folder(branding, Path(arguments[1]), moment(os.environ))
    except CannotPackage as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(words(branding, folder)) + "\n")
    return 0


def words(branding: Branding, folder: Path) -> dict[str, str]:
    """What the recipes of Windows and macOS need to know of what was built into `folder`."""
    app, package = branding.app, branding.package
    return {
        "name": app.name, "bundle": bundle_name(app.name), "publisher": package.publisher, "package": package.name,
        "version": VERSION, "build": f"{VERSION}.{package.revision}", "scheme": app.scheme, "folder": str(folder),
        "id": app.id, "autostart": "true" if package.autostart else "false",
        "upgrade_code": str(uuid5(NAMESPACE_URL, f"selfserve:{app.id}")).upper(),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
