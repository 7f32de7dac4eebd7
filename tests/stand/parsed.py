"""The catalogs that many tests stand on, read and checked once in a run."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

from selfserve.catalog import live, sources
from selfserve.catalog.draft import ActionCatalogue, PeopleView
from selfserve.catalog.files import Copy
from selfserve.catalog.loading import Catalog, CatalogBroken, load
from selfserve.connectors.registry import Registry

_once = lru_cache(maxsize=500)(sources.parse_source)
_loaded: dict[Hashable, Catalog] = {}
"""By what was read, and by the connectors it was held against."""


@contextmanager
def parsed_once() -> Iterator[None]:
    """Inside, a catalog file whose text was parsed before is not parsed again: what it says is frozen. Nor is a whole
    catalog checked again that was found good before, against connectors of the same settings.

    For a house that is built anew for each test. What is loaded later, by an edit, goes the product's own way.
    """
    with patch.object(sources, "parse_source", _once), patch.object(live, "load", _load):
        yield


def _load(
    folder: Path | Copy,
    actions: ActionCatalogue,
    people: PeopleView | None = None,
    *,
    previous: Catalog | None = None,
) -> Catalog | CatalogBroken:
    if isinstance(folder, Copy) or people is not None or previous is not None or not isinstance(actions, Registry):
        return load(folder, actions, people, previous=previous)
    texts = sha256()
    for path in sorted(folder.rglob("*.*")):
        text = path.read_bytes()
        texts.update(f"{path.relative_to(folder)} {len(text)} ".encode() + text)
    targets = tuple((one.name, type(one), repr(one.settings)) for one in map(actions.get, actions.connectors))
    key = texts.digest(), targets
    if key not in _loaded:
        made = load(folder, actions)
        if isinstance(made, CatalogBroken):
            return made
        _loaded[key] = made
    made = _loaded[key]
    return replace(made, draft=replace(made.draft, actions=actions))
