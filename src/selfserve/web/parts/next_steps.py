"""The aside of an item: who decides, what is done, how long it takes, until when it lasts."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from selfserve.catalog.days import spoken_day
from selfserve.catalog.durations import spoken_duration
from selfserve.catalog.items import Item
from selfserve.web.parts.markup import heading, joined
from selfserve.web.parts.pieces import note
from selfserve.web.parts.times import about
from selfserve.web.preview import Preview

EITHER = "The first of them to answer decides. You hear from us at once."


def next_steps(item: Item, seen: Preview) -> Markup:
    """The steps in words, numbered."""
    steps = joined(
        Markup('<li><span class="s-step-n" aria-hidden="true">{}</span><div><div class="s-strong">{}</div>'
               '<div class="s-muted">{}</div></div></li>').format(number, title, words)
        for number, (title, words) in enumerate(_steps(item, seen), 1)
    )  # fmt: skip
    warned = Markup()
    if seen.blocked:
        then = "It cannot be done as it stands." if seen.for_good else "You can ask all the same: a person takes over."
        warned = note(f"{seen.blocked} {then}", "warn")
    return Markup('{}<ol class="s-steps" style="margin-top:14px">{}</ol>{}').format(
        heading("What happens next", 2), steps, warned
    )


def _steps(item: Item, seen: Preview) -> Iterator[tuple[str, str]]:
    yield "You ask", "It takes a moment." if item.form else "There is nothing to fill in."
    yield _decision(seen)
    yield _deed(seen), _time(item, seen)
    if item.grant is not None:
        yield "You have it", _end(item, seen)


def _decision(seen: Preview) -> tuple[str, str]:
    if seen.asks is None:
        return "It is checked", "Somebody may have to approve it; that depends on your answers."
    if not seen.asks:
        return "It is checked at once", "Nobody has to approve it."
    names = seen.deciders
    if not names:
        return "Somebody approves it", "We find the right person and tell you who it is."
    if len(names) == 1:
        return f"{names[0]} approves it", "You hear from us as soon as it is decided."
    if len(names) == 2:
        return f"{names[0]} or {names[1]} approves it", EITHER
    return f"One of {names[0]}, {names[1]} and {len(names) - 2} more approves it", EITHER


def _deed(seen: Preview) -> str:
    if not seen.acts:
        return "It is done"
    first = seen.acts[0].rstrip(".")
    return first if len(seen.acts) == 1 else f"{first}, and {len(seen.acts) - 1} more"


def _time(item: Item, seen: Preview) -> str:
    if seen.waits:  # nobody knows when: no promise, and what it took when there was enough is no news
        return "You have it as soon as one is free, and hear from us at once. You can cancel while you wait."
    promised = item.promise or f"Within {about(seen.expect, working=seen.working)}."
    if seen.usual is None:
        return promised
    whole = "" if seen.asks is False else " from asking, the decision included"
    return f"{promised} Lately it took {about(seen.usual)}{whole}."


def _end(item: Item, seen: Preview) -> str:
    tail = " You can extend it." if item.grant and item.grant.renew else ""
    if seen.ends_at is not None:
        return f"Until {spoken_day(seen.ends_at.date())}, then it ends by itself.{tail}"
    if seen.lasts is not None:
        return f"For {spoken_duration(seen.lasts)}, then it ends by itself.{tail}"
    return (
        "You can give it back whenever you like."
        if item.grant and item.grant.ends.never
        else f"Until the end you choose.{tail}"
    )
