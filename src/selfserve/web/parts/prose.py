"""What staff wrote in Markdown (CommonMark and tables), as pages show it: no markup, script or picture of their own."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

LOWEST = 6
# Markup shows as text; an address that runs a script makes no link (the library's own check); pictures from elsewhere
# would tell their host who reads.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def prose(text: str, below: int) -> Markup:
    """The text with each heading `below` levels further down, six at most; links to elsewhere open beside the page."""
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(LOWEST, int(token.tag[1:]) + below)}"
        for inner in token.children or ():
            _lead_out(inner)
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704  (escaped by the renderer)


def _lead_out(token: Token) -> None:
    if token.type == "link_open" and "//" in str(token.attrs.get("href", "")):
        token.attrs["target"], token.attrs["rel"] = "_blank", "noopener noreferrer"
