"""The window's place, kept between starts, on screens that come and go."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from selfserve.desktop import place
from selfserve.desktop.__main__ import run_on
from selfserve.desktop.brand import Brand
from selfserve.desktop.instance import single
from selfserve.desktop.place import Place, Screen

SCREEN = Screen(0, 0, 1920, 1080)
USUAL = (1180, 820)


def test_the_window_stands_where_it_stood(tmp_path: Path) -> None:
    """Size, corner, and whether it filled the screen."""
    for was in (Place(900, 700, 40, 60), Place(900, 700, 40, 60, maximized=True)):
        place.keep(tmp_path / "a" / "window.json", was)
        assert place.remembered(tmp_path / "a" / "window.json", USUAL, [SCREEN]) == was


@pytest.mark.parametrize("corner", [(5000, 60), (-2000, 60), (40, 5000), (40, -500), (1900, 60)])
def test_a_screen_that_is_gone_takes_no_window_along(tmp_path: Path, corner: tuple[int, int]) -> None:
    """Its size stays, its place is the desktop's to choose: it must be possible to take hold of it."""
    place.keep(tmp_path / "w", Place(900, 700, *corner))
    assert place.remembered(tmp_path / "w", USUAL, [SCREEN]) == Place(900, 700)
    assert place.remembered(tmp_path / "w", USUAL, []) == Place(900, 700)


def test_a_second_screen_counts(tmp_path: Path) -> None:
    """Also one to the left."""
    place.keep(tmp_path / "w", Place(900, 700, -1800, 60))
    assert place.remembered(tmp_path / "w", USUAL, [SCREEN, Screen(-1920, 0, 1920, 1080)]).x == -1800


@pytest.mark.parametrize(
    "content", ["", "null", "[]", "{", '{"width": "wide"}', '{"width": 9e99, "height": true}', "{" * 5000, "\xff"]
)
def test_a_broken_memory_is_none(tmp_path: Path, content: str) -> None:
    """The app starts as if for the first time."""
    (tmp_path / "w").write_bytes(content.encode("latin-1"))
    assert place.remembered(tmp_path / "w", USUAL, [SCREEN]) == Place(*USUAL)


def test_a_home_that_cannot_be_written_costs_only_the_memory(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "f").write_text("")
    place.keep(tmp_path / "f" / "w", Place(900, 700))
    assert place.read(tmp_path / "f" / "w") == {}


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk, and where a folder stands in the file's place; what was there stays."""
    (tmp_path / "w").mkdir()
    assert not place.write(tmp_path / "w", {"send": True})
    place.forget(tmp_path / "w")
    assert place.write(tmp_path / "d", {"send": True})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("selfserve.desktop.place.json.dump", full)
    for _ in range(20):
        assert not place.write(tmp_path / "d", {"send": False})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d", "w"]
    assert place.read(tmp_path / "d") == {"send": True}


def test_what_was_left_half_written_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the next start; what is to be forgotten goes at once, and nothing else with it."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("selfserve.desktop.place.json.dump", killed)
        for name in ("device.json", "token.json"):
            with pytest.raises(KeyboardInterrupt):
                place.write(tmp_path / name, {"send": True})
    (tmp_path / "app.lock").touch()
    place.forget(tmp_path / "device.json")
    assert [path.name.split(".")[0] for path in sorted(tmp_path.iterdir())] == ["app", "token"]
    place.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["app.lock"]
    place.sweep(tmp_path / "nowhere")


def test_a_start_sweeps_what_an_earlier_one_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing is opened after all; a second start leaves alone what the first is writing."""
    state = tmp_path / "state" / "a.b.c"
    monkeypatch.setattr(os, "environ", {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_RUNTIME_DIR": str(tmp_path)})
    state.mkdir(parents=True)
    (state / "token.json.abc.part").touch()
    brand = Brand("A", "a.b.c", "https://a.example")
    first = single(tmp_path / "a.b.c", "", print)
    assert run_on("a.b.c", nullcontext(brand), "", name="A") == 0
    assert list(state.iterdir())
    first.close()
    assert run_on("a.b.c", nullcontext(brand), "selfserve://nothing/of/ours", name="A") == 2
    assert list(state.iterdir()) == []


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    """Also where it never was."""
    place.write(tmp_path / "d", {"send": True})
    place.forget(tmp_path / "d")
    place.forget(tmp_path / "d")
    assert list(tmp_path.iterdir()) == []


def test_each_system_has_its_folder() -> None:
    """Of the customer's own."""
    assert place.folder("a.b.c", {"XDG_STATE_HOME": "/s"}, "linux") == Path("/s/a.b.c")
    assert place.folder("a.b.c", {"XDG_STATE_HOME": "s"}, "linux") == Path.home() / ".local/state/a.b.c"
    assert place.folder("a.b.c", {"LOCALAPPDATA": "/l"}, "win32") == Path("/l/a.b.c")
    assert place.folder("a.b.c", {}, "darwin") == Path.home() / "Library/Application Support/a.b.c"
