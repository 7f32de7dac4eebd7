"""What `selfserve demo` prints when it is up: where, who, which files, and lines to paste. Nothing is ever cut."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from selfserve.demo.setup import MACS

if TYPE_CHECKING:
    from selfserve.demo.run import Demo

CUSTOMER, ITEM = "lukas", "wiki-editors"
"""Who asks for what in the lines to paste: an item that is done at once."""


def welcome(demo: Demo, *, kept: bool) -> str:
    """The text, lines of any length; `kept` where the demo's folder outlives it."""
    return "\n".join(["", *_where(demo, kept=kept), "", *_people(demo), "", *_paste(demo), ""])


def _where(demo: Demo, *, kept: bool) -> Iterator[str]:
    yield f"  selfserve is at  {demo.url}"
    if demo.moved:
        yield f"  (not at port {demo.moved}, which somebody else has; the configuration says the new one)"
    yield f"  configuration    {demo.file}  (connectors, roles; read at each start)"
    yield f"  catalog          {demo.app.settings.catalog.folder}  (items, teams, runbooks; pages follow your edits)"
    yield f"  Macs to try with {', '.join(MACS)}  (what the apps in the catalog ask for)"
    yield "  One target is down on purpose, the old customer database: `doctor` and the page Health show it."
    if not kept:
        yield "  All of it is gone when the demo ends; `selfserve demo --data FOLDER` keeps it."
    yield "  Everything runs on this machine. Ctrl-C ends it."


def _people(demo: Demo) -> Iterator[str]:
    rows = [
        (one.login, one.password, one.name, f"{one.title}, {one.department}") for one in demo.company.people
    ]  # fmt: skip
    yield from _columns([("sign in as", "password", "name", "what they do"), *rows])


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _paste(demo: Demo) -> Iterator[str]:
    call = f"{_program()} --config {shlex.quote(str(demo.file))}"
    yield "  Ask by the API, in another terminal:"
    yield ""
    yield (
        f'TOKEN=$({call} tokens create {CUSTOMER} --label "try $RANDOM"'
        " --scope requests:read --scope requests:write)"
    )  # fmt: skip
    yield (
        'curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -H "Idempotency-Key: $RANDOM"'
        f' -d \'{{"item": "{ITEM}"}}\' {demo.url}/api/v1/requests'
    )
    yield ""
    yield f"  An item of your own: put it into the catalog, and look at it with `{call} catalog check`."
    yield "  A connector of your own: docs/connectors.md, “Try it in the demo”."


def _program() -> str:
    """How this program is called from another terminal: by its name where the path leads to it, else by its place."""
    place = Path(sys.executable).with_name("selfserve")
    found = shutil.which("selfserve")
    return shlex.quote(str(place)) if place.exists() and (not found or Path(found) != place) else "selfserve"
