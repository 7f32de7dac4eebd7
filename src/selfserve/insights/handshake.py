"""Which certificate a server shows: the handshake of each protocol, up to the certificate and no further."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.x509.oid import NameOID

PATIENCE = 5.0
"""Seconds for the connection, and for each answer."""
_LDAP_START_TLS = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
"""An ExtendedRequest with the name of StartTLS (RFC 4511, 4.14), as message 1."""
_POSTGRES_SSL = bytes.fromhex("0000000804d2162f")
"""SSLRequest (PostgreSQL, "Message Formats"); the server answers `S`, or `N` where it has no TLS."""


class Way(StrEnum):
    """How TLS begins."""

    TLS = "tls"
    LDAP = "ldap"
    POSTGRES = "postgres"
    SMTP = "smtp"


@dataclass(frozen=True, slots=True)
class Place:
    """A server that shows a certificate. `of`: whose it is, see `store.tables.Certificate`."""

    of: str
    host: str
    port: int
    way: Way = Way.TLS

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate: for whom it is, and until when it holds."""

    subject: str
    ends_at: datetime


class NotShown(Exception):  # noqa: N818  (what was seen instead of a certificate)
    """No certificate was to be seen; the text says why, in a clause."""


def shown_at(place: Place, patience: float = PATIENCE) -> Shown:
    """The certificate that the server shows, also where it is not valid (any more): whether it may be trusted is judged
    by those who connect to work with it. NotShown where there is none to be seen."""
    try:
        with socket.create_connection((place.host, place.port), patience) as line:
            _BEFORE[place.way](line)
            with _taking_any().wrap_socket(line, server_hostname=place.host) as secured:
                raw = secured.getpeercert(binary_form=True)
    except ssl.SSLError as error:
        raise NotShown(f"it does not speak TLS ({error.reason or type(error).__name__})") from error
    except OSError as error:
        raise NotShown(error.strerror or "it does not answer in time") from error
    if raw is None:
        raise NotShown("it shows no certificate")
    return _read(raw)


def _taking_any() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _read(raw: bytes) -> Shown:
    try:
        found = x509.load_der_x509_certificate(raw)
        names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return Shown(str(names[0].value)[:255] if names else "", found.not_valid_after_utc)
    except ValueError as error:
        raise NotShown("its certificate cannot be read") from error


def _nothing(_: socket.socket) -> None:
    """TLS begins at once."""


def _ldap(line: socket.socket) -> None:
    line.sendall(_LDAP_START_TLS)
    answer = line.recv(4096)
    # An ExtendedResponse (tag 0x78) begins with its resultCode: an ENUMERATED of one byte, 0 for success.
    at = answer.find(b"\x78")
    if at < 0 or b"\x0a\x01\x00" not in answer[at : at + 8]:
        raise NotShown("it does not begin TLS")


def _postgres(line: socket.socket) -> None:
    line.sendall(_POSTGRES_SSL)
    if line.recv(1) != b"S":
        raise NotShown("it speaks without TLS")


def _smtp(line: socket.socket) -> None:
    with line.makefile("rb") as heard:
        _reply(heard.readline)
        line.sendall(b"EHLO selfserve.invalid\r\n")
        _reply(heard.readline)
        line.sendall(b"STARTTLS\r\n")
        _reply(heard.readline)


def _reply(readline: Callable[[int], bytes]) -> None:
    """One reply of one or more lines (RFC 5321, 4.2.1)."""
    for _ in range(64):
        heard = readline(1024)
        if not heard.startswith(b"2"):
            break
        if heard[3:4] != b"-":
            return
    raise NotShown("it does not begin TLS")


_BEFORE: Mapping[Way, Callable[[socket.socket], None]] = {
    Way.TLS: _nothing,
    Way.LDAP: _ldap,
    Way.POSTGRES: _postgres,
    Way.SMTP: _smtp,
}
