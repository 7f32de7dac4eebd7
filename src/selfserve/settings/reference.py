"""The reference of all settings, as Markdown; `docs/configuration.md` holds it and a test keeps it true.

`python -m selfserve.settings.reference docs/configuration.md` writes it there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from selfserve.settings.keys import Key, sections


def reference() -> str:
    """One table for each section."""
    return "\n".join(_section(*one) for one in sections())


def _section(name: str, description: str, keys: list[Key]) -> str:
    rows = "\n".join(_row(key) for key in keys)
    return f"### `[{name}]`\n\n{description}\n\n| key | what it is | kind | default |\n|---|---|---|---|\n{rows}\n"


def _row(key: Key) -> str:
    default = "**required**" if key.required else f"`{key.default}`" if key.default not in (None, '""') else "—"
    return f"| `{key.name}` | {_cell(key.description)} | {_cell(key.kind)} | {_cell(default)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


HEADING = "## Reference\n\n"


def write_into(path: Path) -> None:
    """Put the reference in place of what stands below the heading in the file `path`."""
    before = path.read_text(encoding="utf-8").partition(HEADING)[0]
    path.write_text(before + HEADING + reference(), encoding="utf-8")


if __name__ == "__main__":
    write_into(Path(sys.argv[1]))
