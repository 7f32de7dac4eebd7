"""Deciding several cards together, and going from one to the next by keys, as one element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nicegui.element import Element

from selfserve.catalog.fields import LONGEST_TYPED
from selfserve.web.parts.form import far_too_long
from selfserve.web.parts.steady import steady
from selfserve.web.speech import say, say_n
from selfserve.web.theme import asset


@dataclass(frozen=True, slots=True)
class Offer:
    """One card that may be chosen: what it is about in a line, and what to know of it in another."""

    id: str
    label: str
    note: str
    item: str
    item_name: str
    risk: str


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one of them, on the tone it has; `words` say why where it was not decided."""

    id: str
    label: str
    tone: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What would become of one of them; `wrong`: why it could not be approved so."""

    words: str
    wrong: bool = False


class Together(Element, component="together.js", dependencies=["cards.js", "keyboard.js", "steady.js"]):
    """Tells `decide` with `{way, ids, reason, own}`, once the list was looked at; then waits for `tell` or `refuse`.
    `own` is what is typed in the forms of the cards, by id: a day half typed, or words too long, are told there, and no
    list opens. Where they are to be approved, it tells `look` with `{turn, ids, own}` when the list opens, for `ahead`.

    Under the name `memory` the tab remembers the reason; and, through a reload, what is chosen and the open list.
    """

    def __init__(self, memory: str = "") -> None:
        super().__init__()
        self._props["memory"] = memory
        self._props["icons"], self._props["most"] = asset("icons.svg"), LONGEST_TYPED
        self._props["offers"], self._props["groups"], self._props["words"] = [], [], _words(0)

    def offer(self, offers: Sequence[Offer]) -> None:
        """These may be chosen."""
        shown = [asdict(one) for one in offers]
        if shown != self._props["offers"]:
            self._props["offers"], self._props["groups"] = shown, _groups(offers)
            self._props["words"] = _words(len(offers))
            self.update()

    def follow(self) -> None:
        """A card has gone: if it had the keyboard, the next one gets it."""
        self.run_method("follow")

    def ahead(self, turn: int, lines: Mapping[str, Ahead]) -> None:
        """What would become of them, by id; `turn` is what `look` told with them."""
        self.run_method("foresee", turn, {stage_id: asdict(one) for stage_id, one in lines.items()})

    def tell(self, title: str, results: Sequence[Told], decided: Sequence[str]) -> None:
        """What became of them; what was typed on the cards of those `decided` is remembered no longer."""
        self.run_method("tell", {"title": title, "lines": [asdict(one) for one in results], "decided": list(decided)})

    def refuse(self, words: str) -> None:
        """Why nothing was decided; the list stays."""
        self.run_method("refuse", words)


def _groups(offers: Sequence[Offer]) -> list[dict[str, Any]]:
    """What is chosen with one press: all of low risk, all of one item; where there are two at least."""
    low = [one.id for one in offers if one.risk == "low"]
    groups = [{"name": say_n("Low risk ({count})", "Low risk ({count})", len(low)), "ids": low}]
    for item, name in dict.fromkeys((one.item, one.item_name) for one in offers if one.risk != "high"):
        ids = [one.id for one in offers if one.item == item and one.risk != "high"]
        groups.append({"name": say_n("{item} ({count})", "{item} ({count})", len(ids), item=name), "ids": ids})
    return [group for group in groups if len(group["ids"]) > 1]


def _words(most: int) -> dict[str, Any]:
    """What it says by itself; what counts is said for each number there can be."""
    counts = range(most + 1)
    return {
        **steady(),
        "together": say("Decide together"),
        "chosen": [say("Decide several together")]
        + [say_n("{count} chosen", "{count} chosen", count) for count in counts[1:]],
        "clear": say("Choose none"),
        "approve": say("Approve together"),
        "deny": say("Deny together"),
        "mixed": say(
            "Together you approve requests for the same item, or such of low risk. Look at the others one by one."
        ),
        "approveTitle": [say_n("Approve {count} request?", "Approve {count} requests?", count) for count in counts],
        "denyTitle": [say_n("Deny {count} request?", "Deny {count} requests?", count) for count in counts],
        "approveWords": say("Each is decided on its own, and what can be done is done at once."),
        "denyWords": say("Each is decided on its own, and every customer reads your reason."),
        "list": say("What you chose"),
        "more": [say_n("and {count} more", "and {count} more", count) for count in counts],
        "reason": say("Reason"),
        "optional": say("optional"),
        "read": say("Every one of these customers reads it."),
        "rest": say("Read by those customers on whose card you typed no words of their own."),
        "own": say("Your words for it: “{words}”", words="{words}"),
        "far": far_too_long(),
        "no": say("Not now"),
        "close": say("Close"),
        "meanwhile": say("On it…"),
        "late": say("This takes longer than it should. It goes on; the cards that are decided leave by themselves."),
    }
