"""What a page can do to the app: nothing but to say one word, and that only with the secret of the app's own page."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import webview
from webview import util

from selfserve.desktop.bridge import Bridge, Nothing
from tests.desktop.session import Talker, brand_of, desktop, vendored
from tests.desktop.test_server import Answer, answering

SCRIPT = (
    "';window.webkit.messageHandlers.jsBridge.postMessage(JSON.stringify({funcName:`act`,id:`7`,params:["
    "JSON.parse(document.scripts[0].text.split(`.act(`)[1].split(`,`)[0]),`send`]}));var y='"
)
"""Ends the text that pywebview puts into the next page's script, takes that page's secret and presses a button."""
HOSTILE: list[dict[str, object]] = [
    {"funcName": "_heard", "params": ["send"], "id": "1"},
    {"funcName": "act.__self__._heard", "params": ["send"], "id": "2"},
    {"funcName": "_renew", "params": [], "id": "3"},
    {"funcName": "act", "params": ["", "send"], "id": "4"},
    {"funcName": "act", "params": ["guess", "send"], "id": "5"},
    {"funcName": "pywebviewStateUpdate", "params": {"key": "x", "value": SCRIPT}, "id": "6"},
]
PAGE = f"""<!doctype html><title>A page of a server</title><script>
for (const told of {json.dumps(HOSTILE)}) window.webkit.messageHandlers.jsBridge.postMessage(JSON.stringify(told));
location = "/done";
</script>"""


def hostile(asked: Any) -> Answer:
    """A server whose page sends whatever it likes."""
    page = "<!doctype html><title>Done</title>" if asked.path == "/done" else PAGE
    return 200, {"Content-Type": "text/html"}, page.encode()


def test_a_page_of_a_server_presses_nothing_in_the_real_window(tmp_path: Path) -> None:
    """By names, by guesses, by what it leaves behind for the next page; the app's own page still works."""
    library = vendored(tmp_path / "library")
    with desktop(tmp_path / "s", keyring=None) as session, answering(hostile) as port:
        server = f"http://127.0.0.1:{port}"
        brand = brand_of(session.folder, server)
        window = Talker(session.stack, "pages_shown.py", session.environment, str(library), str(brand))
        heard: list[list[str]] = []

        def comes(event: list[str]) -> None:
            heard.append(window.hear(f"{event} did not come after {heard}"))
            while heard[-1] != event:
                heard.append(window.hear(f"{event} did not come after {heard}"))

        comes(["at", "about:blank"])
        window.send(go=f"{server}/")
        comes(["at", f"{server}/done"])
        window.send(show=True)
        comes(["at", "about:blank"])
        window.send(press=True)
        comes(["act", "sign-in"])
        assert [value for kind, value in heard if kind == "act"] == ["sign-in"]


NAMES = (
    "_heard", "_act", "came", "renewed", "offered", "act.__globals__", "act.__closure__", "act.__self__", "__class__",
    "__class__.__base__.__subclasses__", "__class__.__name__.__class__.zfill", "__dir__", "__slots__", "",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_pywebviews_own_way_reaches_nothing_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where our bolt were not: what it looks into has no attribute, and it is given a function alone."""
    begun: list[object] = []
    monkeypatch.setattr(webview, "windows", [])
    monkeypatch.setattr(util, "Thread", lambda target: SimpleNamespace(start=lambda: begun.append(target)))
    window = webview.create_window("x", html="", js_api=Nothing())
    assert window is not None
    window.expose(Bridge(begun.append).offered())
    util.js_bridge_call(window, name, ["send"], "1")
    assert begun == []
    util.js_bridge_call(window, "act", ["", "send"], "1")
    assert len(begun) == 1


@pytest.mark.parametrize(
    "given",
    [
        None, "", "send", ["send"], {"secret": "SECRET", "word": "send"}, ["SECRET", "send", 1], ["", "send"],
        ["SECRET", ["send"]], [["SECRET"], "send"], ["\ud800", "send"], ["SECRET", "x" * 41], ["another", "send"],
        [None, None],
    ],
)  # fmt: skip
def test_a_word_needs_the_secret_of_the_page_that_is_shown(given: object) -> None:
    """Whatever else is sent is no word, of whatever shape; and nobody is answered."""
    heard: list[str] = []
    bridge = Bridge(heard.append)
    secret = bridge.renewed()
    told = json.loads(json.dumps(given).replace("SECRET", secret))
    names: list[object] = ["act", "_act", ["act"], {}, None, 3, "pywebviewMoveWindow", "pywebviewAsyncCallback"]
    for name in names:
        bridge.came(object(), name, told if name == "act" else [secret, "send"], "1")
    assert heard == []
    bridge.came(object(), "act", [secret, "send"], "1")
    assert heard == ["send"]


def test_a_secret_ends_with_its_page() -> None:
    """With the next page of the app's own, and with every page of a server."""
    heard: list[str] = []
    bridge = Bridge(heard.append)
    first, second = bridge.renewed(), bridge.renewed()
    bridge.came(object(), "act", [first, "send"], "1")
    bridge.shut()
    for secret in (second, ""):
        bridge.came(object(), "act", [secret, "send"], "1")
    assert heard == []


def test_a_pywebview_that_takes_messages_otherwise_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be open without a word."""
    monkeypatch.delattr(util, "js_bridge_call")
    with pytest.raises(RuntimeError, match=re.escape("This pywebview takes what pages send in another way")):
        Bridge(lambda _: None).bolt()


def test_renderers_are_bolted_whether_they_are_loaded_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are loaded have it by name already; those to come take it where it is defined."""
    loaded = ModuleType("webview.platforms.made_up")
    monkeypatch.setattr(loaded, "js_bridge_call", util.js_bridge_call, raising=False)
    monkeypatch.setattr(util, "js_bridge_call", util.js_bridge_call)  # to be put back
    monkeypatch.setitem(sys.modules, loaded.__name__, loaded)
    bridge = Bridge(lambda _: None)
    bridge.bolt()
    assert {vars(module)["js_bridge_call"] for module in (loaded, util)} == {bridge.came}
