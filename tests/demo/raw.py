"""Requests that ldap3 cannot or will not make, written byte by byte."""

from __future__ import annotations

import socket

from ldap3.protocol.rfc4511 import LDAPMessage
from pyasn1.codec.ber import decoder

from selfserve.demo.directory import ber
from tests.demo.conftest import Directory


def bind_request(number: int, dn: str, password: bytes, version: int = 3) -> bytes:
    """A simple bind."""
    body = ber.tlv(0x60, ber.integer(version), ber.octets(dn), ber.tlv(0x80, password))
    return ber.sequence(ber.integer(number), body)


def search_request(number: int, base: str, condition: bytes, scope: int = 0) -> bytes:
    """A search whose filter is given as BER."""
    head = [ber.octets(base), ber.integer(scope, 0x0A), ber.integer(0, 0x0A), ber.integer(0), ber.integer(0)]
    body = ber.tlv(0x63, *head, ber.tlv(0x01, b"\x00"), condition, ber.sequence(ber.octets("1.1")))
    return ber.sequence(ber.integer(number), body)


class Wire:
    """A bare connection: bytes go in, whole messages come out."""

    def __init__(self, port: int) -> None:
        """Connect to a loopback port."""
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self._left = b""

    def __enter__(self) -> Wire:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close without a goodbye."""
        self.socket.close()

    def ask(self, request: bytes) -> list[tuple[int, str, int, str]]:
        """Every message up to the one that ends the operation, as `answers` gives them."""
        self.socket.sendall(request)
        found: list[tuple[int, str, int, str]] = []
        while not found or found[-1][2] == -1:
            found += answers(self._message())
        return found

    def closed(self) -> bool:
        """True once the server has closed the connection; waits for it."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionResetError:
            pass
        return True

    def _message(self) -> bytes:
        while True:
            try:
                _, rest = ber.read(self._left)
            except ber.MalformedError:
                data = self.socket.recv(65536)
                assert data, "the server closed the connection"
                self._left += data
                continue
            message, self._left = self._left[: len(self._left) - len(rest)], rest
            return message


UNBIND = ber.sequence(ber.integer(99), bytes((0x42, 0)))


def answers(said: bytes) -> list[tuple[int, str, int, str]]:
    """(message id, operation, result code or -1, name of an entry) of each message in a stream."""
    found = []
    while said:
        message, said = decoder.decode(said, asn1Spec=LDAPMessage())
        name = message["protocolOp"].getName()
        body = message["protocolOp"].getComponent()
        code = -1 if name == "searchResEntry" else int(body["resultCode"])
        found.append((int(message["messageID"]), name, code, str(body["object"]) if code == -1 else ""))
    return found


def raw_search(directory: Directory, base: str, condition: bytes) -> list[str]:
    """The names found by the service account with a filter given as BER."""
    with Wire(directory.port) as wire:
        assert wire.ask(bind_request(1, directory.svc_dn, directory.svc_password.encode()))[0][2] == 0
        *found, end = wire.ask(search_request(2, base, condition))
        assert end[2] == 0, end
    return [dn for _, _, _, dn in found]
