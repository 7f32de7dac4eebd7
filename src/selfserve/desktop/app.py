"""The app's course, from its start to its end: what it shows, what it asks the server, what it does on a press.

One thread goes from state to state; all that happens (presses, links, pages that loaded) comes to it by one queue.
"""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from selfserve.desktop import VERSION, parting, screens, threshold
from selfserve.desktop.around import Around, Event
from selfserve.desktop.fence import path_at
from selfserve.desktop.handoff import HandOff
from selfserve.desktop.hearing import Hearing
from selfserve.desktop.keep import Remains, State
from selfserve.desktop.links import path_of
from selfserve.desktop.pages import Page, plain
from selfserve.desktop.server import About, Started
from selfserve.desktop.this_computer import ThisComputer
from selfserve.desktop.trouble import Kind, Trouble

RETRY = (3.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds until it is tried again, the last for ever."""
SIGN_IN_LASTS = 300.0
CODE_LASTS = timedelta(minutes=2)
"""How long the server takes what a browser brought."""
ENTRY_LASTS = 20.0
MOST_TRIES = 3
SKEW = 300.0
"""Seconds by which the clock may differ before it is said."""
SIGNING_OUT = ("/auth/logout", "/auth/bye")
"""Where the server's own pages sign out: pressed while it is away, nobody is to be back inside by themselves."""


SERVERS_WHY = ("copied", "restored")
"""Why the server ended an app, as it says so and we do."""
SIGN_OUT = Event("act", "sign-out")
REMAINING = frozenset(Remains) - {Remains.NOTHING}
"""What is said of a sign-out that speaks of the keyring itself."""

Next = Callable[[], "Next | None"]
"""A state: does its part and gives the one that follows; None ends the app."""


@dataclass(frozen=True)
class Brought:
    """What a browser brought, with the app's half of it, and until when the server takes it. `sure`: see `HandOff`."""

    code: str
    verifier: str
    sure: bool
    until: datetime


@dataclass
class App:
    """One running app. `run` is its life; everything else comes by `post`."""

    around: Around
    wanted: str = "/"
    _events: queue.SimpleQueue[Event] = field(default_factory=queue.SimpleQueue)
    _token: str | None = None
    _about: About | None = None
    _off: float = 0.0
    """Seconds between the clock and the server's, when the server last said what time it is."""
    _started: Started | None = None
    _why: str = ""
    _failures: int = 0
    _entries: int = 0
    _path: str = "/"
    _back: str = "/"
    """The page to come back to, of whoever is signed in; `wanted` is a link's, whoever that will be."""
    _showing_fault: bool = False
    _closed: threading.Event = field(default_factory=threading.Event)
    """Set with the window's end, whatever the app waits for just then: nothing more is begun."""
    _unclaimed: str | None = None
    """The token of a sign-in of which nobody has said yet that it is theirs."""
    _unheard: Brought | None = None
    """What was sent to the server without an answer: it may have let us in."""
    _unused: bool = False
    """Whether the token is kept and the server has not seen it since."""

    def __post_init__(self) -> None:
        self._computer = ThisComputer(self.around)
        self._hearing = Hearing(self.around, lambda path: self.post(Event("link", path)))

    def post(self, event: Event) -> None:
        """Something happened; from any thread."""
        self._events.put(event)
        if event.kind == "closed":
            self._closed.set()
            self.around.keeper.hasten()
            self.around.server.hasten()
            if self.around.former:
                self.around.former.hasten()

    def link(self, link: str) -> None:
        """A link or "" from a second start; one that names no page of ours brings the window to the front, and is said
        to open nothing."""
        path = path_of(link, self.around.brand.scheme) if link else ""
        self.post(Event("refused") if path is None else Event("link", path))

    def run(self) -> None:
        """From state to state until the window is closed. A token that was given meanwhile is kept or ended, before
        this returns: the next start would be taken for a thief."""
        state: Next | None = self._connect
        try:
            while state is not None:
                try:
                    state = self._over() if self._closed.is_set() and state != self._sign_out else state()
                except Exception as error:  # whatever it is, nobody is to look at an empty window
                    state = self._fault(error)
        finally:
            parting.end_lost(self.around, self._token)
            parting.end_left(self.around)
            if self._unclaimed:
                parting.end(self.around, self._unclaimed)
            if self._unheard:
                parting.end_unheard(self.around, self._unheard.code, self._unheard.verifier)

    def _over(self) -> Next | None:
        """The window is gone: of all that was pressed before, only signing out still counts."""
        while not self._events.empty():
            if self._events.get() == SIGN_OUT:
                return self._sign_out
        return None

    def _fault(self, error: Exception) -> Next:
        """Say that the app itself is wrong, and how to reach a human; where not even that can be shown, end."""
        traceback.print_exception(error)
        if self._showing_fault:
            self.around.window.close()
            raise error
        return self._at_fault(Trouble(Kind.FAULT, f"{type(error).__name__}: {error}"))

    def _at_fault(self, trouble: Trouble) -> Next:
        def shown() -> Next | None:
            self._showing_fault = True
            follows = self._offline(trouble)
            self._showing_fault = False
            return follows

        return shown

    # Waiting ---------------------------------------------------------------------------------------------------------

    def _wait(self, seconds: float | None) -> Event:
        """What happens next; kind "time" where nothing does. Links are noted on the way."""
        try:
            event = self._events.get(timeout=seconds)
        except queue.Empty:
            return Event("time")
        if event.kind == "link":
            self.around.window.front()
            self.wanted = event.value or self.wanted
        elif event.kind == "refused":
            self._refused_link()
        elif event.kind == "act" and event.value.startswith("help:"):
            self._help(event.value)
        return event

    def _refused_link(self) -> None:
        """In a notice, so that nothing is taken from the page that is shown; the link's own words are nobody's."""
        self.around.window.front()
        self._hearing.say("refused_link", "refused_link_told")

    def _help(self, word: str) -> None:
        human = self.around.brand.help
        ways = {"help:phone": f"tel:{human.phone}", "help:mail": f"mailto:{human.mail}", "help:url": human.url}
        self.around.browse(ways.get(word, human.url).replace(" ", ""))

    def _from_menu(self, event: Event, again: Next, back: Next | None = None) -> Next | None:
        """Where the menu leads from a page of the app's own, which `again` loads anew, and `back` comes back to."""
        if event.kind != "act":
            return None
        leads: dict[str, Next] = {
            "sign-out": self._sign_out, "reload": again, "device": lambda: self._device(back or again),
        }  # fmt: skip
        return leads.get(event.value)

    def _show(self, page: Page) -> None:
        self.around.window.show(page)

    # Reaching the server ---------------------------------------------------------------------------------------------

    def _connect(self) -> Next | None:
        """Who answers there, and may this app be served?"""
        try:
            about = self._asked()
        except Trouble as trouble:
            return self._offline_with(trouble)
        if self._closed.is_set():
            return self._over
        if not about.enabled:
            return self._offline_with(Trouble(Kind.NO_APPS))
        if _number(VERSION) < _number(about.minimum_version):
            return self._offline_with(Trouble(Kind.TOO_OLD))
        if self.around.server.certificate and self.around.brand.ca_file is not None:
            self.around.window.trust(self.around.server.certificate)
        self._token = self._token or self.around.keeper.read()
        if self.around.former:
            self.around.former.settle(readable=self.around.keeper.state is State.GOOD)
        if kept := parting.end_left(self.around):
            return self._offline_with(kept)
        return self._start if self._token else self._ask

    def _asked(self) -> About:
        self._about = about = self.around.server.about()
        self._off = 0.0 if about.now is None else abs((self.around.now() - about.now).total_seconds())
        return about

    def _offline_with(self, trouble: Trouble) -> Next:
        return lambda: self._offline(trouble)

    def _offline(self, trouble: Trouble, again: Next | None = None) -> Next | None:
        """Say what happened, try again by itself (from the beginning, or as told), and still offer a human."""
        again = again or self._connect
        self._show(screens.trouble(trouble, self.around.to, self.around.brand, self._about, self.around.now()))
        seconds = RETRY[min(self._failures, len(RETRY) - 1)]
        self._failures += 1
        lasting = trouble.kind in (Kind.NO_APPS, Kind.TOO_OLD, Kind.FAULT)
        while True:
            event = self._wait(60.0 if lasting else seconds)
            if event.kind == "closed":
                return None
            if event.kind == "act" and event.value == "update" and self._about:
                self.around.browse(self._about.update_url)
            elif event.kind == "act" and event.value == "browser":
                self.around.browse(self.around.server.origin)
            elif event.kind == "time" or event == Event("act", "retry"):
                return again
            elif follows := self._from_menu(event, again):
                return follows

    # Signing in ------------------------------------------------------------------------------------------------------

    def _ask(self) -> Next | None:
        """Nobody is signed in: one button."""
        why, self._why, self._failures = self._why, "", 0
        self._entries = 0
        hints = [self.around.to.say(why)] if why else []
        how = self.around.keeper.state
        hints += [self.around.to.say(how)] if how is not State.GOOD and why not in REMAINING else []
        self._show(screens.welcome(self.around.to, [*hints, *self._clock()], self._about))
        while True:
            event = self._wait(None)
            if event.kind == "closed":
                return None
            if event == Event("act", "sign-in"):
                return self._unlocked() or self._hand_off
            if event == Event("act", "recover") and self._about:
                self.around.browse(self.around.server.origin + self._about.recovery)
            if follows := self._from_menu(event, self._connect):
                return follows

    def _unlocked(self) -> Next | None:
        """The way in by a token that a keyring gives after all, which was locked when it was asked first."""
        if self.around.keeper.state is State.LOCKED:
            self._token = self.around.keeper.read()
            if trouble := parting.end_left(self.around):
                return self._offline_with(trouble)
        return self._start if self._token else None

    def _clock(self) -> list[str]:
        """That the clock is off, as far as the server says so still: it may have been set meanwhile."""
        try:
            if self._off > SKEW:
                self._asked()
        except Trouble:
            return []
        return [self.around.to.say("clock_off", minutes=round(self._off / 60))] if self._off > SKEW else []

    def _hand_off(self) -> Next | None:
        """The browser does it; the code comes back to this machine."""
        around = self.around
        came = lambda code: self.post(Event("code", code))  # noqa: E731
        with HandOff(around.server.origin, around.host, came, self._back_page, around.owner) as under_way:
            opened = around.browse(under_way.address)
            self._show(screens.waiting(around.to, under_way.signs, "" if opened else under_way.address))
            while True:
                event = self._wait(SIGN_IN_LASTS)
                if event.kind == "closed":
                    return None
                if event.kind == "code":
                    around.window.front()
                    return self._traded(event.value, under_way)
                if event in (Event("act", "sign-in"), Event("act", "reload")):
                    address = under_way.again()
                    opened = around.browse(address)
                    self._show(screens.waiting(around.to, under_way.signs, "" if opened else address))
                elif event.kind == "time" or event == Event("act", "cancel"):
                    self._why = "took_too_long" if event.kind == "time" else ""
                    return self._ask
                elif follows := self._from_menu(event, self._ask):
                    return follows

    def _back_page(self, good: bool) -> bytes:
        to, which = self.around.to, "back" if good else "back_bad"
        return plain(to.say(f"{which}_title"), to.say(which), self.around.brand, to)

    def _traded(self, code: str, done: HandOff) -> Next | None:
        return self._trade(Brought(code, done.verifier, done.sure, self.around.now() + CODE_LASTS), 0)

    def _trade(self, brought: Brought, before: int) -> Next | None:
        """The token for what the browser brought; asked for again where no answer came, as the server may have given
        it. `before`: how often it was asked; from the third time on only of who calls itself selfserve."""
        try:
            if before > 1:
                self._asked()
            started = self.around.server.sign_in(brought.code, brought.verifier)
        except Trouble as trouble:
            return self._not_traded(trouble, brought, before)
        self._unheard = None
        if brought.sure:
            return self._let_in(started)
        self._unclaimed = started.token
        return lambda: self._whose(started)

    def _not_traded(self, trouble: Trouble, brought: Brought, before: int) -> Next:
        if trouble.kind in (Kind.SIGNED_OUT, Kind.TOO_OLD, Kind.NO_APPS):
            self._unheard = None
            return self._not_started(trouble, "unheard" if before else "not_let_in")
        self._unheard = brought
        again: Next = lambda: self._trade(brought, before + 1)  # noqa: E731
        if not before:
            return again
        if self.around.now() >= brought.until:
            self._unheard = None
            return self._ended("unheard")
        return lambda: self._offline(trouble, again)

    def _whose(self, started: Started) -> Next | None:
        """Ask who they are where nobody vouches for the browser; nothing is kept before they say that it is them."""
        self._show(screens.whose(self.around.to, started.name))
        while True:
            event = self._wait(SIGN_IN_LASTS)
            if event == Event("act", "that-is-me"):
                return self._let_in(started)
            if event.kind == "closed":
                return None
            if event.kind == "time" or event in (Event("act", "not-me"), SIGN_OUT):
                parting.end(self.around, started.token)  # else it ends by itself, unused: nobody has it any more
                self._unclaimed = None
                return self._ended("not_me")
            if follows := self._from_menu(event, lambda: self._whose(started)):
                return follows

    def _let_in(self, started: Started) -> Next:
        self._unclaimed = None
        self._take(started, fresh=True)
        self._unused = True
        return self._device if self._computer.consent.given(self._token) is None else self._enter

    def _start(self) -> Next | None:
        """Trade the kept token for a new one."""
        assert self._token is not None
        try:
            self._take(self.around.server.start(self._token))
        except Trouble as trouble:
            return self._not_started(trouble, "signed_out")
        return self._enter

    def _take(self, started: Started, *, fresh: bool = False) -> None:
        self._started, self._token = started, started.token
        keeper = self.around.keeper
        lost, good = keeper.lost, keeper.state is State.GOOD
        keeper.write(started.token, fresh=fresh)
        if keeper.lost and not lost:
            self._hearing.say("unkept", "unkept_told")
        elif good and keeper.state is State.NONE and not keeper.lasts:  # not known when it was asked to sign in
            self._hearing.say("unkept", "keyring_none")

    def _not_started(self, trouble: Trouble, why: str) -> Next:
        if trouble.kind is Kind.SIGNED_OUT:
            return self._ended(trouble.why if trouble.why in SERVERS_WHY else why)
        return self._offline_with(trouble)

    def _ended(self, why: str) -> Next:
        """Signed out: whoever comes next on this account of the machine finds nothing of whoever was here."""
        if self._token:
            self.around.keeper.forget(told=True)
        self._token, self._started, self._why = None, None, why
        self._path, self._back = "/", "/"
        self._hearing.forget()
        self._computer.consent.forget()
        return self._ask

    # Inside ----------------------------------------------------------------------------------------------------------

    def _enter(self) -> Next | None:
        """The window gets its own session, by a script on the server's own page: see `web/app_door.py` there."""
        assert self._started is not None
        self._computer.tell(self._token, told=self._started.told)
        self._entries += 1
        self.around.window.go(self.around.server.origin + threshold.PATH)
        while True:
            event = self._wait(ENTRY_LASTS)
            if event.kind == "closed":
                return None
            path = self._at(event)
            if path == threshold.PATH:
                self.around.window.script(
                    threshold.entering(self._started.entry, self.wanted if self.wanted != "/" else self._back)
                )
            elif path is not None and path.startswith("/sign-in"):
                return self._not_in(Trouble(Kind.BUSY, "the window was not let in"))
            elif path is not None:
                self._path, self.wanted, self._back, self._entries, self._failures = path, "/", "/", 0, 0
                return self._inside
            elif event.kind in ("time", "failed"):
                return self._not_in(Trouble(Kind.WINDOW, event.value))
            elif follows := self._from_menu(event, self._connect):
                return follows

    def _not_in(self, trouble: Trouble) -> Next:
        """At once again, a few times; then with a page and one try at a time, as each costs a token. Where the server
        is away by now, that is what is wrong."""
        if self._entries < MOST_TRIES:
            return self._connect
        try:
            self._asked()
        except Trouble as away:
            trouble = away
        return self._offline_with(trouble)

    def _at(self, event: Event) -> str | None:
        return path_at(event.value, self.around.server.origin) if event.kind == "at" else None

    def _inside(self) -> Next | None:
        """The server's pages are shown; meanwhile ask for notices."""
        assert self._started is not None
        follows = None if self._hearing.begun else self._listen()
        if follows is not None:
            return follows
        while True:
            event = self._wait(self._started.ask_every)
            if event.kind == "closed":
                return None
            follows = self._happened(event)
            if follows is not None:
                return follows

    def _happened(self, event: Event) -> Next | None:
        path = self._at(event)
        if event.kind == "time":
            return self._listen()
        if event.kind == "failed":
            out = path_at(event.value, self.around.server.origin) in SIGNING_OUT
            return self._sign_out if out else self._lost
        if event.kind == "link" and event.value:
            self.around.window.go(self.around.server.origin + event.value)
            self.wanted = "/"
        elif event == Event("act", "device"):
            return self._device
        elif event == SIGN_OUT:
            return self._sign_out
        elif event == Event("act", "reload"):
            self.around.window.go(self.around.server.origin + self._path)
        elif path is not None:
            return self._moved(path)
        return None

    def _moved(self, path: str) -> Next | None:
        """A page of the server's has loaded: mostly nothing to do."""
        if path.startswith("/auth/bye"):
            return self._left("bye")
        if path.startswith("/sign-in"):  # the window's session has ended, not the app
            self._back = threshold.next_of(path)
            return self._connect
        if path != threshold.PATH:
            self._path = path
        return None

    def _lost(self) -> Next | None:
        """A page did not load: come back to it when the server answers."""
        self._back = self._path
        return self._connect

    def _listen(self) -> Next | None:
        assert self._token is not None
        self.around.keeper.again()
        parting.end_left(self.around)
        try:
            self._hearing.hear(self._token)
        except Trouble as trouble:
            if trouble.kind is Kind.SIGNED_OUT:
                return self._again  # the server says why; or somebody else has traded our token, and is found out
            if trouble.kind in (Kind.TOO_OLD, Kind.NO_APPS):
                return self._connect
        return None  # where it could not be asked, the page itself says so, and comes back by itself

    def _sign_out(self) -> Next | None:
        """Out, here and on the server; here also where that cannot be told. Said at once: it may take a while."""
        self._show(screens.leaving(self.around.to, self.around.brand))
        token = self._token or self.around.keeper.read()
        troubles = [parting.end(self.around, one) for one in (token, self.around.keeper.left) if one]
        return self._left("bye_offline" if any(troubles) else "bye")

    def _left(self, told: str) -> Next:
        """Signed out by whoever was here; where the keyring does not let go of it, that is what they read."""
        remains = self.around.keeper.forget(told=told == "bye")
        parting.end_left(self.around)
        self._token = None
        return self._ended(remains or told)

    # This computer ---------------------------------------------------------------------------------------------------

    def _device(self, back: Next | None = None) -> Next | None:
        """What this machine could say, before it says it; and the way to stop it. Where nobody is signed in there is
        nothing to decide, and the page leads `back`."""
        facts, sends = self._computer.facts(), self._computer.consent.given(self._token)
        self._show(screens.device(facts, self.around.host, self.around.to, sends, known=self._token is not None))
        self._confirm()
        while True:
            event = self._wait(None)
            if event.kind == "closed":
                return None
            if event == Event("act", "back") and back:
                return back
            if event.kind == "act" and event.value in ("send", "keep", "back") and self._token:
                return self._decided(event.value)
            if event.kind == "link" and event.value and (sends is not None or back):
                return back or self._decided("back")
            if event == Event("act", "reload"):
                self._computer.look_again()
            if follows := self._from_menu(event, lambda: self._device(back)):
                return follows

    def _confirm(self) -> None:
        """Let the server know that its answer came: nobody knows how long this page stays open."""
        if self._unused and self._token:
            self._unused = False
            with suppress(Trouble):  # then the next call does
                self.around.server.confirm(self._token)

    def _decided(self, word: str) -> Next:
        if word != "back" and not self._computer.consent.keep(self._token, sends=word == "send"):
            self._hearing.say("not_kept", "not_kept_told")
        if word == "keep" and self._token:
            try:
                self.around.server.untell(self._token)
            except Trouble as trouble:
                return self._again if trouble.kind is Kind.SIGNED_OUT else self._offline_with(trouble)
        if self._started is None:
            return self._connect
        if self._entries or not self._path:
            return self._enter
        return self._again

    def _again(self) -> Next | None:
        """Back inside, with a session that may have ended meanwhile."""
        self._back = self._path
        return self._start


def _number(version: str) -> list[int]:
    parts = [int(part) for part in version.split(".") if part]
    return parts + [0] * (4 - len(parts))
