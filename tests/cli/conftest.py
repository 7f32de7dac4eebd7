"""A fresh installation, and the program run in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from selfserve.cli.program import run


@dataclass
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Selfserve = Callable[..., Ran]


@pytest.fixture
def selfserve(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Selfserve:
    """Runs one command: `selfserve("db", "upgrade", stdin="…")`."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("SELFSERVE_CONFIG", raising=False)

    def ran(*arguments: str, stdin: str | bytes = "") -> Ran:
        monkeypatch.setattr("sys.stdin", _Typed(stdin))
        capsys.readouterr()
        code = run(arguments)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return ran


class _Typed:
    """Standard input that is no terminal."""

    def __init__(self, given: str | bytes) -> None:
        self.buffer = BytesIO(given.encode() if isinstance(given, str) else given)

    def isatty(self) -> bool:
        """Nobody sits there."""
        return False

    def read(self) -> str:
        """All of it."""
        return self.buffer.read().decode()


@pytest.fixture
def folder(selfserve: Selfserve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `init` writes, with all secrets set, as the current folder."""
    place = tmp_path / "house"
    assert selfserve("init", str(place)).code == 0
    monkeypatch.chdir(place)
    for name in ("directory-password", "oidc-client-secret"):
        assert selfserve("secrets", "set", f"file:secrets/{name}", stdin="a secret for this test\n").code == 0
    return place
