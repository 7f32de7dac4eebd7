"""Results in pages (RFC 2696): what one connection has still to be sent."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from selfserve.demo.directory import ber
from selfserve.demo.directory.reading import View
from selfserve.demo.directory.requests import Search
from selfserve.demo.directory.results import Code, Refusal

MOST_OPEN = 8
"""How many paged searches one connection may have open; the oldest is forgotten."""


class Pages:
    """The searches of one connection that were not read to their end."""

    def __init__(self) -> None:
        """None open."""
        self._left: dict[bytes, tuple[Search, list[View]]] = {}

    def next(self, control: bytes, question: Search, found: Iterable[View]) -> tuple[list[View], bytes]:
        """One page and the value of the response control; every page of one search asks the same `question`.

        Raises Refusal where the cookie is unknown or belongs to another search.
        """
        size, cookie = read_control(control)
        left = self._resume(cookie, question) if cookie else list(found)
        page, rest = left[:size], left[size:]
        if not size or not rest:
            return page, _control(b"")
        return page, _control(self._keep(question, rest))

    def _resume(self, cookie: bytes, question: Search) -> list[View]:
        asked, left = self._left.pop(cookie, (None, []))
        if asked != question:
            raise Refusal(Code.PROTOCOL_ERROR, "paged results cookie is invalid")
        return left

    def _keep(self, question: Search, rest: list[View]) -> bytes:
        while len(self._left) >= MOST_OPEN:
            del self._left[next(iter(self._left))]
        cookie = secrets.token_bytes(8)
        self._left[cookie] = (question, rest)
        return cookie


def read_control(control: bytes) -> tuple[int, bytes]:
    """Page size and cookie of a request control. Raises Refusal where it is malformed."""
    try:
        size, cookie = ber.read(control)[0].children(2)[:2]
        if size.number() >= 0:
            return size.number(), cookie.body
    except ber.MalformedError:
        pass  # said below, as is a negative size
    raise Refusal(Code.PROTOCOL_ERROR, "paged results control value is malformed")


def _control(cookie: bytes) -> bytes:
    return ber.sequence(ber.integer(0), ber.octets(cookie))
