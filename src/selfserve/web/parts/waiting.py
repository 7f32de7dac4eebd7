"""One decision that waits, as markup: who asks for what and why, what they hold already, why we ask at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from selfserve.fulfilment.conflicts import Held
from selfserve.languages.messages import msg
from selfserve.requests.story import EventSeen
from selfserve.requests.undecided import Waiting
from selfserve.web.parts.markup import NOTHING, heading, joined
from selfserve.web.parts.pieces import facts, note, pill, tile, tint
from selfserve.web.parts.times import when
from selfserve.web.speech import say, tell

if TYPE_CHECKING:
    from selfserve.web.visits import Visit

RISKS = {"low": (msg("Low risk"), "ok"), "medium": (msg("Medium risk"), "warn"), "high": (msg("High risk"), "bad")}


def waiting_card(visit: Visit, one: Waiting, talk: Sequence[EventSeen]) -> Markup:
    """Everything needed to decide, but the buttons."""
    risk, tone = RISKS[one.risk]
    return Markup(
        '<div class="s-head s-head-wrap">{}<div>{}<p class="s-muted s-small">{} · {}</p></div>{}</div>{}{}{}'
    ).format(
        tile(one.request.icon, tint(visit.house.catalog.current.policy, one.request.category)),
        heading(say("{who}: {item}", who=_who_asks(one), item=one.request.item_name), 2),
        one.request.name,
        when(one.request.asked_at, visit.now, visit.reader),
        pill(say("Waits for an answer"), "info") if one.request.question else pill(tell(risk), tone),
        facts(_known(visit, one)),
        joined((_conflicts(visit, one), _why(one))),
        joined(_said(visit, event) for event in talk),
    )


def _who_asks(one: Waiting) -> str:
    asked = one.request
    if not asked.asked_as:
        return asked.customer_name
    return say("{asker} asks for {customer}", asker=asked.asked_by_name, customer=asked.customer_name)


def _known(visit: Visit, one: Waiting) -> Iterator[tuple[str, str | Markup]]:
    about = one.customer
    yield say("Who"), " · ".join(filter(None, (about["title"], about["department"], about["location"], about["email"])))
    if one.request.asked_as:
        asker, standing = one.request.asked_by_name, tell(one.request.asked_as)
        yield say("Asked by"), say("{name}, {standing}", name=asker, standing=standing)
    yield say("Offered as"), tell(one.summary)
    for answer in one.answers:
        yield tell(answer.label), tell(answer.text)
    yield say("Holds already"), ", ".join(dict.fromkeys(map(tell, one.holds))) or say("Nothing from here")
    if one.due_at is not None:
        late = " s-due-late" if one.due_at < visit.now else ""
        left = when(one.due_at, visit.now, visit.reader, str)
        yield (
            say("Decide"),
            Markup('<span class="s-num{}">{}</span> <span class="s-muted">({})</span>').format(
                late, visit.reader.due(one.due_at, visit.now), left
            ),
        )


def _why(one: Waiting) -> Markup:
    words = " ".join(filter(None, (tell(one.why), tell(one.because_words))))
    return Markup('<div class="s-ask-why">{}</div>').format(note(words, "info")) if words else NOTHING


def _conflicts(visit: Visit, one: Waiting) -> Markup:
    return joined(Markup('<div class="s-ask-why">{}</div>').format(note(_clash(visit, one, held), "bad"))
                  for held in one.conflicts)  # fmt: skip


def _clash(visit: Visit, one: Waiting, held: Held) -> str:
    name = one.customer["name"]
    if held.since is None:
        return say("{name} is about to hold “{item}”, which does not go together with this.",
                   name=name, item=held.item_name)  # fmt: skip
    day = held.since.astimezone(visit.zone).date()
    return say("{name} holds “{item}” since {day}, which does not go together with this.",
               name=name, item=held.item_name, day=day)  # fmt: skip


def _said(visit: Visit, event: EventSeen) -> Markup:
    asked = event.kind == "approval.question"
    if asked and event.actor == f"person:{visit.person_id}":
        title = say("You asked")
    elif asked:
        title = say("{name} asked", name=event.data.get("by") or say("An approver"))
    else:
        title = say("The customer answered")
    return Markup('<div class="s-ask-why">{}</div>').format(note(tell(event.tell), "warn" if asked else "ok", title))
