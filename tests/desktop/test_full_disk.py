"""A disk that takes nothing: whoever is signed in is told, and is no thief at the next start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from selfserve.desktop.around import Event
from selfserve.desktop.server import Started
from selfserve.desktop.trouble import Kind, Trouble
from tests.desktop.session import until
from tests.desktop.test_course import Scripted, playing, signed_in
from tests.desktop.test_keep import Ring

UNKEPT = "Your sign-in could not be stored"
Fill = Callable[[bool], None]


@pytest.fixture
def fill(monkeypatch: pytest.MonkeyPatch) -> Fill:
    """Fills the disk, or makes room."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    def turn(filled: bool) -> None:
        monkeypatch.undo()
        if filled:
            monkeypatch.setattr("selfserve.desktop.place.tempfile.NamedTemporaryFile", full)

    return turn


def test_a_token_that_can_be_kept_nowhere_is_told_and_ended_with_the_app(tmp_path: Path, fill: Fill) -> None:
    """The keyring keeps a former one: nobody is taken for a thief, as the app signs out before it closes."""
    ring = Ring("sd_1", full=True)
    fill(True)
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        play.inside()
        (told,) = play.teller[0].notices
        assert (told.title, "until you close Fernhill" in told.body) == (UNKEPT, True)
        play.act("device")
        play.sees("device")
        play.act("keep")
        until(lambda: play.server.calls.count("start") == 2, "not started anew", 10)
        assert play.server.ended == []
    assert len(play.teller[0].notices) == 2  # this one of what was decided about the computer
    assert play.server.ended == ["sd_1++"]

    def ended(server: Scripted) -> None:
        server.trouble["start"] = Trouble(Kind.SIGNED_OUT)

    fill(False)
    ring.full = False
    with playing(tmp_path, set_up=ended, keeper=ring.keeper(tmp_path)) as play:
        assert "This app was signed out" in play.sees("welcome").hints[0]
        assert ring.held is None


def test_with_room_again_it_is_stored_while_the_app_runs(tmp_path: Path, fill: Fill) -> None:
    """And lasts: the app that is closed signs nobody out."""
    ring = Ring("sd_1", full=True)
    fill(True)
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        play.inside()
        fill(False)
        ring.full = False
        until(lambda: ring.held == "sd_1+", "not stored", 10)
    assert play.server.ended == []


def test_a_keyring_that_takes_nothing_at_the_first_sign_in_is_told(tmp_path: Path, fill: Fill) -> None:
    """It seemed good when it was asked; the app that is closed signs out, as nobody would find that sign-in again."""
    ring = Ring(full=True)
    fill(True)
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        assert play.sees("welcome").hints == []
        signed_in(play, "keep")
        play.inside()
        told = play.teller[0].notices[0]
        assert (told.title, "a sign-in lasts until you close the app" in told.body) == (UNKEPT, True)
    assert play.server.ended == ["sd_new_1+"]


def test_a_keyring_that_is_away_for_a_moment_is_not_told(tmp_path: Path) -> None:
    """What lies beside it lasts."""
    ring = Ring("sd_1", full=True)
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        play.inside()
        assert play.teller[0].notices == []
    assert (play.server.ended, ring.keeper(tmp_path).read()) == ([], "sd_1+")


def test_a_start_that_was_lost_once_is_not_ended_before_it_began(tmp_path: Path, fill: Fill) -> None:
    """Where no new token came there is nothing that a former one could be taken for."""
    ring = Ring("sd_1", full=True)
    fill(True)

    def away(server: Scripted) -> None:
        def start(token: str) -> Started:
            server.calls.append("start")
            raise Trouble(Kind.UNREACHABLE)

        server.start = start  # type: ignore[method-assign]

    with playing(tmp_path, set_up=away, keeper=ring.keeper(tmp_path)) as play:
        play.sees("trouble-unreachable")
        play.app.post(Event("closed"))
    assert play.server.ended == []
