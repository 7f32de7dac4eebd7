"""What SQLAlchemy makes of statements, made once in a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

from selfserve.store import database

STATEMENTS = 5000
"""More than the suite has, so that none is made again because others came between."""


def compiled_once() -> None:
    """From now on all stores of a kind share what was compiled for one of them.

    An installation has one store and compiles each statement once; a test has a store of its own, and would compile
    all of its statements anew.
    """
    for name in ("_sqlite_engine", "_postgres_engine"):
        setattr(database, name, _sharing(getattr(database, name)))


def _sharing(make: Callable[[str], Engine]) -> Callable[[str], Engine]:
    compiled: LRUCache[Any, Any] = LRUCache(STATEMENTS)
    first: list[Engine] = []

    def engine(url: str) -> Engine:
        made = make(url)
        made._compiled_cache = compiled
        if not first:
            first.append(made)
        elif first[0].dialect.server_version_info is not None:  # it has met its server, and knows what it can do
            made.dialect = first[0].dialect  # what is compiled is kept by dialect
        return made

    return engine
