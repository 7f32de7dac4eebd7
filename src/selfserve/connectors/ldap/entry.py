"""One entry read from a directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """`dn` as the server spells it; `attributes` maps names in lower case to the values as bytes, never an empty
    tuple."""

    dn: str
    attributes: Mapping[str, tuple[bytes, ...]]

    def texts(self, name: str) -> list[str]:
        """All values of an attribute as text (bytes that are not UTF-8 are shown as U+FFFD); empty where absent."""
        return [value.decode("utf-8", "replace") for value in self.attributes.get(name.lower(), ())]

    def text(self, name: str) -> str | None:
        """The first value of an attribute as text; None where absent."""
        values = self.texts(name)
        return values[0] if values else None
