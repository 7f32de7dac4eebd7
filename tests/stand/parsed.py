"""The catalogs that many tests stand on, parsed once in a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from selfserve.catalog import sources

_once = lru_cache(maxsize=500)(sources.parse_source)


@contextmanager
def parsed_once() -> Iterator[None]:
    """Inside, a catalog file whose text was parsed before is not parsed again: what it says is frozen.

    For a house that is built anew for each test. What is loaded later, by an edit, goes the product's own way.
    """
    kept, sources.parse_source = sources.parse_source, _once
    try:
        yield
    finally:
        sources.parse_source = kept
