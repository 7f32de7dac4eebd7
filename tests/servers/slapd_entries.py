"""LDIF for a test directory: its skeleton, and any number of made-up people with managers and groups."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping

PASSWORD = "Start-Passw0rd!"
PEOPLE_PER_GROUP = 250
PEOPLE_PER_MANAGER = 20
Attributes = Mapping[str, str | Iterable[str]]


def ldif(dn: str, attributes: Attributes) -> str:
    """One LDIF record; every value in base64, so that no value can break a line (RFC 2849)."""
    lines = [f"dn:: {_b64(dn)}"]
    for name, value in attributes.items():
        lines += [f"{name}:: {_b64(one)}" for one in ([value] if isinstance(value, str) else value)]
    return "\n".join(lines) + "\n\n"


def skeleton(base: str, svc_dn: str, svc_password: str) -> Iterator[str]:
    """The suffix, its four branches, the service account and the default password policy (three tries, ten signs)."""
    name = base.split(",", 1)[0].removeprefix("dc=")
    yield ldif(base, {"objectClass": ["top", "dcObject", "organization"], "dc": name, "o": "Example"})
    for ou in ("people", "groups", "services", "policies"):
        yield ldif(f"ou={ou},{base}", {"objectClass": "organizationalUnit", "ou": ou})
    service = {"objectClass": ["organizationalRole", "simpleSecurityObject"], "cn": "svc"}
    yield ldif(svc_dn, {**service, "userPassword": ssha(svc_password)})
    policy = {
        "pwdAttribute": "userPassword", "pwdInHistory": "3", "pwdMinLength": "10", "pwdCheckQuality": "2",
        "pwdMaxFailure": "3", "pwdLockout": "TRUE", "pwdLockoutDuration": "0", "pwdFailureCountInterval": "0",
        "pwdMustChange": "TRUE", "pwdAllowUserChange": "TRUE", "pwdMaxAge": "0", "pwdSafeModify": "FALSE",
    }  # fmt: skip
    yield ldif(f"cn=default,ou=policies,{base}", {"objectClass": ["device", "pwdPolicy"], "cn": "default", **policy})


def company(count: int, people: str, groups: str) -> Iterator[str]:
    """`count` people `p00000…`, each with a manager and in one group `team-000…` of 250, all with the same password.

    Person 0 has no manager; twenty people share one, so the tree is some four levels deep at 10 000.
    """
    hashed = ssha(PASSWORD)
    for number in range(count):
        team = f"cn=team-{number // PEOPLE_PER_GROUP:03d},{groups}"
        yield ldif(f"uid=p{number:05d},{people}", {**_person(number, people), "userPassword": hashed, "memberOf": team})
    for number in range(0, count, PEOPLE_PER_GROUP):
        name = f"team-{number // PEOPLE_PER_GROUP:03d}"
        members = [f"uid=p{one:05d},{people}" for one in range(number, min(number + PEOPLE_PER_GROUP, count))]
        yield ldif(f"cn={name},{groups}", {"objectClass": "groupOfNames", "cn": name, "member": members})


def ssha(password: str) -> str:
    """The `{SSHA}` form of a password as OpenLDAP stores it; the salt is fixed, since nothing here is secret."""
    salt = b"selfserve"
    digest = hashlib.sha1(password.encode() + salt, usedforsecurity=False).digest()
    return "{SSHA}" + base64.b64encode(digest + salt).decode()


def _person(number: int, people: str) -> dict[str, str]:
    uid = f"p{number:05d}"
    chief = {"manager": f"uid=p{(number - 1) // PEOPLE_PER_MANAGER:05d},{people}"} if number else {}
    return {
        "objectClass": "inetOrgPerson", "uid": uid, "cn": f"Person {number}", "sn": f"Number {number}",
        "mail": f"{uid}@example.test", "departmentNumber": f"Department {number % 12}", "l": "Berlin",
        "preferredLanguage": "de" if number % 3 else "en", "employeeNumber": str(number), **chief,
    }  # fmt: skip


def _b64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()
