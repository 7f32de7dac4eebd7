"""What an item says in further languages belongs to something it has, in a language that is spoken here."""

from __future__ import annotations

from collections.abc import Iterator

from selfserve.catalog.draft import Draft
from selfserve.catalog.fields import ChoiceField
from selfserve.catalog.items import Item
from selfserve.catalog.problems import Problem
from selfserve.catalog.sentences import did_you_mean
from selfserve.catalog.sources import Source
from selfserve.catalog.templates import Place
from selfserve.catalog.wording import QuestionWording, Wording
from selfserve.languages.books import codes


def wordings(draft: Draft) -> Iterator[Problem]:
    """Languages nobody reads here, and words for what the item does not have."""
    for source in draft.items:
        for code, wording in (source.model.languages or {}).items():
            yield from _spoken(source, ("languages", code), code)
            yield from _form(source, ("languages", code, "form"), wording)
            yield from _why(source, ("languages", code, "why"), wording)
            yield from _gives(source, ("languages", code, "gives"), wording)
    teams = draft.teams
    for team_id, team in teams.model.root.items():
        for code in team.languages or {}:
            if code not in codes():
                yield teams.at_key((team_id, "languages", code), _unknown(code))
    policy = draft.policy
    for at, category in enumerate(policy.model.categories):
        for code in category.languages or {}:
            if code not in codes():
                yield policy.at_key(("categories", at, "languages", code), _unknown(code))


def _spoken(source: Source[Item], place: Place, code: str) -> Iterator[Problem]:
    if code not in codes():
        yield source.at_key(place, _unknown(code))


def _unknown(code: str) -> str:
    return f'Nobody reads "{code}" here; the languages are {", ".join(codes())}.'


def _form(source: Source[Item], place: Place, wording: Wording) -> Iterator[Problem]:
    form = source.model.form
    for name, words in wording.form.items():
        if name in form:
            yield from _question(source, (*place, name), name, words)
        else:
            yield source.at_key((*place, name), f'The form does not ask for "{name}".{did_you_mean(name, list(form))}')


def _question(source: Source[Item], place: Place, name: str, words: QuestionWording) -> Iterator[Problem]:
    field = source.model.form[name]
    if words.help and not field.help:
        yield source.at_key((*place, "help"), f'"{name}" has no `help` to be said in another language.')
    values = [option.value for option in field.options] if isinstance(field, ChoiceField) else []
    for value in words.options:
        if value not in values:
            sentence = f'"{name}" offers no "{value}".{did_you_mean(value, values)}'
            yield source.at_key((*place, "options", value), sentence)


def _why(source: Source[Item], place: Place, wording: Wording) -> Iterator[Problem]:
    stages = source.model.approve
    if len(wording.why) > len(stages):
        yield source.at_key(place, f"These are {len(wording.why)} reasons for {len(stages)} stages of `approve`.")
    for at, (why, stage) in enumerate(zip(wording.why, stages, strict=False)):
        if why and not stage.why:
            yield source.at_value((*place, at), f"Stage {at + 1} of `approve` has no `why`; write null here.")


def _gives(source: Source[Item], place: Place, wording: Wording) -> Iterator[Problem]:
    giving = [step.id for step in source.model.fulfil if step.gives]
    for name in wording.gives:
        if name not in giving:
            sentence = f'No step called "{name}" has a `gives`.{did_you_mean(name, giving)}'
            yield source.at_key((*place, name), sentence)
