"""One bound connection to one server: the only file that calls ldap3, with its known faults mended.

ldap3 2.9.1 builds a TLS context for every connection, refuses IP addresses in certificates on Python 3.12 and later,
sends no server name, leaks the socket of a failed handshake and leaves Nagle's algorithm on, which costs 40 ms on
every bind.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from selfserve.connectors.ldap import requests
from selfserve.connectors.ldap.answers import POLICY_CONTROL, Answer, Code, PolicyNote, decode_policy
from selfserve.connectors.ldap.entry import Entry
from selfserve.connectors.ldap.errors import (
    BadFilterError,
    BindRefusedError,
    DirectoryTrustError,
    DirectoryUnreachableError,
)
from selfserve.connectors.ldap.settings import DirectorySettings, Endpoint, Security
from selfserve.languages.messages import msg

with warnings.catch_warnings():
    # ldap3 of 2021 imports names that today's pyasn1 marks as deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPException, LDAPInvalidFilterError, LDAPSocketOpenError, LDAPSocketSendError
    from ldap3.protocol.rfc3062 import PasswdModifyRequestValue
    from pyasn1.error import PyAsn1Error

MODIFY_OPERATION: Final = "1.3.6.1.4.1.4203.1.11.1"
"""OID of Password Modify (RFC 3062)."""
PAGED_RESULTS: Final = "1.2.840.113556.1.4.319"
BASE: Final[str] = ldap3.BASE
SUBTREE: Final[str] = ldap3.SUBTREE
LEVEL: Final[str] = ldap3.LEVEL
ADD: Final[str] = ldap3.MODIFY_ADD
DELETE: Final[str] = ldap3.MODIFY_DELETE
REPLACE: Final[str] = ldap3.MODIFY_REPLACE


_CAUSE = re.compile(r"error[^:'\"]*: ([^'\"]+)")


class NotSentError(Exception):
    """The operation did not leave this machine in full, so the server cannot have done it."""


class LostError(Exception):
    """The operation was sent and no complete answer came."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one attribute: `operation` is ADD, DELETE or REPLACE; text values are sent as UTF-8."""

    operation: str
    attribute: str
    values: tuple[str | bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What one search brought: entries, the result code with the server's text, and the cookie of a next page."""

    entries: list[Entry]
    code: int
    message: str
    cookie: bytes


class _Tls(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """Wraps the socket with a shared context that checks certificate and name itself."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._shared, self._host = context, host

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        _without_delay(connection.socket)
        try:
            connection.socket = self._shared.wrap_socket(connection.socket, server_hostname=self._host)
        except OSError:
            connection.socket.close()
            raise


def tls_context(settings: DirectorySettings) -> ssl.SSLContext:
    """A context that demands TLS 1.2, a trusted certificate and the right name; built once for all connections."""
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.allow_legacy_ca:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


class Link:
    """A connection used by one thread at a time."""

    def __init__(self, endpoint: Endpoint, connection: Any) -> None:
        self.endpoint, self._connection = endpoint, connection

    @classmethod
    def open(
        cls, endpoint: Endpoint, settings: DirectorySettings, context: ssl.SSLContext, dn: str, password: bytes
    ) -> Link:
        """Connect, start TLS and bind. Raises DirectoryUnreachableError, DirectoryTrustError or BindRefusedError."""
        link = cls(endpoint, _connection(endpoint, settings, context, dn, password))
        try:
            link._start(dn)
        except BaseException:
            link.close()
            raise
        return link

    def search(
        self, base: str, where: str, attributes: Sequence[str], scope: str, page: tuple[int, bytes] | None = None
    ) -> Page:
        """One search request; `page` is the size of a page and the cookie of the one before (RFC 2696)."""
        wanted = list(attributes) or [ldap3.NO_ATTRIBUTES]
        straight = requests.search(base, where, wanted, scope) if page is None else None
        if straight is not None:
            result, found = self._run(lambda: self._exchange("searchRequest", straight))
        else:
            options: dict[str, Any] = {"search_scope": scope, "attributes": wanted}
            if page is not None:
                options |= {"paged_size": page[0], "paged_cookie": page[1] or None}
            result, found = self._run(lambda: self._connection.search(base, where, **options))
        control = (result.get("controls") or {}).get(PAGED_RESULTS)
        cookie = control["value"]["cookie"] if control else b""
        return Page(
            [_entry(one) for one in found or () if one["type"] == "searchResEntry"], *_code(result), cookie or b""
        )

    def compare(self, dn: str, attribute: str, value: str) -> Answer:
        """Whether the entry has the value (RFC 4511, section 4.10)."""
        request = requests.compare(dn, attribute, value.encode())
        return self._answer(self._run(lambda: self._exchange("compareRequest", request))[0])

    def modify(self, dn: str, changes: Sequence[Change], lacking: str | None = None) -> Answer:
        """All changes or none (RFC 4511, section 4.6); none where the entry has the attribute `lacking` and the server
        knows RFC 4528."""
        request = requests.modify(dn, [(change.operation, change.attribute, _bytes(change)) for change in changes])
        controls = requests.lacking(lacking) if lacking else b""
        return self._answer(self._run(lambda: self._exchange("modifyRequest", request, controls))[0])

    def set_password(self, dn: str, password: bytes) -> Answer:
        """RFC 3062 with the very bytes given: ldap3 would otherwise rewrite them by SASLprep and lock out other
        clients."""
        request = PasswdModifyRequestValue()
        request["userIdentity"], request["newPasswd"] = dn.encode(), password
        controls = [(POLICY_CONTROL, False, None)]
        return self._answer(self._run(lambda: self._connection.extended(MODIFY_OPERATION, request, controls))[0])

    def alive(self) -> bool:
        """False where the server closed the idle connection: found here, before sending, it costs no uncertainty."""
        plug = self._connection.socket
        if self._connection.closed or plug is None:
            return False
        watch = select.poll()
        watch.register(plug, select.POLLIN | select.POLLERR | select.POLLHUP)
        return not watch.poll(0)

    def close(self) -> None:
        """Say goodbye where possible and let go of the socket."""
        with contextlib.suppress(LDAPException, OSError):
            self._connection.unbind()
        if self._connection.socket is not None:
            self._connection.socket.close()

    def _start(self, dn: str) -> None:
        try:
            self._connection.open()
            if self.endpoint.security is Security.PLAIN:
                _without_delay(self._connection.socket)
            elif self.endpoint.security is Security.START_TLS:
                self._connection.start_tls()
            self._connection.bind()
            result = self._connection.result
        except (LDAPException, OSError, PyAsn1Error) as error:
            raise _not_open(self.endpoint, error) from error
        if result["result"] in (Code.BUSY, Code.UNAVAILABLE):
            raise DirectoryUnreachableError(
                msg(
                    "{endpoint} takes no connections now ({description}).",
                    endpoint=str(self.endpoint),
                    description=str(result["description"]),
                )
            )
        if result["result"] != Code.SUCCESS:
            raise BindRefusedError(
                msg(
                    "{endpoint} does not accept {dn} ({description}).",
                    endpoint=str(self.endpoint),
                    dn=dn,
                    description=str(result["description"]),
                )
            )

    def _run(self, operation: Callable[[], Any]) -> tuple[dict[str, Any], list[dict[str, Any]] | None]:
        try:
            operation()
        except LDAPInvalidFilterError as error:
            raise BadFilterError(
                msg("A filter of the configuration is malformed ({error}).", error=str(error))
            ) from error
        except (LDAPSocketOpenError, LDAPSocketSendError) as error:
            raise NotSentError(str(error)) from error
        except (LDAPException, OSError, PyAsn1Error) as error:
            raise LostError(str(error)) from error
        # One thread at a time: read off the connection, results need none of the deep copies of ldap3's "safe" way.
        return self._connection.result, self._connection.response

    def _exchange(self, kind: str, request: bytes, controls: bytes = b"") -> None:
        """Send a request and read what comes, as ldap3's own operations do: they, too, hand it to its strategy."""
        strategy = self._connection.strategy
        if not self._connection.listening:
            raise LDAPSocketOpenError("the socket is not open")
        number = self._connection.server.next_message_id()
        strategy._outstanding[number] = {"type": kind}  # noqa: SLF001  (where ldap3 looks for what it waits for)
        try:
            self._connection.socket.sendall(requests.message(number, request, controls))
        except OSError as error:
            raise LDAPSocketSendError(str(error)) from error
        self._connection.response, self._connection.result = strategy.get_response(number)

    def _answer(self, result: dict[str, Any]) -> Answer:
        control = (result.get("controls") or {}).get(POLICY_CONTROL)
        note = decode_policy(control.get("value")) if control else PolicyNote()
        code, message = _code(result)
        return Answer(code, str(result["description"]), message, str(self.endpoint), note)


def _connection(
    endpoint: Endpoint, settings: DirectorySettings, context: ssl.SSLContext, dn: str, password: bytes
) -> Any:
    server = ldap3.Server(
        endpoint.host, port=endpoint.port, use_ssl=endpoint.security is Security.TLS, get_info=ldap3.NONE,
        tls=_Tls(context, endpoint.host), connect_timeout=settings.connect_timeout,
    )  # fmt: skip
    return ldap3.Connection(
        server, dn, password, client_strategy=ldap3.SYNC, receive_timeout=settings.receive_timeout,
        auto_referrals=False, auto_range=False, auto_encode=False, auto_escape=False, check_names=False,
        return_empty_attributes=False, raise_exceptions=False,
    )  # fmt: skip


def _not_open(endpoint: Endpoint, error: Exception) -> Exception:
    said = str(error)
    if "certificate" in said.lower():
        return DirectoryTrustError(
            msg("The certificate of {endpoint} is not trusted ({error}).", endpoint=str(endpoint), error=_short(error))
        )
    if "[SSL" in said and "EOF" not in said:
        return DirectoryTrustError(
            msg("No TLS can be agreed on with {endpoint} ({error}).", endpoint=str(endpoint), error=_short(error))
        )
    return DirectoryUnreachableError(
        msg("{endpoint} cannot be reached ({error}).", endpoint=str(endpoint), error=_short(error))
    )


def _short(error: Exception) -> str:
    """The cause in a few words: ldap3 buries it in tuples of strings of tuples."""
    text = str(error).strip() or type(error).__name__
    cause = _CAUSE.search(text)
    return (cause[1] if cause else text).splitlines()[0].strip()[:160]


def _without_delay(plug: socket.socket) -> None:
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _bytes(change: Change) -> list[bytes]:
    return [value.encode() if isinstance(value, str) else value for value in change.values]


def _code(result: dict[str, Any]) -> tuple[int, str]:
    return int(result["result"]), str(result["message"] or "")


def _entry(found: dict[str, Any]) -> Entry:
    raw = found["raw_attributes"]
    return Entry(str(found["dn"]), {name.lower(): tuple(values) for name, values in raw.items() if values})
