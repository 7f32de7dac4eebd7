"""What an item that speaks a further language still says in the first one only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from selfserve.catalog.draft import Draft
from selfserve.catalog.fields import ChoiceField, FormField, TextField
from selfserve.catalog.items import Item, Step
from selfserve.catalog.problems import Problem
from selfserve.catalog.templates import Place
from selfserve.catalog.wording import QuestionWording, Wording
from selfserve.languages.messages import Spoken


def untold(draft: Draft) -> Iterator[Problem]:
    """Everything a reader of one of an item's languages would meet in another one. Such a catalog is served all the
    same; whoever checks it is told."""
    for source in draft.items:
        for code, wording in (source.model.languages or {}).items():
            place: Place = ("languages", code)
            item = source.model
            for what in (*_words(item, wording), *_questions(item, wording), *_beside(draft, item, code)):
                yield source.at_key(place, f"{what} is not told in {code}.")


def _words(item: Item, wording: Wording) -> Iterator[str]:
    for name in ("name", "summary", "promise"):
        if getattr(item, name) and not getattr(wording, name):
            yield f"`{name}`"
    for at, stage in enumerate(item.approve):
        if stage.why and not (wording.why[at] if at < len(wording.why) else None):
            yield f"The `why` of stage {at + 1}"
    for step in item.fulfil:
        if step.gives and step.id not in wording.gives:
            yield f"What the step {step.id} `gives`"


def _questions(item: Item, wording: Wording) -> Iterator[str]:
    for name, question in item.form.items():
        said = wording.form.get(name) or QuestionWording.model_validate({})
        yield from (f"The question {name}: {what}" for what in _question(question, said))


def _question(question: FormField, said: QuestionWording) -> Iterator[str]:
    if not said.label:
        yield "its `label`"
    if question.help and not said.help:
        yield "its `help`"
    if isinstance(question, TextField) and question.mistake and not said.mistake:
        yield "its `mistake`"
    if isinstance(question, ChoiceField):
        yield from (f"the answer {one.value}" for one in question.options if one.value not in said.options)


def _beside(draft: Draft, item: Item, code: str) -> Iterator[str]:
    for step in item.fulfil:
        action = draft.actions.lookup(step.use)
        if action is not None and action.human:
            yield from (f"The step {step.id}: {what}" for what in _checklist(step, code))
    if not _tells(draft.runbooks.get(item.runbook, ""), code):
        yield f"The runbook {item.runbook}"
    for team_id in dict.fromkeys((item.owner, item.escalate.to)):
        team = draft.team(team_id)
        if team is not None and not _tells(team.name, code):
            yield f"The name of the team {team_id}"
    category = draft.policy.model.category(item.category)
    if category is not None and not _tells(category.name, code):
        yield f"The category {item.category}"


def _checklist(step: Step, code: str) -> Iterator[str]:
    tree: dict[str, Any] = dict(step.arguments.tree)
    said = (tree.get("languages") or {}).get(code) or {}
    for name in ("summary", "todo", "take_back"):
        if tree.get(name) and not said.get(name):
            yield f"its `{name}`"


def _tells(text: str, code: str) -> bool:
    return isinstance(text, Spoken) and code in text.others
