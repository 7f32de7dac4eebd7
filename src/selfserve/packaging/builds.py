"""What can be built, and what cannot be built here and why."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from platform import machine as this_kind

from selfserve.packaging.app_deb import app_deb
from selfserve.packaging.brand import Branding
from selfserve.packaging.deb import Deb
from selfserve.packaging.server_deb import MACHINES, server_deb
from selfserve.packaging.server_files import archives

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
    program: Callable[[str], str | None] = shutil.which
    module: Callable[[str], object | None] = find_spec


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
    order.out.mkdir(parents=True, exist_ok=True)
    place = order.out / package.name
    place.write_bytes(package.written(order.when, preset))
    return place


def _debian(machine: Machine) -> str:
    if machine.platform != "linux" or machine.kind not in MACHINES:
        return "it holds parts for Linux on x86_64 or aarch64 and for one Python; build it on such a machine."
    return ""


BUILDS: Mapping[str, Build] = {
    "app-deb": Build("the app for Debian and its kin", _anywhere, _app_deb),
    "server-deb": Build("the server for Debian, complete in itself", _debian, _server_deb),
}
"""By the name that `--what` takes."""
