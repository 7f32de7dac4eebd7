"""Every operation of one connection, from a decoded request to its answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from selfserve.demo.directory import ber, reading, root
from selfserve.demo.directory.messages import Control, Message
from selfserve.demo.directory.paging import Pages
from selfserve.demo.directory.password_change import change_password
from selfserve.demo.directory.passwords import Passwords
from selfserve.demo.directory.requests import Add, Bind, Compare, Delete, Extended, Modify, Search
from selfserve.demo.directory.results import Answer, Code, PolicyError, Refusal
from selfserve.demo.directory.rights import Requester, Rights
from selfserve.demo.directory.tree import Tree, name_of
from selfserve.demo.directory.writing import Writing


@dataclass(frozen=True, slots=True)
class Parts:
    """What all connections share; `stored` is called after each operation that changed something, within `lock`."""

    tree: Tree
    passwords: Passwords
    rights: Rights
    lock: threading.RLock
    stored: Callable[[], None]
    tls: bool


class Operations:
    """The operations of one connection, and whom it is bound as."""

    def __init__(self, parts: Parts) -> None:
        """Anonymous at first."""
        self._parts, self.who, self._pages = parts, Requester(), Pages()
        self._writing = Writing(parts.tree, parts.passwords, parts.rights)

    def answer(self, message: Message) -> Answer:
        """Carry out one request. Raises Refusal."""
        for oid, control in message.controls.items():
            if control.critical and oid not in root.CONTROLS:
                raise Refusal(Code.UNAVAILABLE_CRITICAL_EXTENSION, "critical extension is not recognized")
        with self._parts.lock:
            return self._dispatch(message)

    def _dispatch(self, message: Message) -> Answer:
        match message.request:
            case Bind() as request:
                return self._bind(request)
            case Search() as request:
                return self._search(request, message.controls.get(root.PAGED))
            case Compare() as request:
                return reading.compare(self._parts.tree, self._parts.rights, self.who, request)
            case Add() as request:
                return self._stored(self._writing.add(self.who, request))
            case Delete() as request:
                return self._stored(self._writing.delete(self.who, request))
            case Modify() as request:
                return self._stored(self._writing.modify(self.who, request))
            case Extended() as request:
                return self._extended(request)
            case _:
                raise Refusal(Code.UNWILLING_TO_PERFORM, "the demo directory does not rename entries")

    def _bind(self, request: Bind) -> Answer:
        self.who = Requester()
        if request.version != 3:
            raise Refusal(Code.PROTOCOL_ERROR, "requested protocol version not supported")
        if request.password is None:
            raise Refusal(Code.AUTH_METHOD_NOT_SUPPORTED, "only simple binds are offered")
        if not name_of(request.name):
            return self._bind_nobody(request.password)
        if not request.password:
            words = "unauthenticated bind (DN with no password) disallowed"
            raise Refusal(Code.UNWILLING_TO_PERFORM, words)
        return self._bind_entry(request.name, request.password)

    def _bind_nobody(self, password: bytes) -> Answer:
        if password:
            raise Refusal(Code.INVALID_CREDENTIALS)
        return Answer()

    def _bind_entry(self, dn: str, password: bytes) -> Answer:
        entry = self._parts.tree.find(name_of(dn))
        verdict = self._parts.passwords.verify(entry, password)
        self._parts.stored()
        told = {root.PASSWORD_POLICY: policy_control(verdict.policy)} if entry else {}
        if not verdict.accepted or entry is None:
            return Answer(Code.INVALID_CREDENTIALS, controls=told)
        self.who = Requester(entry.dn, entry.key, verdict.policy is PolicyError.CHANGE_AFTER_RESET)
        return Answer(controls=told)

    def _search(self, request: Search, paged: Control | None) -> Answer:
        parts = self._parts
        if root.is_root_search(request):
            return root.root_entry(parts.tree.suffix_dn, request, tls=parts.tls)
        found = reading.matching(parts.tree, parts.rights, self.who, request)
        if paged is None:
            return reading.limited(parts.rights, self.who, request, found)
        page, control = self._pages.next(paged.value, request, found)
        entries = [reading.shown(request, view) for view in page]
        return Answer(entries=entries, controls={root.PAGED: control})

    def _extended(self, request: Extended) -> Answer:
        parts = self._parts
        if request.oid == root.START_TLS and parts.tls:
            return Answer()
        if request.oid == root.WHO_AM_I:
            parts.rights.require_settled(self.who)
            return Answer(value=f"dn:{self.who.dn}".encode() if self.who.dn else b"")
        if request.oid != root.PASSWORD_MODIFY:
            raise Refusal(Code.PROTOCOL_ERROR, "unsupported extended operation")
        return self._stored(change_password(parts.tree, parts.passwords, parts.rights, self.who, request.value))

    def _stored(self, answer: Answer) -> Answer:
        self._parts.stored()
        own = self._parts.tree.find(self.who.key)
        if self.who.must_change and own and not own.get("pwdreset"):
            self.who = replace(self.who, must_change=False)
        return answer


def policy_control(error: PolicyError | None) -> bytes:
    """The value of the password policy response control, empty where there is nothing to tell."""
    return ber.sequence(ber.integer(error, 0x81)) if error is not None else ber.sequence()
