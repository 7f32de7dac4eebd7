"""What can be built, and what cannot be built here and why."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version as version_of
from importlib.util import find_spec
from pathlib import Path
from platform import machine as this_kind

from selfserve.desktop import VERSION
from selfserve.packaging.app_deb import app_deb
from selfserve.packaging.app_files import archives as app_archives
from selfserve.packaging.appdir import app_dir
from selfserve.packaging.brand import Branding
from selfserve.packaging.deb import Deb
from selfserve.packaging.frozen import app_folder, fits_gtk
from selfserve.packaging.locked import APP
from selfserve.packaging.sbom import sbom
from selfserve.packaging.server_deb import MACHINES, server_deb
from selfserve.packaging.server_files import archives
from selfserve.packaging.tree import file_for_all

QUICK = 1
"""xz's preset for what is large: a sixth of the time of the usual one, for a fifth more of bytes."""


@dataclass(frozen=True)
class Order:
    """What somebody wants built: with which brand, where to, of which moment."""

    branding: Branding
    out: Path
    when: datetime


@dataclass(frozen=True)
class Machine:
    """What a build may find here; made up in tests."""

    platform: str = sys.platform
    kind: str = this_kind()
    module: Callable[[str], object | None] = find_spec
    gtk: Callable[[], bool] = fits_gtk


@dataclass(frozen=True)
class Build:
    """One thing to build. `missing` says in one sentence why it cannot be built on a machine, "" where it can."""

    title: str
    missing: Callable[[Machine], str]
    make: Callable[[Order], list[Path]]


def _anywhere(_: Machine) -> str:
    return ""


def _app_deb(order: Order) -> list[Path]:
    return [_kept(order, app_deb(order.branding, order.when))]


def _server_deb(order: Order) -> list[Path]:
    return [_kept(order, server_deb(order.branding.package, archives(), order.when), QUICK)]


def _kept(order: Order, package: Deb, preset: int = 9) -> Path:
    return file_for_all(order.out / package.name, package.written(order.when, preset))


def _debian(machine: Machine) -> str:
    if machine.platform != "linux" or machine.kind not in MACHINES:
        return "it holds parts for Linux on x86_64 or aarch64 and for one Python; build it on such a machine."
    return ""


def _frozen(machine: Machine) -> str:
    if machine.platform != "linux":
        return "it is a folder for Linux; build it on Linux."
    if not machine.module("PyInstaller"):
        return f"PyInstaller is missing; install what {APP} names."
    if not machine.gtk():
        return "Python's bridge to GTK is missing, or fits another Python; install python3-gi and use its Python."
    return ""


def _elsewhere(platform: str, system: str, recipe: str) -> Callable[[Machine], str]:
    def missing(machine: Machine) -> str:
        if machine.platform != platform:
            return f"it takes {system}; {recipe} is the recipe, which was never tried where selfserve is tested."
        return f"run {recipe}, a recipe that was never tried where selfserve is tested."

    return missing


def _sbom(order: Order) -> list[Path]:
    made = []
    for name, version, parts in (
        (order.branding.package.name, VERSION, app_archives()),
        ("selfserve-server", version_of("selfserve"), archives()),
    ):
        told = sbom(name, f"{version}-{order.branding.package.revision}", parts, order.when)
        made.append(file_for_all(order.out / f"{name}.cdx.json", told.encode()))
    return made


def _nothing(_: Order) -> list[Path]:
    return []


BUILDS: Mapping[str, Build] = {
    "app-deb": Build("the app for Debian and its kin", _anywhere, _app_deb),
    "server-deb": Build("the server for Debian, complete in itself", _debian, _server_deb),
    "sbom": Build("the parts of app and server, as CycloneDX", _anywhere, _sbom),
    "app-folder": Build(
        "the app with a Python of its own", _frozen, lambda order: [app_folder(order.branding, order.out, order.when)]
    ),
    "app-dir": Build("the same as an AppDir", _frozen, lambda order: [app_dir(order.branding, order.out, order.when)]),
    "app-msi": Build(
        "the app for Windows", _elsewhere("win32", "Windows with WiX", "packaging/windows/build.ps1"), _nothing
    ),
    "app-dmg": Build(
        "the app for macOS", _elsewhere("darwin", "a Mac with Xcode's tools", "packaging/macos/build.sh"), _nothing
    ),
}
"""By the name that `--what` takes."""
