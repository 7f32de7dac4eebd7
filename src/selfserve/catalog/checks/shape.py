"""What every item has: a name that is its own, a shelf, an icon, a team of at least two, a team to call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from selfserve.catalog.draft import Draft
from selfserve.catalog.icons import icon_names
from selfserve.catalog.items import Item
from selfserve.catalog.problems import Problem
from selfserve.catalog.sentences import did_you_mean
from selfserve.catalog.sources import Source


def shape(draft: Draft) -> Iterator[Problem]:
    """Ids, categories, owners and escalations that do not hold."""
    first: dict[str, str] = {}
    for source in draft.items:
        yield from _identity(source, first)
        yield from _shelf(draft, source)
        yield from _icon(source)
        yield from _owner(draft, source)
        yield from _escalation(draft, source)


def _identity(source: Source[Item], first: dict[str, str]) -> Iterator[Problem]:
    name, file = source.model.id, PurePosixPath(source.file)
    if name in first:
        yield source.at_value(("id",), f'The id "{name}" is taken by {first[name]}.')
    elif file.stem != name:
        yield source.at_value(("id",), f'The file is called {file.name}, so its id is "{file.stem}", not "{name}".')
    first.setdefault(name, source.file)


def _shelf(draft: Draft, source: Source[Item]) -> Iterator[Problem]:
    policy = draft.policy.model
    if policy.category(source.model.category) is None:
        hint = did_you_mean(source.model.category, [category.name for category in policy.categories])
        sentence = f'There is no category "{source.model.category}" in policy.yaml.{hint}'
        yield source.at_value(("category",), sentence)


def _icon(source: Source[Item]) -> Iterator[Problem]:
    problem = unknown_icon(source.model.icon)
    if problem:
        yield source.at_value(("icon",), problem)


def unknown_icon(name: str) -> str:
    """What is wrong with the name of an icon; "" where the pages have it."""
    return "" if name in icon_names() else f'There is no icon "{name}".{did_you_mean(name, icon_names())}'


def _owner(draft: Draft, source: Source[Item]) -> Iterator[Problem]:
    name = source.model.owner
    team = draft.team(name)
    if team is None:
        hint = did_you_mean(name, draft.team_names())
        yield source.at_value(("owner",), f'There is no team "{name}" in teams.yaml.{hint}')
        return
    size = draft.size(team)
    if size is not None and size < 2:
        sentence = f'The team "{name}" has {size} present members; an item never hangs on one person, so it needs two.'
        yield source.at_value(("owner",), sentence)


def _escalation(draft: Draft, source: Source[Item]) -> Iterator[Problem]:
    name = source.model.escalate.to
    if draft.team(name) is None:
        hint = did_you_mean(name, draft.team_names())
        yield source.at_value(("escalate", "to"), f'There is no team "{name}" in teams.yaml.{hint}')
