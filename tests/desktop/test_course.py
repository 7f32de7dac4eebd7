"""The app's course from state to state, with a window that only notes what it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from selfserve.desktop import peers, place
from selfserve.desktop.app import App
from selfserve.desktop.around import Around, Event
from selfserve.desktop.brand import Brand, Help
from selfserve.desktop.facts import Facts
from selfserve.desktop.former import Former
from selfserve.desktop.handoff import Owner
from selfserve.desktop.keep import Keeper, Remains, State
from selfserve.desktop.pages import Page
from selfserve.desktop.server import About, News, Notice, Server, Started
from selfserve.desktop.trouble import Kind, Trouble
from selfserve.desktop.words import Speaker
from tests.desktop.session import until

HOME = "https://help.example.com"
NOW = datetime(2027, 1, 1, 9, 30, tzinfo=UTC)
Script = dict[str, Any]


@dataclass
class Remembered(Keeper):
    """A keyring that works."""

    token: str | None = None
    state: State = State.GOOD
    later: str | None = None
    tries: int = 0
    left: str | None = None
    lasts: bool = True
    lost: bool = False

    def read(self) -> str | None:
        self.token, self.later = self.token or self.later, None
        return self.token

    def again(self) -> None:
        self.tries += 1

    def write(self, token: str, *, fresh: bool = False) -> None:
        self.token = token

    def forget(self, *, told: bool = True) -> Remains:
        self.token = None
        return Remains.NOTHING

    def let_go(self) -> bool:
        return False

    def hasten(self) -> None:
        """It never keeps anybody waiting."""


class Scripted(Server):
    """A server that answers as it is told; `calls` are what it was asked."""

    def __init__(self) -> None:
        super().__init__(HOME, "a", "en")
        self.calls: list[str] = []
        self.trouble: dict[str, Trouble] = {}
        self.answer = About("Fernhill", True, "", "https://example.com/update", NOW)
        self.heard: list[News] = []
        self.facts: list[Any] = []
        self.told = False
        self.ended: list[str] = []
        self.afters: list[str] = []
        self.every = 0.05

    def _said(self, call: str) -> None:
        self.calls.append(call)
        if call in self.trouble:
            raise self.trouble[call]

    def about(self) -> About:
        self._said("about")
        return self.answer

    def sign_in(self, code: str, verifier: str) -> Started:
        self._said("sign_in")
        assert len(verifier) >= 43
        return Started("sd_new_1", f"entry-{code}", False, self.every, "Ada Lovelace")

    def confirm(self, token: str) -> None:
        self._said("confirm")

    def start(self, token: str) -> Started:
        self._said("start")
        return Started(f"{token}+", "entry", self.told, self.every)

    def sign_out(self, token: str) -> None:
        self._said("sign_out")
        self.ended.append(token)

    def tell(self, token: str, facts: Any) -> None:
        self._said("tell")
        self.facts.append(facts)

    def untell(self, token: str) -> None:
        self._said("untell")

    def news(self, token: str, after: str) -> News:
        self._said("news")
        self.afters.append(after)
        return self.heard.pop(0) if self.heard else News("t", (), ())


@dataclass
class Noting:
    """A window that notes what it is told, and answers as the server's pages would."""

    pages: list[Page] = field(default_factory=list)
    went: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    fronts: int = 0
    post: Callable[[Event], None] = lambda event: None
    lands: Callable[[str], str] = lambda address: address

    def show(self, page: Page) -> None:
        self.pages.append(page)

    def go(self, address: str) -> None:
        self.went.append(address)
        self.post(Event("at", self.lands(address)))

    def script(self, text: str) -> None:
        self.scripts.append(text)
        self.post(Event("at", self.lands(f"{HOME}/entered")))

    def trust(self, certificate: bytes) -> None:
        """Nothing."""

    def front(self) -> None:
        self.fronts += 1

    def close(self) -> None:
        self.post(Event("closed"))

    @property
    def shown(self) -> str:
        """The name of the page that is shown."""
        return self.pages[-1].name if self.pages else ""


@dataclass
class Told:
    """Whoever shows notices."""

    pressed: Callable[[str], None]
    notices: list[Notice] = field(default_factory=list)

    def tell(self, notice: Notice) -> None:
        self.notices.append(notice)


@dataclass
class Play:
    """One app under way and all around it."""

    app: App
    server: Scripted
    window: Noting
    keeper: Remembered
    browsed: list[str]
    teller: list[Told]
    memory: Path

    def sees(self, name: str) -> Page:
        """Wait until a page of the app's shows."""
        until(lambda: self.window.shown == name, f"{name} does not show but {self.window.shown}", 10)
        return self.window.pages[-1]

    def act(self, word: str) -> None:
        """A button is pressed."""
        self.app.post(Event("act", word))

    def inside(self) -> None:
        """Wait until the server's pages show."""
        until(lambda: "news" in self.server.calls, f"not inside: {self.server.calls} {self.window.shown}", 10)


@contextmanager
def playing(
    folder: Path, token: str | None = None, wanted: str = "/", set_up: Callable[[Scripted], None] = lambda _: None,
    facts: Callable[[], Facts] = lambda: Facts("linux", "ada-laptop", "PF3X"), browses: bool = True,
    keyring: State = State.GOOD, owner: Owner = peers.owner, keeper: Keeper | None = None,
    now: Callable[[], datetime] = lambda: NOW, former: Former | None = None,
) -> Iterator[Play]:  # fmt: skip
    """An app in a thread, until its window is closed; what it keeps is remembered, or in the hands of `keeper`."""
    server, window, remembered = Scripted(), Noting(), Remembered(token, keyring)
    browsed: list[str] = []
    tellers: list[Told] = []
    set_up(server)

    def browse(address: str) -> bool:
        browsed.append(address)
        return browses

    def teller(pressed: Callable[[str], None]) -> Told:
        tellers.append(Told(pressed))
        return tellers[0]

    help_ = Help("+49 30 123456", "help@example.com", "https://example.com/help")
    brand = Brand("Fernhill", "com.example.fernhill", HOME, help=help_)
    memory = folder / "device.json"
    app = App(
        Around(
            brand,
            Speaker(),
            server,
            keeper or remembered,
            window,
            browse,
            facts,
            teller,
            memory,
            "ada-laptop",
            now,
            owner,
            former,
        ),
        wanted,
    )
    window.post = app.post
    thread = threading.Thread(target=app.run, daemon=True)
    thread.start()
    try:
        yield Play(app, server, window, remembered, browsed, tellers, memory)
    finally:
        app.post(Event("closed"))
        thread.join(10)
        assert not thread.is_alive()


def come_back(address: str, code: str = "c") -> None:
    """The browser that was started goes to the server, and comes back with a code."""
    with httpx.Client() as browser:
        asked = parse_qs(urlsplit(browser.get(address).headers["location"]).query)
        back = f"http://127.0.0.1:{asked['port'][0]}/back"
        browser.get(back, params={"state": asked["state"][0], "code": code})


def test_what_nobody_expected_is_a_page_with_a_human(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The app's own mistake is said, with what it was for whoever helps; and it goes on from there."""

    def broken(server: Scripted) -> None:
        def about() -> About:
            server.about = usual  # type: ignore[method-assign]
            raise TypeError("no such module")

        usual, server.about = server.about, about  # type: ignore[method-assign]

    with playing(tmp_path, set_up=broken) as play:
        page = play.sees("trouble-fault")
        assert page.detail == "TypeError: no such module"
        play.act("help:phone")
        play.act("retry")
        play.sees("welcome")
        assert play.browsed == ["tel:+4930123456"]
    assert "no such module" in capsys.readouterr().err


def test_where_not_even_a_mistake_can_be_shown_the_window_ends(tmp_path: Path) -> None:
    """Rather than to stay empty for ever."""
    ended: list[str] = []

    class Deaf(Noting):
        def show(self, page: Page) -> None:
            raise RuntimeError("nothing can be drawn")

        def close(self) -> None:
            ended.append("closed")

    with playing(tmp_path) as play:
        play.sees("welcome")
        around = replace(play.app.around, window=Deaf())
        app = App(around)
        with pytest.raises(RuntimeError, match="nothing can be drawn"):
            app.run()
    assert ended == ["closed"]


def test_the_first_sign_in_asks_before_it_tells(tmp_path: Path) -> None:
    """Welcome, browser, this computer, and in; nothing was told of the machine, as nobody said yes."""
    with playing(tmp_path) as play:
        play.sees("welcome")
        play.act("sign-in")
        waiting = play.sees("waiting")
        assert waiting.signs
        come_back(play.browsed[0])
        device = play.sees("device")
        assert ("Serial number", "PF3X") in device.facts
        assert play.server.facts == []
        play.act("keep")
        play.inside()
        assert play.server.facts == []
        assert play.keeper.token is not None
        assert play.window.fronts == 1


def test_nobodys_word_for_the_browser_means_a_question(tmp_path: Path) -> None:
    """Somebody else's browser may have brought the code: the name is asked about before anything is kept."""
    with playing(tmp_path, owner=lambda *_: None) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        asked = play.sees("whose")
        assert (asked.title, play.keeper.token) == ("Signed in as Ada Lovelace", None)
        assert [act.says for act in asked.acts] == ["Go on", "Not me"]
        play.act("not-me")
        assert "Nothing was kept" in play.sees("welcome").hints[0]
        assert ("sign_out" in play.server.calls, play.keeper.token) == (True, None)
        play.act("sign-in")
        until(lambda: len(play.browsed) == 2, "no browser", 10)
        come_back(play.browsed[1])
        play.sees("whose")
        assert play.keeper.token is None
        play.act("that-is-me")
        play.sees("device")
        assert play.keeper.token == "sd_new_1"


def test_a_sign_in_that_nobody_says_is_theirs_is_ended(tmp_path: Path) -> None:
    """The window is closed at the question: the token is worth nothing, and was never kept."""
    with playing(tmp_path, owner=lambda *_: None) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        play.sees("whose")
        play.app.post(Event("closed"))
        until(lambda: "sign_out" in play.server.calls, "not ended", 10)
        assert play.keeper.token is None


def test_another_accounts_browser_brings_nothing(tmp_path: Path) -> None:
    """It read the address from our browser's arguments: it is led nowhere, and the app goes on waiting."""
    with playing(tmp_path, owner=lambda *_: peers.STRANGER) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        assert httpx.get(play.browsed[0]).status_code == 400
        assert HOME not in play.browsed[0]
        play.act("cancel")
        play.sees("welcome")
        assert "sign_in" not in play.server.calls


def test_opening_the_page_again_begins_anew(tmp_path: Path) -> None:
    """With an address of its own, that leads on again."""
    with playing(tmp_path) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        assert httpx.get(play.browsed[0]).status_code == 303
        play.act("sign-in")
        until(lambda: len(play.browsed) == 2, "not opened again", 10)
        come_back(play.browsed[1])
        play.sees("device")


def test_the_name_that_was_told_at_sign_in_is_said_to_be(tmp_path: Path) -> None:
    """It stood in the address of the browser before any yes: the page says so, and never lists it as not sent."""
    with playing(tmp_path) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        with httpx.Client() as browser:
            asked = parse_qs(urlsplit(browser.get(play.browsed[0]).headers["location"]).query)
        assert asked["name"] == ["ada-laptop"]
        play.act("sign-in")
        until(lambda: len(play.browsed) == 2, "not opened again", 10)
        come_back(play.browsed[1])
        play.sees("device")
        play.act("keep")
        play.inside()
        play.act("device")
        until(lambda: [page.name for page in play.window.pages].count("device") == 2, "not shown again", 10)
        first, later = [page for page in play.window.pages if page.name == "device"]
        assert (first.after_facts, later.after_facts) == ("", "Nothing of this is sent.")
        for page in (first, later):
            assert "The name of this computer, ada-laptop, is told when you sign in" in page.told[1]
            assert "Name" not in dict(page.facts)
            assert dict(page.facts)["Serial number"] == "PF3X"


def test_facts_go_out_only_after_a_yes(tmp_path: Path) -> None:
    """And at each later start, until it is stopped; stopping makes the server forget."""
    with playing(tmp_path) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        play.sees("device")
        play.act("send")
        play.inside()
        assert [one["serial"] for one in play.server.facts] == ["PF3X"]
    with playing(tmp_path, "sd_new_1+") as play:
        play.inside()
        assert len(play.server.facts) == 1
        play.act("device")
        assert [act.word for act in play.sees("device").acts] == ["back", "keep"]
        play.act("keep")
        until(lambda: "untell" in play.server.calls, "not forgotten", 10)
    with playing(tmp_path, "sd_new_1+") as play:
        play.inside()
        assert play.server.facts == []


@pytest.mark.parametrize("removable", [True, False])
def test_a_no_holds_where_it_cannot_be_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removable: bool) -> None:
    """Sent before, and the disk is full or the home read-only: nothing is sent any more, the old yes goes if it can,
    and its customer is told."""
    place.write(tmp_path / "device.json", {"server": HOME, "app": "new", "send": True})

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with playing(tmp_path, "sd_new_1") as play:
        play.inside()
        assert len(play.server.facts) == 1
        monkeypatch.setattr("selfserve.desktop.place.tempfile.NamedTemporaryFile", full)
        if not removable:
            monkeypatch.setattr(Path, "unlink", full)
        play.act("device")
        play.sees("device")
        before = len(play.server.calls)
        play.act("keep")
        until(lambda: "news" in play.server.calls[before:], f"{play.server.calls}", 10)
        assert "untell" in play.server.calls[before:]
        assert len(play.server.facts) == 1
        assert [notice.title for notice in play.teller[0].notices] == ["That could not be stored"]
        assert "holds only until you close Fernhill" in play.teller[0].notices[0].body
        assert play.memory.exists() is not removable
        play.act("device")
        until(lambda: [page.name for page in play.window.pages].count("device") == 2, "not shown again", 10)
        assert [act.word for act in play.sees("device").acts] == ["back", "send"]


@pytest.mark.parametrize("later", [timedelta(days=7), -timedelta(days=2)])
def test_this_computer_is_looked_at_anew(tmp_path: Path, later: timedelta) -> None:
    """Shown and told as it is by then, however long the app has been running and wherever its clock was set; what was
    just shown is what is told."""
    clock, looks = [NOW], [0]

    def facts() -> Facts:
        looks[0] += 1
        return Facts("linux", "ada-laptop", free=10**9 * looks[0], total=10**12)

    place.write(tmp_path / "device.json", {"server": HOME, "app": "kept", "send": True})
    with playing(tmp_path, "sd_kept_1", facts=facts, now=lambda: clock[0]) as play:
        play.inside()
        assert [one["free"] for one in play.server.facts] == [10**9]
        clock[0] += later
        play.act("device")
        assert ("Free space", "2 GB of 1000 GB") in play.sees("device").facts
        play.act("back")
        until(lambda: len(play.server.facts) == 2, "not told", 10)
        assert play.server.facts[-1]["free"] == 2 * 10**9


def signed_in(play: Play, word: str) -> None:
    """Somebody signs in, and decides about this computer."""
    play.act("sign-in")
    play.sees("waiting")
    come_back(play.browsed[-1])
    play.sees("device")
    play.act(word)


def test_a_yes_ends_with_the_sign_in(tmp_path: Path) -> None:
    """Whoever signs in next on the same account of the machine is asked anew; nothing is told before."""
    with playing(tmp_path) as play:
        play.sees("welcome")
        signed_in(play, "send")
        until(lambda: len(play.server.facts) == 1, "not told", 10)
        play.inside()
        play.act("sign-out")
        play.sees("welcome")
        assert not play.memory.exists()
        play.act("sign-in")
        until(lambda: len(play.browsed) == 2, "no browser", 10)
        come_back(play.browsed[1])
        assert [act.word for act in play.sees("device").acts] == ["send", "keep"]
        assert len(play.server.facts) == 1


@pytest.mark.parametrize(
    "kept",
    [
        {"send": True},
        {"server": HOME, "app": "another", "send": True},
        {"server": "https://other.example.com", "app": "kept", "send": True},
        {"server": HOME, "app": "kept", "send": "yes"},
    ],
)
def test_a_yes_to_another_server_or_by_another_person_is_none(tmp_path: Path, kept: dict[str, object]) -> None:
    """Nothing is told of the machine, and the page asks as if for the first time."""
    place.write(tmp_path / "device.json", kept)
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        assert play.server.facts == []
        play.act("device")
        assert [act.word for act in play.sees("device").acts] == ["send", "keep"]


def test_nobody_is_led_to_a_page_of_whoever_was_here_before(tmp_path: Path) -> None:
    """Neither where they were, nor what they had opened by a link."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.app.link("selfserve://requests/R-AAAA")
        until(lambda: f"{HOME}/requests/R-AAAA" in play.window.went, "not opened", 10)
        play.app.post(Event("at", f"{HOME}/requests/R-AAAA"))
        play.act("sign-out")
        play.sees("welcome")
        signed_in(play, "keep")
        until(lambda: len(play.window.scripts) == 2, "not let in", 10)
        assert '\\"next\\": \\"/\\"' in play.window.scripts[1]


def test_a_kept_token_needs_no_browser(tmp_path: Path) -> None:
    """It is traded for a new one, kept before it is used, and the link is opened at once."""
    with playing(tmp_path, "sd_kept_1", "/items/vpn-access") as play:
        play.inside()
        assert play.keeper.token == "sd_kept_1+"
        assert play.window.went == [f"{HOME}/app/enter"]
        assert '\\"next\\": \\"/items/vpn-access\\"' in play.window.scripts[0]
        assert play.browsed == []


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.SIGNED_OUT])
def test_each_trouble_has_its_page_and_is_tried_again(tmp_path: Path, kind: Kind) -> None:
    """A press is enough, and without one it goes on by itself; help opens what the brand names."""

    def broken(server: Scripted) -> None:
        server.trouble["about"] = Trouble(kind, "detail")

    with playing(tmp_path, "sd_kept_1", set_up=broken) as play:
        assert play.sees(f"trouble-{kind}").title
        play.act("help:phone")
        play.act("help:mail")
        until(lambda: play.browsed == ["tel:+4930123456", "mailto:help@example.com"], "no help", 10)
        del play.server.trouble["about"]
        play.act("retry")
        play.inside()
        assert play.keeper.token is not None


AWAY = Trouble(Kind.UNREACHABLE, "Connection refused")


def away(server: Scripted) -> None:
    """The server is stopped."""
    server.trouble |= {"about": AWAY, "sign_out": AWAY, "start": AWAY}


def test_sign_out_works_while_the_server_is_away(tmp_path: Path) -> None:
    """From the offline page, at a start that never reached the server: nothing of them stays on this machine."""
    with playing(tmp_path, "sd_kept_1", set_up=away) as play:
        play.sees("trouble-unreachable")
        play.act("sign-out")
        until(lambda: play.keeper.token is None, "still signed in", 10)
        assert "sign_out" in play.server.calls
        assert "The server could not be told" in play.sees("welcome").hints[0]
        assert not play.memory.exists()


def test_sign_out_works_on_this_computer(tmp_path: Path) -> None:
    """Asked for the first time or later, before anything is said about the machine."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.act("device")
        play.sees("device")
        play.act("sign-out")
        assert play.sees("welcome").hints == ["You are signed out. See you soon."]
        assert (play.keeper.token, play.server.facts) == (None, [])


def test_sign_out_while_it_is_asked_who_they_are_refuses_that_sign_in(tmp_path: Path) -> None:
    """As "Not me" does."""
    with playing(tmp_path, owner=lambda *_: None) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        play.sees("whose")
        play.act("sign-out")
        play.sees("welcome")
        assert ("sign_out" in play.server.calls, play.keeper.token) == (True, None)


def test_the_menu_acts_on_every_page_of_the_apps_own(tmp_path: Path) -> None:
    """Load again asks the server again, This computer shows and leads back, wherever one is."""
    with playing(tmp_path, "sd_kept_1", set_up=away) as play:
        play.sees("trouble-unreachable")
        play.act("device")
        assert [act.word for act in play.sees("device").acts] == ["back"]
        play.act("reload")
        until(lambda: [page.name for page in play.window.pages].count("device") == 2, "not loaded again", 10)
        play.act("back")
        play.sees("trouble-unreachable")
        play.server.trouble.clear()
        play.act("reload")
        play.inside()
        assert play.server.facts == []
    with playing(tmp_path) as play:
        play.sees("welcome")
        play.act("device")
        play.sees("device")
        play.act("back")
        play.sees("welcome")
        asked = play.server.calls.count("about")
        play.act("reload")
        until(lambda: play.server.calls.count("about") > asked, "not loaded again", 10)
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        play.act("reload")
        until(lambda: len(play.browsed) == 2, "not opened again", 10)
        play.act("device")
        play.sees("device")
        play.act("back")
        play.sees("welcome")


def test_a_link_leaves_this_computer_for_the_page_it_came_from(tmp_path: Path) -> None:
    """Where nobody is signed in there is nothing else to do there."""
    with playing(tmp_path) as play:
        play.sees("welcome")
        play.act("device")
        play.sees("device")
        play.app.link("selfserve://items/vpn-access")
        play.sees("welcome")


def test_what_is_decided_while_the_server_is_away_counts(tmp_path: Path) -> None:
    """Lost while inside: the stop is kept here, and the server forgets what it was told once it is there again."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.server.trouble |= {"about": AWAY, "untell": AWAY}
        play.app.post(Event("failed"))
        play.sees("trouble-unreachable")
        play.act("device")
        play.sees("device")
        play.act("keep")
        play.sees("trouble-unreachable")
        assert place.read(play.memory)["send"] is False
        play.server.told = True
        play.server.trouble.clear()
        play.server.calls.clear()
        play.act("retry")
        play.inside()
        assert "untell" in play.server.calls
        assert "tell" not in play.server.calls


def test_it_tries_again_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to press anything when the network is back."""
    monkeypatch.setattr("selfserve.desktop.app.RETRY", (0.02,))

    def away(server: Scripted) -> None:
        server.trouble["about"] = Trouble(Kind.UNREACHABLE)

    with playing(tmp_path, "sd_kept_1", set_up=away) as play:
        until(lambda: play.server.calls.count("about") > 3, "it gave up", 10)
        del play.server.trouble["about"]
        play.inside()


@pytest.mark.parametrize(
    ("about", "page"),
    [
        (About("F", False, "", "", NOW), "trouble-no_apps"),
        (About("F", True, "99.0", "https://example.com/update", NOW), "trouble-too_old"),
        (About("F", True, "0.1.0.1", "", NOW), "trouble-too_old"),
    ],
)
def test_a_server_that_wants_another_app_is_told(tmp_path: Path, about: About, page: str) -> None:
    """Before the token is shown to anybody."""

    def wants(server: Scripted) -> None:
        server.answer = about

    with playing(tmp_path, "sd_kept_1", set_up=wants) as play:
        play.sees(page)
        assert play.server.calls == ["about"]
        play.act("update")
        play.act("browser")
        until(lambda: bool(play.browsed), "nothing opened", 10) if about.update_url or not about.enabled else None


def test_a_token_that_is_worth_nothing_is_forgotten_and_said(tmp_path: Path) -> None:
    """Ended under Yours, by time, or with its person."""

    def ended(server: Scripted) -> None:
        server.trouble["start"] = Trouble(Kind.SIGNED_OUT)

    with playing(tmp_path, "sd_kept_1", set_up=ended) as play:
        assert "This app was signed out" in play.sees("welcome").hints[0]
        assert play.keeper.token is None


def test_being_signed_out_by_the_server_shows_while_it_runs(tmp_path: Path) -> None:
    """At the next question for notices."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.server.trouble |= {"start": Trouble(Kind.SIGNED_OUT), "news": Trouble(Kind.SIGNED_OUT)}
        assert "This app was signed out" in play.sees("welcome").hints[0]
        assert play.keeper.token is None


def test_a_copied_app_says_so(tmp_path: Path) -> None:
    """Why it was signed out, whichever call it hears it from."""
    copied = Trouble(Kind.SIGNED_OUT, "HTTP 401", "copied")
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.server.trouble |= {"start": copied, "news": Trouble(Kind.SIGNED_OUT)}
        assert "used in two places" in play.sees("welcome").hints[0]
        assert play.keeper.token is None


def test_a_token_that_somebody_else_traded_is_traded_again(tmp_path: Path) -> None:
    """Refused for notices, the app asks to start: there the server tells a thief from a lost answer; it goes on where
    it was."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.app.post(Event("at", f"{HOME}/requests/R-1"))
        play.server.trouble["news"] = Trouble(Kind.SIGNED_OUT)
        until(lambda: play.server.calls.count("start") > 1, "not started anew", 10)
        del play.server.trouble["news"]
        until(lambda: len(play.window.scripts) > 1, "not opened anew", 10)
        assert '\\"next\\": \\"/requests/R-1\\"' in play.window.scripts[1]


def test_signing_out_by_the_menu(tmp_path: Path) -> None:
    """Here and on the server; where that is away, here at least, and it is said."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.act("sign-out")
        assert play.sees("welcome").hints == ["You are signed out. See you soon."]
        assert "sign_out" in play.server.calls
        assert play.keeper.token is None
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.server.trouble["sign_out"] = Trouble(Kind.UNREACHABLE)
        play.act("sign-out")
        assert "could not be told" in play.sees("welcome").hints[0]
        assert play.keeper.token is None


def test_signing_out_on_the_page_is_signing_out(tmp_path: Path) -> None:
    """The window came to the page after signing out."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.app.post(Event("at", f"{HOME}/auth/bye"))
        assert play.sees("welcome").hints == ["You are signed out. See you soon."]
        assert play.keeper.token is None


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/bye"])
def test_signing_out_on_the_page_works_while_the_server_is_away(tmp_path: Path, path: str) -> None:
    """The press reached nobody, or its answer was lost: nobody is back inside when the server is."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        away(play.server)
        play.app.post(Event("failed", f"{HOME}{path}"))
        assert "The server could not be told" in play.sees("welcome").hints[0]
        assert play.keeper.token is None


def test_a_foreign_page_that_fails_signs_nobody_out(tmp_path: Path) -> None:
    """It is a page that was lost, as any other."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.app.post(Event("failed", "https://evil.example/auth/logout"))
        until(lambda: len(play.window.scripts) == 2, "not opened anew", 10)
        assert play.keeper.token is not None


def test_a_session_that_has_ended_is_opened_anew(tmp_path: Path) -> None:
    """The window was sent to sign-in: the app goes in again, back to the page that was wanted."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.app.post(Event("at", f"{HOME}/sign-in?next=%2Frequests"))
        until(lambda: len(play.window.scripts) == 2, "not opened anew", 10)
        assert '\\"next\\": \\"/requests\\"' in play.window.scripts[1]


def test_foreign_pages_move_nothing(tmp_path: Path) -> None:
    """A page of another origin at the same path is no sign-out; nor does it lead anywhere."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        before = len(play.window.went)
        play.app.post(Event("at", "https://evil.example/auth/bye"))
        play.app.post(Event("at", f"{HOME}/sign-in?next=https://evil.example"))
        until(lambda: len(play.window.scripts) == 2, "not opened anew", 10)
        assert '\\"next\\": \\"/\\"' in play.window.scripts[1]
        assert play.keeper.token is not None
        assert all(address.startswith(HOME) for address in play.window.went[before:])


def test_a_window_that_is_never_let_in_ends_on_a_page(tmp_path: Path) -> None:
    """Not in a circle."""
    with playing(tmp_path) as play:
        play.window.lands = lambda address: f"{HOME}/sign-in" if address.endswith("entered") else address
        play.sees("welcome")
        play.keeper.token = "sd_kept_1"
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        play.sees("device")
        play.act("keep")
        play.sees("trouble-busy")


def test_a_window_that_cannot_load_what_the_app_reaches_says_so(tmp_path: Path) -> None:
    """It is not the server that is busy; the browser is offered, and no more than one token is traded for each try."""
    with playing(tmp_path) as play:
        play.window.go = lambda address: play.app.post(Event("failed", address))  # type: ignore[method-assign]
        play.keeper.later = "sd_kept_1"
        play.act("reload")
        assert play.sees("trouble-window").detail == f"{HOME}/app/enter"
        starts, pages = play.server.calls.count("start"), len(play.window.pages)
        play.act("browser")
        play.act("retry")
        until(lambda: len(play.window.pages) > pages, "not tried again", 10)
        assert play.sees("trouble-window")
        assert (play.server.calls.count("start"), play.browsed) == (starts + 1, [HOME])


def test_who_cannot_come_in_is_not_tried_ever_so_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server answers who it is, and refuses the start: it is waited longer each time, as where nobody answers."""
    monkeypatch.setattr("selfserve.desktop.app.RETRY", (0.02, 0.02, 3600.0))

    def busy(server: Scripted) -> None:
        server.trouble["start"] = Trouble(Kind.BUSY)

    with playing(tmp_path, "sd_kept_1", set_up=busy) as play:
        until(lambda: play.server.calls.count("start") == 3, "it gave up", 10)
        play.sees("trouble-busy")
        play.act("device")
        play.sees("device")
        assert play.server.calls.count("start") == 3


def test_notices_are_told_once_and_lead_to_their_page(tmp_path: Path) -> None:
    """Those that are no news are not told; a press opens the page and brings the window to the front."""
    notice = Notice("n1", "Ready", "", "/requests/R-1")
    old = Notice("n0", "Old", "", "")

    def news(server: Scripted) -> None:
        server.heard = [News("1", (), ("n0",)), News("2", (old, notice), ()), News("3", (notice,), ())]

    with playing(tmp_path, "sd_kept_1", set_up=news) as play:
        until(lambda: play.server.calls.count("news") > 3, "not asked", 10)
        assert play.teller[0].notices == [notice]
        play.teller[0].pressed("/requests/R-1")
        until(lambda: f"{HOME}/requests/R-1" in play.window.went, "not opened", 10)
        assert play.window.fronts == 1


def test_what_moves_while_the_server_is_away_is_told(tmp_path: Path) -> None:
    """Back inside, the app asks for what came since it last heard: it is no news to the server alone."""
    notice = Notice("n1", "Ready", "", "/requests/R-1")
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.server.trouble["about"] = AWAY
        play.app.post(Event("failed", f"{HOME}/"))
        play.sees("trouble-unreachable")
        asked = len(play.server.afters)
        play.server.heard = [News("u", (notice,), ())]
        play.server.trouble.clear()
        play.act("retry")
        until(lambda: play.teller[0].notices == [notice], "not told", 10)
        assert (play.server.afters[0], play.server.afters[asked]) == ("", "t")


def test_what_moves_in_the_first_moments_is_told(tmp_path: Path) -> None:
    """What is no news is asked for at once, as all that comes before counts as known."""

    def seldom(server: Scripted) -> None:
        server.every = 3600

    with playing(tmp_path, "sd_kept_1", set_up=seldom) as play:
        play.inside()
        assert play.server.afters == [""]


def test_what_another_person_heard_is_no_measure(tmp_path: Path) -> None:
    """Whoever signs in next begins anew."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.act("sign-out")
        play.sees("welcome")
        asked = len(play.server.afters)
        signed_in(play, "keep")
        until(lambda: len(play.server.afters) > asked, "not asked", 10)
        assert play.server.afters[asked] == ""


@pytest.mark.parametrize("link", ["selfserve://evil.example/x", "https://evil.example", "selfserve://auth/logout", ""])
def test_a_hostile_link_only_brings_the_window_to_the_front(tmp_path: Path, link: str) -> None:
    """It leads nowhere, and a notice says so in our words alone; a start without a link has nothing to say."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        before = list(play.window.went)
        play.app.link(link)
        until(lambda: play.window.fronts == 1, "not in front", 10)
        play.app.link("")
        until(lambda: play.window.fronts == 2, "not in front", 10)
        assert play.window.went == before
        told = [(one.title, one.body, one.path) for one in play.teller[0].notices]
        sentence = ("That link opens nothing", "It names no page of Fernhill. Nothing was opened.", "")
        assert told == ([sentence] if link else [])


def test_a_link_during_sign_in_is_opened_afterwards(tmp_path: Path) -> None:
    """It is not lost."""
    with playing(tmp_path) as play:
        play.sees("welcome")
        play.app.link("selfserve://items/vpn-access")
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        play.sees("device")
        play.act("keep")
        play.inside()
        assert '\\"next\\": \\"/items/vpn-access\\"' in play.window.scripts[0]


def test_a_code_that_is_refused_is_said(tmp_path: Path) -> None:
    """Too old, or used already."""

    def refusing(server: Scripted) -> None:
        server.trouble["sign_in"] = Trouble(Kind.SIGNED_OUT)

    with playing(tmp_path, set_up=refusing) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        assert "did not accept" in play.sees("welcome").hints[0]


def lost_answers(server: Scripted, lost: int, trouble: Trouble) -> list[tuple[str, str]]:
    """The server lets the app in, but so many of its answers are lost; what it was asked with is noted."""
    asked: list[tuple[str, str]] = []
    usual = server.sign_in

    def sign_in(code: str, verifier: str) -> Started:
        asked.append((code, verifier))
        answer = usual(code, verifier)
        if len(asked) <= lost:
            raise trouble
        return answer

    server.sign_in = sign_in  # type: ignore[method-assign]
    return asked


def test_an_answer_to_the_sign_in_that_is_lost_is_asked_for_again(tmp_path: Path) -> None:
    """At once, with the same code and verifier: nobody sees anything of it, and the server hears that it came."""
    asked: list[list[tuple[str, str]]] = []

    def losing(server: Scripted) -> None:
        asked.append(lost_answers(server, 1, Trouble(Kind.UNREACHABLE)))

    with playing(tmp_path, set_up=losing) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        play.sees("device")
        until(lambda: "confirm" in play.server.calls, "not confirmed", 10)
        assert (len(asked[0]), len(set(asked[0]))) == (2, 1)
        assert not any(page.name.startswith("trouble") for page in play.window.pages)


def test_a_server_that_stays_away_at_sign_in_is_said_and_asked_again(tmp_path: Path) -> None:
    """By its own page, which leads on with the same code, not back to an empty “Welcome”."""

    def losing(server: Scripted) -> None:
        lost_answers(server, 3, Trouble(Kind.UNREACHABLE))

    with playing(tmp_path, set_up=losing) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        play.sees("trouble-unreachable")
        play.act("retry")
        until(lambda: play.server.calls.count("sign_in") == 3, "not asked again", 10)
        play.act("retry")
        play.sees("device")
        assert play.server.calls.count("sign_in") == 4
        assert [page.name for page in play.window.pages].count("welcome") == 1


@pytest.mark.parametrize("refused", [False, True])
def test_an_answer_that_never_comes_is_said(tmp_path: Path, *, refused: bool) -> None:
    """Once the code is too old, by our clock or by the server's word: why, and what becomes of what nobody holds."""
    clock = [NOW]

    def losing(server: Scripted) -> None:
        lost_answers(server, 99, Trouble(Kind.UNREACHABLE))

    with playing(tmp_path, set_up=losing, now=lambda: clock[0]) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        play.sees("trouble-unreachable")
        clock[0] = NOW + timedelta(minutes=3)
        if refused:
            play.server.trouble["sign_in"] = Trouble(Kind.SIGNED_OUT)
        play.act("retry")
        until(lambda: play.window.shown == "welcome", "not told", 10)
        assert "did not arrive in time" in play.window.pages[-1].hints[0]


def test_an_app_that_closes_before_it_heard_is_ended(tmp_path: Path) -> None:
    """It asks once more, and gives back what it gets."""

    def losing(server: Scripted) -> None:
        lost_answers(server, 2, Trouble(Kind.UNREACHABLE))

    with playing(tmp_path, set_up=losing) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        play.sees("trouble-unreachable")
    assert play.server.ended == ["sd_new_1"]


def test_a_browser_that_does_not_open_leaves_an_address(tmp_path: Path) -> None:
    """To be copied."""
    with playing(tmp_path, browses=False) as play:
        play.sees("welcome")
        play.act("sign-in")
        assert play.sees("waiting").address == play.browsed[0]
        play.act("cancel")
        play.sees("welcome")


def test_a_keyring_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    """On the page where one signs in."""
    with playing(tmp_path, keyring=State.LOCKED) as play:
        assert "Your keyring is locked" in play.sees("welcome").hints[0]
    with playing(tmp_path, keyring=State.NONE) as play:
        assert "no keyring" in play.sees("welcome").hints[0]


def test_a_keyring_that_was_unlocked_meanwhile_needs_no_browser(tmp_path: Path) -> None:
    """What it gives at the press is tried first."""
    with playing(tmp_path, keyring=State.LOCKED) as play:
        play.sees("welcome")
        play.keeper.later = "sd_kept_1"
        play.act("sign-in")
        play.inside()
        assert (play.browsed, play.keeper.token) == ([], "sd_kept_1+")


def test_the_keyring_is_tried_again_while_the_app_runs(tmp_path: Path) -> None:
    """With each question for notices, before a new token would be lost with the app."""
    with playing(tmp_path, "sd_kept_1") as play:
        until(lambda: play.keeper.tries > 1, "not tried again", 10)


def test_a_clock_that_is_off_is_said(tmp_path: Path) -> None:
    """By the server's own time; some minutes are nobody's business."""

    def late(server: Scripted) -> None:
        server.answer = About("F", True, "", "", NOW - timedelta(minutes=47))

    with playing(tmp_path, set_up=late) as play:
        assert "47 minutes off" in play.sees("welcome").hints[0]


def test_a_clock_is_held_against_what_the_server_said_when_it_said_it(tmp_path: Path) -> None:
    """Signed out hours later, it is not off by those hours."""
    clock = [NOW]
    with playing(tmp_path, "sd_kept_1", now=lambda: clock[0]) as play:
        play.inside()
        clock[0] += timedelta(hours=6)
        play.act("sign-out")
        assert play.sees("welcome").hints == ["You are signed out. See you soon."]


@pytest.mark.parametrize("trouble", [{}, {"about": Trouble(Kind.UNREACHABLE)}])
def test_a_clock_that_was_set_meanwhile_is_not_said_to_be_off(tmp_path: Path, trouble: dict[str, Trouble]) -> None:
    """The server is asked once more before it is said; where it does not answer, nothing is."""
    clock = [NOW - timedelta(minutes=47)]
    with playing(tmp_path, now=lambda: clock[0]) as play:
        assert "47 minutes off" in play.sees("welcome").hints[0]
        play.act("sign-in")
        play.sees("waiting")
        clock[0], play.server.trouble = NOW, trouble
        play.act("cancel")
        assert play.sees("welcome").hints == []


def test_a_page_that_fails_to_load_comes_back(tmp_path: Path) -> None:
    """To where one was, as soon as the server answers."""
    with playing(tmp_path, "sd_kept_1") as play:
        play.inside()
        play.app.post(Event("at", f"{HOME}/requests/R-1"))
        play.server.trouble["about"] = Trouble(Kind.UNREACHABLE)
        play.app.post(Event("failed", f"{HOME}/requests/R-1"))
        play.sees("trouble-unreachable")
        del play.server.trouble["about"]
        play.act("retry")
        until(lambda: len(play.window.scripts) == 2, "not opened anew", 10)
        assert '\\"next\\": \\"/requests/R-1\\"' in play.window.scripts[1]
