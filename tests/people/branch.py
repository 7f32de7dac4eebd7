"""A branch of the shared test directory that only one test sees."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from tests.servers.slapd import Slapd

from selfserve.people.mapping import PeopleMapping
from selfserve.settings.identity import Directory

ADMIN_LOCK = "000001010000Z"


@dataclass(frozen=True)
class Branch:
    """People below `people`, groups below `groups`; every change is made as the directory's admin."""

    slapd: Slapd
    people: str
    groups: str

    def mapping(self, **directory: Any) -> PeopleMapping:
        """How to read this branch."""
        section = {"base": self.people, "group_base": self.groups, **directory}
        return PeopleMapping(Directory(**section))

    def person(self, login: str, **attributes: Any) -> str:
        """A new person; the DN."""
        dn = f"uid={login},{self.people}"
        entry = {"uid": login, "cn": login.title(), "sn": login, "mail": f"{login}@example.test", **attributes}
        self.slapd.add_entry(dn, "inetOrgPerson", {name: value for name, value in entry.items() if value is not None})
        return dn

    def group(self, name: str, *members: str, below: str = "", kind: str = "groupOfNames") -> str:
        """A new group; the DN."""
        dn = f"cn={name},{below or self.groups}"
        attribute = "member" if kind == "groupOfNames" else "uniqueMember"
        self.slapd.add_entry(dn, kind, {"cn": name, attribute: list(members) or [self.slapd.svc_dn]})
        return dn

    def set(self, dn: str, **attributes: Any) -> None:
        """Replace attributes; None removes one."""
        changes = {
            name: [("MODIFY_REPLACE", [] if value is None else _list(value))] for name, value in attributes.items()
        }
        with self.slapd.admin() as admin:
            done, result, _, _ = admin.modify(dn, changes)
        assert done, result

    def delete(self, dn: str) -> None:
        with self.slapd.admin() as admin:
            done, result, _, _ = admin.delete(dn)
        assert done, result

    def rename(self, dn: str, rdn: str) -> str:
        """Move an entry to a new name; the new DN."""
        with self.slapd.admin() as admin:
            done, result, _, _ = admin.modify_dn(dn, rdn)
        assert done, result
        return f"{rdn},{dn.split(',', 1)[1]}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def new_branch(slapd: Slapd) -> Branch:
    name = f"b{uuid.uuid4().hex[:10]}"
    branch = Branch(slapd, f"ou={name},{slapd.people}", f"ou={name},{slapd.groups}")
    for dn in (branch.people, branch.groups):
        slapd.add_entry(dn, "organizationalUnit", {"ou": name})
    return branch
