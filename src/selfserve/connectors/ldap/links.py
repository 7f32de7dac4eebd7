"""Connections kept for reuse, and the choice of the server: the first of the list that answers."""

from __future__ import annotations

import threading
from collections.abc import Callable

from selfserve.connectors.ldap.errors import DirectoryTrustError, DirectoryUnreachableError
from selfserve.connectors.ldap.settings import DirectorySettings, Endpoint
from selfserve.connectors.ldap.wire import Link, tls_context
from selfserve.languages.messages import msg

AVOID_SECONDS = 30.0
"""A server that could not be reached is asked last for so long."""


class Links:
    """Hands a connection to one thread at a time; thread-safe. `clock` is monotonic seconds."""

    def __init__(self, settings: DirectorySettings, clock: Callable[[], float]) -> None:
        self._settings, self._clock = settings, clock
        self._context = tls_context(settings)
        self._lock = threading.Lock()
        self._idle: dict[Endpoint, list[Link]] = {endpoint: [] for endpoint in settings.endpoints}
        self._avoided: dict[Endpoint, float] = {}
        self._closed = False

    def take(self, host: str | None = None) -> Link:
        """A live, bound connection to the preferred server, or to `host` (as `str(endpoint)`) and no other.

        Raises DirectoryUnreachableError or DirectoryTrustError where none can be had, BindRefusedError at once.
        """
        failures: list[DirectoryUnreachableError | DirectoryTrustError] = []
        for endpoint in self._order(host):
            try:
                return self._reused(endpoint) or self._opened(endpoint)
            except (DirectoryUnreachableError, DirectoryTrustError) as error:
                failures.append(error)
                self._avoid(endpoint)
        raise self._none(failures, host)

    def give(self, link: Link) -> None:
        """Back to the idle ones; closed where there are enough."""
        with self._lock:
            idle = self._idle[link.endpoint]
            keep = not self._closed and len(idle) < self._settings.idle_connections
            if keep:
                idle.append(link)
        if not keep:
            link.close()

    def open_as(self, dn: str, password: bytes, host: str | None = None) -> Link:
        """A connection bound as somebody else, never reused; raises as `take` does."""
        failures: list[DirectoryUnreachableError | DirectoryTrustError] = []
        for endpoint in self._order(host):
            try:
                return Link.open(endpoint, self._settings, self._context, dn, password)
            except (DirectoryUnreachableError, DirectoryTrustError) as error:
                failures.append(error)
        raise self._none(failures, host)

    def close(self) -> None:
        """Close what is idle; what is in use closes when it is given back."""
        with self._lock:
            self._closed = True
            links = [link for idle in self._idle.values() for link in idle]
            for idle in self._idle.values():
                idle.clear()
        for link in links:
            link.close()

    def _order(self, host: str | None) -> list[Endpoint]:
        now = self._clock()
        with self._lock:
            wanted = [endpoint for endpoint in self._idle if host is None or str(endpoint) == host]
            return sorted(wanted, key=lambda endpoint: self._avoided.get(endpoint, 0.0) > now)

    def _reused(self, endpoint: Endpoint) -> Link | None:
        while True:
            with self._lock:
                link = self._idle[endpoint].pop() if self._idle[endpoint] else None
            if link is None or link.alive():
                return link
            link.close()

    def _opened(self, endpoint: Endpoint) -> Link:
        password = self._settings.bind_password.get_secret_value().encode()
        link = Link.open(endpoint, self._settings, self._context, self._settings.bind_dn, password)
        with self._lock:
            self._avoided.pop(endpoint, None)
        return link

    def _avoid(self, endpoint: Endpoint) -> None:
        with self._lock:
            self._avoided[endpoint] = self._clock() + AVOID_SECONDS

    @staticmethod
    def _none(
        failures: list[DirectoryUnreachableError | DirectoryTrustError], host: str | None
    ) -> DirectoryUnreachableError | DirectoryTrustError:
        words: str = msg("{host} is not among the configured servers.", host=host)
        for number, failure in enumerate(failures):
            words = msg("{first} {then}", first=words, then=failure.words) if number else failure.words
        trust = bool(failures) and all(isinstance(failure, DirectoryTrustError) for failure in failures)
        return DirectoryTrustError(words) if trust else DirectoryUnreachableError(words)
