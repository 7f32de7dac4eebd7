"""Grants that end when their risk says so, and that exist exactly where something is held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from selfserve.catalog.checks.trial import MOMENT, trials
from selfserve.catalog.draft import Draft
from selfserve.catalog.durations import spoken_duration
from selfserve.catalog.grants import Ends, Grant
from selfserve.catalog.items import Item
from selfserve.catalog.policy import Demand
from selfserve.catalog.problems import Problem
from selfserve.catalog.rules import RuleFailed
from selfserve.catalog.sources import Source


def grants(draft: Draft) -> Iterator[Problem]:
    """Grants without the end their risk demands, too long ones, missing ones, and ones about nothing."""
    for source in draft.items:
        grant = source.model.grant
        yield from _held(draft, source)
        if grant is not None:
            yield from _end(source, grant, draft.policy.model.demand(source.model.risk))


def _held(draft: Draft, source: Source[Item]) -> Iterator[Problem]:
    actions = [draft.actions.lookup(step.use) for step in source.model.fulfil]
    if any(action is None for action in actions):
        return
    lasting = any(action is not None and action.lasting and not action.human for action in actions)
    holds = any(action is not None and action.lasting for action in actions)
    if lasting and source.model.grant is None:
        sentence = "This leaves something that the customer then holds; say until when, like `grant: {ends: 90d}`."
        yield source.at_key(("fulfil",), sentence)
    if source.model.grant is not None and not holds:
        yield source.at_key(("grant",), "Nothing in `fulfil` is held afterwards; leave `grant` out.")


def _end(source: Source[Item], grant: Grant, demand: Demand) -> Iterator[Problem]:
    risk = source.model.risk
    place = ("grant", "ends")
    reach = _reach(source.model, grant.ends)
    if demand.end and reach is None:
        yield source.at_value(place, f"Risk {risk} needs an end; this may never end.")
    elif demand.max_grant is not None and reach is not None and reach > demand.max_grant:
        sentence = f"Risk {risk} allows {spoken_duration(demand.max_grant)} at most; this can last {_about(reach)}."
        yield source.at_value(place, sentence)


def _reach(item: Item, ends: Ends) -> timedelta | None:
    """How long the grant can last at most; None where it may be without an end."""
    reach = timedelta()
    for trial in trials(item):
        try:
            end = ends.resolve(trial.context)
        except RuleFailed:
            continue
        if end is None:
            return None
        reach = max(reach, end - MOMENT if isinstance(end, datetime) else end)
    return reach


def _about(span: timedelta) -> str:
    whole = timedelta(days=span.days) if span > timedelta(days=2) else timedelta(seconds=int(span.total_seconds()))
    return spoken_duration(whole)
