"""The app as an AppDir (docs.appimage.org/reference/appdir): the folder with Python, and what a desktop asks."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from selfserve.packaging import desktop_entry
from selfserve.packaging.app_files import icon_of, icon_place
from selfserve.packaging.brand import Branding
from selfserve.packaging.frozen import app_folder
from selfserve.packaging.replaced import replacing
from selfserve.packaging.tree import PROGRAM

_RUN = """#!/bin/sh
# Starts the app from wherever this folder is.
exec "$(dirname "$(readlink -f "$0")")/usr/lib/{name}/{name}" "$@"
"""


def app_dir(branding: Branding, out: Path, when: datetime) -> Path:
    """Build `NAME.AppDir` into `out`, in place of an earlier one; `appimagetool` makes one file of it.

    Raises CannotPackage as `app_folder` does.
    """
    called = f"{branding.package.name}.AppDir"
    with replacing(out, called) as made:
        _fill(branding, made / called, when)
    return out / called


def _fill(branding: Branding, folder: Path, when: datetime) -> None:
    name, app_id = branding.package.name, branding.app.id
    app_folder(branding, folder / "usr" / "lib", when)
    icon = icon_of(branding.app.icon)
    for place in (folder / f"{app_id}{icon.suffix}", folder / icon_place(app_id, icon)):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(icon, place)
    entry = desktop_entry.entry(branding, name)
    for place in (folder / f"{app_id}.desktop", folder / "usr" / "share" / "applications" / f"{app_id}.desktop"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(entry, "utf-8")
    run = folder / "AppRun"
    run.write_text(_RUN.format(name=name), "utf-8")
    run.chmod(PROGRAM)
