"""The directory as a thing to start and stop: its listeners, its thread, its file."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import ssl
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from selfserve.demo.company import Company
from selfserve.demo.directory import snapshot
from selfserve.demo.directory.operations import Parts
from selfserve.demo.directory.passwords import Passwords, Policy, hashed
from selfserve.demo.directory.rights import Rights
from selfserve.demo.directory.session import serve_connection
from selfserve.demo.directory.tree import Entry, Tree, name_of

FILE_NAME = "directory.json"
T = TypeVar("T")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class DemoDirectory:
    """A sample company's LDAP directory on loopback, in a thread of its own.

    `service_dn` and `service_password` are the account that may write; the password is new at each start of the
    program unless given. `port` and, with TLS, `tls_port` are set by `start`.
    """

    def __init__(
        self,
        company: Company,
        data: Path | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        policy: Policy | None = None,
        now: Callable[[], datetime] = _utc_now,
        service_password: str | None = None,
    ) -> None:
        """Not listening yet. `data` is an existing folder that keeps the entries; without it they are gone at the end.

        `tls` (a server's context) adds LDAPS on a second port, and StartTLS. Raises SnapshotError where the stored
        directory in `data` cannot be read.
        """
        self.company = company
        self.service_dn = company.service_dn
        self.service_password = service_password or secrets.token_urlsafe(24)
        self.port = self.tls_port = 0
        self._tls, self._file = tls, data / FILE_NAME if data else None
        self._parts = self._build(policy or Policy(), now)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._servers: list[asyncio.Server] = []
        self._sessions: set[asyncio.Task[None]] = set()
        self._fill()

    def start(self, host: str = "127.0.0.1", port: int = 0) -> tuple[str, int]:
        """Listen on a loopback address and return where; port 0 picks a free one. Raises ValueError, OSError."""
        if not _is_loopback(host):
            raise ValueError(f"The demo directory listens on loopback addresses only, and {host} is none.")
        if self._loop is not None:
            raise ValueError("The demo directory is running already.")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="demo-directory", daemon=True)
        self._thread.start()
        try:
            self.port = self._in_loop(self._listen(host, port, None))
            if self._tls is not None:
                self.tls_port = self._in_loop(self._listen(host, 0, self._tls))
        except OSError:
            self.stop()
            raise
        return host, self.port

    def stop(self) -> None:
        """End every connection and listen no longer; entries stay, so that `start` goes on where it was."""
        if self._loop is None or self._thread is None:
            return
        self._in_loop(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = None

    def check(self, login: str, password: str) -> bool:
        """True where the person could sign in with this password now; counts and locks as a bind does."""
        person = self.company.person(login)
        with self._parts.lock:
            entry = self._parts.tree.find(name_of(self.company.dn(person))) if person else None
            verdict = self._parts.passwords.verify(entry, password.encode())
            self._save()
            return verdict.accepted

    def locked(self, login: str) -> bool:
        """True where the person's account is locked now, by failures or by an admin; for an unknown login too."""
        person = self.company.person(login)
        with self._parts.lock:
            entry = self._parts.tree.find(name_of(self.company.dn(person))) if person else None
            return entry is None or bool(entry.get("pwdaccountlockedtime"))

    def groups(self, login: str) -> list[str]:
        """The names of the groups the person is in now; [] for an unknown login."""
        person = self.company.person(login)
        with self._parts.lock:
            entry = self._parts.tree.find(name_of(self.company.dn(person))) if person else None
            found = self._parts.tree.groups_of(entry) if entry else []
            return [self._parts.tree.entry(dn).get("cn")[0].decode() for dn in found]

    def _build(self, policy: Policy, now: Callable[[], datetime]) -> Parts:
        company = self.company
        branches = (name_of(company.people_dn), name_of(company.groups_dn))
        rights = Rights(name_of(company.service_dn), branches)
        tree, passwords = Tree(company.base, now), Passwords(policy, now)
        return Parts(tree, passwords, rights, threading.RLock(), self._save, self._tls is not None)

    def _fill(self) -> None:
        """The stored entries, else the sample company's; the service account's password is today's either way."""
        tree = self._parts.tree
        for entry in snapshot.load(self._file) if self._file else []:
            tree.restore(entry)
        if tree.find(tree.suffix) is None:
            self._fill_with_company(tree)
        tree.entry(self.service_dn).put("userPassword", [hashed(self.service_password.encode())])
        self._save()

    def _fill_with_company(self, tree: Tree) -> None:
        passwords = {name_of(self.company.dn(one)): one.password for one in self.company.people}
        for dn, attributes in self.company.entries():
            entry = Entry(dn, name_of(dn))
            for name, values in attributes.items():
                entry.put(name, [value.encode() for value in values])
            if entry.key in passwords:
                entry.put("userPassword", [hashed(passwords[entry.key].encode())])
            tree.insert(entry, self.service_dn)

    def _save(self) -> None:
        if self._file is not None:
            snapshot.save(self._file, self._parts.tree)

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        start_tls = self._tls if tls is None else None

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._sessions.add(task)
            try:
                await serve_connection(self._parts, reader, writer, start_tls)
            finally:
                self._sessions.discard(task)

        server = await asyncio.start_server(connected, host, port, ssl=tls)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()
        sessions = list(self._sessions)
        for task in sessions:
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
