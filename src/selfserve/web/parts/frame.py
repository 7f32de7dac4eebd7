"""The frame around every page, as one element: navigation with counts, notices, account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from nicegui.element import Element

from selfserve.languages.reader import Reader
from selfserve.web.speech import reader, say, say_n, tell
from selfserve.web.theme import asset


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation. `counted` says in words what the count counts."""

    path: str
    icon: str
    name: str
    count: int = 0
    counted: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One notice as it is listed."""

    id: str
    title: str
    body: str
    path: str
    when: str
    read: bool = False


@dataclass(frozen=True, slots=True)
class Help:
    """How to reach a human: in a sentence, and by links (name to address; https, http, mailto or tel)."""

    support: str
    links: Mapping[str, str]


class Frame(Element, component="frame.js", dependencies=["place.js"]):
    """Tells `notices` when the list is opened, `older` when more of it is wanted, and `seen` with a notice's id or, for
    all of them, None."""

    def __init__(self, *, brand: str, logo: tuple[str, str], name: str, title: str, sign_out: str, help_: Help) -> None:
        super().__init__()
        self._props.update(
            {
                "icons": asset("icons.svg"),
                "brand": brand,
                "logo": logo[0],
                "logo-dark": logo[1],
                "name": name,
                "title": title,
                "initials": initials(name),
                "sign-out": sign_out,
                "unread": 0,
                "words": _words(reader().language, help_.support),
                "links": [_link(tell(name), url) for name, url in help_.links.items()],
            }
        )

    def lead(self, places: Sequence[Place], unread: int) -> None:
        """Show these entries, and how many notices are unread."""
        shown = tuple(asdict(place) for place in places)  # a list would be watched, entry by entry: see `Grid`
        if shown != self._props.get("places") or unread != self._props["unread"]:
            bell = say_n("Notices, {count} unread", "Notices, {count} unread", unread) if unread else say("Notices")
            self._props.update({"places": shown, "unread": unread, "bell": bell})

    def skip_to(self, target: Element) -> None:
        """Let the first stop of the keyboard lead past the frame, to `target`."""
        self._props["content"] = target.html_id

    def stand(self, path: str) -> None:
        """Mark the entry that leads to where we are."""
        self._props["here"] = path

    @property
    def listed(self) -> int:
        """How many notices the list shows."""
        return len(self._props.get("notices") or [])

    def tell(self, notices: Sequence[Told], *, older: bool) -> None:
        """Show these notices in the list; `older`: there are more to be asked for."""
        self._props["notices"], self._props["older"] = [asdict(notice) for notice in notices], older

    def announce(self, words: str) -> None:
        """Tell what an act came to: read out politely, and shown for a while."""
        self.run_method("say", words)

    def warn(self, words: str) -> None:
        """Tell why an act did not work: read out politely, and shown until it is put away."""
        self.run_method("warn", words)

    def arrive(self) -> None:
        """Put the keyboard at the top of the page just shown."""
        self.run_method("arrive")


_ICONS = {"tel": "phone", "mailto": "mail"}


def _link(name: str, url: str) -> dict[str, Any]:
    scheme = url.partition(":")[0]
    return {"name": name, "url": url, "icon": _ICONS.get(scheme, "life-buoy"), "outside": scheme not in _ICONS}


@lru_cache
def _words(language: str, support: str) -> dict[str, Any]:
    """What the frame says by itself. `support` is how to reach a human while we cannot be reached."""
    say = Reader(language).say
    return {
        "skip": say("Skip to content"),
        "away": {"network": say("You are offline."), "server": say("The connection is lost.")},
        "kept": say("What you typed stays here, and we connect again by ourselves."),
        "help": say("Need a human? {support}", support=support),
        "back": say("You are connected again."),
        "menu": say("Open the menu"),
        "main": say("Main"),
        "notices": say("Notices"),
        "unread": say("unread"),
        "keys": say("Keys"),
        "out": say("Sign out"),
        "seen": say("Mark all as read"),
        "older": say("Show older"),
        "close": say("Close notices"),
        "hide": say("Put this away"),
        "moment": say("One moment…"),
        "nothing": say("There are no notices for you yet."),
        "read": say("read"),
        "looks": {"system": say("Appearance"), "light": say("Light"), "dark": say("Dark")},
        "turn": {
            "system": say("Appearance: system. Change it"),
            "light": say("Appearance: light. Change it"),
            "dark": say("Appearance: dark. Change it"),
        },
        "turned": {
            "system": say("Appearance: system"),
            "light": say("Appearance: light"),
            "dark": say("Appearance: dark"),
        },
    }


def initials(name: str) -> str:
    """Two letters for a picture of somebody."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
