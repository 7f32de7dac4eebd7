"""Everything that somebody may have typed, named or translated somewhere, made hostile: people, catalog, runbooks."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from ruamel.yaml import YAML

from selfserve.store.tables import Person
from tests.web.stand import PageStand

MARK = "<b id=poison>"
POISON = MARK + "<img src=x onerror=hit()><script>hit()</script>{{7*7}}'\"><svg/onload=hit()>"
"""What a browser would act on if any of it became markup, or a template."""
TEXTS = {"name", "summary", "label", "help", "promise", "why", "gives", "text", "said", "mark"}
"""Keys of catalog files under which people read words."""


def poison(stand: PageStand) -> None:
    """Behind every name and word comes what must stay text."""
    with stand.house.database.write() as session:
        for column in (Person.name, Person.given_name, Person.department, Person.title, Person.location):
            session.execute(sa.update(Person).where(column != "").values({column: column.concat(f" {POISON}")}))
    for path in (stand.folder / "catalog").rglob("*.yaml"):
        written = YAML(typ="safe")
        written.width = 10_000
        read = written.load(path)
        written.dump(_poisoned(read), path)
    for path in (stand.folder / "catalog" / "runbooks").glob("*.md"):
        path.write_text(f"{path.read_text()}\n\n{POISON}\n\n[a way](javascript:hit())\n\n![one](//evil.example/x)\n")
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems


def _poisoned(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _poisoned(each, str(name)) for name, each in value.items()}
    if isinstance(value, list):
        return [_poisoned(each, key) for each in value]
    if isinstance(value, str) and key in TEXTS and " " in value:
        return f"{value} {MARK}{{{{7*7}}}}"
    return value
