"""Where the token is kept: in a real keyring, without one, with a locked one; never in a file anybody can read."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import KeyringError, KeyringLocked, PasswordSetError

from selfserve.desktop import place
from selfserve.desktop.keep import Keeper, Remains, State, accepted
from tests.desktop.session import PYTHON, Session, desktop, unlock
from tests.servers.processes import program

SCRIPT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from selfserve.desktop.keep import Keeper
keeper = Keeper("com.example.fernhill", "https://help.example.com", patience=float(sys.argv[3]))
found = keeper.read()
if sys.argv[2] == "write": keeper.write("sd_secret")
if sys.argv[2] == "forget": keeper.forget()
print(json.dumps([found, keeper.read(), keeper.state]))
"""


def kept(session: Session, library: Path, act: str, patience: float = 20) -> list[str | None]:
    """What a fresh process found, has afterwards, and how it stands with the keyring."""
    done = subprocess.run(
        [PYTHON, "-I", "-c", SCRIPT, str(library), act, str(patience)],
        env=session.environment, capture_output=True, text=True, check=True, timeout=90,
    )  # fmt: skip
    told: list[str | None] = json.loads(done.stdout)
    return told


def test_gnome_keyring_keeps_the_token(tmp_path: Path, library: Path) -> None:
    """From one process to the next, until it is forgotten; nothing of it lies in a file in clear."""
    with desktop(tmp_path / "s") as session:
        assert kept(session, library, "write") == [None, "sd_secret", "good"]
        assert kept(session, library, "read") == ["sd_secret", "sd_secret", "good"]
        for path in (tmp_path / "s" / "home").rglob("*"):
            assert not path.is_file() or b"sd_secret" not in path.read_bytes()
        assert kept(session, library, "forget") == ["sd_secret", None, "good"]
        assert kept(session, library, "read") == [None, None, "good"]


def test_without_a_keyring_it_stays_in_memory(tmp_path: Path, library: Path) -> None:
    """A session bus without a Secret Service: said so, and nothing is written anywhere."""
    with desktop(tmp_path / "s", keyring=None) as session:
        assert kept(session, library, "write") == [None, "sd_secret", "keyring_none"]
        assert kept(session, library, "read") == [None, None, "keyring_none"]
        for path in (tmp_path / "s" / "home").rglob("*"):
            assert not path.is_file() or b"sd_secret" not in path.read_bytes()


def test_without_a_bus_it_stays_in_memory(tmp_path: Path, library: Path) -> None:
    """As on a machine without a desktop."""
    with desktop(tmp_path / "s", keyring=None) as session:
        session.environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={tmp_path / 'nowhere'}"
        assert kept(session, library, "write") == [None, "sd_secret", "keyring_none"]


def test_a_locked_keyring_is_said_to_be_locked(tmp_path: Path, library: Path) -> None:
    """Nobody unlocks it: the app goes on in memory, after a time, and says what to do."""
    with desktop(tmp_path / "s", keyring="locked") as session:
        found, after, state = kept(session, library, "write", patience=4)
        assert (found, after) == (None, "sd_secret")
        assert state == "keyring_locked"


TALKING = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from selfserve.desktop.keep import Keeper
keeper = Keeper("com.example.fernhill", "https://help.example.com", patience=4.0, aside=Path(sys.argv[2]))
for line in sys.stdin:
    act, _, token = line.strip().partition(" ")
    keeper.write(token) if token else getattr(keeper, act)()
    print(json.dumps([keeper.read(), keeper.state]), flush=True)
"""


@dataclass
class Running:
    """An app's process that keeps a token."""

    process: subprocess.Popen[str]

    def do(self, act: str) -> list[str | None]:
        """What it has after an act, and how it stands with the keyring."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{act}\n")
        self.process.stdin.flush()
        told: list[str | None] = json.loads(self.process.stdout.readline())
        return told


@contextmanager
def process(session: Session, library: Path) -> Iterator[Running]:
    """One, until it is stopped."""
    command = [PYTHON, "-I", "-c", TALKING, str(library), str(session.folder / "home" / "aside")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=session.environment, text=True) as made:
        yield Running(made)
        assert made.stdin is not None
        made.stdin.close()


def lock(session: Session) -> None:
    """The customer locks their keyring, by the Secret Service's own word for it."""
    subprocess.run(
        [
            program("gdbus", "libglib2.0-bin"), "call", "--session", "--dest", "org.freedesktop.secrets",
            "--object-path", "/org/freedesktop/secrets", "--method", "org.freedesktop.Secret.Service.Lock",
            "['/org/freedesktop/secrets/collection/login']",
        ],
        env=session.environment, check=True, capture_output=True,
    )  # fmt: skip


def test_a_keyring_that_locks_while_the_app_runs_costs_nothing(tmp_path: Path, library: Path) -> None:
    """Two tokens later the app is closed. The next one finds the newest, which lay sealed beside the keyring, and the
    keyring takes it."""
    with desktop(tmp_path / "s", keyring=None) as session:
        with ExitStack() as first:
            unlock(first, session.folder, session.environment, "good")
            with process(session, library) as app:
                assert app.do("write sd_1") == ["sd_1", "good"]
                lock(session)
                assert app.do("write sd_2") == ["sd_2", "keyring_locked"]
                assert app.do("write sd_3") == ["sd_3", "keyring_locked"]
                for path in (session.folder / "home").rglob("*"):
                    assert not path.is_file() or b"sd_3" not in path.read_bytes()
        unlock(session.stack, session.folder, session.environment, "good")
        with process(session, library) as app:
            assert app.do("read") == ["sd_3", "good"]
            assert app.do("again") == ["sd_3", "good"]
            assert not (session.folder / "home" / "aside").exists()
        assert kept(session, library, "read") == ["sd_3", "sd_3", "good"]


def test_a_keyring_that_is_unlocked_later_is_used(tmp_path: Path, library: Path) -> None:
    """By the app that runs: nobody has to start it again, and nobody is asked."""
    with desktop(tmp_path / "s", keyring=None) as session, process(session, library) as app:
        with ExitStack() as first:
            unlock(first, session.folder, session.environment, "locked")
            assert app.do("write sd_1") == ["sd_1", "keyring_locked"]
            assert app.do("again") == ["sd_1", "keyring_locked"]
        unlock(session.stack, session.folder, session.environment, "good")
        assert app.do("again") == ["sd_1", "good"]
        assert kept(session, library, "read") == ["sd_1", "sd_1", "good"]


class Plaintext(null.Keyring):
    """As `keyrings.alt` brings it."""


def made(kind: Any) -> KeyringBackend:
    """One of a kind that has no types."""
    found = kind()
    assert isinstance(found, KeyringBackend)
    return found


def test_only_keyrings_that_keep_secrets_are_taken() -> None:
    """By name: the null backend, the failing one, a plain-text file and a chain of such are none."""
    for backend in (made(null.Keyring), made(fail.Keyring), made(Plaintext)):
        with pytest.raises(KeyringError):
            accepted(backend)
    keeper = Keeper("a", "b", made(Plaintext))
    keeper.write("sd_secret")
    assert (keeper.read(), keeper.state) == ("sd_secret", State.NONE)


def test_a_chain_is_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    """The accepted one of it is used, not the first."""
    good = _named("keyring.backends.SecretService", "Keyring")
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [made(Plaintext), good])
    assert accepted(made(chainer.ChainerBackend)) is good


def _named(module: str, name: str, **acts: Any) -> KeyringBackend:
    return made(type(name, (null.Keyring,), {"__module__": module, "__qualname__": name, **acts}))


def test_a_keyring_that_forgets_is_none() -> None:
    """What was written is read back."""
    keeper = Keeper("a", "b", _named("keyring.backends.SecretService", "Keyring"))
    keeper.write("sd_secret")
    assert (keeper.read(), keeper.state) == ("sd_secret", State.NONE)


def test_a_keyring_that_does_not_answer_may_hold_a_sign_in(tmp_path: Path) -> None:
    """Its service is not there, or just starting: nobody is told that they are signed out before the token is gone."""

    def unknown(*_: object) -> None:
        raise RuntimeError("org.freedesktop.DBus.Error.ServiceUnknown")

    away = _named("keyring.backends.SecretService", "Keyring", get_password=unknown, delete_password=unknown)
    keeper = Keeper("a", "b", away, aside=tmp_path / "token.json")
    assert keeper.read() is None
    assert keeper.forget(told=False) is Remains.UNTIL_UNLOCKED
    assert Keeper("a", "b", made(fail.Keyring), aside=tmp_path / "none.json").forget(told=False) is Remains.NOTHING


def test_a_locked_keyring_is_asked_once() -> None:
    """Nobody is shown the same prompt again and again."""
    asked: list[str] = []

    def get(*_: str) -> str:
        asked.append("get")
        raise KeyringLocked

    ring = _named("keyring.backends.SecretService", "Keyring")
    ring.get_password = get  # type: ignore[method-assign,assignment]
    keeper = Keeper("a", "b", ring)
    assert keeper.read() is None
    keeper.write("sd_secret")
    keeper.forget()
    assert keeper.state is State.LOCKED
    assert asked == ["get"]


@dataclass
class Ring:
    """A keyring of the Secret Service whose lock, and what it holds, are in our hands."""

    held: str | None = None
    locked: bool = False
    asked: int = 0
    full: bool = False

    def backend(self, module: str = "keyring.backends.SecretService", name: str = "Keyring") -> KeyringBackend:
        """As `keyring` knows it."""
        acts = {
            "get_password": lambda _, *of: self.get(),
            "set_password": lambda _, *of: self.hold(of[-1]),
            "delete_password": lambda _, *of: self.hold(None),
        }
        return _named(module, name, **acts)

    def get(self) -> str | None:
        """What it holds; a locked one asks its owner, who does not answer."""
        self.asked += self.locked
        if self.locked:
            raise KeyringLocked
        return self.held

    def hold(self, token: str | None) -> None:
        """Hold this from now on; on a full disk gnome-keyring refuses."""
        self.get()
        if self.full:
            raise PasswordSetError("No space left on device")
        self.held = token

    def keeper(self, folder: Path) -> Keeper:
        """A process of the app's."""
        return Keeper("a", "b", self.backend(), aside=folder / "aside", still=lambda: self.locked)


def test_the_newest_token_is_found_whichever_the_keyring_holds(tmp_path: Path) -> None:
    """A prompt that stood open is answered late, and an older one is written then: also that one opens the newest."""
    ring = Ring("sd_1")
    keeper = ring.keeper(tmp_path)
    assert keeper.read() == "sd_1"
    ring.locked = True
    for token in ("sd_2", "sd_3", "sd_4"):
        keeper.write(token)
    ring.locked = False
    for held in ("sd_1", "sd_2", "sd_3", "sd_4"):
        ring.held = held
        assert ring.keeper(tmp_path).read() == "sd_4"


def test_what_the_keyring_holds_opens_the_newest_however_often_it_changed(tmp_path: Path) -> None:
    """An app that runs for weeks over a locked keyring."""
    ring = Ring("sd_0")
    keeper = ring.keeper(tmp_path)
    keeper.read()
    ring.locked = True
    for number in range(1, 20):
        keeper.write(f"sd_{number}")
    ring.locked = False
    assert ring.keeper(tmp_path).read() == "sd_19"
    keeper.again()
    assert (ring.held, keeper.left) == ("sd_19", None)


class Prompting(Ring):
    """A keyring whose prompt is answered when `answered` says so."""

    def __init__(self, held: str | None = None) -> None:
        super().__init__(held)
        self.prompts, self.answered = 0, threading.Event()

    def get(self) -> str | None:
        """As somebody answers the prompt, if it asks."""
        if self.locked:
            self.prompts += 1
            assert self.answered.wait(10)
        return self.held


@pytest.mark.parametrize("act", ["write", "forget"])
def test_a_prompt_that_is_answered_late_changes_nothing_that_came_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """Neither is a newer token overwritten by an older one, nor the next sign-in taken away by an earlier sign-out."""
    ring = Prompting("sd_1")
    keeper = Keeper("a", "b", ring.backend(), 0.05, aside=tmp_path / "aside", still=lambda: False)
    assert keeper.read() == "sd_1"
    threads: list[threading.Thread] = []
    made = threading.Thread

    def noted(**of: Any) -> threading.Thread:
        threads.append(made(**of))
        return threads[-1]

    monkeypatch.setattr("selfserve.desktop.keep.threading.Thread", noted)
    ring.locked = True
    keeper.write("sd_2") if act == "write" else keeper.forget()
    assert (ring.prompts, keeper.state) == (1, State.LOCKED)
    ring.locked = False
    keeper.write("sd_3")
    ring.answered.set()
    threads[0].join(10)
    assert ring.held == "sd_3"


def test_what_lies_beside_opens_with_the_keyring_alone(tmp_path: Path) -> None:
    """Whoever has the file has nothing; one of another app, or a changed one, is none."""
    ring = Ring("sd_1")
    keeper = ring.keeper(tmp_path)
    keeper.read()
    ring.locked = True
    keeper.write("sd_2")
    ring.locked = False
    laid = place.read(tmp_path / "aside")
    assert "sd_2" not in json.dumps(laid)
    assert (tmp_path / "aside").stat().st_mode & 0o077 == 0
    ring.held = "sd_9"
    assert ring.keeper(tmp_path).read() == "sd_9"
    ring.held = "sd_1"
    for bent in ([laid["sealed"][0][:-8] + "AAAAAAA="], ["", None, 7, "ü", "A" * 64], "sealed", None):
        place.write(tmp_path / "aside", {"sealed": bent})
        assert ring.keeper(tmp_path).read() == "sd_1"


def test_signing_out_forgets_what_lies_beside(tmp_path: Path) -> None:
    """And so does a keyring that takes the token after all, by which nobody was asked anything."""
    ring = Ring("sd_1")
    keeper = ring.keeper(tmp_path)
    keeper.read()
    ring.locked = True
    keeper.write("sd_2")
    asked = ring.asked
    keeper.again()
    assert (ring.asked, (tmp_path / "aside").exists()) == (asked, True)
    ring.locked = False
    keeper.again()
    assert (ring.held, (tmp_path / "aside").exists(), keeper.state) == ("sd_2", False, State.GOOD)
    ring.locked = True
    keeper.write("sd_3")
    keeper.forget()
    assert "sd_3" not in (tmp_path / "aside").read_text()
    ring.locked = False
    later = ring.keeper(tmp_path)
    assert (later.read(), later.left) == (None, "sd_3")
    later.parted()
    assert (ring.held, list(tmp_path.iterdir())) == (None, [])


def test_a_machine_without_a_keyring_gets_no_file(tmp_path: Path) -> None:
    """Memory only means memory only, at each start."""
    keeper = Keeper("a", "b", made(Plaintext), aside=tmp_path / "aside")
    for token in ("sd_1", "sd_2", "sd_3"):
        keeper.write(token)
        keeper.again()
    assert (keeper.read(), list(tmp_path.iterdir())) == ("sd_3", [])


def test_a_keyring_that_cannot_be_heard_is_not_asked_again(tmp_path: Path) -> None:
    """Only the Secret Service says quietly whether it is locked; of KWallet another's word is none."""
    ring = Ring(locked=True)
    backend = ring.backend("keyring.backends.kwallet", "DBusKeyring")
    keeper = Keeper("a", "b", backend, aside=tmp_path / "aside", still=lambda: False)
    keeper.write("sd_1")
    keeper.again()
    assert (ring.asked, keeper.state) == (1, State.LOCKED)
