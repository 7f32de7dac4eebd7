"""`org.freedesktop.Notifications` that writes down what it is told. Run by Debian's Python on the session's bus.

One JSON object a line for each notice; a line {"press": ID} on standard input presses that notice.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

from gi.repository import Gio, GLib

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
XML = """<node><interface name="org.freedesktop.Notifications">
<method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
<arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
<arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/></method>
<method name="GetCapabilities"><arg type="as" direction="out"/></method>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""
AT_ONCE = "Pressed at once"
"""The title of a notice that is pressed before whoever told it knows its number."""
told: list[str] = []
buses: list[Any] = []


def say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def called(_bus: Any, _who: str, _at: str, _face: str, method: str, parameters: Any, invocation: Any) -> None:
    if method == "GetCapabilities":
        invocation.return_value(GLib.Variant("(as)", (["actions", "body", "body-markup"],)))
        return
    app, _, icon, title, body, actions, hints, _ = parameters.unpack()
    told.append(title)
    say(id=len(told), app=app, icon=icon, title=title, body=body, actions=actions, hints=hints)
    if title == AT_ONCE:
        press(len(told))
        buses[0].flush_sync()
        time.sleep(0.2)  # other programs' time: the press is read by whoever told it before its number comes
    invocation.return_value(GLib.Variant("(u)", (len(told),)))


def acquired(bus: Any, _name: str) -> None:
    buses.append(bus)
    bus.register_object(PATH, Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0], called, None, None)


def press(number: int) -> None:
    buses[0].emit_signal(None, PATH, NAME, "ActionInvoked", GLib.Variant("(us)", (number, "default")))


def listen() -> None:
    for line in sys.stdin:
        GLib.idle_add(press, json.loads(line)["press"])


def main() -> None:
    """Take notices until the end."""
    flags = Gio.BusNameOwnerFlags.NONE
    Gio.bus_own_name(Gio.BusType.SESSION, NAME, flags, acquired, lambda *_: say(ready=True), None)
    threading.Thread(target=listen, daemon=True).start()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
