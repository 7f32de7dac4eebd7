"""Until when certificates hold: seen at real servers by each way TLS begins, and kept."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.postgres import Postgres
from tests.servers.processes import LOOPBACK, free_port
from tests.servers.slapd import Slapd

from selfserve.insights import certificates
from selfserve.insights.handshake import NotShown, Place, Shown, Way, shown_at
from selfserve.store.database import Database

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
ENDS = NOW + timedelta(days=40)
REFUSED = bytes.fromhex("300c02010178070a010204000400")
"""An ExtendedResponse with resultCode protocolError (RFC 4511, 4.12)."""
PLACE = Place("provider", "login.example", 443)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A key, its certificate, and the authority behind it."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def context(made: Certificates) -> ssl.SSLContext:
    """A server's side."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(made.cert_file, made.key_file)
    return found


@contextmanager
def answering(context: ssl.SSLContext | None, before: bytes = b"") -> Iterator[int]:
    """A port where one caller is first sent `before` (after it said something), then met with TLS."""
    listener = socket.create_server((LOOPBACK, 0))

    def serve() -> None:
        line, _ = listener.accept()
        with line:
            if before:
                line.recv(100)
                line.sendall(before)
            if context is not None:
                try:
                    context.wrap_socket(line, server_side=True).close()
                except OSError:
                    return  # the caller needs no more than the certificate

    thread = threading.Thread(target=serve)
    thread.start()
    yield int(listener.getsockname()[1])
    thread.join()
    listener.close()


@pytest.mark.parametrize(("way", "port"), [(Way.LDAP, "port"), (Way.TLS, "tls_port")])
def test_a_directory_s_certificate_is_seen(slapd: Slapd, way: Way, port: str) -> None:
    """By StartTLS and by ldaps, although nobody here trusts its authority."""
    seen = shown_at(Place("connector:directory", slapd.host, getattr(slapd, port), way))
    assert seen.ends_at > datetime.now(UTC)


def test_a_mail_server_s_certificate_is_seen(made: Certificates) -> None:
    """By STARTTLS."""
    controller = Controller(object(), hostname=LOOPBACK, port=free_port(), tls_context=context(made))
    controller.start()
    try:
        assert shown_at(Place("mail", LOOPBACK, controller.port, Way.SMTP)).ends_at > datetime.now(UTC)
    finally:
        controller.stop()


def test_a_database_s_certificate_is_seen(made: Certificates) -> None:
    """After the yes to an SSLRequest."""
    with answering(context(made), b"S") as port:
        assert shown_at(Place("database", LOOPBACK, port, Way.POSTGRES)).ends_at > datetime.now(UTC)


def test_a_database_without_tls_is_said_to_be(postgres: Postgres) -> None:
    """The real one of the tests answers that it has none."""
    url = sa.make_url(postgres.url(postgres.create_database()))
    with pytest.raises(NotShown, match="it speaks without TLS"):
        shown_at(Place("database", url.host or "", url.port or 0, Way.POSTGRES))


def test_what_shows_none_is_said_in_a_clause() -> None:
    """Nobody listens; somebody listens who says nothing of TLS; LDAP that does not begin it."""
    with pytest.raises(NotShown, match="Connection refused"):
        shown_at(Place("provider", LOOPBACK, free_port()))
    with answering(None, b"HTTP/1.0 400 Bad Request\r\n\r\n") as port, pytest.raises(NotShown, match="not speak TLS"):
        shown_at(Place("provider", LOOPBACK, port))
    with answering(None, REFUSED) as port, pytest.raises(NotShown, match="it does not begin TLS"):
        shown_at(Place("connector:directory", LOOPBACK, port, Way.LDAP))


def test_a_server_that_is_away_keeps_the_end_last_seen(database: Database) -> None:
    """What is known is not forgotten because of one bad moment; why it was not seen stands beside it."""

    def away(_: Place) -> Shown:
        raise NotShown("it does not answer in time")

    certificates.look(database, [PLACE], NOW, lambda _: Shown("login.example", ENDS))
    certificates.look(database, [PLACE], NOW + timedelta(hours=1), away)
    with database.read() as session:
        (row,) = certificates.known(session)
    assert (row.ends_at, row.problem) == (ENDS, "it does not answer in time")
    assert row.looked_at == NOW + timedelta(hours=1)


def test_a_place_that_is_not_named_any_more_is_forgotten(database: Database) -> None:
    """Another provider: its certificate takes the place of the old one's; the same place named twice is one."""
    other = Place("provider", "id.example", 443)
    for places in ([PLACE], [other, other]):
        certificates.look(database, places, NOW, lambda _: Shown("x", ENDS))
    with database.read() as session:
        assert [row.address for row in certificates.known(session)] == ["id.example:443"]


def test_a_look_is_due_once_an_hour(database: Database) -> None:
    """Handshakes are no busy work."""
    with database.read() as session:
        assert certificates.due(session, NOW)
    certificates.look(database, [PLACE], NOW, lambda _: Shown("x", ENDS))
    with database.read() as session:
        assert not certificates.due(session, NOW + timedelta(minutes=59))
        assert certificates.due(session, NOW + timedelta(hours=1))


def test_an_address_of_ipv6_is_told_apart_from_its_port() -> None:
    """In brackets, as everywhere."""
    assert Place("server", "::1", 443).address == "[::1]:443"
