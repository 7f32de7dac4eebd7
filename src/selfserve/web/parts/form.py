"""A form as one element: its description goes to the browser, answers come back when it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from nicegui.element import Element

from selfserve.catalog.fields import LONGEST_TYPED
from selfserve.connectors.contract import Option
from selfserve.languages.messages import msg
from selfserve.web.parts.steady import steady
from selfserve.web.speech import say, tell
from selfserve.web.theme import asset

Kind = Literal["text", "longtext", "number", "choice", "pick", "date", "duration", "yesno"]
Look = Literal["s-btn", "s-quiet", "s-danger", "s-quiet s-plain"]


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `pick` asks the server for choices while one types; with `free`, what was typed counts too.

    `min` and `max` are days (ISO) for a date; `max` is the number of characters for texts. `unit` is the one a duration
    starts with. `shown` is what stands in a pick for the value it starts with. What is `sealed` is remembered nowhere.
    What is `checked` is sent to be looked at as soon as the field is left.
    `empties` names fields that are emptied once this one has an answer, unless something else stands in them than in
    the empty form.
    """

    name: str
    kind: Kind
    label: str
    help: str = ""
    required: bool = False
    options: list[dict[str, str]] = field(default_factory=list)
    min: str | None = None
    max: str | int | None = None
    unit: str = "d"
    hint: str = ""
    free: bool = False
    shown: str = ""
    sealed: bool = False
    checked: bool = False
    empties: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Button:
    """A button that sends the form; the first is the one Enter presses. `key` is shown beside its words.

    Where buttons have keys, one decides: Enter presses none of them then, and Ctrl+Enter only the one that was refused
    for want of words, which says so.
    """

    name: str
    label: str
    look: Look = "s-btn"
    meanwhile: str = msg("One moment…")
    key: str = ""


PARTS: list[str | Path] = ["bare.js", "cards.js", "keyboard.js", "pointer.js", "steady.js"]


class Form(Element, component="form.js", dependencies=PARTS):
    """Tells `send` with `{button, values}`, `look` with `{field, text, turn}` for a pick, `changed` with the values,
    `check` with `{field, text}` when a checked field is left.

    Words may be `Message`s: the page's reader gets them in their language.

    What is typed is never cut: a field that holds more than `LONGEST_TYPED` says so, and until it is shortened nothing
    is told but `look`. Nor is it taken for nothing: a day that is half typed, or in no calendar, says so, and nothing
    is sent until it is right.

    After `send` the form waits for `refuse` or `reset`, or to be taken off the page.

    Under the name `memory` the tab itself remembers what is typed, but for sealed fields: a cut, a reload, a deploy
    take nothing away, nor what is typed into a pick and not chosen yet, which no draft has. It ends when the form is
    answered, or when it hears `sent`. `recalled` tells that what was
    remembered stands in it again.

    `traced`: each `send` comes with a `key` of its own, 32 letters. Where the page was loaded anew before it was
    answered, it tells `unanswered` with `{keys, over}`, the latest key last, and again once what was sent cannot be
    under way any more (`over`); `sent` and `refuse` answer that as well.

    With `fresh`, what each field of the empty form has, it also tells `draft` with `{version, values}` while one types:
    the values that were changed here and are not kept yet, until it hears by `kept` that they are (the tab then need
    not remember); `sent` ends that. `draft` tells that it starts with one.
    """

    def __init__(
        self,
        label: str,
        fields: Sequence[Field],
        buttons: Sequence[Button],
        *,
        start: Mapping[str, Any] | None = None,
        leave: str = "",
        fresh: Mapping[str, Any] | None = None,
        memory: str = "",
        draft: bool = False,
        traced: bool = False,
    ) -> None:
        super().__init__()
        self._props["label"], self._props["leave"], self._props["icons"] = tell(label), leave, asset("icons.svg")
        self._props["fields"] = [_told(asdict(one)) for one in fields]
        self._props["buttons"] = [_told(asdict(one)) for one in buttons]
        self._props["words"], self._props["most"] = _words(), LONGEST_TYPED
        self._props["start"], self._props["memory"] = dict(start or {}), memory
        self._props["traced"] = traced
        if fresh is not None:
            self._props["keeping"] = {"fresh": dict(fresh), "draft": draft}

    def ask(self, fields: Sequence[Field], start: Mapping[str, Any], fresh: Mapping[str, Any] | None = None) -> None:
        """Ask these instead. What was filled in stays where its question does; a new one begins as `start` has it."""
        self._props["fields"], self._props["start"] = [_told(asdict(one)) for one in fields], dict(start)
        if fresh is not None and "keeping" in self._props:
            self._props["keeping"] = {**self._props["keeping"], "fresh": dict(fresh)}
        self.update()

    def refuse(self, errors: Mapping[str, str], labels: Mapping[str, str] | None = None) -> None:
        """Show a sentence beside each field named, or, under the empty name, below all. The first gets the focus.

        A sentence about what is not asked here stands below all as well, with the label that `labels` has for it.
        """
        here = {str(one["name"]) for one in self._props["fields"]}
        told = {name: words for name, words in errors.items() if name in here}
        called = {name: tell(label) for name, label in (labels or {}).items()}
        below = [
            say("“{question}”: {mistake}", question=called[name], mistake=words) if name in called else words
            for name, words in errors.items()
            if name not in here
        ]
        self.run_method("refuse", told | ({"": " ".join(dict.fromkeys(below))} if below else {}))

    def judge(self, name: str, text: str, mistake: str) -> None:
        """Show the sentence beside the field if `text` is still what stands in it, and once no pointer is held
        down: nothing moves below it."""
        self.run_method("judge", name, text, mistake)

    def offer(self, name: str, turn: int, options: Sequence[Option]) -> None:
        """The choices of a pick for what was typed; `turn` is what `look` told with it."""
        self._say()
        self.run_method("offer", name, turn, [_told(asdict(option)) for option in options])

    def away(self, name: str, turn: int, words: str) -> None:
        """The choices of a pick cannot be looked up: `words` stand where they would, and beside what was typed and not
        chosen. It ends with the next `offer`."""
        self._say(nothing=words, choice=words)
        self.run_method("offer", name, turn, [])

    def _say(self, **words: str) -> None:
        said = {**_words(), **words}
        if said != self._props["words"]:
            self._props["words"] = said
            self.update()

    def kept(self, version: int, *, whole: bool, answered: Sequence[str]) -> None:
        """What was changed until `version` is kept; not `whole` where something must not be. What the form shows of
        other fields than those `answered` in the draft is not in it any more: it tells `draft` with that."""
        self.run_method("kept", version, whole, list(answered))

    def sent(self) -> None:
        """What was typed has been sent: it is no draft any more, and the tab remembers it no longer."""
        self.run_method("sent")

    def end(self, words: str) -> None:
        """It cannot be sent any more: `words`, and below them what was typed, which it tells by `touched`; nothing
        where nothing was, which it tells by `untouched`."""
        self.run_method("end", words)

    def reset(self) -> None:
        """Empty again, as it began."""
        self.run_method("reset")


def _told(shown: Any) -> Any:
    """What a component is handed, with all its words in the page's language."""
    if isinstance(shown, dict):
        return {name: _told(value) for name, value in shown.items()}
    if isinstance(shown, list):
        return [_told(value) for value in shown]
    return tell(shown) if isinstance(shown, str) else shown


def far_too_long() -> str:
    """What is said of more than any form takes."""
    return say("This is far too long to be kept or sent. Shorten it first.")


def _words() -> dict[str, Any]:
    """What the form says by itself; at `{label}` it puts the label of the field."""
    return {
        **steady(),
        "optional": say("optional"),
        "choose": say("Choose one"),
        "none": say("None"),
        "unit": say("{label}, unit", label="{label}"),
        "units": {"m": say("minutes"), "h": say("hours"), "d": say("days"), "w": say("weeks")},
        "looking": say("One moment…"),
        "more": say("Type a few letters of it."),
        "nothing": say("Nothing on offer fits."),
        "choice": say("Choose one from the list."),
        "leave": say("Cancel"),
        "kept": say("Draft kept"),
        "partly": say("Draft kept, without what looks like a password or a key"),
        "unkept": say("Not kept yet, we keep trying"),
        "ctrl": say("Ctrl"),
        "goes": say("Ctrl+Enter sends it: {button}. Esc takes it back.", button="{button}"),
        "goesKey": say("In the reason: send the button that is marked. Where none is, nothing is decided"),
        "far": far_too_long(),
        "half": say("There is no such day, or it is only half there. Complete it or empty it."),
        "which": say("Nothing was sent. Choose with one of the buttons what your words are for."),
        "over": say("Start over"),
        "undo": say("Undo"),
        "late": say(
            "This takes longer than it should. It may still arrive: look at your requests before you send it again."
        ),
    }
