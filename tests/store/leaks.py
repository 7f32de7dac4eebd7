"""Looks for a text everywhere a store keeps something: every column of every table, and SQLite's files byte by byte."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from selfserve.store.database import Database


def found_in(database: Database, text: str) -> list[str]:
    """The places that show `text`, as it is or in hexadecimal; the engine's own tables included."""
    found = _in_tables(database, text)
    if database.sqlite:
        path = Path(str(database.url.database))
        files = [path, path.with_name(path.name + "-wal")]
        found += [file.name for file in files if file.exists() and text.encode() in file.read_bytes()]
    return found


def _in_tables(database: Database, text: str) -> list[str]:
    found = []
    with database.engine.connect() as connection:
        inspector = sa.inspect(connection)
        for schema in inspector.get_schema_names():
            if schema in ("information_schema", "pg_catalog"):
                continue
            for table in inspector.get_table_names(schema=schema):
                rows = connection.execute(sa.text(f'SELECT * FROM "{schema}"."{table}"')).all()
                shown = " ".join(
                    bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else str(v)
                    for row in rows
                    for v in row
                )
                if text in shown or text.encode().hex() in shown:
                    found.append(f"{schema}.{table}")
    return found
