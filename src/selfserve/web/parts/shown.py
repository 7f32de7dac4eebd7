"""Markup on a page that may be drawn anew under whoever is at it."""

from __future__ import annotations

from nicegui import ui


class Shown(ui.html, component="shown.js", dependencies=["../static/idiomorph.js"]):
    """HTML of ours; `set_content` changes only what differs, so that nobody there loses their place.

    Rows, and whatever else may change its place, are known again by their `id`; all else by where it stands.
    """

    def __init__(self, content: str, *, tag: str = "div") -> None:
        super().__init__(content, sanitize=False, tag=tag)
