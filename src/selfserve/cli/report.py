"""Shows findings: a table for people, JSON for machines."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from selfserve.cli.checks.finding import Finding, worst
from selfserve.cli.surroundings import out, say_json
from selfserve.connectors.contract import Level

WORDS = {Level.INFO: "ok", Level.WARNING: "warn", Level.ERROR: "fail"}
_COLOURS = {Level.INFO: "green", Level.WARNING: "yellow", Level.ERROR: "bold red"}


def show(findings: Sequence[Finding], *, as_json: bool) -> None:
    """One line a finding; colours only where somebody looks."""
    if as_json:
        checks = [{"area": one.area, "level": WORDS[one.level], "text": one.text} for one in findings]
        say_json({"worst": WORDS[worst(findings)], "checks": checks})
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in findings:
        table.add_row(Text(WORDS[one.level], style=_COLOURS[one.level]), Text(one.area), Text(one.text))
    out().print(table)
