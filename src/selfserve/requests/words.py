"""What the timeline says, in the second person and without ticket speak. One sentence per kind of event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from selfserve.store.tables import Person

Mood = Literal["done", "now", "human", "todo", "bad"]


@dataclass(frozen=True)
class Line:
    """One line of a story. `title` says what happened, `note` adds who or why; both are plain text, never markup."""

    kind: str
    at: datetime | None
    title: str
    note: str = ""
    mood: Mood = "done"


@dataclass(frozen=True)
class Telling:
    """For whom a story is told: `you` when the reader is the customer, else their first name. `actor` is who asked for
    them, empty where they asked themselves. `gives` is what each step gives, by its name, where its item says so."""

    you: bool
    customer: str
    actor: str
    item: str
    gives: Mapping[str, str] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """The customer as the subject of a sentence."""
        return "You" if self.you else self.customer


def standing(customer: Person, above_id: str, *, you: bool = False) -> str:
    """What somebody above a customer is to them: "their manager", or "a manager above them"; "your", "you" where the
    customer reads it."""
    if customer.manager_id == above_id:
        return "your manager" if you else "their manager"
    return "a manager above you" if you else "a manager above them"


Sentence = Callable[[Telling, Mapping[str, Any], str], tuple[str, str, Mood]]


def _asked(to: Telling, data: Mapping[str, Any], tell: str) -> tuple[str, str, Mood]:
    if to.actor:
        return f"{to.actor} asked for {to.item} for {'you' if to.you else to.customer}", "", "done"
    return f"{to.who} asked for {to.item}", "", "done"


def _approval_asked(to: Telling, data: Mapping[str, Any], tell: str) -> tuple[str, str, Mood]:
    names = _names(data.get("of", []))
    if not names:
        return "Nobody can decide this at the moment", "A person sorts it out.", "human"
    why = ""
    if to.you and data.get("because") == ["manager"]:
        why = "As a manager above you." if data.get("above") else "As your manager."
    return f"{names} was asked to approve it", why, "done"


def _names(names: list[str]) -> str:
    if len(names) > 2:
        return f"{names[0]}, {names[1]} or a colleague of theirs"
    return " or ".join(names)


def _asked_anew(to: Telling, data: Mapping[str, Any], tell: str) -> tuple[str, str, Mood]:
    names = _names(data.get("of", []))
    return (f"{names} was asked instead", "", "done") if names else _approval_asked(to, data, tell)


def _approved(to: Telling, data: Mapping[str, Any], tell: str) -> tuple[str, str, Mood]:
    return f"{data.get('by') or 'The rules'} approved it", str(data.get("reason", "")), "done"


def _denied(to: Telling, data: Mapping[str, Any], tell: str) -> tuple[str, str, Mood]:
    by = data.get("by")
    return (
        (f"{by} did not approve it" if by else "The rules do not allow it any more"),
        str(data.get("reason", "")),
        "bad",
    )


def _question(to: Telling, data: Mapping[str, Any], tell: str) -> tuple[str, str, Mood]:
    return f"{data.get('by', 'The approver')} has a question", tell, "human"


def _handed_over(to: Telling, data: Mapping[str, Any], tell: str) -> tuple[str, str, Mood]:
    team = data.get("team", "TechOps")
    if data.get("by_design"):
        return f"It waits with {team}", tell or "A person does this by hand.", "human"
    part = " One part of it is done already." if data.get("steps_there") else ""
    return f"It waits with {team}", (tell or "The machine could not finish this.") + part, "human"


def _handed_on(to: Telling, data: Mapping[str, Any], tell: str) -> tuple[str, str, Mood]:
    by = data.get("by")
    why = f"{by} handed it on." if by else "Nobody had time for it yet."
    return f"It waits with {data.get('team', 'TechOps')} now", why, "human"


def _fulfilled(to: Telling, data: Mapping[str, Any], tell: str) -> tuple[str, str, Mood]:
    if data.get("later"):
        return "Nothing is left for you to do", tell or "Your device does the rest by itself.", "done"
    return "Ready to use", tell, "done"


def _done_by_hand(to: Telling, data: Mapping[str, Any], tell: str) -> tuple[str, str, Mood]:
    return f"{data.get('by', 'A person')} did it by hand", tell, "done"


def to_words(name: str) -> str:
    """A connector's name of the configuration as a person reads it."""
    return name.replace("_", " ").replace("-", " ")


def _waiting(to: Telling, data: Mapping[str, Any], tell: str) -> tuple[str, str, Mood]:
    system = f"{to_words(str(data.get('use', '')).partition('.')[0])} system".strip()
    if data.get("failure") in ("transient", "rate_limited"):
        trouble = "is too busy" if data["failure"] == "rate_limited" else "does not answer"
        note = "We try again by ourselves, and a person takes over if it takes too long. You need not do anything."
        return f"The {system} {trouble} at the moment", note, "now"
    return "Not confirmed yet", "We look again by ourselves.", "now"


def _step(mood: Mood, title: str) -> Sentence:
    return lambda to, data, tell: (tell or title, "", mood)


def _there(title: str, already: str = "") -> Sentence:
    def sentence(to: Telling, data: Mapping[str, Any], tell: str) -> tuple[str, str, Mood]:
        gives = to.gives.get(str(data.get("step", "")))
        held = f"{to.who} {'have' if to.you else 'has'} {gives}{already}" if gives else ""
        return held or tell or title, "", "done"

    return sentence


def _plain(title: str, mood: Mood = "done") -> Sentence:
    return lambda to, data, tell: (title, tell, mood)


SENTENCES: dict[str, Sentence] = {
    "request.asked": _asked,
    "approval.asked": _approval_asked,
    "approval.asked_anew": _asked_anew,
    "approval.reminded": _plain("We sent a reminder"),
    "approval.approved": _approved,
    "approval.denied": _denied,
    "approval.question": _question,
    "approval.answered": lambda to, data, tell: (f"{to.who} answered", tell, "done"),
    "step.done": _there("Done, and we checked that it is there"),
    "step.already_done": _there("It was there already", " already"),
    "step.accepted": _step("now", "On its way"),
    "step.waiting": _waiting,
    "step.done_by_hand": _done_by_hand,
    "request.handed_over": _handed_over,
    "request.handed_on": _handed_on,
    "request.taken": lambda to, data, tell: (f"{data.get('by', 'A person')} is looking after it", "", "human"),
    "request.retried": _plain("Tried again by a person"),
    "request.fulfilled": _fulfilled,
    "request.cannot": _plain("This did not work out", "bad"),
    "request.cancelled": lambda to, data, tell: (f"{to.who} cancelled it", "", "done"),
    "request.expired": _plain("Nobody decided in time, so it has ended", "bad"),
    "request.no_longer_allowed": lambda to, data, tell: (
        "This is not possible any more",
        str(data.get("reason", "")),
        "bad",
    ),
    "grant.given_back": lambda to, data, tell: (f"{to.who} gave it back", "", "done"),
    "grant.ended": _plain("It has ended and was taken back"),
    "secret.shown": _plain("The secret was shown, once"),
}
"""Kinds that are not here are for staff only."""


def line(kind: str, at: datetime, to: Telling, data: Mapping[str, Any], tell: str) -> Line | None:
    """The line for one event; None for an event the customer does not see."""
    sentence = SENTENCES.get(kind)
    if sentence is None:
        return None
    title, note, mood = sentence(to, data, tell)
    return Line(kind, at, title, note, mood)


STATE_WORDS: dict[str, tuple[str, str]] = {
    "awaiting_approval": ("Waiting for approval", "info"),
    "approved": ("In progress", "info"),
    "fulfilling": ("In progress", "info"),
    "fulfilled": ("Done", "ok"),
    "partly_fulfilled": ("Partly done", "warn"),
    "handed_over": ("With a team", "warn"),
    "failed": ("Did not work out", "bad"),
    "denied": ("Not approved", "bad"),
    "expired": ("Not decided in time", "bad"),
    "cancelled": ("Cancelled", "info"),
    "superseded": ("Replaced", "info"),
}
"""What a request's state is called on screen, and the tone of its pill."""

GRANT_WORDS: dict[str, tuple[str, str]] = {
    "promised": ("On its way", "info"),
    "active": ("You have this", "ok"),
    "ending": ("Being taken back", "info"),
    "revoke_failed": ("Being taken back", "info"),
    "ended": ("Ended", "info"),
}


def holding_words(state: str, *, open_still: bool, partly: bool, later: bool) -> tuple[str, str]:
    """What a customer reads of something they hold, and its tone: the same on every page.

    `open_still`: a part is there, the request is still being done. `partly`: it stays at a part. `later`: a device
    fetches it in its own time, and only the device knows when it did.
    """
    if state != "active":
        return GRANT_WORDS[state]
    if open_still:
        return GRANT_WORDS["promised"]
    if partly:
        return "You have a part of this", "ok"
    return ("Your device fetches it", "ok") if later else GRANT_WORDS["active"]
