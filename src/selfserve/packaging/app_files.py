"""The app's own files, the same in every form for a platform: our folder, and the pure parts of what it is built on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import selfserve
from selfserve.packaging.locked import APP, Pin, fetch, normal, pins
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.tree import File, of_folder
from selfserve.packaging.unpacking import of_archive

VENDORED = {"pywebview": "webview", "proxy-tools": "proxy_tools", "truststore": "truststore"}
"""Projects whose pure parts ride along, each with its folder; the distribution has none or too old ones of them."""

_OF_NOBODY = (
    "webview/platforms/android/*", "webview/platforms/android/*/*", "webview/lib/*.jar", "webview/__pyinstaller/*",
    "webview/platforms/cef.py", "webview/platforms/qt.py",
)  # fmt: skip
"""Of pywebview its Java, and toolkits that we do not take."""
_OF_WINDOWS = (
    "webview/lib/*", "webview/lib/*/*/*/*", "truststore/_windows.py",
    *(f"webview/platforms/{name}.py" for name in ("edgechromium", "mshtml", "win32", "winforms")),
)  # fmt: skip
_OF_MACOS = ("webview/platforms/cocoa.py", "truststore/_macos.py")
_OF_LINUX = ("webview/platforms/gtk.py",)
_OF_OTHERS = {
    "linux": (*_OF_NOBODY, *_OF_WINDOWS, *_OF_MACOS),
    "win32": (*_OF_NOBODY, *_OF_LINUX, *_OF_MACOS),
    "darwin": (*_OF_NOBODY, *_OF_LINUX, *_OF_WINDOWS),
}
"""What does not ride along, by the platform that the app is for."""


def vendored() -> list[Pin]:
    """The pins of what rides along; raises CannotPackage where the lock lacks one."""
    locked = pins(APP)
    missing = [name for name in VENDORED if name not in locked]
    if missing:
        raise CannotPackage(f"The lock does not name {', '.join(missing)}, which the app is built on.")
    return [locked[name] for name in VENDORED]


def app_files(under: str, platform: str = "linux") -> list[File]:
    """The folder from which the app runs on `platform`, to be put `under`."""
    package = Path(selfserve.__file__).parent
    ours = [File(f"{under}/selfserve/__init__.py", (package / "__init__.py").read_bytes())]
    return [*ours, *of_folder(package / "desktop", f"{under}/selfserve/desktop"), *_others(under, platform)]


def _others(under: str, platform: str) -> Iterable[File]:
    for archive in archives():
        project = next(name for name in VENDORED if normal(archive.name).startswith(f"{name}-"))
        yield from of_archive(archive, under, only=VENDORED[project], but=_OF_OTHERS[platform])


@cache
def archives() -> tuple[Path, ...]:
    """The locked archives of what rides along, fetched once."""
    return tuple(fetch(vendored()))


def icon_place(app_id: str, icon: Path) -> str:
    """Where the icon lies in the hicolor theme: `scalable` for SVG, by its size for PNG (freedesktop icon theme)."""
    if icon.suffix == ".svg":
        return f"usr/share/icons/hicolor/scalable/apps/{app_id}.svg"
    head = icon.read_bytes()[:24]
    width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    if not re.match(rb"\x89PNG\r\n\x1a\n....IHDR", head, re.DOTALL) or width != height or width not in _SIZES:
        raise CannotPackage(
            f"{icon.name} is no square PNG of {', '.join(map(str, _SIZES))} pixels; an SVG always fits."
        )
    return f"usr/share/icons/hicolor/{width}x{height}/apps/{app_id}.png"


_SIZES = (48, 64, 128, 256, 512)


def icon_of(brand_icon: Path | None) -> Path:
    """The brand's icon, or the app's own."""
    return brand_icon or Path(selfserve.__file__).parent / "desktop" / "icon.svg"
