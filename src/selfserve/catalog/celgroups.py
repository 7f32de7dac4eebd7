"""Which of a person's groups an expression can tell apart, read from its text."""

from __future__ import annotations

from selfserve.catalog.celtext import Token, plain_text, tokens

_BEFORE = frozenset({"", "(", "&", "|", ",", "?", ":"})
"""What may stand before a text so that it is the whole left side of the `in` after it."""
_AFTER = frozenset({"", ")", "&", "|", ",", "?", ":"})
"""What may stand after the groups so that they are the whole right side."""


def named_groups(source: str) -> frozenset[str] | None:
    """The groups that `source`, which must already have compiled, asks for by name; None where it does more with them.

    A rule that only asks `"all-staff" in customer.groups` gives the same on those groups alone as on all, and is spared
    the rest. Empty where no group is read.
    """
    end = Token("end", "", -1)
    found = [end, end, end, *tokens(source), end, end, end]
    named = set()
    for position, token in enumerate(found):
        if token.kind != "name" or token.text != "customer" or found[position - 1].text == ".":
            continue
        dot, attribute, after = found[position + 1 : position + 4]
        if dot.text != "." or attribute.kind != "name":
            return None
        if attribute.text != "groups":
            continue
        before, text, word = found[position - 3 : position]
        group = plain_text(text)
        if group is None or word.text != "in" or before.text not in _BEFORE or after.text not in _AFTER:
            return None
        named.add(group)
    return frozenset(named)
