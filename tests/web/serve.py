"""Serves the stand on a loopback port, with the headers that browsers get from an installation."""

from __future__ import annotations

import json
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from selfserve.web import install as pages
from selfserve.web.headers import SecurityHeaders, mark_scripts
from selfserve.web.kept_files import KeptFiles
from tests.web.stand import build, fill, live_in


def serve(port: int, folder: Path) -> None:
    """Serve until told to stop; `names.json` in the folder tells what `live_in` made."""
    folder.mkdir(parents=True, exist_ok=True)
    template = folder / "template.db"
    fill(template)
    stand = build(folder, template)
    names = live_in(stand)
    cases = {what: stand.case(names[what]).id for what in ("stuck", "hands")}
    (folder / "names.json").write_text(json.dumps({"names": names, "cases": cases}))
    app = FastAPI()
    pages.install(stand)
    mark_scripts()
    ui.run_with(app, **pages.run_options(stand))
    app.add_middleware(KeptFiles)
    app.add_middleware(SecurityHeaders, https=False, form_targets=list)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
    stand.close()
