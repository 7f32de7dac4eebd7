"""Quit while something is under way: nothing more is begun, and a token that comes then is not lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from keyring.backends import fail

from selfserve.desktop import instance, keep, meeting, place, server
from selfserve.desktop.around import Event
from selfserve.desktop.keep import Keeper, State
from tests.desktop.session import until
from tests.desktop.test_course import HOME, Play, Scripted, come_back, playing, signed_in
from tests.desktop.test_former import OLD, OTHER, Machine
from tests.desktop.test_keep import Ring, made

CLOSED = Event("closed")


class Gate:
    """A call that is answered when the test says so."""

    def __init__(self) -> None:
        self.asked, self.opens = threading.Event(), threading.Event()

    def slow(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, which is done at once and answered later."""

        def waits(*told: Any) -> Any:
            answer = call(*told)
            self.asked.set()
            assert self.opens.wait(10)
            return answer

        return waits


def slow(gate: Gate, name: str) -> Callable[[Scripted], None]:
    """A server whose call `name` is answered when the gate opens."""
    return lambda server: setattr(server, name, gate.slow(getattr(server, name)))


@contextmanager
def closed_while(gate: Gate, play: Play, *before: Event) -> Iterator[None]:
    """The window is closed while the server has not answered yet; it does at the end."""
    assert gate.asked.wait(10)
    for event in (*before, CLOSED):
        play.app.post(event)
    yield
    gate.opens.set()


def test_a_token_that_comes_after_the_end_of_the_window_is_kept_and_not_used(tmp_path: Path) -> None:
    """The server has traded the one before already: the next start would be taken for a thief."""
    gate, ring = Gate(), Ring("sd_1")
    with playing(tmp_path, set_up=slow(gate, "start"), keeper=ring.keeper(tmp_path)) as play, closed_while(gate, play):
        pass
    assert (ring.held, play.window.went, play.server.ended) == ("sd_1+", [], [])
    assert play.server.calls == ["about", "start"]


def test_nothing_is_traded_for_a_window_that_is_closed(tmp_path: Path) -> None:
    """Nor is a keyring asked, whose prompt would stand there without a window."""
    gate, ring = Gate(), Ring("sd_1", locked=True)
    with playing(tmp_path, set_up=slow(gate, "about"), keeper=ring.keeper(tmp_path)) as play, closed_while(gate, play):
        pass
    assert (play.server.calls, ring.asked) == (["about"], 0)


@pytest.mark.parametrize("sure", [True, False])
def test_a_sign_in_that_comes_after_the_end_of_the_window_is_kept_or_ended(tmp_path: Path, sure: bool) -> None:
    """Kept where the kernel vouches that it is of this account; else nobody has said that it is theirs."""
    gate = Gate()
    vouched = {} if sure else {"owner": lambda *_: None}
    with playing(tmp_path, set_up=slow(gate, "sign_in"), **vouched) as play:  # type: ignore[arg-type]
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        with closed_while(gate, play):
            pass
    assert (play.keeper.token, play.server.ended) == (("sd_new_1", []) if sure else (None, ["sd_new_1"]))
    assert play.window.shown == "waiting"


def test_signing_out_counts_although_the_window_is_closed_at_once(tmp_path: Path) -> None:
    """Whoever presses it and leaves while the server has not answered yet, is out."""
    gate, ring = Gate(), Ring("sd_1")
    with playing(tmp_path, set_up=slow(gate, "start"), keeper=ring.keeper(tmp_path)) as play:  # noqa: SIM117
        with closed_while(gate, play, Event("act", "reload"), Event("act", "sign-out")):
            pass
    assert (ring.held, play.server.ended) == (None, ["sd_1+"])


def test_signing_out_is_said_at_once_and_the_window_may_be_closed(tmp_path: Path) -> None:
    """Where the server does not answer it takes a while; nothing of the signed-in pages is shown meanwhile."""
    gate = Gate()
    with playing(tmp_path, "sd_1", set_up=slow(gate, "sign_out")) as play:
        play.inside()
        play.act("sign-out")
        page = play.sees("leaving")
        assert ("help.example.com" in page.told[0], page.waits) == (True, True)
        with closed_while(gate, play):
            pass
    assert (play.server.ended, play.keeper.token, play.window.shown) == (["sd_1+"], None, "leaving")


def test_a_keyring_that_asks_is_not_waited_for_once_the_window_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its prompt stands open for ever; a start at once after the end does not wait for it."""
    monkeypatch.setattr(keep, "QUIET", 0.05)
    asked, never = threading.Event(), threading.Event()
    ring = Ring("sd_1")
    backend = ring.backend()

    def prompts(*_: str) -> None:
        asked.set()
        never.wait(30)

    backend.get_password = prompts  # type: ignore[method-assign,assignment]
    keeper = Keeper("a", "b", backend, patience=30.0, aside=tmp_path / "aside")
    with playing(tmp_path, keeper=keeper) as play:
        assert asked.wait(10)
        play.app.post(CLOSED)
        until(lambda: keeper.state is State.LOCKED, "still waiting", 5)
    never.set()
    assert play.server.calls == ["about"]


def test_the_next_start_waits_for_longer_than_an_ending_app_may_take() -> None:
    """What it asked its server is heard, what it keeps is kept; then its own server ends, in `--local`."""
    assert instance.CHANGEOVER > server.TIMEOUT + keep.PATIENCE + meeting.PATIENCE
    assert instance.CHANGEOVER > server.ENDING + 10 * keep.QUIET + meeting.PATIENCE
    assert server.WHOLE < server.ENDING  # what was asked just before is heard to its end


def test_what_is_asked_after_the_end_of_the_window_has_a_limit(tmp_path: Path) -> None:
    """Of its own server and of a former one; further former ones are left to the next start."""
    hastened: list[str] = []
    gate, machine = Gate(), Machine(tmp_path / "machine", {OLD: "sd_old_1", OTHER: "sd_other_1"})
    place.write(machine.folder / "servers.json", {"servers": {OLD: "", OTHER: ""}})
    former = machine.app(HOME)
    served = former.server

    def slow_one(origin: str, ca_file: Path | None) -> server.Server:
        one = served(origin, ca_file)
        one.about = gate.slow(one.about)  # type: ignore[method-assign]
        one.hasten = lambda: hastened.append(origin)  # type: ignore[method-assign]
        return one

    def set_up(one: Scripted) -> None:
        one.hasten = lambda: hastened.append(HOME)  # type: ignore[method-assign]

    with playing(tmp_path, set_up=set_up, former=replace(former, server=slow_one)) as play, closed_while(gate, play):
        pass
    assert set(hastened) == {HOME, OLD}
    assert (list(machine.asked), machine.held) == ([OLD], {OTHER: "sd_other_1"})
    machine.app(HOME).settle(readable=True)
    assert (machine.asked[OTHER].ended, machine.held) == (["sd_other_1"], {})


@pytest.mark.parametrize("locked", [True, False])
def test_a_sign_in_that_is_kept_nowhere_ends_with_the_app(tmp_path: Path, locked: bool) -> None:
    """It would stand among the customer's apps for weeks, and nobody could find it again."""
    none = Keeper("a", "b", made(fail.Keyring), aside=tmp_path / "aside")
    with playing(tmp_path, keeper=Ring(locked=True).keeper(tmp_path) if locked else none) as play:
        signed_in(play, "keep")
        play.inside()
        assert play.server.ended == []
    assert play.server.ended == ["sd_new_1+"]


def test_a_keyring_that_was_unlocked_just_before_the_end_keeps_it(tmp_path: Path) -> None:
    """Nobody is signed out who will be found again."""
    ring = Ring(locked=True)
    with playing(tmp_path, set_up=lambda server: setattr(server, "every", 60.0), keeper=ring.keeper(tmp_path)) as play:
        signed_in(play, "keep")
        play.inside()
        ring.locked = False
    assert (ring.held, play.server.ended) == ("sd_new_1+", [])


@pytest.mark.parametrize("late", ["before", "after"])
def test_a_prompt_that_is_answered_late_stores_no_token_that_was_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    """Nor is one ended that it has stored: the next start is inside, or finds nothing."""
    monkeypatch.setattr(keep, "QUIET", 0.05)
    ring, prompt = Ring(), threading.Event()
    backend = ring.backend("keyring.backends.kwallet", "DBusKeyring")

    def prompts(*_: str) -> str | None:
        assert prompt.wait(10)
        return ring.held

    def store(*told: str) -> None:
        ring.held = told[-1]

    backend.get_password = prompts  # type: ignore[method-assign,assignment]
    backend.set_password = store  # type: ignore[method-assign,assignment]
    keeper = Keeper("a", "b", backend, patience=0.05, aside=tmp_path / "aside")
    keeper.write("sd_1", fresh=True)
    assert keeper.state is State.LOCKED
    if late == "before":
        prompt.set()
        threads_end("keyring")
        assert (keeper.let_go(), ring.held) == (False, "sd_1")
    else:
        assert keeper.let_go() is True
        prompt.set()
        threads_end("keyring")
        assert ring.held is None


def threads_end(name: str) -> None:
    """Wait for all threads of that name."""
    for one in threading.enumerate():
        if one.name == name:
            one.join(10)
            assert not one.is_alive()
