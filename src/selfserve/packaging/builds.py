"""What can be built, and what cannot be built here and why."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from selfserve.packaging.app_deb import app_deb
from selfserve.packaging.brand import Branding


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
    package = app_deb(order.branding, order.when)
    order.out.mkdir(parents=True, exist_ok=True)
    place = order.out / package.name
    place.write_bytes(package.written(order.when))
    return [place]


BUILDS: Mapping[str, Build] = {
    "app-deb": Build("the app for Debian and its kin", _anywhere, _app_deb),
}
"""By the name that `--what` takes."""
