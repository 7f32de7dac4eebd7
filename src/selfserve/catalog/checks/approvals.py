"""Approvals that somebody can give, and items that must have one."""

from __future__ import annotations

from collections.abc import Iterator

from selfserve.catalog.approvals import Approver, Stage
from selfserve.catalog.draft import Draft
from selfserve.catalog.items import Item
from selfserve.catalog.problems import Problem
from selfserve.catalog.sentences import did_you_mean
from selfserve.catalog.sources import Source


def approvals(draft: Draft) -> Iterator[Problem]:
    """Stages that nobody can decide or that are never reached, and risk without the approval its policy demands."""
    for source in draft.items:
        yield from _demanded(draft, source)
        for index, stage in enumerate(source.model.approve):
            yield from _stage(draft, source, index, stage)
            if stage.when is None and index + 1 < len(source.model.approve):
                sentence = "This stage is never reached: the one before it has no `when`, so it always applies."
                yield source.at_value(("approve", index + 1), sentence)


def _demanded(draft: Draft, source: Source[Item]) -> Iterator[Problem]:
    item = source.model
    if not draft.policy.model.demand(item.risk).approval:
        return
    if not item.approve:
        yield source.at_value(("risk",), f"Risk {item.risk} needs an approval; add `approve`.")
    elif item.approve[-1].when is not None:
        sentence = f"Risk {item.risk} needs an approval in every case; end `approve` with a stage without `when`."
        yield source.at_value(("approve", len(item.approve) - 1, "when"), sentence)


def _stage(draft: Draft, source: Source[Item], index: int, stage: Stage) -> Iterator[Problem]:
    reasons = [_cannot(draft, approver) for approver in stage.by]
    for position, (approver, reason) in enumerate(zip(stage.by, reasons, strict=True)):
        unknown_team = approver.kind == "team" and draft.team(approver.name) is None
        if reason and (unknown_team or all(reasons)):
            yield source.at_value(("approve", index, "by", position), reason)
    policy = draft.policy.model.approvals
    if (stage.remind or policy.remind) >= (stage.expire or policy.expire):
        yield source.at_value(("approve", index), "The reminder would come after the approval has expired.")


def _cannot(draft: Draft, approver: Approver) -> str | None:
    """Why nobody can decide as `approver`; None where somebody can, or where it cannot be known without a directory."""
    if approver.kind == "manager":
        return None
    if approver.kind == "team":
        team = draft.team(approver.name)
        if team is None:
            return f'There is no team "{approver.name}" in teams.yaml.{did_you_mean(approver.name, draft.team_names())}'
        return (
            f'Nobody can approve: the team "{approver.name}" has no present members.' if draft.size(team) == 0 else None
        )
    if draft.people is None or draft.people.group_size(approver.name):
        return None
    return f'Nobody can approve: the group "{approver.name}" is empty or does not exist.'
