"""Serves the stand on a loopback port, with the headers that browsers get from an installation."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from selfserve.web import install as pages
from selfserve.web.headers import SecurityHeaders, mark_scripts
from selfserve.web.kept_files import KeptFiles
from selfserve.web.layers import lighten
from tests.web.poison import POISON, poison
from tests.web.stand import build, crowd, fill, live_in

FOLLOW = 0.5
"""Seconds between looks for what a test changed in the catalog."""


def serve(port: int, folder: Path, items: int | None = None, *, hostile: bool = False) -> None:
    """Serve until told to stop; `names.json` in the folder tells what `live_in` made. With `items`, a catalog of so
    many, in which nobody has asked for anything; `hostile`: what people typed and named is full of traps."""
    folder.mkdir(parents=True, exist_ok=True)
    template = folder / "template.db"
    fill(template)
    stand = build(folder, template)
    if items is not None:
        crowd(folder / "catalog", items)
        assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    if hostile:
        poison(stand)
    names = live_in(stand, POISON if hostile else "") if items is None else {}
    cases = {what: stand.case(names[what]).id for what in ("stuck", "hands") if what in names}
    (folder / "names.json").write_text(json.dumps({"names": names, "cases": cases}))
    stop = threading.Event()
    threading.Thread(target=stand.house.catalog.watch, args=(stop, FOLLOW), daemon=True).start()
    app = FastAPI()
    pages.install(stand)
    mark_scripts()
    ui.run_with(app, **pages.run_options(stand))
    lighten()
    app.add_middleware(KeptFiles)
    app.add_middleware(SecurityHeaders, https=False, form_targets=list)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
    stop.set()
    stand.close()
