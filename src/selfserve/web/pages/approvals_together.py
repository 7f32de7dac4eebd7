"""Several decisions of `/approvals` in one go, after one look at the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from nicegui.events import GenericEventArguments

from selfserve.catalog.days import end_of_day, means_its_day
from selfserve.languages.messages import msg
from selfserve.people.roles import Role
from selfserve.requests import undecided
from selfserve.requests.decide import Say
from selfserve.requests.refusals import Refusal, Unfit
from selfserve.requests.together import Became, End, Own, Result, decide_together, ends_of, summary
from selfserve.requests.undecided import Waiting
from selfserve.web.parts.together import Ahead, Offer, Together, Told
from selfserve.web.refused import sentences
from selfserve.web.speech import say, say_n, tell
from selfserve.web.visits import Visit, aside

FEW = 5
"""More lines than that about one item, all of the same, are told as one."""


def label_of(one: Waiting) -> str:
    """What a card is called: by its number too, as somebody may ask for the same twice."""
    asked = one.request
    return say("{item} for {customer}, {name}", item=asked.item_name, customer=asked.customer_name, name=asked.name)


def offer_of(one: Waiting) -> Offer:
    """The card as one of those that may be chosen."""
    asked, label = one.request, label_of(one)
    said = " · ".join(f"{tell(answer.label)} {tell(answer.text)}" for answer in one.answers)
    return Offer(one.stage_id, label, said, asked.item_id, tell(asked.item_name), one.risk)


def own_of(values: Mapping[str, Any], zone: ZoneInfo) -> Own:
    """What is typed on one card, its day as it is counted in `zone`; Unfit where that is none."""
    until = str(values.get("until") or "")
    try:
        ends = end_of_day(date.fromisoformat(until), zone) if until else None
    except OverflowError as wrong:  # the last day there is ends in no calendar
        raise Unfit({"until": msg("Choose an earlier day.")}) from wrong
    except ValueError as wrong:
        raise Unfit({"until": msg("Choose a day, written like 2027-07-31.")}) from wrong
    return Own(str(values.get("reason") or ""), ends)


def zones(visit: Visit, stage_ids: Iterable[str]) -> dict[str, ZoneInfo]:
    """In which zone the days of each request are counted, by stage: where it was asked, as its card tells them, and not
    where the approver is."""
    with visit.house.database.read() as session:
        found = undecided.asked_of(session, visit.person_id, list(stage_ids))
        return {stage_id: ZoneInfo(request.zone) for stage_id, (request, _) in found.items()}


def together(visit: Visit, here: set[str]) -> Together:
    """What decides several cards after one look at the list, which says until when each would be held: what is typed on
    a card counts for it. The cards follow by themselves; `here` has those whose end is made here."""
    bar = Together(memory=f"{visit.person_id}:decide-together").mark("together")

    async def look(event: GenericEventArguments) -> None:
        there = await aside(zones, visit, _named(event))
        own = _owned(event, there, visit.zone)
        ends = await aside(ends_of, visit.house, stage_ids=_named(event), person_id=visit.person_id, own=own)
        said = {
            one: _ahead(end, own[one].until if one in own else None, there.get(one, visit.zone))
            for one, end in ends.items()
        }
        bar.ahead(int(event.args["turn"]), said)

    async def decide(event: GenericEventArguments) -> None:
        way, ids = Say(str(event.args["way"])), _named(event)
        own = _owned(event, await aside(zones, visit, ids), visit.zone)
        labels = await aside(_labels, visit, ids)
        here.update(ids)
        decided = list[str]()
        try:
            results = await aside(
                decide_together,
                visit.house,
                stage_ids=ids,
                person_id=visit.person_id,
                say=way,
                reason=str(event.args["reason"] or ""),
                own=own,
            )
            decided = [one.stage_id for one in results if one.became is Became.DECIDED]
        finally:
            here.difference_update(set(ids).difference(decided))
        title = visit.reader.list(tell(clause) for clause in summary(way, results)) + "."
        bar.tell(title, _results(results, labels), decided)
        visit.announce(title)

    def refused(refusal: Refusal) -> None:
        bar.refuse(next(iter(sentences(refusal).values())))

    bar.on("look", visit.acting(Role.CUSTOMER, look, lambda _: None))
    bar.on("decide", visit.acting(Role.CUSTOMER, decide, refused))
    return bar


def _named(event: GenericEventArguments) -> list[str]:
    return [str(one) for one in event.args["ids"]]


def _owned(event: GenericEventArguments, there: Mapping[str, ZoneInfo], zone: ZoneInfo) -> dict[str, Own]:
    typed: Mapping[str, Mapping[str, Any]] = event.args.get("own") or {}
    return {str(stage_id): own_of(values, there.get(str(stage_id), zone)) for stage_id, values in typed.items()}


def _ahead(end: End, own: datetime | None, zone: ZoneInfo) -> Ahead:
    """Until when it would be held, and whose word that is."""
    if end.wrong:
        return Ahead(tell(end.wrong), wrong=True)
    if own is not None:
        return Ahead(say("Until {end}, as you typed on its card", end=_meant(own, zone)))
    if end.at is not None:
        return Ahead(say("Until {end}, as asked for", end=_meant(end.at, zone)))
    if end.lasts is not None:
        return Ahead(say("For {span}, as asked for", span=end.lasts))
    return Ahead(say("Without an end, as asked for"))


def _meant(end: datetime, zone: ZoneInfo) -> date:
    """The day, where the last second of it stands for it; else the moment."""
    there = end.astimezone(zone)
    return there.date() if means_its_day(there) else end


def _labels(visit: Visit, stage_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """What each was about: its item, and all that tells it from another."""
    with visit.house.database.read() as session:
        found = undecided.asked_of(session, visit.person_id, stage_ids)
    return {
        stage_id: (
            visit.reader.tell(request.item_name),
            visit.reader.say(
                "{item} for {customer}, {name} of {day}",
                item=request.item_name,
                customer=customer.name,
                name=request.name,
                day=request.asked_at.astimezone(visit.zone).date(),
            ),
        )
        for stage_id, (request, customer) in found.items()
    }


def _results(results: Sequence[Result], labels: Mapping[str, tuple[str, str]]) -> list[Told]:
    """What became of each; many of one item of which all the same is to say are one line."""
    alike = Counter(_alike(one, labels) for one in results)
    told: dict[object, Told] = {}
    for one in results:
        key = _alike(one, labels)
        item, label = labels.get(one.stage_id, ("", ""))
        if one.became is Became.DECIDED and item and alike[key] > FEW:
            words = say_n("{count} request for “{item}”", "{count} requests for “{item}”", alike[key], item=item)
            told.setdefault(key, replace(_became(one, words), id=f"all:{one.stage_id}"))  # by no card's name
        else:
            told[one.stage_id] = _became(one, label)
    return list(told.values())


def _alike(one: Result, labels: Mapping[str, tuple[str, str]]) -> tuple[str, str, str]:
    return (labels.get(one.stage_id, ("", ""))[0], one.became, str(one.words))


def _became(one: Result, label: str) -> Told:
    tone = {Became.DECIDED: "ok", Became.FIRST: "info", Became.REFUSED: "bad"}[one.became]
    return Told(one.stage_id, label or say("A request that does not wait any more"), tone, tell(one.words))
