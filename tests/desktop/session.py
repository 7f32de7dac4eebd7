"""A desktop session of its own: Xvfb, openbox, a session bus, somebody who takes notices, a keyring; and the app in it.

The app is seen and pressed by its accessible names, as a screen reader does. `app` takes the command that starts it, so
that the installed package is tried by the same hands.
"""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

import pytest

from tests.servers.processes import program, running, stop

T = TypeVar("T")
HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "src" / "selfserve"
PYTHON = "/usr/bin/python3"
"""Debian's own, which has GTK, WebKitGTK and the keyring."""
PATIENCE = 60.0
BRAND = """name = "Fernhill Self-service"
id = "com.example.fernhill"
server = "{server}"
[help]
phone = "+49 30 123456"
mail = "help@example.com"
text = "Ask the TechOps team on the ground floor."
"""


def until(look: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """What `look` gives once it is true; fails with `what` after so long."""
    limit = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < limit, what
        # Other programs give no signal when they have drawn something; asking again is the only way.
        time.sleep(0.03)


class Talker:
    """A helper that answers lines of JSON with lines of JSON."""

    def __init__(self, stack: ExitStack, script: str, environment: dict[str, str], *arguments: str) -> None:
        command = [PYTHON, "-W", "ignore", str(HERE / script), *arguments]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment, text=True
        )
        stack.callback(self._end)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in: IO[str] = self._process.stdin
        self._out: IO[str] = self._process.stdout
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._out:
            self._lines.put(line)

    def _end(self) -> None:
        self._in.close()
        stop(self._process)
        self._reader.join()
        self._out.close()

    def send(self, **asked: Any) -> None:
        """Say one line."""
        self._in.write(json.dumps(asked) + "\n")
        self._in.flush()

    def ask(self, **asked: Any) -> Any:
        """Say one line, and hear the answer."""
        self.send(**asked)
        return self.hear(f"no answer to {asked}")

    def hear(self, otherwise: str) -> Any:
        """The next line; fails with `otherwise` where none comes."""
        try:
            return json.loads(self._lines.get(timeout=PATIENCE))
        except queue.Empty:
            pytest.fail(otherwise)

    def ends(self) -> int:
        """Wait for its own end; its exit code."""
        return self._process.wait(PATIENCE)


@dataclass
class Notified:
    """Whoever takes the notices of the session."""

    _talker: Talker
    heard: list[dict[str, Any]] = field(default_factory=list)

    def next(self) -> dict[str, Any]:
        """The next notice; waits for it."""
        told: dict[str, Any] = self._talker.hear(f"no further notice came after {self.heard}")
        self.heard.append(told)
        return told

    def press(self, number: int) -> None:
        """Press a notice."""
        self._talker.send(press=number)


@dataclass
class Session:
    """One desktop session. `browsed` is where a started browser writes its address."""

    folder: Path
    environment: dict[str, str]
    stack: ExitStack
    notified: Notified | None = None
    browsed: Path = field(init=False)

    def __post_init__(self) -> None:
        self.browsed = self.folder / "browsed"

    def shot(self, path: Path) -> None:
        """A picture of the screen."""
        subprocess.run(
            [program("import", "imagemagick"), "-window", "root", str(path)], env=self.environment, check=True
        )

    def address(self, before: int = 0) -> str:
        """The address the browser was last opened with; waits for more than `before` of them."""

        def lines() -> list[str]:
            return self.browsed.read_text().splitlines() if self.browsed.exists() else []

        return until(lambda: lines()[before:], "no browser was opened")[-1]


@dataclass
class Shown:
    """The running app, as its customer sees it."""

    session: Session
    process: subprocess.Popen[bytes]
    log: Path
    _reader: Talker

    def see(self) -> list[str]:
        """All texts that are shown."""
        found = self._reader.ask(see=True)
        return [text for _, name, said in found for text in (name, said) if text] if isinstance(found, list) else []

    def sees(self, text: str, seconds: float = PATIENCE) -> None:
        """Wait until a text is shown."""
        seen: list[str] = []

        def look() -> bool:
            seen[:] = self.see()
            return any(text in one for one in seen)

        try:
            until(look, text, seconds)
        except AssertionError:
            raise AssertionError(f"{text!r} does not show; this does: {seen}\n{self.log.read_text()[-3000:]}") from None

    def press(self, name: str) -> None:
        """Press a button, link or menu item by its name."""
        until(lambda: self._reader.ask(press=name) is True, f"{name!r} cannot be pressed; there is {self.see()}")

    def ends(self, seconds: float = PATIENCE) -> int:
        """Wait for its end; its exit code."""
        return self.process.wait(seconds)


@contextmanager
def desktop(
    folder: Path, *, keyring: str | None = "good", language: str = "en_GB.UTF-8", dark: bool = False
) -> Iterator[Session]:
    """A session. `keyring`: "good" is an unlocked gnome-keyring, "locked" one that nobody unlocks, None is none."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        environment = _environment(folder, language, dark=dark)
        environment["DISPLAY"] = _screen(stack, folder, environment)
        environment["DBUS_SESSION_BUS_ADDRESS"] = _bus(stack, folder, environment)
        ready = folder / "openbox.log"
        stack.enter_context(running([program("openbox", "openbox")], ready, lambda: True, env=environment))
        session = Session(folder, environment, stack)
        talker = Talker(stack, "notified.py", environment)
        assert talker.hear("whoever takes the notices did not start") == {"ready": True}
        session.notified = Notified(talker)
        if keyring is not None:
            unlock(stack, folder, environment, keyring)
        yield session


def _environment(folder: Path, language: str, *, dark: bool) -> dict[str, str]:
    home, runtime = folder / "home", folder / "run"
    home.mkdir(exist_ok=True)
    runtime.mkdir(mode=0o700, exist_ok=True)
    browser = folder / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >>"{folder / "browsed"}"\n')
    browser.chmod(0o755)
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_STATE_HOME": str(home / "state"),
        "BROWSER": f"{browser} %s",
        "LANG": language,
        "LANGUAGE": language[:2],
        "GTK_MODULES": "gail:atk-bridge",
        "GTK_THEME": "Adwaita:dark" if dark else "Adwaita",
        "NO_AT_BRIDGE": "0",
        # WebKit's own sandbox needs rights over namespaces that containers do not give; the app never sets this.
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
        "LIBGL_ALWAYS_SOFTWARE": "1",
    }


def _screen(stack: ExitStack, folder: Path, environment: dict[str, str]) -> str:
    """A screen that nobody sees, at a number that Xvfb chooses."""
    told, log = folder / "display", folder / "xvfb.log"
    with told.open("w") as out:
        command = [
            program("Xvfb", "xvfb"),
            "-displayfd",
            str(out.fileno()),
            "-screen",
            "0",
            "1280x900x24",
            "-nolisten",
            "tcp",
        ]
        ready = lambda: told.read_text().endswith("\n")  # noqa: E731
        stack.enter_context(running(command, log, ready, env=environment, pass_fds=(out.fileno(),)))
    return f":{told.read_text().strip()}"


BUS = """<busconfig><type>session</type><listen>unix:dir={folder}</listen><servicedir>{services}</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"""


def _bus(stack: ExitStack, folder: Path, environment: dict[str, str]) -> str:
    """A session bus that starts nothing by itself but what reads the screen: a keyring is there if we start one."""
    services = folder / "services"
    services.mkdir()
    for service in Path("/usr/share/dbus-1/services").glob("org.a11y.*"):
        (services / service.name).symlink_to(service)
    config, told, log = folder / "bus.conf", folder / "bus", folder / "bus.log"
    config.write_text(BUS.format(folder=folder, services=services))
    with told.open("w") as out:
        told_to = f"--print-address={out.fileno()}"
        command = [program("dbus-daemon", "dbus-daemon"), f"--config-file={config}", "--nofork", told_to]
        ready = lambda: told.read_text().endswith("\n")  # noqa: E731
        stack.enter_context(running(command, log, ready, env=environment, pass_fds=(out.fileno(),)))
    return told.read_text().strip()


def unlock(stack: ExitStack, folder: Path, environment: dict[str, str], how: str) -> None:
    """gnome-keyring, with its login collection made and unlocked, or made and locked again."""
    keyring = program("gnome-keyring-daemon", "gnome-keyring")
    for password in ("right",) if how == "good" else ("right", None):
        stop_at_once = ExitStack() if how == "locked" and password else stack
        _keyring(stop_at_once, keyring, folder, environment, password)
        if stop_at_once is not stack:
            stop_at_once.close()


def _keyring(stack: ExitStack, keyring: str, folder: Path, environment: dict[str, str], password: str | None) -> None:
    command = [keyring, "--foreground", "--components=secrets", *(["--unlock"] if password else [])]
    with (folder / "keyring.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment)
    stack.callback(stop, process)
    assert process.stdin is not None
    process.stdin.write((password or "").encode())
    process.stdin.close()
    owned = [
        program("gdbus", "libglib2.0-bin"), "call", "--session", "--dest", "org.freedesktop.DBus", "--object-path",
        "/org/freedesktop/DBus", "--method", "org.freedesktop.DBus.NameHasOwner", "org.freedesktop.secrets",
    ]  # fmt: skip
    until(
        lambda: b"true" in subprocess.run(owned, env=environment, capture_output=True, check=False).stdout, "no keyring"
    )


def vendored(folder: Path) -> Path:
    """The app as its package lays it out: this folder of ours, pywebview and what that needs, nothing else."""
    import webview  # what the lock names, wherever it is installed

    site = Path(webview.__file__).parents[1]
    (folder / "selfserve").mkdir(parents=True)
    shutil.copy(SOURCES / "__init__.py", folder / "selfserve")
    shutil.copytree(SOURCES / "desktop", folder / "selfserve" / "desktop", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("webview", "proxy_tools", "truststore"):
        shutil.copytree(site / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("bottle.py", "typing_extensions.py"):
        shutil.copy(site / name, folder)
    return folder


def from_sources(folder: Path, brand: Path) -> list[str]:
    """The command that starts the app from our sources, as the package would."""
    run = "runpy.run_module('selfserve.desktop',run_name='__main__',alter_sys=True)"
    code = f"import runpy,sys;sys.path.insert(0,sys.argv.pop(1));{run}"
    return [PYTHON, "-I", "-c", code, str(folder), "--brand", str(brand)]


def brand_of(folder: Path, server: str, more: str = "") -> Path:
    """A brand file for an app on `server`."""
    path = folder / "brand.toml"
    path.write_text(BRAND.format(server=server) + more)
    return path


@contextmanager
def app(session: Session, command: Sequence[str], name: str = "com.example.fernhill") -> Iterator[Shown]:
    """The app, started by `command` in the session; `name` is the id of its brand."""
    log = session.folder / f"app-{time.monotonic_ns()}.log"
    with ExitStack() as stack, log.open("wb") as out:
        reader = Talker(stack, "reader.py", session.environment, name)
        # As a desktop starts it: whoever runs the tests may ignore signals (nohup, a shell's background).
        heard = ["env", "--default-signal", *command]
        process = subprocess.Popen(heard, stdout=out, stderr=out, env=session.environment, cwd=session.folder)
        stack.callback(stop, process)
        yield Shown(session, process, log, reader)
