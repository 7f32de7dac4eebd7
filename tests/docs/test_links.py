"""No link in the documentation leads nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.pages import ROOT, pages

LINK = re.compile(r"(?<!`)\[[^\]\n]*(?:\n[^\]\n]*)?\]\(([^)\s]+)\)")
ELSEWHERE = ("http://", "https://", "mailto:")


def _links(page: Path) -> list[str]:
    prose = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    return [link for link in LINK.findall(prose) if not link.startswith(ELSEWHERE)]


def _anchors(page: Path) -> set[str]:
    """As the usual hosts make them of headings: small letters, no punctuation, hyphens for spaces."""
    headings = re.findall(r"(?m)^#{1,6} (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_linked_file_and_heading_exists(page: Path) -> None:
    """Whoever follows a link finds what it promised."""
    for link in _links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        assert ROOT in target.parents, f"{page.name} links to {link}, outside of the repository"
        assert not anchor or anchor in _anchors(target), f"{page.name} links to {link}: no such heading"


def test_links_are_found_where_there_are_some() -> None:
    """The readme has many; a search that finds none would pass everything."""
    assert len(_links(ROOT / "README.md")) > 10


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_page_named_in_words_exists(page: Path) -> None:
    """`docs/items.md` in running text is a promise as well."""
    named = re.findall(r"`((?:docs|src/selfserve|catalog|packaging)/[\w./-]+\.\w+)`", page.read_text(encoding="utf-8"))
    for name in named:
        assert (ROOT / name).exists(), f"{page.name} names {name}, which is not there"
