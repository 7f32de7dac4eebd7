"""What the checks of connectors found, kept so that it is told in the language of whoever reads it later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from selfserve.connectors.contract import Finding
from selfserve.languages.messages import again, kept, together


def stored(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """As small JSON: each sentence in English, beside what makes it in another language."""
    return [{"level": one.level, "name": one.name, "text": str(one.text), "kept": kept(one.text)} for one in findings]


def told(rows: Iterable[Mapping[str, Any]], level: str) -> str:
    """What those of one level say, as one text to tell."""
    return together(again(str(one.get("text", "")), one.get("kept")) for one in rows if one.get("level") == level)
