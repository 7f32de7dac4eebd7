"""The small things every page is made of, as markup: tile, pill, row, empty state, facts, timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from markupsafe import Markup

from selfserve.catalog.policy import Policy
from selfserve.languages.messages import msg
from selfserve.languages.reader import Reader
from selfserve.requests.story import Answer
from selfserve.requests.words import Line
from selfserve.web.parts.icons import icon
from selfserve.web.parts.markup import NOTHING, heading, joined, paragraph
from selfserve.web.parts.times import when
from selfserve.web.speech import say, tell

TINTS = frozenset({"cobalt", "green", "violet", "amber", "rose", "teal", "slate"})
MOOD_ICONS = {"done": "check", "now": "loader", "human": "user-round", "bad": "x", "todo": "circle"}
MOOD_WORDS = {
    "done": msg("Done"),
    "now": msg("Under way"),
    "human": msg("A person's turn"),
    "bad": msg("Did not work out"),
    "todo": msg("To come"),
}
TONE_ICONS = {"info": "info", "ok": "circle-check", "warn": "circle-help", "bad": "circle-alert"}


def tint(policy: Policy, category: str) -> str:
    """The tint of a category; slate for one that the policy does not know any more."""
    found = policy.category(category)
    return found.tint if found is not None and found.tint in TINTS else "slate"


def tile(name: str, tint_name: str, *, large: bool = False) -> Markup:
    """An icon on its category's tint."""
    return Markup('<span class="s-tile s-tint-{}{}">{}</span>').format(
        tint_name, " s-tile-l" if large else "", icon(name)
    )


def pill(words: str, tone: str) -> Markup:
    """A state in words, on the tone it has: info, ok, warn or bad."""
    return Markup('<span class="s-pill s-tone-{}">{}</span>').format(tone, words)


def back(path: str, words: str) -> Markup:
    """The way back."""
    return Markup('<a class="s-back" href="{}">{}{}</a>').format(path, icon("arrow-left"), words)


def hero(title: str, lead: str = "") -> Markup:
    """What the page is."""
    return Markup('<div class="s-hero">{}{}</div>').format(heading(title), paragraph(lead))


def note(words: str, tone: str = "info", title: str = "") -> Markup:
    """Something to know, on the tone it has."""
    body = Markup('<div class="s-strong">{}</div>').format(title) if title else NOTHING
    return Markup('<div class="s-note s-tone-{}">{}<div>{}<div class="s-text">{}</div></div></div>').format(
        tone, icon(TONE_ICONS[tone]), body, words
    )


def empty(icon_name: str, title: str, words: str, link: tuple[str, str] | None = None, *, level: int = 2) -> Markup:
    """What is shown where there is nothing: why, and where to go (`link`: path, words)."""
    way = Markup('<a class="s-quiet" href="{}">{}</a>').format(*link) if link else NOTHING
    return Markup('<div class="s-empty">{}{}<p>{}</p>{}</div>').format(
        icon(icon_name), heading(title, level), words, way
    )


def facts(pairs: Iterable[tuple[str, str | Markup]], look: str = "s-facts") -> Markup:
    """Label and value, line by line; the value below its label where there is little room."""
    lines = joined(Markup("<dt>{}</dt><dd>{}</dd>").format(label, value) for label, value in pairs)
    return Markup('<div class="s-facts-in"><dl class="{}">{}</dl></div>').format(look, lines) if lines else NOTHING


def answered(answers: Sequence[Answer]) -> Markup:
    """What was answered in the form: questions are long, so answers stand below them sooner."""
    return facts(((tell(answer.label), tell(answer.text)) for answer in answers), "s-facts s-answers")


def question_and_answer(answer: Answer) -> str:
    """An answer on one line, after what was asked; a question ends with its own sign."""
    label, text = tell(answer.label), tell(answer.text)
    if label.endswith(("?", ":", ".")):
        return say("{question} {answer}", question=label, answer=text)
    return say("{label}: {answer}", label=label, answer=text)


def timeline(lines: Sequence[Line], now: datetime, to: Reader) -> Markup:
    """What happened, is happening and comes, one line each."""
    return Markup('<ol class="s-tl">{}</ol>').format(joined(_told(line, now, to) for line in lines))


def _told(line: Line, now: datetime, to: Reader) -> Markup:
    by = (lambda moment: _by(moment, to, over=line.at is not None and line.at < now)) if _ahead(line) else None
    return Markup(
        '<li class="s-tl-{mood}"><span class="s-tl-dot">{icon}<span class="s-hidden">{word}: </span></span>'
        '<div class="s-tl-b"><div class="s-tl-t">{title}</div>{note}{when}</div></li>'
    ).format(
        mood=line.mood,
        icon=icon(MOOD_ICONS[line.mood]) if line.mood != "todo" else NOTHING,
        word=to.tell(MOOD_WORDS[line.mood]),
        title=as_title(to.tell(line.title)),
        note=paragraph(to.tell(line.note), ""),
        when=when(line.at, now, to, by),
    )


def _ahead(line: Line) -> bool:
    """True where its moment is until when it is to happen."""
    return line.due or line.mood == "todo"


def _by(moment: str, to: Reader, *, over: bool) -> str:
    """Until when something is to happen; a time that is over is never told as one to come."""
    return to.say("It was to be by {moment}", moment=moment) if over else to.say("By {moment}", moment=moment)


def as_title(words: str) -> str:
    """A sentence as a title: without its full stop, whoever wrote it; several sentences stay as they are."""
    return words.removesuffix(".") if ". " not in words and not words.endswith("..") else words


def rows(items: Iterable[Markup]) -> Markup:
    """A list of rows on one surface, to be gone through by keys."""
    return Markup('<ul class="s-list" aria-keyshortcuts="j k" data-does="{}">{}</ul>').format(
        say("To the next one, or the one before"), joined(Markup("<li>{}</li>").format(item) for item in items)
    )


def row(name: str, path: str, lead: Markup, title: str, under: Markup | str, end: Markup) -> Markup:
    """A row that leads somewhere; by its `name` it is the same one wherever in the list it stands later."""
    return Markup(
        '<a class="s-row" id="row-{}" href="{}">{}<span class="s-row-b"><span class="s-row-t">{}</span>'
        '<span class="s-muted s-small">{}</span></span><span class="s-row-end">{}</span></a>'
    ).format(name, path, lead, title, under, end)
