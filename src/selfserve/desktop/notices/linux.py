"""Linux: `org.freedesktop.Notifications` on the session bus (Desktop Notifications Specification 1.2)."""

from __future__ import annotations

import html
import importlib
import threading
from typing import Any

from selfserve.desktop.brand import Brand
from selfserve.desktop.notices import Pressed
from selfserve.desktop.server import Notice
from selfserve.desktop.words import Speaker

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
MOST = 50
"""Notices that are remembered, so that a press finds its page."""


class BusTeller:
    """Speaks through GLib, which the window has loaded already; presses come by its main loop."""

    def __init__(self, brand: Brand, to: Speaker, pressed: Pressed) -> None:
        self._brand, self._to, self._pressed = brand, to, pressed
        self._paths: dict[int, str] = {}
        self._early: set[int] | None = None
        self._lock = threading.Lock()
        self._bus: Any = None

    def tell(self, notice: Notice) -> None:
        """See `Teller`."""
        with self._lock:
            self._early = set()
        try:
            number = self._notify(notice)
        except Exception:  # no bus, nobody who shows notices: nothing the customer could mend here
            number = 0  # never given out
        with self._lock:
            pressed, self._early = number in (self._early or ()), None
            if number and not pressed:
                self._paths[number] = notice.path
                for old in list(self._paths)[:-MOST]:
                    del self._paths[old]
        if pressed and notice.path:
            self._pressed(notice.path)

    def _notify(self, notice: Notice) -> int:
        gio, glib = (importlib.import_module("gi.repository." + name) for name in ("Gio", "GLib"))
        bus = self._connected(gio)
        hints = {"desktop-entry": glib.Variant("s", self._brand.id), "category": glib.Variant("s", "transfer")}
        actions = ["default", self._to.say("open_notice")] if notice.path else []
        # The body may be read as markup (body-markup); what others wrote stays text.
        asked = (self._brand.name, 0, self._brand.id, notice.title, html.escape(notice.body), actions, hints, -1)
        made = glib.Variant("(susssasa{sv}i)", asked)
        answer = bus.call_sync(
            NAME, PATH, NAME, "Notify", made, glib.VariantType("(u)"), gio.DBusCallFlags.NONE, 3000, None
        )
        return int(answer.unpack()[0])

    def _connected(self, gio: Any) -> Any:
        with self._lock:
            if self._bus is None:
                self._bus = gio.bus_get_sync(gio.BusType.SESSION, None)
                flags = gio.DBusSignalFlags.NONE
                self._bus.signal_subscribe(NAME, NAME, "ActionInvoked", PATH, None, flags, self._invoked)
            return self._bus

    def _invoked(self, _bus: Any, _from: str, _path: str, _name: str, _signal: str, told: Any) -> None:
        number, action = told.unpack()
        with self._lock:
            path = self._paths.pop(number, "") if action == "default" else ""
            if not path and self._early is not None and action == "default":
                self._early.add(number)  # of another program; or ours, pressed before we were told its number
        if path:
            self._pressed(path)
