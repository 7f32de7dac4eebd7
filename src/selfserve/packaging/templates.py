"""The texts that come with this room, and how a word is put into them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

from selfserve.packaging.problems import CannotPackage

_PLACE = re.compile(r"@([A-Z_]+)@")


def template(name: str, words: Mapping[str, str]) -> str:
    """The text `templates/name` with `@WORD@` replaced; raises CannotPackage for a place that has no word."""
    text = files("selfserve.packaging").joinpath("templates", name).read_text("utf-8")

    def word(match: re.Match[str]) -> str:
        if match[1] not in words:
            raise CannotPackage(f"The template {name} wants {match[1]}, which nobody gave.")
        return words[match[1]]

    return _PLACE.sub(word, text)
