"""Reads and presses what is on the screen, as a screen reader does (AT-SPI). Run by Debian's Python, beside the app.

One JSON object a line: {"see": true} → the names of all that is shown; {"press": NAME} → whether it could be pressed.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

DEEPEST = 60
PRESSABLE = {"push button", "button", "link", "menu item", "menu"}


def shown(node: Any, found: list[Any], deep: int = 0) -> list[Any]:
    """Every node below `node`, with role and name."""
    try:
        name, role = node.get_name() or "", node.get_role_name()
        text = node.get_text_iface()
        said = Atspi.Text.get_text(text, 0, -1) if text is not None else ""
        found.append((node, role, name, (said or "").replace("\ufffc", "")))
        for at in range(min(node.get_child_count(), 500)):
            child = node.get_child_at_index(at)
            if child is not None and deep < DEEPEST:
                shown(child, found, deep + 1)
    except GLib.Error:
        return found
    return found


def everything(program: str) -> list[Any]:
    """What the windows of `program` show."""
    desktop = Atspi.get_desktop(0)
    found: list[Any] = []
    for at in range(desktop.get_child_count()):
        app = desktop.get_child_at_index(at)
        if app is not None and program in (app.get_name() or ""):
            shown(app, found)
    return found


def press(program: str, name: str) -> bool:
    """Press the first button or link of that name."""
    for node, role, called, said in everything(program):
        if role in PRESSABLE and name in (called, said):
            action = node.get_action_iface()
            if action is not None and Atspi.Action.get_n_actions(action):
                return bool(Atspi.Action.do_action(action, 0))
    return False


def main(program: str) -> None:
    """Answer line by line."""
    Atspi.init()
    for line in sys.stdin:
        asked = json.loads(line)
        answer: Any
        try:
            if "press" in asked:
                answer = press(program, asked["press"])
            else:
                answer = [[role, name, said] for _, role, name, said in everything(program) if name or said]
        except GLib.Error as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
