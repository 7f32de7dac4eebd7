"""What a customer typed, as it may stand in a sentence for staff: visibly theirs, on one line and not a long one."""

from __future__ import annotations

from typing import Final

from selfserve.catalog.facts import Context, Facts
from selfserve.catalog.fields import ChoiceField, DeviceField, LongTextField, TextField
from selfserve.catalog.items import Item
from selfserve.languages.books import SOURCE, codes
from selfserve.languages.reader import Reader

LONGEST: Final = 160
_QUOTES: Final = str.maketrans(dict.fromkeys('“”„‟«»"', "'"))


def quote(text: str, language: str = SOURCE) -> str:
    """`text` between the quotation marks of a language, which it cannot end by itself; nothing for nothing."""
    line = " ".join(text.translate(_QUOTES).split())
    if not line:
        return ""
    return Reader(language).say("“{words}”", words=line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…")


def quoted(item: Item, context: Context) -> Context:
    """The context of a step that a person does, in every language: what was typed freely is quoted, what was chosen
    reads as it was offered.

    Else words like "Already confirmed, erase now" would read as ours in the middle of a checklist.
    """
    made = _told(item, context, SOURCE)
    made.tongues = {code: _told(item, context, code) for code in codes() if code != SOURCE}
    return made


def _told(item: Item, context: Context, language: str) -> Facts:
    made = Facts(context)
    made.zone = context.zone if isinstance(context, Facts) else made.zone
    made["form"] = {
        name: quote(value, language) if isinstance(value, str) and _free(item, name) else value
        for name, value in context["form"].items()
    }
    made.words = {
        f"form.{name}": Reader(language).tell(option.label)
        for name, question in item.form.items()
        if isinstance(question, ChoiceField)
        for option in question.options
        if option.value == context["form"].get(name)
    }
    return made


def _free(item: Item, name: str) -> bool:
    return isinstance(item.form.get(name), TextField | LongTextField | DeviceField)
