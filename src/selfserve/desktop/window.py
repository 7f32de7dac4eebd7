"""The window, by pywebview: the system's own web view. On GTK some bolts more, which pywebview leaves open."""

from __future__ import annotations

import sys
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import webview
from webview.menu import Menu, MenuAction, MenuSeparator

from selfserve.desktop import place
from selfserve.desktop.around import Event
from selfserve.desktop.brand import Brand
from selfserve.desktop.bridge import Bridge, Nothing
from selfserve.desktop.fence import Where, where
from selfserve.desktop.pages import Page, render
from selfserve.desktop.place import Screen
from selfserve.desktop.words import Speaker

LEAST = (480, 360)
GROUND, DARK_GROUND = "#f7f7f8", "#0d0e11"
ICON = Path(__file__).parent / "icon.svg"
LINUX = sys.platform not in ("darwin", "win32")


class WebWindow:
    """The one window of the app. Events go to `post` from `run` on."""

    def __init__(self, brand: Brand, to: Speaker, first: Page, memory: Path) -> None:
        self._brand, self._to, self._memory = brand, to, memory
        self._post: Callable[[Event], None] = lambda event: None
        self._bridge = Bridge(lambda word: self._post(Event("act", word)))
        self._bridge.bolt()
        usual = (brand.window.width, brand.window.height)
        self._place = place.remembered(
            memory, usual, [Screen(one.x, one.y, one.width, one.height) for one in screens()]
        )
        webview.settings["ALLOW_DOWNLOADS"] = False
        webview.settings["ALLOW_FILE_URLS"] = False
        window = webview.create_window(
            brand.name, html=self._html(first), js_api=Nothing(), min_size=LEAST, text_select=True,
            width=self._place.width, height=self._place.height, x=self._place.x, y=self._place.y,
            maximized=self._place.maximized, background_color=_ground(),
        )  # fmt: skip
        assert window is not None  # nobody hinders it from being made
        window.expose(self._bridge.offered())
        self._window: Any = window
        self._gtk: Any = None
        self._trusted = b""

    def _html(self, page: Page) -> str:
        return render(page, self._brand, self._to, self._bridge.renewed())

    # For the app -----------------------------------------------------------------------------------------------------

    def show(self, page: Page) -> None:
        """See `app.Window`."""
        self._window.load_html(self._html(page), "about:blank")

    def go(self, address: str) -> None:
        """See `app.Window`."""
        self._bridge.shut()
        self._window.load_url(address)

    def script(self, text: str) -> None:
        """See `app.Window`. There is no result: what a script begins, such as a call, could not be handed over.
        Nor is it waited for: a window that goes meanwhile would never say that it has run."""
        script = f"{text}\n;null"
        if LINUX:
            self._window.run_js(script)  # see `gtk.Bolts`
        else:
            threading.Thread(target=self._window.run_js, args=(script,), name="script", daemon=True).start()

    def trust(self, certificate: bytes) -> None:
        """See `app.Window`."""
        self._trusted = certificate
        if self._gtk is not None:
            self._gtk.trust(certificate)

    def front(self) -> None:
        """See `app.Window`."""
        self._window.restore()

    def close(self) -> None:
        """See `app.Window`."""
        self._window.destroy()

    # Its own life ----------------------------------------------------------------------------------------------------

    def run(
        self, post: Callable[[Event], None], live: Callable[[], None], gone: Callable[[], None] = lambda: None
    ) -> None:
        """Open it, with `live` beside it in a thread; `gone` is called as it is closed. Returns when `live` has ended
        as well: it may still be at what it was told to keep. To be called in the main thread."""
        self._post = post
        if LINUX:
            from selfserve.desktop.gtk import close_on_signals

            close_on_signals(self._window.uid)  # before anything is begun that must not be left half done
        life = threading.Thread(target=live, name="course")
        life.start()
        try:
            self._open(gone)
        finally:
            self._post(Event("closed"))  # however it ended
            life.join()

    def _open(self, gone: Callable[[], None]) -> None:
        events = self._window.events
        events.closed += lambda: self._post(Event("closed"))
        if LINUX:
            events.before_show += self._bolt
            events.closing += self._remember_gtk
        else:
            events.loaded += self._loaded
            events.resized += self._resized
            events.moved += self._moved
            events.closing += self._remember
        events.closing += gone
        webview.start(gui="gtk" if LINUX else None, private_mode=True, menu=self._menu(), icon=self._icon())

    def _menu(self) -> list[Menu]:
        def item(key: str, word: str) -> MenuAction:
            return MenuAction(self._to.say(key), lambda: self._post(Event("act", word)))

        items: list[Menu | MenuAction | MenuSeparator] = [
            item("device", "device"), item("menu_reload", "reload"), MenuSeparator(), item("menu_sign_out", "sign-out"),
            MenuAction(self._to.say("menu_quit"), self.close),
        ]  # fmt: skip
        return [Menu(self._to.say("menu"), items)]

    def _icon(self) -> str | None:
        if not LINUX:
            return None  # the package's own, on the other systems
        from selfserve.desktop.gtk import usable

        return usable(self._brand.icon or ICON)

    def _bolt(self) -> None:
        from selfserve.desktop.gtk import Bolts

        self._gtk = Bolts(self._window.uid, self._brand, self._post)
        if self._trusted:  # the app found it good while the window was made
            self._gtk.trust(self._trusted)

    def _remember_gtk(self) -> None:
        if self._gtk is not None:
            place.keep(self._memory, self._gtk.place(self._place))

    def _loaded(self) -> None:
        """Where there are no bolts: what is not ours goes to the browser after all, and the window back."""
        address = self._window.get_current_url() or ""
        if where(address, self._brand.server) is Where.WINDOW:
            self._post(Event("at", address))
            return
        if where(address, self._brand.server) is Where.BROWSER:
            webbrowser.open(address)
        self._window.load_url(self._brand.server)

    def _resized(self, width: int, height: int) -> None:
        self._place = replace(self._place, width=int(width), height=int(height))

    def _moved(self, x: int, y: int) -> None:
        self._place = replace(self._place, x=int(x), y=int(y))

    def _remember(self) -> None:
        place.keep(self._memory, self._place)


def _ground() -> str:
    """The colour of the window before anything is drawn in it."""
    if not LINUX:
        return GROUND
    from selfserve.desktop import gtk

    return DARK_GROUND if gtk.dark() else GROUND


def screens() -> list[Screen]:
    """The screens there are; raises NoScreen where no window can be opened."""
    try:
        if LINUX:
            from selfserve.desktop import gtk

            found = gtk.screens()
        else:
            found = [Screen(one.x, one.y, one.width, one.height) for one in webview.screens]
    except Exception as error:
        raise NoScreen(f"no window can be opened here ({type(error).__name__}: {error})") from error
    if not found:
        raise NoScreen("no window can be opened here, as there is no screen")
    return found


class NoScreen(Exception):  # noqa: N818  (said to whoever started it, in a sentence)
    """There is nothing to show a window on."""
