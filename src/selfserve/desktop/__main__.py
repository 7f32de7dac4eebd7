"""`python3 -m selfserve.desktop [--brand FILE] [--local] [--version] [--] [LINK]`."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from selfserve.desktop import VERSION, brand, facts, instance, place, words
from selfserve.desktop.brand import Brand, BrandError
from selfserve.desktop.links import handed_over, path_of

NO_WINDOW = 3
WRONG = 2


def main(arguments: Sequence[str] | None = None, fixed: str = "") -> int:
    """Run the app until its window is closed; the exit code (see docs/desktop.md).

    `fixed` is the brand file of a packaged app: then nobody who starts it, or hands it a link, chooses another; only
    the administrator of the machine does (see `brand.of_package`).
    """
    told = _arguments(sys.argv[1:] if arguments is None else arguments, fixed)
    if told.local:
        return _local()
    try:
        chosen = brand.of_package(Path(fixed)) if fixed else brand.of_environment(told.brand or "")
        return run(chosen, told.link)
    except BrandError as error:
        return _stop(str(error), WRONG)


def _arguments(given: Sequence[str], fixed: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="selfserve-desktop", description="The app: a window on your self-service.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=VERSION)
    if not fixed:
        parser.add_argument(
            "--brand", default=None, metavar="FILE", action=_Once, help="whose app this is: a brand.toml"
        )
        parser.add_argument(
            "--local", action="store_true", help="server and window on this machine; needs the whole selfserve"
        )
    parser.add_argument("link", nargs="?", default="", help="what to open, such as selfserve://items/vpn-access")
    parser.set_defaults(**({"local": False} if fixed else {}))
    return parser.parse_args(list(given))


class _Once(argparse.Action):
    """An option that is given once, before the link: what follows a link may be the link's own, badly quoted."""

    def __call__(
        self, parser: argparse.ArgumentParser, told: argparse.Namespace, value: Any, option: str | None = None
    ) -> None:
        if told.link or getattr(told, self.dest) is not None:
            parser.error(f"{option} is given once, before the link")
        setattr(told, self.dest, value)


def _local() -> int:
    """The whole selfserve does that; it lives in another package than this app on most machines."""
    if find_spec("nicegui") is None or find_spec("selfserve.cli") is None:
        return _stop("--local needs the whole selfserve on this machine: pip install 'selfserve[desktop]'.", WRONG)
    command = [sys.executable, "-c", "from selfserve.cli import main; main()", "desktop", "--local"]
    if sys.platform == "win32":
        return subprocess.call(command)
    # In this one's place: what is to end the app, such as Ctrl-C, reaches the whole selfserve, which ends in order.
    return os.execv(sys.executable, command)  # noqa: S606


def run(chosen: Brand, link: str) -> int:
    """The app of one brand, or `link` handed to the one that runs already."""
    return run_on(chosen.id, nullcontext(chosen), link, name=chosen.name, scheme=chosen.scheme)


def run_on(app: str, server: AbstractContextManager[Brand], link: str, *, name: str, scheme: str = Brand.scheme) -> int:
    """The app of the id `app` on a server that begins and ends with it: not begun at all where the app runs already,
    which is handed `link`, nor for a link that names no page, nor where no window can be opened."""
    to = words.of_system()
    try:
        state = place.folder(app, os.environ)
    except place.NoHome:
        return _stop(to.say("no_home"), NO_WINDOW)
    waiting: list[str] = []
    came: list[Callable[[str], None]] = [waiting.append]
    meeting = instance.folder_of(app, state, os.environ)
    try:
        first = instance.single(meeting, handed_over(link, scheme), lambda told: came[-1](told))
    except instance.Elsewhere:
        return 0
    except instance.Silent:
        return _stop(to.say("no_answer", name=name), NO_WINDOW)
    except OSError as error:
        return _stop(to.say("no_place", folder=meeting, reason=error.strerror or error), NO_WINDOW)
    place.sweep(state)
    try:
        if link and path_of(link, scheme) is None:
            return _stop(f"{to.say('refused_link')}. {to.say('refused_link_told', name=name)}", WRONG)
        why = _no_window(app, name, to)
        if why:
            return _stop(why, NO_WINDOW)
        with server as chosen:
            try:
                return _opened(chosen, link, came, waiting, first.deafen)
            finally:
                first.deafen()  # its server may take a while to end
    finally:
        first.close()


def _no_window(app: str, name: str, to: words.Speaker) -> str:
    """Why no window can be opened here, in a sentence; "" where it can. Asked before anything is begun for it."""
    if sys.platform not in ("darwin", "win32"):
        try:
            importlib.import_module("selfserve.desktop.gtk").name_program(app)
        except (ImportError, ValueError) as error:
            return to.say("no_gtk", reason=error)
    from selfserve.desktop.window import NoScreen, screens

    try:
        screens()
    except NoScreen as error:
        return f"{name}: {error}."
    return ""


def _opened(
    chosen: Brand,
    link: str,
    came: list[Callable[[str], None]],
    waiting: list[str],
    gone: Callable[[], None],
) -> int:
    """The app in its window, until both have ended; `gone` is called as soon as the window is closed."""
    to = words.of_system()
    from selfserve.desktop.app import App
    from selfserve.desktop.around import Around
    from selfserve.desktop.beside import name_for
    from selfserve.desktop.former import Former
    from selfserve.desktop.keep import Keeper
    from selfserve.desktop.notices import teller
    from selfserve.desktop.roaming import stay
    from selfserve.desktop.screens import starting
    from selfserve.desktop.server import Server, trust
    from selfserve.desktop.window import NoScreen, WebWindow

    stay(os.environ)
    state = place.folder(chosen.id, os.environ)
    try:
        window = WebWindow(chosen, to, starting(to, chosen), state / "window.json")
    except NoScreen as error:
        return _stop(f"{chosen.name}: {error}.", NO_WINDOW)
    agent = f"selfserve-desktop/{VERSION} ({platform.system().lower()})"

    def keeper(server: str) -> Keeper:
        return Keeper(chosen.id, server, aside=state / name_for(server))

    def served(origin: str, ca_file: Path | None) -> Server:
        return Server(origin, agent, to.language, trust(ca_file))

    app = App(
        Around(
            brand=chosen,
            to=to,
            server=served(chosen.server, chosen.ca_file),
            keeper=keeper(chosen.server),
            window=window,
            browse=webbrowser.open,
            facts=facts.read,
            teller=lambda pressed: teller(chosen, to, pressed),
            memory=state / "device.json",
            host=socket.gethostname() or "?",
            now=lambda: datetime.now(UTC),
            former=Former(state / "servers.json", chosen, keeper, served),
        ),
        wanted=path_of(link, chosen.scheme) or "/",
    )
    came.append(app.link)
    for told in waiting:
        app.link(told)
    window.run(app.post, app.run, gone)
    return 0


def _stop(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
