"""GTK: what pywebview leaves open is bolted here, with WebKitGTK's own signals.

Only the company's server loads in the window; nothing is downloaded, no camera asked; a page that cannot load is told
to the app instead of shown; the company's authority counts, and the proxy of the environment.
"""

from __future__ import annotations

import os
import ssl
import webbrowser
from collections.abc import Callable
from pathlib import Path
from signal import SIG_IGN, SIGHUP, SIGINT, SIGTERM, getsignal
from signal import signal as set_signal
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import gi
from webview.platforms import gtk as platform

from selfserve.desktop import VERSION
from selfserve.desktop.around import Event
from selfserve.desktop.brand import LOOPBACK, Brand
from selfserve.desktop.fence import Where, where
from selfserve.desktop.place import Place, Screen

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gdk, GdkPixbuf, Gio, GLib, Gtk, WebKit2  # noqa: E402

STOPPED = frozenset({102, 302})
"""WebKit's codes for a load that was stopped by us or by the page itself (frame interrupted by policy, cancelled)."""


def name_program(app: str) -> None:
    """Tell the desktop which program this is, so that its window is found under the app's entry."""
    GLib.set_prgname(app)
    Gdk.set_program_class(app)


def screens() -> list[Screen]:
    """The screens there are; none where no display answers. pywebview's own look would make its program too early."""
    display = Gdk.Display.get_default()
    if display is None:
        return []
    found = (display.get_monitor(at).get_geometry() for at in range(display.get_n_monitors()))
    return [Screen(one.x, one.y, one.width, one.height) for one in found]


def dark() -> bool:
    """Whether the desktop is dark, as far as GTK knows: the window is, too, before anything is drawn in it."""
    if os.environ.get("GTK_THEME", "").endswith(":dark"):
        return True
    settings = Gtk.Settings.get_default()
    if settings is None:
        return False
    name = (settings.get_property("gtk-theme-name") or "").lower()
    return bool(settings.get_property("gtk-application-prefer-dark-theme")) or name.endswith("-dark")


def usable(icon: Path) -> str | None:
    """The icon's path, if this system can draw it; a window without an icon is better than none."""
    try:
        GdkPixbuf.Pixbuf.new_from_file(str(icon))
    except GLib.Error:
        return None
    return str(icon)


def close_on_signals(uid: str) -> None:
    """Close the window in order when its session ends, or whoever started the app wants it to: what a customer would
    miss is kept, what nobody would find is ended. From then on such a signal changes nothing any more."""
    asked: list[int] = []

    def close(number: int) -> bool:
        if not asked:
            platform.destroy_window(uid)  # type: ignore[no-untyped-call]
        asked.append(number)
        return bool(GLib.SOURCE_CONTINUE)

    for number in (SIGHUP, SIGINT, SIGTERM):
        if getsignal(number) is not SIG_IGN:  # as `nohup` wants it
            set_signal(number, SIG_IGN)  # what Python remembers: at its own end it would let SIGINT kill it again
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, close, number)


class Bolts:
    """The bolts of one window. To be made in the main thread, before the window shows."""

    def __init__(self, uid: str, brand: Brand, post: Callable[[Event], None]) -> None:
        self._brand, self._post = brand, post
        self._view = platform.BrowserView.instances[uid]
        web = self._web = self._view.webview
        web.disconnect_by_func(self._view.on_navigation)
        for signal, handler in (
            ("decide-policy", self._decide),
            ("load-changed", self._changed),
            ("load-failed", self._failed),
            ("load-failed-with-tls-errors", self._refused),
            ("web-process-terminated", self._died),
            ("permission-request", self._denied),
        ):
            web.connect(signal, handler)
        self._view.evaluate_js = self._ran
        self._settle(web.get_settings())
        self._proxy()

    def _settle(self, settings: Any) -> None:
        for name, value in (
            ("enable-media-stream", False),
            ("enable-webgl", False),
            ("enable-webrtc", False),
            ("javascript-can-access-clipboard", False),
            ("allow-file-access-from-file-urls", False),
            ("enable-html5-local-storage", True),  # of this session only: the context keeps nothing on disk
        ):
            if settings.find_property(name) is not None:
                settings.set_property(name, value)
        settings.set_user_agent_with_application_details("selfserve-desktop", VERSION)

    def _proxy(self) -> None:
        secure = self._brand.server.startswith("https:")
        names = ("https_proxy", "HTTPS_PROXY") if secure else ("http_proxy",)
        told = next((os.environ[name] for name in names if os.environ.get(name)), "")
        if not told or urlsplit(self._brand.server).hostname in LOOPBACK:
            return
        manager = self._web.get_context().get_website_data_manager()
        if proxy_bypass(urlsplit(self._brand.server).netloc):  # as the app's own calls go, `*` for all included
            manager.set_network_proxy_settings(WebKit2.NetworkProxyMode.NO_PROXY, None)
            return
        made = WebKit2.NetworkProxySettings.new(told if "://" in told else f"http://{told}", None)
        manager.set_network_proxy_settings(WebKit2.NetworkProxyMode.CUSTOM, made)

    def trust(self, certificate: bytes) -> None:
        """Believe this certificate for the server; from any thread."""
        made = Gio.TlsCertificate.new_from_pem(ssl.DER_cert_to_PEM_cert(certificate), -1)
        host = urlsplit(self._brand.server).hostname
        GLib.idle_add(lambda: self._web.get_context().allow_tls_certificate_for_host(made, host) and False)

    def place(self, before: Place) -> Place:
        """Where the window is now; in the main thread. While it fills the screen, its size is that of before."""
        window = self._view.window
        if window.is_maximized():
            return Place(before.width, before.height, before.x, before.y, maximized=True)
        (width, height), (x, y) = window.get_size(), window.get_position()
        return Place(width, height, x - self._view.screen.x, y - self._view.screen.y)

    def _ran(self, script: str, _parse: bool) -> None:
        """Stands for pywebview's `evaluate_js`, which waits for an answer, and for ever where the window goes first.
        Nothing that is run here has an answer that anybody uses."""
        GLib.idle_add(self._run, script)

    def _run(self, script: str) -> bool:
        if self._there():
            self._web.evaluate_javascript(script, -1, None, None, None, self._done)
        return bool(GLib.SOURCE_REMOVE)

    def _done(self, web: Any, task: Any) -> None:
        """What is wrong with a script is logged, where pywebview logs."""
        try:
            web.evaluate_javascript_finish(task)
        except GLib.Error as error:
            if self._there():
                platform.logger.error("A script failed: %s", error)

    def _there(self) -> bool:
        return self._view.uid in platform.BrowserView.instances

    def _decide(self, _web: Any, decision: Any, kind: Any) -> bool:
        if kind == WebKit2.PolicyDecisionType.RESPONSE:
            if decision.is_mime_type_supported():
                return False
            address = decision.get_request().get_uri()
        else:
            action = decision.get_navigation_action()
            address = action.get_request().get_uri()
            fresh = kind == WebKit2.PolicyDecisionType.NEW_WINDOW_ACTION
            if where(address, self._brand.server) is Where.WINDOW and not fresh:
                return False
        decision.ignore()
        if where(address, self._brand.server) is not Where.NOWHERE and address.startswith(("http", "mailto:", "tel:")):
            webbrowser.open(address)
        return True

    def _changed(self, web: Any, event: Any) -> None:
        if event == WebKit2.LoadEvent.FINISHED:
            self._post(Event("at", web.get_uri() or ""))

    def _failed(self, _web: Any, _event: Any, address: str, error: Any) -> bool:
        if error.code not in STOPPED:
            self._post(Event("failed", address))
        return True

    def _refused(self, _web: Any, address: str, _certificate: Any, _errors: Any) -> bool:
        self._post(Event("failed", address))
        return True

    def _died(self, _web: Any, _reason: Any) -> None:
        self._post(Event("failed"))

    def _denied(self, _web: Any, request: Any) -> bool:
        request.deny()
        return True
