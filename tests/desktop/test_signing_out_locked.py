"""Signing out while the keyring is locked: what is said is true, and what it holds is signed out when it opens."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from selfserve.desktop import place
from selfserve.desktop.around import Event
from selfserve.desktop.beside import Beside
from selfserve.desktop.keep import Keeper, Remains
from selfserve.desktop.trouble import Kind, Trouble
from tests.desktop.session import desktop, unlock, until
from tests.desktop.test_course import AWAY, Scripted, away, come_back, playing, signed_in
from tests.desktop.test_keep import Ring, kept, lock, process

OURS = "https://help.example.com"
NOT_QUITE = "You are not quite signed out yet"


def test_what_a_locked_keyring_holds_is_not_said_to_be_signed_out(tmp_path: Path) -> None:
    """At the first page, with the server there: nothing was read, so nothing could be ended. The next start ends it."""
    ring = Ring("sd_1", locked=True)
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        play.sees("welcome")
        play.act("sign-out")
        until(lambda: len(play.window.pages) == 3, "no answer", 10)
        (hint,) = play.sees("welcome").hints  # that the keyring is locked is said in it
        assert NOT_QUITE in hint
        assert play.server.ended == []
    ring.locked = False
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        assert play.sees("welcome").hints == []
        assert play.server.ended == ["sd_1"]
        assert "start" not in play.server.calls
    assert ring.held is None
    assert list(tmp_path.iterdir()) == []


def test_signing_out_from_the_offline_page_with_a_locked_keyring_is_done_later(tmp_path: Path) -> None:
    """Neither server nor keyring could be told: it says so, and both are at the next start that reaches them."""
    ring = Ring("sd_1", locked=True)
    with playing(tmp_path, set_up=away, keeper=ring.keeper(tmp_path)) as play:
        play.sees("trouble-unreachable")
        play.act("sign-out")
        assert NOT_QUITE in play.sees("welcome").hints[0]
    ring.locked = False
    with playing(tmp_path, set_up=away, keeper=ring.keeper(tmp_path)) as play:
        play.sees("trouble-unreachable")
        play.server.trouble = {"sign_out": AWAY}
        play.act("retry")
        until(lambda: "sign_out" in play.server.calls, "not told", 10)
        until(lambda: ring.held == "sd_1", "gone before it was told", 10)
        play.server.trouble = {}
        play.act("retry")
        play.sees("welcome")
        assert play.server.ended == ["sd_1"]
    assert ring.held is None
    assert list(tmp_path.iterdir()) == []


def test_signed_out_offline_it_is_the_newest_token_that_is_ended_later(tmp_path: Path) -> None:
    """The keyring holds a former one, which the server would take for a thief's."""
    ring = Ring("sd_1")
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        play.inside()
        assert ring.held == "sd_1+"
        ring.locked = True
        play.act("device")
        play.sees("device")
        play.act("keep")
        until(lambda: (tmp_path / "aside").exists(), "nothing lies beside", 10)
        play.server.trouble["sign_out"] = AWAY
        play.act("sign-out")
        assert NOT_QUITE in play.sees("welcome").hints[0]
    ring.locked = False
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        play.sees("welcome")
        assert play.server.ended == ["sd_1++"]
    assert ring.held is None


def test_signed_out_on_the_server_there_is_nothing_more_to_say(tmp_path: Path) -> None:
    """What the locked keyring holds is worth nothing; it is taken away when that opens."""
    ring = Ring("sd_1")
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        play.inside()
        ring.locked = True
        play.act("sign-out")
        assert play.sees("welcome").hints[0] == "You are signed out. See you soon."

    def knows(server: Scripted) -> None:
        server.trouble["sign_out"] = Trouble(Kind.SIGNED_OUT)

    ring.locked = False
    with playing(tmp_path, set_up=knows, keeper=ring.keeper(tmp_path)) as play:
        assert play.sees("welcome").hints == []
    assert (ring.held, "start" in play.server.calls) == (None, False)


def test_where_not_even_a_note_can_be_kept_it_says_that_nobody_is_signed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full; unlocked and signed out again it is done."""
    ring = Ring("sd_1", locked=True)
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        play.sees("welcome")
        monkeypatch.setattr("selfserve.desktop.place.tempfile.NamedTemporaryFile", _full)
        play.act("sign-out")
        until(lambda: len(play.window.pages) == 3, "no answer", 10)
        assert "You are not signed out" in play.sees("welcome").hints[0]
        ring.locked = False
        play.act("sign-out")
        until(lambda: len(play.window.pages) == 5, "no answer", 10)
        assert play.sees("welcome").hints == ["You are signed out. See you soon."]
        assert (play.server.ended, ring.held) == (["sd_1"], None)


def _full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("at_the_press", [True, False])
def test_who_signs_in_next_keeps_their_own_and_ends_the_former(tmp_path: Path, at_the_press: bool) -> None:
    """The keyring opens at the press, or later while they are inside: what it held is ended, theirs is kept."""
    ring = Ring("sd_1", locked=True)
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        play.sees("welcome")
        play.act("sign-out")
        until(lambda: len(play.window.pages) == 3, "no answer", 10)
        ring.locked = not at_the_press
        signed_in(play, "keep")
        play.inside()
        ring.locked = False
        until(lambda: ring.held == "sd_new_1+", "not kept", 10)
        until(lambda: play.server.ended == ["sd_1"], "not ended", 10)
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        play.inside()
        play.act("sign-out")
        play.sees("welcome")


@pytest.mark.parametrize("opens", ["inside", "at the sign-out", "later"])
def test_who_signs_in_over_a_locked_keyring_ends_what_it_held(tmp_path: Path, opens: str) -> None:
    """Nobody signed the former one out: it is ended on the server when the keyring opens, and comes back to nobody."""
    ring = Ring("sd_1", locked=True)
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        signed_in(play, "keep")
        play.inside()
        if opens == "inside":
            ring.locked = False
            until(lambda: ring.held == "sd_new_1+", "not kept", 10)
            until(lambda: play.server.ended == ["sd_1"], "not ended", 10)
        elif opens == "at the sign-out":
            play.app._started = replace(play.app._started, ask_every=60.0)  # type: ignore[type-var]
            play.app.post(Event("link"))
            until(lambda: play.window.fronts == 2, "the next look is not far off", 10)
            ring.locked = False
            play.act("sign-out")
            play.sees("welcome")
            assert play.server.ended == ["sd_new_1+", "sd_1"]
    ring.locked = False
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        if opens == "inside":
            play.inside()
            assert play.server.ended == []
        else:
            assert play.sees("welcome").hints == []
            assert play.server.ended == (["sd_1"] if opens == "later" else [])
            assert (ring.held, "start" in play.server.calls) == (None, False)


def test_who_signs_in_while_the_keyring_is_away_ends_what_it_holds(tmp_path: Path) -> None:
    """Its service was not there, or just starting: it was not asked, so it may hold somebody."""
    ring = Ring("sd_1")
    here: list[bool] = []
    backend, held = ring.backend(), ring.get

    def get() -> str | None:
        if not here:
            raise RuntimeError("org.freedesktop.DBus.Error.ServiceUnknown")
        return held()

    ring.get = get  # type: ignore[method-assign]
    keeper = Keeper("a", "b", backend, aside=tmp_path / "aside")
    with playing(tmp_path, keeper=keeper) as play:
        signed_in(play, "keep")
        play.inside()
    here.append(True)
    with playing(tmp_path, keeper=ring.keeper(tmp_path)) as play:
        play.sees("welcome")
        assert (play.server.ended, ring.held) == (["sd_1"], None)


def test_a_token_of_ones_own_that_was_written_late_counts(tmp_path: Path) -> None:
    """A prompt that stood open is answered after the end of the app: it is not taken for what was signed out."""
    ring = Ring("sd_1", locked=True)
    keeper = ring.keeper(tmp_path)
    assert keeper.read() is None
    assert keeper.forget(told=False) is Remains.UNTIL_UNLOCKED
    for token in ("sd_7", "sd_8"):
        keeper.write(token)
    ring.locked = False
    for held in ("sd_7", "sd_8"):
        ring.held = held
        again = ring.keeper(tmp_path)
        assert (again.read(), again.left) == ("sd_8", None)
    ring.held = "sd_1"
    again = ring.keeper(tmp_path)
    assert (again.read(), again.left) == (None, "sd_1")


def test_what_was_signed_out_of_one_server_says_nothing_of_another(tmp_path: Path) -> None:
    """The file names its server."""
    assert Beside(tmp_path / "aside", OURS).sign_out()
    assert not Beside(tmp_path / "aside", "https://other.example.com").signed_out()
    assert Beside(tmp_path / "aside", OURS).signed_out()
    for bent in ({"out": "yes"}, {"out": None}, {"sealed": 7}):
        place.write(tmp_path / "aside", bent)
        assert not Beside(tmp_path / "aside", OURS).signed_out()
        assert Beside(tmp_path / "aside", OURS).newest("sd_1") is None


def test_a_refused_sign_in_ends_nothing_that_the_keyring_holds(tmp_path: Path) -> None:
    """Nobody asked for that."""
    ring = Ring("sd_1", locked=True)
    with playing(tmp_path, owner=lambda *_: None, keeper=ring.keeper(tmp_path)) as play:
        play.sees("welcome")
        play.act("sign-in")
        play.sees("waiting")
        come_back(play.browsed[0])
        play.sees("whose")
        play.act("not-me")
        play.sees("welcome")
    ring.locked = False
    assert ring.keeper(tmp_path).read() == "sd_1"


def test_gnome_keyring_gives_up_what_was_signed_out_while_it_was_locked(tmp_path: Path, library: Path) -> None:
    """The real one, from one process to the next."""
    with desktop(tmp_path / "s", keyring=None) as session:
        with ExitStack() as first:
            unlock(first, session.folder, session.environment, "good")
            with process(session, library) as app:
                assert app.do("write sd_1") == ["sd_1", "good"]
                lock(session)
                assert app.do("write sd_2") == ["sd_2", "keyring_locked"]
                assert app.do("forget") == [None, "keyring_locked"]
        unlock(session.stack, session.folder, session.environment, "good")
        with process(session, library) as app:
            assert app.do("read") == [None, "good"]
            assert app.do("parted") == [None, "good"]
        assert kept(session, library, "read") == [None, None, "good"]
        assert not (session.folder / "home" / "aside").exists()
