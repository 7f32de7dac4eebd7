"""What a measure gives, and how a run of many is shown and kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from rich.console import Console
from rich.table import Table


class Row(TypedDict):
    """One figure."""

    name: str
    value: float
    unit: str


def row(name: str, value: float, unit: str) -> Row:
    """One figure, rounded to what is worth reading."""
    return {"name": name, "value": round(value, 2 if value < 100 else 0), "unit": unit}


def quantile(values: list[float], share: float) -> float:
    """The value below which `share` of `values` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def keep(rows: Iterable[Row], place: Path) -> None:
    """Write all figures to a JSON file."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(list(rows), indent=1) + "\n")


def show(rows: Iterable[Row], title: str) -> None:
    """Print figures as a table."""
    table = Table(title=title, title_justify="left", show_edge=False)
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_column("unit")
    for each in rows:
        table.add_row(each["name"], f"{each['value']:g}", each["unit"])
    Console().print(table)
