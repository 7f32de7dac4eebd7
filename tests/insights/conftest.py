"""Fixtures of the stand."""

from tests.stand.house import second, stand
from tests.stand.stores import database, postgres_template, sqlite_template, url

__all__ = ["database", "postgres_template", "second", "sqlite_template", "stand", "url"]
