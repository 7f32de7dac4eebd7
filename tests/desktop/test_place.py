"""The window's place, kept between starts, on screens that come and go."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfserve.desktop import place
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
