"""The languages there are: English is in the code, every other is one file `xx.po` in this folder."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent
SOURCE = "en"
"""The language in which the code speaks."""
_REGION = {"en": "en_GB"}
"""Where days and numbers are written differently within a language, the way we write them."""


@cache
def codes() -> tuple[str, ...]:
    """The languages the product speaks (ISO 639), English first."""
    return (SOURCE, *sorted(file.stem for file in FOLDER.glob("*.po")))


@cache
def book(code: str) -> NullTranslations:
    """The translations of one language; none for English. KeyError for a language that is not there."""
    if code not in codes():
        raise KeyError(code)
    if code == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, written(code))
    compiled.seek(0)
    return GNUTranslations(compiled)


def written(code: str) -> Catalog:
    """A language's file as it is written, with places and marks."""
    with (FOLDER / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


@cache
def locale_of(code: str) -> Locale:
    """How a language writes days, spans and numbers."""
    return Locale.parse(_REGION.get(code, code))


def own_name(code: str) -> str:
    """A language's name in itself: `English`, `Deutsch`."""
    return (Locale.parse(code).get_display_name(code) or code).capitalize()


def spoken(*wishes: str | None) -> str:
    """The first of `wishes` that the product speaks (`de`, `de-AT`, `de_DE.UTF-8`), else English."""
    for wish in wishes:
        code = (wish or "").replace("_", "-").partition("-")[0].partition(".")[0].lower()
        if code in codes():
            return code
    return SOURCE


def accepted(header: str) -> list[str]:
    """The languages of an `Accept-Language` header, the most wanted first (RFC 9110, section 12.5.4)."""
    found: list[tuple[float, int, str]] = []
    for at, part in enumerate(header[:200].split(",")):
        code, _, rest = part.strip().partition(";")
        weight = rest.strip().removeprefix("q=") or "1"
        try:
            found.append((-float(weight), at, code.strip()))
        except ValueError:
            continue
    return [code for weight, _, code in sorted(found) if weight and code]
