"""Servers that the app was on before: what the keyring still holds for one is ended there, and taken away.

A company may move to another address, and a brand goes with it. The token of the former one would stay in the keyring
for as long as that lets it live.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from selfserve.desktop import place
from selfserve.desktop.brand import Brand
from selfserve.desktop.keep import Keeper, Remains, State
from selfserve.desktop.server import Server
from selfserve.desktop.trouble import Trouble

A = TypeVar("A", Keeper, Server)
MOST = 8
SECURE = "https:"


@dataclass(frozen=True)
class Former:
    """Notes in the file `memory` which servers the app of `brand` was on. `keeper` gives what keeps the token of one,
    `server` the one at an origin, believed by the system's authorities and those of a file."""

    memory: Path
    brand: Brand
    keeper: Callable[[str], Keeper]
    server: Callable[[str, Path | None], Server]
    _closed: threading.Event = field(default_factory=threading.Event)
    _asked: list[Keeper | Server] = field(default_factory=list)

    def hasten(self) -> None:
        """The window is closed: nothing more is begun, what is asked just now is not waited for as long; the next
        start goes on."""
        self._closed.set()
        for one in list(self._asked):
            one.hasten()

    def _asking(self, one: A) -> A:
        """The same, hastened with the app."""
        self._asked.append(one)
        if self._closed.is_set():
            one.hasten()
        return one

    def settle(self, *, readable: bool) -> None:
        """Note the server of the brand and, where the keyring can be read, end what it holds for others."""
        known = self._known()
        left = {one: by for one, by in known.items() if not readable or one == self._now or not self._ended(one, by)}
        if self._now.startswith(SECURE):  # one of this machine is somebody else's tomorrow, or the same at another port
            left = {**left, self._now: self._authority()}
        if left != known:
            place.write(self.memory, {"servers": dict(list(left.items())[-MOST:])})

    @property
    def _now(self) -> str:
        return self.brand.server

    def _known(self) -> dict[str, str]:
        told = place.read(self.memory).get("servers")
        pairs = told.items() if isinstance(told, dict) else ()
        return {one: by for one, by in pairs if isinstance(by, str) and one.startswith(SECURE)}

    def _authority(self) -> str:
        """The company's own authorities, as what they are known by later; "" for none."""
        try:
            return hashlib.sha256(self.brand.ca_file.read_bytes()).hexdigest() if self.brand.ca_file else ""
        except OSError:  # taken away while the app runs
            return ""

    def _ended(self, origin: str, authority: str) -> bool:
        """Whether nothing is kept for it any more. Only the server at `origin` itself is shown what was kept in its
        name, and it is believed for no other reasons than then; where it is not there, the token is nobody's."""
        if self._closed.is_set():
            return False
        keeper = self._asking(self.keeper(origin))
        kept = [one for one in (keeper.read(), keeper.left) if one]
        if keeper.state is not State.GOOD:
            return False
        if kept:
            ca_file = self.brand.ca_file if authority and authority == self._authority() else None
            server = self._asking(self.server(origin, ca_file))
            with suppress(Trouble):
                server.about()  # whoever has the address by now is shown nothing, unless it is a selfserve
                for one in kept:
                    server.sign_out(one)
        return keeper.forget() is Remains.NOTHING
