"""What the timeline says, in the second person and without ticket speak. One sentence per kind of event.

All of them are `Message`s: told in the language of whoever reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from selfserve.languages.messages import Message, again, msg, msg_n, together
from selfserve.store.tables import Person

Mood = Literal["done", "now", "human", "todo", "bad"]


@dataclass(frozen=True)
class Line:
    """One line of a story. `title` says what happened, `note` adds who or why; both are text to tell, never markup.
    `due`: `at` is until when it is to happen, as it is for all that is still to come."""

    kind: str
    at: datetime | None
    title: str
    note: str = ""
    mood: Mood = "done"
    due: bool = False


@dataclass(frozen=True)
class Telling:
    """For whom a story is told: `you` when the reader is the customer, else the customer's first name counts. `actor`
    is who asked for them, empty where they asked themselves; `asked` when that is the reader. `gives` is what each step
    gives, by its name, where its item says so; `unseen` are the short names of requests that the reader must not learn
    of. `lasts`: it is something to have, and not done once."""

    you: bool
    customer: str
    actor: str
    item: str
    gives: Mapping[str, str] = field(default_factory=dict)
    asked: bool = False
    unseen: frozenset[str] = frozenset()
    lasts: bool = True
    anew: str = ""
    """What to do where a secret is shown no more and was not kept; empty for whom it was not."""


def standing(customer: Person, above_id: str, *, you: bool = False) -> Message:
    """What somebody above a customer is to them: "their manager", or "a manager above them"; "your", "you" where the
    customer reads it."""
    if customer.manager_id == above_id:
        return msg("your manager") if you else msg("their manager")
    return msg("a manager above you") if you else msg("a manager above them")


STAYS = msg("It stays, since it was asked for otherwise too.")
Told = tuple[str, str, Mood]
Sentence = Callable[[Telling, Mapping[str, Any], str], Told]


def _asked(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    if to.asked:
        return msg("You asked for “{item}” for {customer}", item=to.item, customer=to.customer), "", "done"
    if to.actor and to.you:
        return msg("{actor} asked for “{item}” for you", actor=to.actor, item=to.item), "", "done"
    if to.actor:
        title = msg("{actor} asked for “{item}” for {customer}", actor=to.actor, item=to.item, customer=to.customer)
        return title, "", "done"
    if to.you:
        return msg("You asked for “{item}”", item=to.item), "", "done"
    return msg("{name} asked for “{item}”", name=to.customer, item=to.item), "", "done"


def _approval_asked(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    names = data.get("of", [])
    if not names:
        return msg("Nobody can decide this at the moment"), msg("A person sorts it out."), "human"
    why = ""
    if to.you and data.get("because") == ["manager"]:
        why = msg("As a manager above you.") if data.get("above") else msg("As your manager.")
    return msg("{names} was asked to approve it", names=_names(names)), why, "done"


def _names(names: list[str]) -> str:
    if len(names) > 2:
        return msg("{one}, {other} or a colleague of theirs", one=names[0], other=names[1])
    return msg("{one} or {other}", one=names[0], other=names[1]) if len(names) == 2 else str(names[0])


def _asked_anew(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    names = data.get("of", [])
    if not names:
        return _approval_asked(to, data, tell)
    return msg("{names} was asked instead", names=_names(names)), "", "done"


def _approved(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    by, why = data.get("by"), str(data.get("reason", ""))
    if by and data.get("until"):
        day = date.fromisoformat(str(data["until"]))
        return msg("{name} approved it, only until {day}", name=by, day=day), tell or why, "done"
    return msg("{name} approved it", name=by) if by else msg("The rules approved it"), tell or why, "done"


def _denied(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    by, why = data.get("by"), str(data.get("reason", ""))
    title = msg("{name} did not approve it", name=by) if by else msg("The rules do not allow it any more")
    return title, tell or why, "bad"


def _question(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    by = data.get("by")
    return msg("{name} has a question", name=by) if by else msg("The approver has a question"), tell, "human"


def _team(data: Mapping[str, Any]) -> str:
    """The team that has it, in the languages it had a name in when that was written down."""
    return again(str(data.get("team", "TechOps")), data.get("team_said"))


def _handed_over(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    if data.get("in_vain"):
        by, still = data.get("by"), msg("It still waits with {team}.", team=_team(data))
        title = msg("It did not work this time either")
        return title, msg("{name} is still looking after it.", name=by) if by else still, "human"
    title = msg("It waits with {team}", team=_team(data))
    if data.get("by_design"):
        return title, tell or msg("A person does this by hand."), "human"
    why = tell or msg("The machine could not finish this.")
    if there := data.get("steps_there"):
        why = msg_n(
            "{why} One part of it is done already.", "{why} {count} parts of it are done already.", there, why=why
        )
    return title, why, "human"


def _handed_on(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    by = data.get("by")
    why = msg("{name} handed it on.", name=by) if by else msg("Nobody had time for it yet.")
    return msg("It waits with {team} now", team=_team(data)), why, "human"


def _fulfilled(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    if data.get("later"):
        return msg("Nothing is left for you to do"), tell or msg("Your device does the rest by itself."), "done"
    return msg("Ready to use") if to.lasts else msg("All done"), tell, "done"


def _done_by_hand(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    by = data.get("by")
    return msg("{name} did it by hand", name=by) if by else msg("A person did it by hand"), tell, "done"


def to_words(name: str) -> str:
    """A connector's name of the configuration as a person reads it."""
    return name.replace("_", " ").replace("-", " ")


def _waiting(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    if data.get("failure") not in ("transient", "rate_limited"):
        return msg("Not confirmed yet"), msg("We look again by ourselves."), "now"
    if data["failure"] == "rate_limited":
        title = msg("The system behind it is too busy at the moment")
    else:
        title = msg("The system behind it does not answer at the moment")
    note = msg("We try again by ourselves, and a person takes over if it takes too long. You need not do anything.")
    return title, note, "now"


def _step(mood: Mood, title: Message) -> Sentence:
    return lambda to, data, tell: (tell or title, "", mood)


def _there(title: Message, *, already: bool = False) -> Sentence:
    def sentence(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
        gives = to.gives.get(str(data.get("step", "")))
        return (_held(to, gives, already=already) if gives else tell or title), "", "done"

    return sentence


def _held(to: Telling, gives: str, *, already: bool) -> Message:
    if to.you:
        return msg("You have {gives} already", gives=gives) if already else msg("You have {gives}", gives=gives)
    if already:
        return msg("{name} has {gives} already", name=to.customer, gives=gives)
    return msg("{name} has {gives}", name=to.customer, gives=gives)


def _plain(title: Message, mood: Mood = "done") -> Sentence:
    return lambda to, data, tell: (title, tell, mood)


def _who(to: Telling, data: Mapping[str, Any]) -> str:
    """Who did it: the customer, or whoever asked for them."""
    return str(data.get("by") or to.customer)


def _whose(to: Telling, data: Mapping[str, Any], yours: Message, another: Message) -> Message:
    """The words for who did it: `yours` where that is the reader."""
    return yours if (to.asked if data.get("by") else to.you) else another


def _answered(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    return _whose(to, data, msg("You answered"), msg("{name} answered", name=_who(to, data))), tell, "done"


def _retried(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    by = data.get("by")
    return msg("{name} tried it again", name=by) if by else msg("A person tried it again"), "", "done"


def _taken(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    by = data.get("by")
    return msg("{name} is looking after it", name=by) if by else msg("A person is looking after it"), "", "human"


def _cancelled(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    return _whose(to, data, msg("You cancelled it"), msg("{name} cancelled it", name=_who(to, data))), "", "done"


def _no_longer(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    return msg("This is not possible any more"), tell or str(data.get("reason", "")), "bad"


def _given_back(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    held = data.get("held", [])
    seen = [name for name in held if name not in to.unseen]
    note = msg("It stays because of {names}.", names=", ".join(seen)) if seen else STAYS if held else ""
    return _whose(to, data, msg("You gave it back"), msg("{name} gave it back", name=_who(to, data))), note, "done"


def _ended(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    stays = data.get("stays", "")
    if stays == "before":
        had = msg("You had it before you asked.") if to.you else msg("{name} had it before.", name=to.customer)
        return msg("It has ended here, and nothing was taken away"), had, "done"
    if stays == "otherwise":
        return msg("It has ended here, and nothing was taken away"), STAYS, "done"
    if stays == "perhaps":
        return msg("It has ended here, and nothing was taken away"), msg("It may not have come from here."), "done"
    note = msg("What was there before, or is held otherwise too, stays.") if stays == "part" else ""
    return msg("It has ended and was taken back"), note, "done"


def _shown(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    return msg("The secret was shown once more") if data.get("again") else msg("The secret was shown"), "", "done"


def _kept(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    who = msg("You have kept the secret") if to.you else msg("{name} has kept the secret", name=to.customer)
    return who, msg("It is shown to nobody any more."), "done"


def _over(to: Telling, data: Mapping[str, Any], tell: str) -> Told:
    why = msg("A day has passed since it was shown, and nobody said that it was kept.")
    return msg("The secret is shown to nobody any more"), together(filter(None, (why, to.anew))), "done"


SENTENCES: dict[str, Sentence] = {
    "request.asked": _asked,
    "approval.asked": _approval_asked,
    "approval.asked_anew": _asked_anew,
    "approval.reminded": _plain(msg("We sent a reminder")),
    "approval.approved": _approved,
    "approval.denied": _denied,
    "approval.question": _question,
    "approval.answered": _answered,
    "step.done": _there(msg("Done, and we checked that it is there")),
    "step.already_done": _there(msg("It was there already"), already=True),
    "step.accepted": _step("now", msg("On its way")),
    "step.waiting": _waiting,
    "step.done_by_hand": _done_by_hand,
    "request.handed_over": _handed_over,
    "request.handed_on": _handed_on,
    "request.taken": _taken,
    "request.retried": _retried,
    "request.fulfilled": _fulfilled,
    "request.cannot": _plain(msg("This did not work out"), "bad"),
    "request.cancelled": _cancelled,
    "request.expired": _plain(msg("Nobody decided in time, so it has ended"), "bad"),
    "request.no_longer_allowed": _no_longer,
    "grant.given_back": _given_back,
    "grant.ended": _ended,
    "secret.shown": _shown,
    "secret.kept": _kept,
    "secret.over": _over,
}
"""Kinds that are not here are for staff only."""
ASKED = ("approval.asked", "approval.asked_anew")
"""Kinds of events: somebody was asked to decide."""


def line(kind: str, at: datetime, to: Telling, data: Mapping[str, Any], tell: str) -> Line | None:
    """The line for one event; None for an event the customer does not see."""
    sentence = SENTENCES.get(kind)
    if sentence is None:
        return None
    title, note, mood = sentence(to, data, tell)
    return Line(kind, at, title, note, mood)


STATE_WORDS: dict[str, tuple[Message, str]] = {
    "awaiting_approval": (msg("Waiting for approval"), "info"),
    "approved": (msg("In progress"), "info"),
    "fulfilling": (msg("In progress"), "info"),
    "fulfilled": (msg("Done"), "ok"),
    "partly_fulfilled": (msg("Partly done"), "warn"),
    "handed_over": (msg("With a team"), "warn"),
    "failed": (msg("Did not work out"), "bad"),
    "denied": (msg("Not approved"), "bad"),
    "expired": (msg("Not decided in time"), "bad"),
    "cancelled": (msg("Cancelled"), "info"),
    "superseded": (msg("Replaced"), "info"),
}
"""What a request's state is called on screen, and the tone of its pill."""

GRANT_WORDS: dict[str, tuple[Message, str]] = {
    "promised": (msg("On its way"), "info"),
    "active": (msg("You have this"), "ok"),
    "ending": (msg("Being taken back"), "info"),
    "revoke_failed": (msg("Being taken back"), "info"),
    "ended": (msg("Ended"), "info"),
}


def holding_words(state: str, *, open_still: bool, partly: bool, later: bool, name: str = "") -> tuple[Message, str]:
    """What is read of something that a customer holds, and its tone: the same on every page.

    `open_still`: a part is there, the request is still being done. `partly`: it stays at a part. `later`: a device
    fetches it in its own time, and only the device knows when it did. `name` is the customer's, where somebody else
    reads it.
    """
    if state != "active":
        return GRANT_WORDS[state]
    if open_still:
        return GRANT_WORDS["promised"]
    if partly:
        return msg("{name} has a part of this", name=name) if name else msg("You have a part of this"), "ok"
    if later:
        return msg("The device fetches it") if name else msg("Your device fetches it"), "ok"
    return (msg("{name} has this", name=name), "ok") if name else GRANT_WORDS["active"]
