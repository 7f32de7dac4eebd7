"""Renders the Helm chart, as far as it uses Helm's language: values by name, `toYaml … | nindent`, and `if … end`.

The chart keeps to that, so that it can be looked at where there is no Helm; any other word of the language is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

CHART = Path(__file__).parents[2] / "packaging" / "helm" / "selfserve"
_IF = re.compile(r"(?ms)^\{\{- if (\S+) \}\}\n(.*?)^\{\{- end \}\}\n")
_BLOCK = re.compile(r"\n *\{\{- toYaml (\S+) \| nindent (\d+) \}\}")
_WORD = re.compile(r"\{\{ (\S+) \}\}")


def values(**over: Any) -> dict[str, Any]:
    """The chart's values, with sections of them replaced key by key."""
    found: dict[str, Any] = read((CHART / "values.yaml").read_text())
    return {name: {**section, **over.get(name, {})} for name, section in found.items()}


def rendered(given: Mapping[str, Any], release: str = "help") -> dict[str, str]:
    """Each template's text by its name, empty ones left out."""
    names = {"Values": given, "Release": {"Name": release}}
    texts = {path.name: _text(path.read_text(), names) for path in sorted((CHART / "templates").glob("*.yaml"))}
    return {name: text for name, text in texts.items() if text.strip()}


def objects(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What Kubernetes would be given."""
    return [read(text) for text in rendered(given).values()]


def read(text: str) -> Any:
    """One YAML document."""
    return YAML(typ="safe").load(text)


def _text(template: str, names: Mapping[str, Any]) -> str:
    text = _IF.sub(lambda found: found[2] if _value(found[1], names) else "", template)
    text = _BLOCK.sub(lambda found: _block(_value(found[1], names), int(found[2])), text)
    text = _WORD.sub(lambda found: str(_value(found[1], names)), text)
    assert "{{" not in text, f"the chart uses words that are not rendered here: {text[text.index('{{') :][:60]}"
    return text


def _block(value: Any, indent: int) -> str:
    kept, writing = StringIO(), YAML(typ="safe")
    writing.default_flow_style = False
    writing.dump(value, kept)
    lines = kept.getvalue().rstrip("\n").split("\n")
    return "".join(f"\n{' ' * indent}{line}" for line in lines)


def _value(path: str, names: Mapping[str, Any]) -> Any:
    found: Any = names
    for part in path.removeprefix(".").split("."):
        found = found[part]
    return found
