"""Builds as an admin does, with a brand of the sample company."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from tests.demo.process import MAIN, environment

from selfserve.packaging.app_deb import app_deb
from selfserve.packaging.brand import load
from selfserve.settings.keys import toml

WHEN = datetime(2026, 11, 1, tzinfo=UTC)
MOMENT = str(int(WHEN.timestamp()))
MAINTAINER = "Fernhill TechOps <techops@fernhill.example>"
APP = "selfserve-desktop"
APP_ID = "example.fernhill.selfserve"


def brand(folder: Path, **package: object) -> Path:
    """A brand file of the sample company in `folder`; `package` are keys of its table of that name."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {"maintainer": MAINTAINER, "publisher": "Fernhill", **package}
    file = folder / "brand.toml"
    file.write_text(
        f'name = "Fernhill Help"\nid = "{APP_ID}"\nserver = "https://help.fernhill.example"\n'
        '[help]\nphone = "+49 30 123456"\n[package]\n'
        + "".join(f"{name} = {toml(value)}\n" for name, value in told.items())
    )
    return file


def built(
    brand_file: Path, out: Path, *what: str, cwd: Path | None = None, umask: int = -1, **env: str
) -> subprocess.CompletedProcess[str]:
    """`selfserve package --what …` in a process of its own; never raises for its exit code."""
    chosen = [word for one in what for word in ("--what", one)]
    command = [*MAIN, "package", "--brand", str(brand_file), "--out", str(out), *chosen]
    return subprocess.run(
        command, env=environment(SOURCE_DATE_EPOCH=MOMENT, **env), cwd=cwd, umask=umask,
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def deb(brand_file: Path, out: Path) -> Path:
    """The app's package, built in this process."""
    made = app_deb(load(brand_file), WHEN)
    out.mkdir(parents=True, exist_ok=True)
    place = out / made.name
    place.write_bytes(made.written(WHEN))
    return place
