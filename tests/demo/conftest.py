"""The two directories that are held to one set of checks, behind one face."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ldap3
import pytest
from ldap3.protocol.rfc3062 import PasswdModifyRequestValue

from selfserve.demo.company import FERNHILL
from selfserve.demo.directory import DemoDirectory
from tests.servers.certificates import make_certificates
from tests.servers.ldap_client import Bound, connect
from tests.servers.slapd import Slapd

POLICY = "1.3.6.1.4.1.42.2.27.8.5.1"
PASSWORD_MODIFY = "1.3.6.1.4.1.4203.1.11.1"
PASSWORD = "Start-Passw0rd!"


@dataclass(frozen=True)
class Reply:
    """One answer: code, words, entries, the password policy's error, other controls."""

    code: int
    text: str
    found: list[dict[str, Any]]
    result: dict[str, Any]

    @property
    def names(self) -> list[str]:
        """The names of the found entries."""
        return [one["dn"] for one in self.found]

    @property
    def policy(self) -> int | None:
        """The number of the password policy's error, None where it told none."""
        control = (self.result.get("controls") or {}).get(POLICY)
        value = control["value"] if control else b"\x30\x00"
        return value[-1] if len(value) > 2 else None


def reply(answer: tuple[Any, dict[str, Any], Any, Any]) -> Reply:
    """ldap3's answer of a SAFE_SYNC connection, made readable."""
    _, result, response, _ = answer
    found = [one for one in response or [] if one["type"] == "searchResEntry"]
    return Reply(result["result"], result.get("message", ""), found, result)


@dataclass(frozen=True)
class Person:
    """Somebody added for one test."""

    dn: str
    uid: str
    password: str


@dataclass(frozen=True)
class Directory:
    """A running directory as a client sees it; everything it is asked goes over the wire."""

    kind: str
    port: int
    tls_port: int
    ca_file: Path
    base: str
    svc_dn: str
    svc_password: str

    @property
    def people(self) -> str:
        """The branch with the people."""
        return f"ou=people,{self.base}"

    @property
    def groups(self) -> str:
        """The branch with the groups."""
        return f"ou=groups,{self.base}"

    def bind(self, dn: str = "", password: str | bytes = b"", *, tls: bool = False) -> Bound:
        """A connection after its bind, successful or not; for `with`."""
        return connect(self.tls_port if tls else self.port, dn, password, self.ca_file if tls else None)

    def service(self) -> Bound:
        """A connection of the service account."""
        return self.bind(self.svc_dn, self.svc_password)

    def login(self, dn: str, password: str | bytes) -> Reply:
        """The answer to a bind that asks for the password policy's opinion."""
        server = ldap3.Server("127.0.0.1", port=self.port, get_info=ldap3.NONE)
        secret = password.encode() if isinstance(password, str) else password
        options = {"client_strategy": ldap3.SAFE_SYNC, "check_names": False, "receive_timeout": 10}
        with Bound(server, dn, secret, **options) as connection:
            return reply(connection.bind(controls=[(POLICY, False, None)]))

    def add_person(self, name: str = "", password: str | None = PASSWORD, **more: str | list[str]) -> Person:
        """Somebody with a uid of their own, added by the service account."""
        uid = f"t{uuid.uuid4().hex[:12]}"
        secret = {"userPassword": password} if password else {}
        entry = {"uid": uid, "cn": name or uid, "sn": name or uid, "mail": f"{uid}@example.test", **secret, **more}
        dn = f"uid={uid},{self.people}"
        self._add(dn, "inetOrgPerson", entry)
        return Person(dn, uid, password or "")

    def add_group(self, *members: str) -> str:
        """The DN of a new group; the service account is its member where none is given."""
        name = f"g{uuid.uuid4().hex[:12]}"
        dn = f"cn={name},{self.groups}"
        self._add(dn, "groupOfNames", {"cn": name, "member": list(members) or [self.svc_dn]})
        return dn

    def _add(self, dn: str, object_class: str, attributes: dict[str, Any]) -> None:
        with self.service() as service:
            answer = reply(service.add(dn, object_class, attributes))
            assert answer.code == 0, answer

    def modify(self, dn: str, **changes: list[tuple[str, list[str]]]) -> Reply:
        """A modify by the service account."""
        with self.service() as service:
            return reply(service.modify(dn, changes, controls=[(POLICY, False, None)]))

    def read(self, dn: str, *attributes: str) -> dict[str, list[str]]:
        """An entry's attributes as the service account sees them; absent ones are left out."""
        with self.service() as service:
            found = reply(service.search(dn, "(objectClass=*)", ldap3.BASE, attributes=list(attributes) or ["*", "+"]))
        raw = found.found[0]["raw_attributes"]
        return {name: [value.decode() for value in values] for name, values in raw.items() if values}

    def find(self, question: str, base: str = "", **options: Any) -> list[str]:
        """The names the service account finds below the people."""
        with self.service() as service:
            answer = reply(service.search(base or self.people, question, attributes=["1.1"], **options))
        assert answer.code == 0, answer
        return answer.names


def change_password(by: Bound, dn: str | None, new: str | bytes | None, old: str | bytes | None = None) -> Reply:
    """Password Modify over a connection; what is None is left out of the request."""
    asked = PasswdModifyRequestValue()
    for name, value in (("userIdentity", dn), ("oldPasswd", old), ("newPasswd", new)):
        if value is not None:
            asked[name] = value.encode() if isinstance(value, str) else value
    return reply(by.extended(PASSWORD_MODIFY, asked, [(POLICY, False, None)]))


@pytest.fixture(scope="session")
def tls_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context, and the authority to trust."""
    made = make_certificates(tmp_path_factory.mktemp("embedded-tls"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.cert_file, made.key_file)
    return context, made.ca_file


@pytest.fixture(scope="session")
def embedded(tls_files: tuple[ssl.SSLContext, Path]) -> Iterator[Directory]:
    """The demo's directory of Fernhill, running."""
    context, ca_file = tls_files
    served = DemoDirectory(FERNHILL, tls=context)
    served.start()
    yield Directory(
        "embedded", served.port, served.tls_port, ca_file, FERNHILL.base, served.service_dn, served.service_password
    )
    served.stop()


@pytest.fixture(params=["slapd", "embedded"])
def directory(request: pytest.FixtureRequest) -> Directory:
    """Each of the two directories in turn."""
    if request.param == "embedded":
        given: Directory = request.getfixturevalue("embedded")
        return given
    real: Slapd = request.getfixturevalue("slapd")
    return Directory("slapd", real.port, real.tls_port, real.ca_file, real.base, real.svc_dn, real.svc_password)
