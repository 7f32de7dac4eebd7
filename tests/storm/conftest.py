"""Fixtures of the storm: fresh stores, prepared once."""

from tests.stand.stores import postgres_template, sqlite_template

__all__ = ["postgres_template", "sqlite_template"]
