"""Where the token is kept: in a real keyring, without one, with a locked one; never in a file anybody can read."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import KeyringError, KeyringLocked

from selfserve.desktop.keep import Keeper, State, accepted
from tests.desktop.session import PYTHON, Session, desktop, vendored

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


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's own modules."""
    return vendored(tmp_path_factory.mktemp("library"))


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


def _named(module: str, name: str) -> KeyringBackend:
    return made(type(name, (null.Keyring,), {"__module__": module, "__qualname__": name}))


def test_a_keyring_that_forgets_is_none() -> None:
    """What was written is read back."""
    keeper = Keeper("a", "b", _named("keyring.backends.SecretService", "Keyring"))
    keeper.write("sd_secret")
    assert (keeper.read(), keeper.state) == ("sd_secret", State.NONE)


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
