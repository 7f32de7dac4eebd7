"""The client on the wire: TLS, failover, idle connections, pages, referrals, speed of a bind."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.connectors.ldap.conftest import plain
from tests.servers.certificates import make_certificates
from tests.servers.processes import free_port
from tests.servers.slapd import Slapd
from tests.servers.tcp_fault import FaultProxy

from selfserve.connectors.contract import FailureKind, Level
from selfserve.connectors.ldap import DirectoryClient, DirectorySettings
from selfserve.connectors.ldap.errors import (
    AnswerLostError,
    BindRefusedError,
    DirectoryTrustError,
    DirectoryUnreachableError,
)
from selfserve.connectors.ldap.wire import REPLACE, Change, tls_context

Proxies = Callable[[int], FaultProxy]
Client = Callable[..., DirectoryClient]


@pytest.fixture
def client(slapd: Slapd) -> Iterator[Client]:
    """A function that builds a client of the shared directory."""
    built: list[DirectoryClient] = []

    def one(clock: Callable[[], float] = lambda: 0.0, **changes: Any) -> DirectoryClient:
        built.append(DirectoryClient(settings(slapd, **changes), clock))
        return built[-1]

    yield one
    for each in built:
        each.close()


def settings(slapd: Slapd, **changes: Any) -> DirectorySettings:
    section: dict[str, Any] = {"urls": [slapd.tls_url], "ca_file": slapd.ca_file, "bind_dn": slapd.svc_dn}
    return DirectorySettings(**{**section, "bind_password": slapd.svc_password, **changes})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("way", ["ldaps", "starttls"])
def test_tls_checks_names_and_addresses(client: Client, slapd: Slapd, host: str, way: str) -> None:
    """A certificate for a name and for an IP address is accepted, over ldaps and over StartTLS."""
    url = f"ldaps://{host}:{slapd.tls_port}" if way == "ldaps" else f"ldap://{host}:{slapd.port}"
    directory = client(urls=[url], start_tls=way == "starttls")
    assert directory.read(slapd.people, ("ou",)) is not None


def test_an_unknown_authority_is_refused(client: Client, tmp_path: Path) -> None:
    """A certificate of an authority that is not configured is never accepted, and no retry mends that."""
    with pytest.raises(DirectoryTrustError, match="not trusted") as raised:
        client(ca_file=make_certificates(tmp_path).ca_file).read("dc=example")
    assert raised.value.kind is FailureKind.CONFIG


def test_a_wrong_name_is_refused(client: Client, slapd: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name in the address counts, not the address behind it."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1", *rest, **more))
    with pytest.raises(DirectoryTrustError, match="certificate"):
        client(urls=[f"ldaps://directory.example:{slapd.tls_port}"]).read(slapd.people)


def test_the_legacy_switch_loosens_form_and_never_trust(slapd: Slapd) -> None:
    """Only VERIFY_X509_STRICT goes; a certificate and its name are demanded all the same."""
    strict, legacy = tls_context(settings(slapd)), tls_context(settings(slapd, allow_legacy_ca=True))
    assert not legacy.verify_flags & ssl.VERIFY_X509_STRICT
    for context in (strict, legacy):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"urls": ["ldap://directory.example"]}, "would send passwords in clear"),
        ({"urls": ["ldap://directory.example"], "insecure_loopback": True}, "would send passwords in clear"),
        ({"urls": ["http://directory.example"]}, "addresses of the form ldaps"),
        ({"urls": ["ldaps://directory.example/dc=x"]}, "addresses of the form ldaps"),
        ({"urls": ["ldaps://directory.example:x"]}, "addresses of the form ldaps"),
        ({"urls": []}, "at least 1 item"),
        ({"bind_password": ""}, "a bind without a password is anonymous"),
        ({"ca_file": "/nowhere/ca.pem"}, "the path of a file that is there"),
        ({"tls": False}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(slapd: Slapd, changes: dict[str, Any], words: str) -> None:
    """No configuration sends a password in clear, and each refusal is a sentence."""
    with pytest.raises(ValidationError, match=words):
        settings(slapd, **changes)


def test_an_ipv6_host_is_understood(slapd: Slapd) -> None:
    """The brackets belong to the address, not to the host."""
    endpoint = settings(slapd, urls=["ldaps://[::1]:1636"]).endpoints[0]
    assert (endpoint.host, endpoint.port, endpoint.loopback) == ("::1", 1636, True)


def test_a_dead_first_server_is_passed_over_and_then_asked_last(
    client: Client, slapd: Slapd, tcp_fault: Proxies
) -> None:
    """Failover over the list, and no waiting for the dead one again until some time has passed."""
    first, second = tcp_fault(slapd.port), tcp_fault(slapd.port)
    now = [0.0]
    directory = client(
        lambda: now[0], urls=[f"ldap://127.0.0.1:{p.port}" for p in (first, second)], insecure_loopback=True,
        idle_connections=0,
    )  # fmt: skip
    first.offline()
    assert directory.read(slapd.people) is not None
    first.online()
    assert directory.read(slapd.people) is not None
    assert (first.connections, second.connections) == (0, 2)
    now[0] = 31.0
    assert directory.read(slapd.people) is not None
    assert (first.connections, second.connections) == (1, 2)


def test_no_server_at_all_is_one_sentence_naming_each(client: Client, slapd: Slapd) -> None:
    """Transient, so that the caller comes back, and nothing was sent."""
    ports = [free_port(), free_port()]
    directory = client(urls=[f"ldap://127.0.0.1:{port}" for port in ports], insecure_loopback=True)
    with pytest.raises(DirectoryUnreachableError) as raised:
        directory.modify(slapd.people, [Change(REPLACE, "description", ("x",))])
    refused = [f"127.0.0.1:{port} cannot be reached ([Errno 111] Connection refused)." for port in ports]
    assert str(raised.value) == " ".join(refused)
    assert raised.value.kind is FailureKind.TRANSIENT


def test_a_wrong_service_password_asks_no_second_server(client: Client, slapd: Slapd, tcp_fault: Proxies) -> None:
    """Trying it on every server would lock the account; a refused bind leaves no usable connection."""
    first, second = tcp_fault(slapd.port), tcp_fault(slapd.port)
    urls = [f"ldap://127.0.0.1:{proxy.port}" for proxy in (first, second)]
    directory = client(urls=urls, insecure_loopback=True, bind_password="wrong")
    with pytest.raises(BindRefusedError):
        directory.read(slapd.people)
    assert (first.connections, second.connections) == (1, 0)


def test_a_connection_closed_while_idle_is_found_before_sending(
    client: Client, slapd: Slapd, tcp_fault: Proxies
) -> None:
    """The server closed it: the write goes over a new one and is not in doubt."""
    proxy, person = tcp_fault(slapd.port), slapd.add_person()
    directory = client(**plain(proxy.port))
    assert directory.read(slapd.people) is not None
    proxy.cut()
    assert directory.modify(person.dn, [Change(REPLACE, "description", ("written",))]).ok
    assert slapd.attributes(person.dn, "description") == {"description": ["written"]}
    assert proxy.connections == 2


def test_a_broken_read_is_tried_on_the_next_server(client: Client, slapd: Slapd, tcp_fault: Proxies) -> None:
    """Reads may be repeated; the caller notices nothing."""
    proxy = tcp_fault(slapd.port)
    directory = client(**plain(proxy.port))
    proxy.lose_next_answer()
    assert directory.read(slapd.people) is not None
    assert proxy.faults == 1


def test_a_lost_write_names_the_server_and_is_not_repeated(client: Client, slapd: Slapd, tcp_fault: Proxies) -> None:
    """The client never replays a write by itself."""
    proxy, person = tcp_fault(slapd.port), slapd.add_person()
    directory = client(**plain(proxy.port))
    proxy.lose_next_answer()
    with pytest.raises(AnswerLostError) as raised:
        directory.modify(person.dn, [Change(REPLACE, "description", ("once",))])
    assert raised.value.host == f"127.0.0.1:{proxy.port}"
    assert proxy.connections == 1
    assert directory.read(person.dn, ("description",), host=raised.value.host) is not None


def test_a_silent_server_costs_the_timeout_and_no_more(client: Client, slapd: Slapd, tcp_fault: Proxies) -> None:
    """The answer to a write comes too late: in doubt, not failed."""
    proxy, person = tcp_fault(slapd.port), slapd.add_person()
    directory = client(**plain(proxy.port), receive_timeout=1)
    assert directory.read(slapd.people) is not None
    proxy.slow(1.5)
    with pytest.raises(AnswerLostError):
        directory.modify(person.dn, [Change(REPLACE, "description", ("late",))])


def test_threads_share_connections_but_never_one_at_a_time(client: Client, slapd: Slapd, tcp_fault: Proxies) -> None:
    """Eight threads, forty reads each: right answers, at most eight connections, kept for reuse."""
    proxy = tcp_fault(slapd.port)
    directory, people = client(**plain(proxy.port)), [slapd.add_person() for _ in range(8)]
    wrong: list[str] = []

    def read(dn: str, uid: str) -> None:
        for _ in range(40):
            entry = directory.read(dn, ("uid",))
            if entry is None or entry.text("UID") != uid:
                wrong.append(dn)

    threads = [threading.Thread(target=read, args=(person.dn, person.uid)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert 1 <= proxy.connections <= 8


def test_pages_bring_every_entry_once(client: Client, slapd: Slapd) -> None:
    """RFC 2696, over the server's size limit of the service account's peers, with attributes as bytes."""
    branch = f"ou=many-{free_port()},{slapd.people}"
    slapd.add_entry(branch, "organizationalUnit", {"ou": branch[3:].split(",")[0]})
    for number in range(45):
        slapd.add_entry(f"cn=m{number:02d},{branch}", "device", {"cn": f"m{number:02d}"})
    directory = client(page_size=10)
    found = list(directory.search_paged(branch, "(objectClass=device)", ("cn",)))
    assert sorted(entry.text("cn") or "" for entry in found) == [f"m{number:02d}" for number in range(45)]
    assert found[0].attributes["cn"][0].startswith(b"m")
    half = directory.search_paged(branch, "(objectClass=device)", ("cn",))
    assert next(half)
    half.close()
    assert not any(directory._links._idle.values()), "a connection with a search under way must not be used again"
    assert directory.read(branch) is not None


def test_reading_a_missing_entry_or_attribute_is_no_error(client: Client, slapd: Slapd) -> None:
    """None for the entry, absence for the attribute, None against False for a compare."""
    directory, person = client(), slapd.add_person()
    assert directory.read(f"uid=nobody,{slapd.people}") is None
    entry = directory.read(person.dn, ("cn", "title"))
    assert entry is not None
    assert (entry.texts("title"), entry.text("title")) == ([], None)
    assert directory.compare(person.dn, "title", "x") is False
    assert directory.compare(f"uid=nobody,{slapd.people}", "title", "x") is None


def test_check_names_each_trouble_and_never_raises(client: Client, slapd: Slapd, tmp_path: Path) -> None:
    """Findings `reach`, `tls` and `bind`, one per server."""
    good = client().check()
    assert [(finding.level, finding.name) for finding in good] == [(Level.INFO, "bind")]
    cases: dict[str, dict[str, Any]] = {
        "reach": {"urls": [f"ldaps://localhost:{free_port()}"]},
        "tls": {"ca_file": make_certificates(tmp_path).ca_file},
        "bind": {"bind_password": "wrong"},
    }
    for name, changes in cases.items():
        assert [(f.level, f.name) for f in client(**changes).check()] == [(Level.ERROR, name)]
    legacy = client(allow_legacy_ca=True).check()
    assert (Level.WARNING, "tls") in [(finding.level, finding.name) for finding in legacy]


@pytest.mark.parametrize("way", ["ldaps", "starttls", "plain"])
def test_no_connection_waits_for_more_to_send(client: Client, slapd: Slapd, way: str) -> None:
    """Nagle's algorithm would cost 40 ms on every bind over TLS 1.3."""
    changes = {
        "ldaps": {},
        "starttls": {"urls": [slapd.url], "start_tls": True},
        "plain": plain(slapd.port),
    }[way]
    directory = client(**changes)
    link = directory._links.take()
    assert link._connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert isinstance(link._connection.socket, ssl.SSLSocket) is (way != "plain")
    directory._links.give(link)


def test_a_server_that_speaks_no_tls_is_a_matter_of_configuration(client: Client, slapd: Slapd) -> None:
    """`ldaps://` with the port of plain LDAP: no retry mends that, unless the server just went away."""
    with pytest.raises((DirectoryTrustError, DirectoryUnreachableError)) as raised:
        client(urls=[f"ldaps://localhost:{slapd.port}"]).read(slapd.people)
    assert str(slapd.port) in str(raised.value)


def test_starttls_that_fails_never_falls_back_to_plain(client: Client, slapd: Slapd) -> None:
    """The password is not sent where TLS did not come about."""
    directory = client(urls=[slapd.url], start_tls=True, ca_file=None)
    with pytest.raises(DirectoryTrustError, match="certificate"):
        directory.read(slapd.people)
