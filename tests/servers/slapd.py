"""OpenLDAP's slapd as a fixture: password policy, memberOf, referential integrity, TLS, own folder, own ports."""

from __future__ import annotations

import socket
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import ldap3
import pytest
from ldap3.core.exceptions import LDAPException
from ldap3.utils.dn import escape_rdn

from tests.servers import slapd_entries
from tests.servers.certificates import make_certificates
from tests.servers.ldap_client import Bound, connect
from tests.servers.processes import LOOPBACK, free_port, program, running, with_free_ports

BASE = "dc=example,dc=test"
SBIN = "/usr/sbin"


@dataclass(frozen=True)
class Person:
    """A person added for one test."""

    dn: str
    uid: str
    mail: str
    password: str


@dataclass(frozen=True)
class Slapd:
    """A running directory. `people` and `groups` are the DNs of its two branches; passwords are plain text."""

    port: int
    tls_port: int
    ca_file: Path
    base: str = BASE
    svc_dn: str = f"cn=svc,ou=services,{BASE}"
    svc_password: str = "svc-secret"
    admin_dn: str = f"cn=admin,{BASE}"
    admin_password: str = "admin-secret"
    people: str = f"ou=people,{BASE}"
    groups: str = f"ou=groups,{BASE}"
    host: str = LOOPBACK

    @property
    def url(self) -> str:
        """Address without TLS (StartTLS is offered on it)."""
        return f"ldap://{self.host}:{self.port}"

    @property
    def tls_url(self) -> str:
        """Address with TLS; trust `ca_file`."""
        return f"ldaps://{self.host}:{self.tls_port}"

    def connect(self, dn: str, password: str | bytes, *, tls: bool = False) -> Bound:
        """A connection after its simple bind, for `with`; look at `.bound` and `.result`, nothing is raised."""
        return connect(self.tls_port if tls else self.port, dn, password, self.ca_file if tls else None, self.host)

    def accepts(self, dn: str, password: str | bytes) -> bool:
        """True where a simple bind with this password succeeds (a wrong one counts towards the lock)."""
        with self.connect(dn, password) as connection:
            return bool(connection.bound)

    def admin(self) -> Bound:
        """A bound connection of the rootdn, whom no access rule and no password policy binds."""
        return self.connect(self.admin_dn, self.admin_password)

    def service(self) -> Bound:
        """A bound connection of the service account the product uses."""
        return self.connect(self.svc_dn, self.svc_password)

    def add_person(
        self, name: str = "", password: str = slapd_entries.PASSWORD, **attributes: str | list[str]
    ) -> Person:
        """A new person whose uid nobody else has; `name` becomes `cn`, `attributes` add to or replace the rest."""
        uid = f"t{uuid.uuid4().hex[:12]}"
        dn, mail = f"uid={uid},{self.people}", f"{uid}@example.test"
        entry = {"uid": uid, "cn": name or uid, "sn": name or uid, "mail": mail, "userPassword": password, **attributes}
        self.add_entry(dn, "inetOrgPerson", entry)
        return Person(dn, uid, str(entry["mail"]), password)

    def add_group(self, *members: str, name: str = "") -> str:
        """The DN of a new groupOfNames nobody else uses; the service account is its member where none is given."""
        cn = name or f"g{uuid.uuid4().hex[:12]}"
        dn = f"cn={escape_rdn(cn)},{self.groups}"
        self.add_entry(dn, "groupOfNames", {"cn": cn, "member": list(members) or [self.svc_dn]})
        return dn

    def add_entry(self, dn: str, object_class: str | list[str], attributes: Mapping[str, str | list[str]]) -> None:
        """Add any entry as the rootdn; raises AssertionError with the server's words where it refuses."""
        with self.admin() as admin:
            done, result, _, _ = admin.add(dn, object_class, attributes)
            assert done, f"{dn}: {result['description']} {result['message']}"

    def veil(self, dn: str) -> None:
        """From now on the service account may write, but neither read nor compare `title`, `facsimileTelephoneNumber`,
        `employeeNumber`, `manager` and `pwdAccountLockedTime` of this person."""
        with self.admin() as admin:
            assert admin.modify(dn, {"employeeType": [(ldap3.MODIFY_REPLACE, ["veiled"])]}), admin.result

    def attributes(self, dn: str, *names: str) -> dict[str, list[str]]:
        """The values of one entry as the rootdn reads them, `+` for operational ones; absent ones are left out."""
        with self.admin() as admin:
            _, _, entries, _ = admin.search(dn, "(objectClass=*)", ldap3.BASE, attributes=list(names) or ["*", "+"])
            raw = entries[0]["raw_attributes"]
        return {name: [value.decode() for value in values] for name, values in raw.items() if values}


@contextmanager
def start_slapd(folder: Path, people: int = 0) -> Iterator[Slapd]:
    """A directory with its data in `folder`, loaded with `people` made-up persons before it starts."""
    tried = 0

    def start() -> tuple[ExitStack, Slapd]:
        nonlocal tried
        tried += 1
        one = folder / f"try-{tried}"
        one.mkdir()
        slapd = Slapd(free_port(), free_port(), one / "ca.pem")
        conf = _prepare(one, slapd, people)
        urls = f"ldap://{LOOPBACK}:{slapd.port} ldaps://{LOOPBACK}:{slapd.tls_port}"
        command = [program("slapd", "slapd", SBIN), "-f", str(conf), "-h", urls, "-d", "0"]
        with ExitStack() as stack:
            stack.enter_context(running(command, one / "slapd.log", lambda: _answers(slapd)))
            return stack.pop_all(), slapd

    stack, slapd = with_free_ports(start)
    with stack:
        yield slapd


def _prepare(folder: Path, slapd: Slapd, people: int) -> Path:
    (folder / "db").mkdir()
    make_certificates(folder)
    conf = folder / "slapd.conf"
    names = {name: getattr(slapd, name) for name in Slapd.__dataclass_fields__}
    conf.write_text(Path(__file__).with_name("slapd.conf").read_text().format(folder=folder, **names))
    records = [
        *slapd_entries.skeleton(slapd.base, slapd.svc_dn, slapd.svc_password),
        *slapd_entries.company(people, slapd.people, slapd.groups),
    ]
    load = [program("slapadd", "slapd", SBIN), "-q", "-f", str(conf)]
    loaded = subprocess.run(load, input="".join(records), text=True, capture_output=True, check=False)
    assert loaded.returncode == 0, loaded.stderr
    return conf


def _answers(slapd: Slapd) -> bool:
    try:
        # ldap3 leaks the socket of a refused connection, so it is asked only once somebody listens.
        socket.create_connection((slapd.host, slapd.port), 3).close()
        with slapd.admin() as admin:
            return bool(admin.bound)
    except (LDAPException, OSError):
        return False


@pytest.fixture(scope="session")
def slapd_with(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Slapd]]:
    """A function that starts one more directory with so many people, kept until the end of the session."""
    with ExitStack() as stack:

        def start(people: int) -> Slapd:
            return stack.enter_context(start_slapd(tmp_path_factory.mktemp("slapd"), people))

        yield start


@pytest.fixture(scope="session")
def slapd(slapd_with: Callable[[int], Slapd]) -> Slapd:
    """A directory without people; each test adds its own under names nobody else uses."""
    return slapd_with(0)


@pytest.fixture(scope="session")
def big_slapd(slapd_with: Callable[[int], Slapd]) -> Slapd:
    """A directory of 10 000 people with managers, in forty groups of 250."""
    return slapd_with(10_000)
