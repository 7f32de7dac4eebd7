"""The app's window without its course, for pages to be shown in. Run by Debian's Python: LIBRARY BRAND [CERTIFICATE].

The certificate is believed before the window is there. One JSON object a line: {"go": ADDRESS}, {"show": true} for a
page of the app's own, {"press": true} for its first button, {"script": TEXT}; {"last": true} closes the window, and
brings in what pywebview runs in each page while it is closing. Says each event as [KIND, VALUE], and what is logged as
["logged", TEXT].
"""

from __future__ import annotations

import json
import logging
import ssl
import sys
import threading
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from webview.util import inject_pywebview

from selfserve.desktop import brand, gtk, screens, words
from selfserve.desktop.around import Event
from selfserve.desktop.window import WebWindow

chosen, to = brand.load(Path(sys.argv[2])), words.of_system()
gtk.name_program(chosen.id)
window = WebWindow(chosen, to, screens.starting(to, chosen), Path(sys.argv[2]).parent / "window.json")


def said(event: Event) -> None:
    """Tell what happened."""
    print(json.dumps([event.kind, event.value]), flush=True)


class Log(logging.Handler):
    """Tells what pywebview logs."""

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging`."""
        said(Event("logged", record.getMessage()))


def at_last() -> None:
    """Bring in what pywebview runs in each page, while the window is closing: no answer can come before its end."""
    inject_pywebview("gtkwebkit2", window._window)
    for one in threading.enumerate():
        if "generate_js_object" in one.name:
            one.join(3)  # the window's own thread stands still meanwhile; whoever waits for it waits by now


def live() -> None:
    """Do what is asked until nobody asks any more."""
    for line in sys.stdin:
        asked = json.loads(line)
        if "go" in asked:
            window.go(asked["go"])
        elif "show" in asked:
            window.show(screens.welcome(to, [], None))
        elif "script" in asked:
            window.script(asked["script"])
        elif "last" in asked:
            window._window.events.closing += at_last
            break
        elif "press" in asked:
            window.script("document.querySelector('button').click()")
    window.close()


logging.getLogger("pywebview").addHandler(Log(logging.WARNING))
for certificate in sys.argv[3:]:
    window.trust(ssl.PEM_cert_to_DER_cert(Path(certificate).read_text()))
window.run(said, live)
