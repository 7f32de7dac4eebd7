"""The file beside a keyring that cannot be asked: the newest token, and whether what the keyring holds is signed out.

Each token in it is sealed by one that the keyring may hold, so that neither alone is worth anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from selfserve.desktop import place
from selfserve.desktop.sealed import opened, seal

MOST = 8
"""Tokens that a keyring may hold, as each write that was not answered may have been done or may be done later."""


def name_for(server: str) -> str:
    """How the file for one server is called: it lasts beside that for the next one."""
    return f"token-{sha256(server.encode()).hexdigest()[:16]}.json"


class Beside:
    """The file at `path` for the server `name`; without a path nothing is ever found in it, nor kept."""

    def __init__(self, path: Path | None, name: str) -> None:
        self._path, self._name = path, name

    def newest(self, held: str) -> str | None:
        """The token that is used by now, where the keyring holds `held`; None where nothing lies here for it."""
        return _opened(self._read()["sealed"], held)

    def signed_out(self) -> bool:
        """Whether what the keyring holds is worth keeping no more, unless something lies here for it."""
        return self._read()["out"] is not None

    def last(self, held: str) -> str:
        """The last token of a sign-in that has ended, where the keyring holds `held`: whoever shows another one is
        taken for a thief."""
        return _opened(self._read()["out"] or [], held) or held

    def lay(self, token: str, by: Iterable[str]) -> bool:
        """Keep the token for whichever of `by` the keyring will be found to hold; False where that cannot be."""
        return self._write([seal(token, one) for one in by], self._read()["out"])

    def sign_out(self) -> bool:
        """Remember that what the keyring holds is signed out; False where that cannot be, and all stays as it was."""
        told = self._read()
        return self._write([], [*(told["out"] or []), *told["sealed"]][:MOST])

    def forget(self) -> None:
        """Nothing lies here any more."""
        if self._path is not None:
            place.forget(self._path)

    def _read(self) -> dict[str, Any]:
        told = place.read(self._path) if self._path is not None else {}
        ours = told if told.get("server", self._name) == self._name else {}
        sealed, out = ours.get("sealed"), ours.get("out")
        return {
            "sealed": sealed if isinstance(sealed, list) else [],
            "out": out if isinstance(out, list) else None,
        }

    def _write(self, sealed: list[str], out: list[str] | None) -> bool:
        if self._path is None:
            return False
        told: dict[str, Any] = {"server": self._name, "sealed": sealed}
        return place.write(self._path, told if out is None else told | {"out": out})


def _opened(sealed: Iterable[object], by: str) -> str | None:
    return next((token for token in (opened(one, by) for one in sealed) if token is not None), None)
