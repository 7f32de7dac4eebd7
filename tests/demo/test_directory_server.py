"""The embedded directory as a server: where it listens, what it keeps, and that nobody can bring it down."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ldap3 import BASE, MODIFY_ADD, MODIFY_REPLACE

from selfserve.demo.company import FERNHILL
from selfserve.demo.directory import DemoDirectory, SnapshotError, ber
from selfserve.demo.directory.filters import DEEPEST
from selfserve.demo.directory.messages import LONGEST
from tests.demo.conftest import Directory, reply
from tests.demo.raw import Wire, bind_request, raw_search, search_request
from tests.servers.ldap_client import connect

START = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
DISCONNECTION = [(0, "extendedResp", 2, "")]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        """At START."""
        self.time = START

    def __call__(self) -> datetime:
        """What time it is."""
        return self.time


@pytest.fixture
def demo() -> Iterator[DemoDirectory]:
    """A directory of its own for one test."""
    served = DemoDirectory(FERNHILL, service_password="service-password")
    served.start()
    yield served
    served.stop()


def ask(served: DemoDirectory, *attributes: str) -> dict[str, list[str]]:
    """Ana's entry, read by the service account."""
    with connect(served.port, served.service_dn, served.service_password) as service:
        answer = reply(service.search(FERNHILL.dn("ana"), "(objectClass=*)", BASE, attributes=list(attributes)))
    raw = answer.found[0]["raw_attributes"]
    return {name: [value.decode() for value in values] for name, values in raw.items() if values}


def join_vpn(served: DemoDirectory) -> None:
    """Put Ana into the group vpn over the wire."""
    with connect(served.port, served.service_dn, served.service_password) as service:
        change = {"member": [(MODIFY_ADD, [FERNHILL.dn("ana")])]}
        assert reply(service.modify(f"cn=vpn,{FERNHILL.groups_dn}", change)).code == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "fernhill.example", ""])
def test_other_addresses_than_loopback_are_refused(host: str) -> None:
    """A demo never opens a directory with known passwords to the network."""
    with pytest.raises(ValueError, match="loopback addresses only"):
        DemoDirectory(FERNHILL).start(host)


def test_starting_twice_is_told(demo: DemoDirectory) -> None:
    """One sentence, and the running one goes on."""
    with pytest.raises(ValueError, match="running already"):
        demo.start()
    assert ask(demo, "uid") == {"uid": ["ana"]}


def test_taken_port_is_an_error_and_leaves_nothing_behind(demo: DemoDirectory) -> None:
    """The thread of the second one is gone again, so that it can be started elsewhere."""
    second = DemoDirectory(FERNHILL)
    with pytest.raises(OSError, match="address already in use"):
        second.start(port=demo.port)
    second.start()
    second.stop()


def test_stopped_and_started_it_goes_on_where_it_was(demo: DemoDirectory) -> None:
    """Connections end, entries stay, on the same port where it is asked for."""
    join_vpn(demo)
    port = demo.port
    demo.stop()
    demo.stop()
    demo.start(port=port)
    assert demo.port == port
    assert set(ask(demo, "memberOf")["memberOf"]) == {f"cn={one},{FERNHILL.groups_dn}" for one in ("all-staff", "vpn")}


def test_service_password_is_new_in_each_program() -> None:
    """Nobody else on the machine knows it."""
    assert DemoDirectory(FERNHILL).service_password != DemoDirectory(FERNHILL).service_password


def test_everybody_signs_in_with_the_sample_password(demo: DemoDirectory) -> None:
    """All twelve, over the wire and through `check`."""
    for person in FERNHILL.people:
        with connect(demo.port, FERNHILL.dn(person), person.password) as connection:
            assert connection.bound
        assert demo.check(person.login.upper(), person.password)
    assert not demo.check("nobody", "fernhill-nobody-1")


def test_sign_in_elsewhere_sees_locks_and_resets(demo: DemoDirectory) -> None:
    """`check`, `locked` and `groups` tell what the entries say now."""
    for _ in range(3):
        assert not demo.check("ana", "wrong")
    assert demo.locked("ana")
    assert not demo.check("ana", "fernhill-ana-1")
    with connect(demo.port, demo.service_dn, demo.service_password) as service:
        change = {"userPassword": [(MODIFY_REPLACE, ["Quite-another-1"])]}
        assert reply(service.modify(FERNHILL.dn("ana"), change)).code == 0
    assert not demo.locked("ana")
    assert demo.check("ana", "Quite-another-1")
    join_vpn(demo)
    assert demo.groups("ana") == ["all-staff", "vpn"]
    assert demo.groups("nobody") == []
    assert demo.locked("nobody")


def test_stamps_come_from_the_clock_it_was_given() -> None:
    """Created at START, changed an hour later; people sync finds the one change."""
    clock = Clock()
    served = DemoDirectory(FERNHILL, now=clock)
    served.start()
    clock.time += timedelta(hours=1)
    join_vpn(served)
    with connect(served.port, served.service_dn, served.service_password) as service:
        changed = reply(service.search(FERNHILL.base, "(modifyTimestamp>=20260301093000Z)"))
    assert ask(served, "createTimestamp") == {"createTimestamp": ["20260301083000Z"]}
    assert changed.names == [f"cn=vpn,{FERNHILL.groups_dn}"]
    served.stop()


# The file


def test_memberships_and_passwords_outlive_the_program(tmp_path: Path) -> None:
    """A second program on the same folder sees what the first one answered for, ids and stamps included."""
    first = DemoDirectory(FERNHILL, tmp_path)
    first.start()
    join_vpn(first)
    with connect(first.port, FERNHILL.dn("ana"), "fernhill-ana-1") as ana:
        change = {"userPassword": [(MODIFY_REPLACE, ["Quite-another-1"])]}
        assert reply(ana.modify(FERNHILL.dn("ana"), change)).code == 0
    before = ask(first, "*", "+")
    second = DemoDirectory(FERNHILL, tmp_path)  # while the first one runs: as if that had been killed
    second.start()
    assert ask(second, "*", "+") == before
    assert second.check("ana", "Quite-another-1")
    assert not second.check("ana", "fernhill-ana-1")
    with connect(second.port, first.service_dn, first.service_password) as old_service:
        assert not old_service.bound
    first.stop()
    second.stop()


def test_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """It holds hashed passwords, none in clear."""
    DemoDirectory(FERNHILL, tmp_path)
    [file] = list(tmp_path.iterdir())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "fernhill-ana-1" not in file.read_text()


def test_values_that_are_no_text_survive(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 come back as they were."""
    first = DemoDirectory(FERNHILL, tmp_path)
    first.start()
    with connect(first.port, first.service_dn, first.service_password) as service:
        assert reply(service.modify(FERNHILL.dn("ana"), {"jpegPhoto": [(MODIFY_ADD, [b"\xff\xd8\x00"])]})).code == 0
    first.stop()
    second = DemoDirectory(FERNHILL, tmp_path)
    second.start()
    with connect(second.port, second.service_dn, second.service_password) as service:
        options = {"search_scope": BASE, "attributes": ["jpegPhoto"]}
        answer = reply(service.search(FERNHILL.dn("ana"), "(objectClass=*)", **options))
    assert answer.found[0]["raw_attributes"]["jpegPhoto"] == [b"\xff\xd8\x00"]
    second.stop()


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "{}", '{"version": 2, "entries": []}', '{"version": 1, "entries": [{"dn": 1}]}',
        json.dumps({"version": 1, "entries": [{"dn": "nonsense", "attributes": {}}]}),
        json.dumps({"version": 1, "entries": [{"dn": "cn=a", "attributes": {"cn": [1]}}]}),
    ],
)  # fmt: skip
def test_broken_file_is_told_in_one_sentence(tmp_path: Path, content: str) -> None:
    """Which file, why, and what to do; it is left as it is."""
    file = tmp_path / "directory.json"
    file.write_text(content)
    with pytest.raises(SnapshotError, match=r"directory\.json cannot be read .*: delete it to start again"):
        DemoDirectory(FERNHILL, tmp_path)
    assert file.read_text() == content


# Hostile input

BIND = bind_request(1, "", b"")
HOSTILE = {
    "not ldap": b"GET / HTTP/1.1\r\n\r\n",
    "indefinite length": b"\x30\x80\x02\x01\x01",
    "length of lengths": b"\x30\xff" + b"\xff" * 127,
    "beyond the limit": b"\x30\x84" + (LONGEST + 1).to_bytes(4, "big"),
    "four gigabytes": b"\x30\x84\xff\xff\xff\xff",
    "empty message": b"\x30\x00",
    "no operation": ber.sequence(ber.integer(1)),
    "inner length too long": b"\x30\x05\x02\x01\x01\x60\x7f",
    "number without digits": ber.sequence(ber.tlv(0x02), bytes((0x42, 0))),
    "endless number": ber.sequence(ber.tlv(0x02, b"\x01" * 9), bytes((0x42, 0))),
    "tag of two bytes": ber.sequence(ber.integer(1), b"\x7f\x81\x01\x00"),
    "an answer": ber.sequence(ber.integer(1), ber.tlv(0x61, ber.integer(0, 0x0A), ber.octets(""), ber.octets(""))),
    "bind without parts": ber.sequence(ber.integer(1), ber.tlv(0x60)),
    "name not UTF-8": ber.sequence(
        ber.integer(1), ber.tlv(0x60, ber.integer(3), ber.octets(b"\xff"), ber.tlv(0x80, b"x"))
    ),
    "scope of a fourth kind": search_request(1, "dc=x", ber.tlv(0x87, b"cn"), scope=7),
    "extended without a name": ber.sequence(ber.integer(1), ber.tlv(0x77)),
}


@pytest.mark.parametrize("request_", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_ldap_ends_its_connection_and_no_other(embedded: Directory, request_: bytes) -> None:
    """A notice of disconnection, then the end; a connection opened before goes on."""
    with Wire(embedded.port) as neighbour, Wire(embedded.port) as attacker:
        assert attacker.ask(request_) == DISCONNECTION
        assert attacker.closed()
        assert neighbour.ask(BIND) == [(1, "bindResponse", 0, "")]


@pytest.mark.parametrize("sent", [b"", b"\x30", BIND[:-1], b"\x30\x84\x00\x0f\xff\xff" + b"x" * 1000])
def test_client_that_leaves_in_the_middle_is_let_go(embedded: Directory, sent: bytes) -> None:
    """Half a message and no more: nothing is answered, others are served."""
    with Wire(embedded.port) as leaver:
        leaver.socket.sendall(sent)
    with Wire(embedded.port) as neighbour:
        assert neighbour.ask(BIND) == [(1, "bindResponse", 0, "")]


def nested(depth: int) -> bytes:
    """A filter of so many NOTs around one question."""
    condition = ber.tlv(0x87, b"objectClass")
    for _ in range(depth):
        condition = ber.tlv(0xA2, condition)
    return condition


def test_filter_may_nest_but_not_without_end(embedded: Directory) -> None:
    """Fifty levels are answered, more are refused in words, and the connection stays."""
    assert raw_search(embedded, embedded.people, nested(DEEPEST)) == [embedded.people]
    bind = bind_request(1, embedded.svc_dn, embedded.svc_password.encode())
    with Wire(embedded.port) as wire:
        wire.ask(bind)
        for depth in (DEEPEST + 1, 50_000):
            assert wire.ask(search_request(2, embedded.people, nested(depth))) == [(2, "searchResDone", 2, "")]
        assert wire.ask(bind) == [(1, "bindResponse", 0, "")]


def test_filter_of_an_unknown_kind_ends_the_connection(embedded: Directory) -> None:
    """There are ten kinds of filter; an eleventh is no LDAP."""
    with Wire(embedded.port) as wire:
        wire.ask(bind_request(1, embedded.svc_dn, embedded.svc_password.encode()))
        assert wire.ask(search_request(2, embedded.people, ber.tlv(0xAA, b""))) == DISCONNECTION


def test_substring_filter_cannot_be_made_slow(embedded: Directory) -> None:
    """Two hundred stars on text that almost matches: answered at once, not after exponential time."""
    person = embedded.add_person(description="a" * 5000)
    pieces = b"".join(ber.tlv(0x81, b"a") for _ in range(200)) + ber.tlv(0x82, b"b")
    condition = ber.tlv(0xA4, ber.octets("description"), ber.sequence(pieces))
    assert raw_search(embedded, person.dn, condition) == []


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.integers(0, 10**6))
def test_flipped_and_random_bytes_never_reach_a_neighbour(embedded: Directory, noise: bytes, place: int) -> None:
    """Any bytes at all, also in the middle of a good request: the connection may end, the server does not."""
    good = search_request(2, embedded.people, nested(2))
    at = place % len(good)
    with Wire(embedded.port) as attacker:
        attacker.socket.sendall(good[:at] + noise + good[at + len(noise) :])
    with Wire(embedded.port) as neighbour:
        assert neighbour.ask(BIND) == [(1, "bindResponse", 0, "")]
