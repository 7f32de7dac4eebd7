"""What a customer typed, as it may stand in a sentence for staff: visibly theirs, on one line and not a long one."""

from __future__ import annotations

from typing import Final

from selfserve.catalog.facts import Context, Facts
from selfserve.catalog.fields import DeviceField, LongTextField, TextField
from selfserve.catalog.items import Item

LONGEST: Final = 160
_QUOTES: Final = str.maketrans(dict.fromkeys('“”„‟«»"', "'"))


def quote(text: str) -> str:
    """`text` between quotation marks that it cannot end by itself; nothing for nothing."""
    line = " ".join(text.translate(_QUOTES).split())
    if not line:
        return ""
    return f"“{line}”" if len(line) <= LONGEST else f"“{line[: LONGEST - 1]}…”"


def quoted(item: Item, context: Context) -> Context:
    """The context of a step that a person does: every answer that was typed freely is quoted.

    Else words like "Already confirmed, erase now" would read as ours in the middle of a checklist.
    """
    made = Facts(context)
    made.zone = context.zone if isinstance(context, Facts) else made.zone
    made["form"] = {
        name: quote(value) if isinstance(value, str) and _free(item, name) else value
        for name, value in context["form"].items()
    }
    return made


def _free(item: Item, name: str) -> bool:
    return isinstance(item.form.get(name), TextField | LongTextField | DeviceField)
