"""One decision that waits, as markup: who asks for what and why, what they hold already, why we ask at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from selfserve.requests.lists import Waiting
from selfserve.requests.story import EventSeen
from selfserve.web.parts.markup import NOTHING, heading, joined
from selfserve.web.parts.pieces import facts, note, pill, tile, tint
from selfserve.web.parts.times import due, when

if TYPE_CHECKING:
    from selfserve.web.visits import Visit

RISK_TONES = {"low": "ok", "medium": "warn", "high": "bad"}


def waiting_card(visit: Visit, one: Waiting, talk: Sequence[EventSeen]) -> Markup:
    """Everything needed to decide, but the buttons."""
    return Markup(
        '<div class="s-head s-head-wrap">{}<div>{}<p class="s-muted s-small">{} · {}</p></div>{}</div>{}{}{}'
    ).format(
        tile(one.request.icon, tint(visit.house.catalog.current.policy, one.request.category)),
        heading(f"{_who_asks(one)}: {one.request.item_name}", 2),
        one.request.name,
        when(one.request.asked_at, visit.now, visit.zone),
        pill(f"{one.risk.capitalize()} risk", RISK_TONES[one.risk]),
        facts(_known(visit, one)),
        _why(one),
        joined(_said(event) for event in talk),
    )


def _who_asks(one: Waiting) -> str:
    asked = one.request
    return f"{asked.asked_by_name} asks for {asked.customer_name}" if asked.asked_as else asked.customer_name


def _known(visit: Visit, one: Waiting) -> Iterator[tuple[str, str | Markup]]:
    about = one.customer
    yield "Who", " · ".join(filter(None, (about["title"], about["department"], about["location"], about["email"])))
    if one.request.asked_as:
        yield "Asked by", f"{one.request.asked_by_name}, {one.request.asked_as}"
    yield "What", one.summary
    for answer in one.answers:
        yield answer.label, answer.text
    yield "Holds already", ", ".join(dict.fromkeys(one.holds)) or "Nothing from here"
    if one.due_at is not None:
        late = " s-due-late" if one.due_at < visit.now else ""
        left = when(one.due_at, visit.now, visit.zone)
        yield (
            "Decide",
            Markup('<span class="s-num{}">{}</span> <span class="s-muted">({})</span>').format(
                late, due(one.due_at, visit.now), left
            ),
        )


def _why(one: Waiting) -> Markup:
    words = " ".join(filter(None, (one.why, one.because_words)))
    return Markup('<div class="s-ask-why">{}</div>').format(note(words, "info")) if words else NOTHING


def _said(event: EventSeen) -> Markup:
    asked = event.kind == "approval.question"
    title = f"{event.data.get('by', 'An approver')} asked" if asked else "The customer answered"
    return Markup('<div class="s-ask-why">{}</div>').format(note(event.tell, "warn" if asked else "ok", title))
