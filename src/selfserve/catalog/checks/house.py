"""Teams and policy: who is there, and who takes over from whom."""

from __future__ import annotations

from collections.abc import Iterator

from selfserve.catalog.checks.shape import unknown_icon
from selfserve.catalog.draft import Draft
from selfserve.catalog.problems import Problem
from selfserve.catalog.sentences import did_you_mean


def house(draft: Draft) -> Iterator[Problem]:
    """Teams that rise to nowhere or in a circle, and a policy that names what is not there."""
    yield from _rising(draft)
    yield from _policy(draft)


def _rising(draft: Draft) -> Iterator[Problem]:
    teams = draft.teams.model.root
    for name, team in teams.items():
        place = (name, "rises_to")
        if team.rises_to is None:
            continue
        if team.rises_to not in teams:
            hint = did_you_mean(team.rises_to, draft.team_names())
            yield draft.teams.at_value(place, f'There is no team "{team.rises_to}".{hint}')
        elif _in_circle(draft, name):
            yield draft.teams.at_value(place, "Work would rise in a circle; leave `rises_to` out at the last team.")


def _in_circle(draft: Draft, start: str) -> bool:
    seen: set[str] = set()
    name: str | None = start
    while name is not None and name not in seen:
        seen.add(name)
        team = draft.team(name)
        name = team.rises_to if team else None
    return name == start


def _policy(draft: Draft) -> Iterator[Problem]:
    policy = draft.policy.model
    for place, name in ((("techops",), policy.techops), (("approvals", "fallback"), policy.approvals.fallback)):
        team = draft.team(name)
        if team is None:
            hint = did_you_mean(name, draft.team_names())
            yield draft.policy.at_value(place, f'There is no team "{name}".{hint}')
        elif (size := draft.size(team)) is not None and size < 2:
            yield draft.policy.at_value(place, f'The team "{name}" has {size} present members; it needs at least two.')
    for index, category in enumerate(policy.categories):
        if problem := unknown_icon(category.icon):
            yield draft.policy.at_value(("categories", index, "icon"), problem)
    names = [category.name for category in policy.categories]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield draft.policy.at_value(("categories", index, "name"), f'The category "{name}" stands here twice.')
