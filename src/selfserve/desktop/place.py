"""Where the window was, kept between starts; and the app's other small memory: files of the customer's own."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LARGEST = 4096
_UNDER_WAY = ".part"
"""How a file ends that is being written; whoever is killed meanwhile leaves it."""


@dataclass(frozen=True)
class Place:
    """Size and corner of the window in pixels; `x` and `y` are None where the system chooses."""

    width: int
    height: int
    x: int | None = None
    y: int | None = None
    maximized: bool = False


@dataclass(frozen=True)
class Screen:
    """A screen, as the desktop lays them out."""

    x: int
    y: int
    width: int
    height: int


def folder(app: str, environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """The folder for what the app `app` remembers of this customer; raises NoHome."""
    if platform == "win32":
        local = environ.get("LOCALAPPDATA", "")
        return (Path(local) if local else _home()) / app
    if platform == "darwin":
        return _home() / "Library" / "Application Support" / app
    state = environ.get("XDG_STATE_HOME", "")
    return (Path(state) if state.startswith("/") else _home() / ".local" / "state") / app


class NoHome(Exception):  # noqa: N818  (said to whoever started it, in a sentence)
    """The account has no home folder that the system knows of."""


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:  # neither in the environment nor among the accounts
        raise NoHome from error


def read(path: Path) -> dict[str, Any]:
    """What a small file of ours holds; nothing where it is missing or broken."""
    try:
        with path.open("rb") as file:
            told = json.loads(file.read(LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def write(path: Path, content: Mapping[str, Any]) -> bool:
    """Keep it, whole or not at all; False where a full disk or a read-only home takes nothing: what was there stays."""
    fresh = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f"{path.name}.", suffix=_UNDER_WAY, delete=False
        ) as file:
            fresh = Path(file.name)
            json.dump(content, file)
        fresh.replace(path)
    except OSError:
        _remove([fresh] if fresh else [])
        return False
    return True


def forget(path: Path) -> None:
    """Remember nothing of it any more, nor what was left of writing it."""
    sweep(path.parent, f"{path.name}.")
    try:
        path.unlink(missing_ok=True)
    except OSError:
        write(path, {})


def sweep(folder: Path, named: str = "") -> None:
    """Remove what earlier runs left half written in `folder`: all of it, or that of files `named` so."""
    _remove(folder.glob(f"{named}*{_UNDER_WAY}"))


def _remove(files: Iterable[Path]) -> None:
    for one in files:
        with contextlib.suppress(OSError):
            one.unlink(missing_ok=True)


def keep(path: Path, place: Place) -> None:
    """Remember the window's place."""
    write(path, asdict(place))


def remembered(path: Path, usual: tuple[int, int], screens: list[Screen]) -> Place:
    """Where the window was; `usual` size in the middle where that is not known or on no screen any more."""
    told = read(path)
    width, height = _number(told, "width", 480, 8192), _number(told, "height", 360, 8192)
    x, y = _number(told, "x", -32768, 32767), _number(told, "y", -32768, 32767)
    if width is None or height is None:
        return Place(*usual)
    maximized = told.get("maximized") is True
    if x is None or y is None or not any(_shows(screen, x, y, width) for screen in screens):
        return Place(width, height, maximized=maximized)
    return Place(width, height, x, y, maximized)


def _number(told: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    value = told.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most else None


def _shows(screen: Screen, x: int, y: int, width: int) -> bool:
    """Whether enough of the title bar is on the screen to take hold of it."""
    left, right = max(x, screen.x), min(x + width, screen.x + screen.width)
    return right - left >= 100 and screen.y <= y <= screen.y + screen.height - 50
