"""The app with a Python of its own, by PyInstaller: for machines that have none, or another one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from selfserve.desktop import VERSION
from selfserve.packaging.app_files import app_files, icon_of
from selfserve.packaging.brand import Branding, installed, load
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.templates import template
from selfserve.packaging.tree import laid

GI = Path("/usr/lib/python3/dist-packages/gi")
"""Where Debian has the bridge between Python and GTK; it is compiled, and fits Debian's version of Python alone."""
HIDDEN = ("selfserve.desktop.__main__", "secretstorage", "jeepney", "keyring.backends.SecretService")


def fits_gtk() -> bool:
    """Whether this Python can load the distribution's bridge to GTK."""
    return any(GI.glob(f"_gi.{sys.implementation.cache_tag}-*.so"))


def app_folder(branding: Branding, out: Path) -> Path:
    """Build the folder into `out`; gives its place. Raises CannotPackage with PyInstaller's last word."""
    name = branding.package.name
    with tempfile.TemporaryDirectory(prefix="selfserve-frozen-") as made:
        work = Path(made)
        spec = prepare(branding, work / "app")
        command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR", "--distpath",
                   str(out), "--workpath", str(work / "build"), str(spec)]  # fmt: skip
        found = {
            **os.environ,
            "PYTHONPATH": str(spec.parent),
        }  # it looks at GTK's bridge in processes of its own
        done = subprocess.run(command, env=found, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise CannotPackage(f"PyInstaller stopped: {said}")
    return out / name


def prepare(branding: Branding, folder: Path) -> Path:
    """Lay out what PyInstaller reads; gives the recipe's place."""
    laid([file for file in app_files("app") if file.path.startswith("app/")], folder.parent)
    (folder / "brand").mkdir()
    icon, ca_file = icon_of(branding.app.icon), branding.app.ca_file
    (folder / "brand" / f"icon{icon.suffix}").write_bytes(icon.read_bytes())
    if ca_file:
        (folder / "brand" / "ca.pem").write_bytes(ca_file.read_bytes())
    text = installed(branding.app, f"icon{icon.suffix}", "ca.pem" if ca_file else "")
    (folder / "brand" / "brand.toml").write_text(text, "utf-8")
    (folder / "start.py").write_text(template("app.start", {}), "utf-8")
    if sys.platform == "linux":
        for part in (GI, *GI.parent.glob("PyGObject-*")):
            (folder / part.name).symlink_to(part)
    spec = folder / "app.spec"
    spec.write_text(template("app.spec", _words(branding, folder)), "utf-8")
    return spec


def _words(branding: Branding, folder: Path) -> dict[str, str]:
    hidden = [*HIDDEN, "gi.repository.Gtk", "gi.repository.WebKit2"] if sys.platform == "linux" else list(HIDDEN)
    return {
        "FOLDER": str(folder),
        "PACKAGE": branding.package.name,
        "NAME": branding.app.name.replace("/", "-"),
        "ID": branding.app.id,
        "SCHEME": branding.app.scheme,
        "VERSION": VERSION,
        "HIDDEN": ", ".join(map(repr, hidden)),
        "ICON": "None",
        "VERSION_FILE": "None",
    }


def main(arguments: list[str]) -> int:
    """Build for the recipes of Windows and macOS, and tell them as JSON what they are called: BRAND OUT."""
    branding = load(Path(arguments[0]))
    folder = app_folder(branding, Path(arguments[1]))
    told = {
        "name": branding.app.name, "publisher": branding.package.publisher, "package": branding.package.name,
        "version": VERSION, "scheme": branding.app.scheme, "folder": str(folder),
        "upgrade_code": str(uuid5(NAMESPACE_URL, f"selfserve:{branding.app.id}")).upper(),
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
