"""The directory as one JSON file, so that a demo started again still has the memberships of yesterday."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from selfserve.demo.directory import names
from selfserve.demo.directory.tree import Entry

_VERSION = 1


class SnapshotError(ValueError):
    """The file is there but is not a directory that was stored here."""


def save(path: Path, entries: Iterable[Entry]) -> None:
    """Write all entries, readable by the owner only; a crash leaves the old file or the new one, whole."""
    stored = [
        {
            "dn": entry.dn,
            "attributes": {name: [_text(one) for one in values] for name, values in entry.attributes.values()},
        }
        for entry in entries
    ]
    content = json.dumps({"version": _VERSION, "entries": stored}, ensure_ascii=False, indent=1)
    # mkstemp makes the file with mode 0600, as the hashed passwords in it want.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    Path(name).replace(path)


def load(path: Path) -> list[Entry]:
    """The stored entries, parents first; [] where there is no file. Raises SnapshotError."""
    if not path.exists():
        return []
    try:
        entries = _read(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as reason:
        advice = "delete it to start again with the sample company"
        raise SnapshotError(f"{path} cannot be read as the demo's directory ({reason}): {advice}.") from reason
    return sorted(entries, key=lambda entry: len(entry.key))


def _read(content: Any) -> list[Entry]:
    if content["version"] != _VERSION:
        raise ValueError(f"its version is {content['version']}, not {_VERSION}")
    return [_entry(one) for one in content["entries"]]


def _entry(stored: dict[str, Any]) -> Entry:
    entry = Entry(stored["dn"], names.parse(stored["dn"]))
    for name, values in stored["attributes"].items():
        entry.put(name, [_bytes(one) for one in values])
    return entry


def _text(value: bytes) -> str | dict[str, str]:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def _bytes(value: str | dict[str, str]) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"], validate=True)
