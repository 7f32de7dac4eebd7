"""Fernhill, the sample company of the demo: twelve people, their managers, teams and directory groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Attributes = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Person:
    """One of the twelve. `manager` is a login, empty for whoever has none; `language` is a BCP 47 tag."""

    login: str
    given_name: str
    surname: str
    title: str
    department: str
    location: str
    language: str
    number: int
    manager: str = ""

    @property
    def name(self) -> str:
        """Given name and surname."""
        return f"{self.given_name} {self.surname}"

    @property
    def password(self) -> str:
        """The sample password; printed by `selfserve demo` and shown on its sign-in page."""
        return f"fernhill-{self.login}-1"


@dataclass(frozen=True, slots=True)
class Group:
    """A directory group; `members` are logins, at least one (groupOfNames of RFC 4519 allows no empty group)."""

    name: str
    description: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """A team of TechOps that owns catalog items; its members are those of a directory group."""

    id: str
    name: str
    group: str


@dataclass(frozen=True, slots=True)
class Company:
    """People and groups, and the names of the directory that holds them."""

    name: str
    domain: str
    people: tuple[Person, ...]
    groups: tuple[Group, ...]
    teams: tuple[Team, ...] = ()

    @property
    def base(self) -> str:
        """The directory's suffix, made of the domain (RFC 2247)."""
        return ",".join(f"dc={label}" for label in self.domain.split("."))

    @property
    def people_dn(self) -> str:
        """The branch that holds the people."""
        return f"ou=people,{self.base}"

    @property
    def groups_dn(self) -> str:
        """The branch that holds the groups."""
        return f"ou=groups,{self.base}"

    @property
    def service_dn(self) -> str:
        """The account with which selfserve reads and writes the directory."""
        return f"cn=selfserve,ou=services,{self.base}"

    def person(self, login: str) -> Person | None:
        """The person of a login in any case, None where there is none."""
        return next((one for one in self.people if one.login == login.strip().casefold()), None)

    def dn(self, person: Person | str) -> str:
        """The distinguished name of a person or of a login."""
        return f"uid={person if isinstance(person, str) else person.login},{self.people_dn}"

    def mail(self, person: Person) -> str:
        """The person's mail address."""
        return f"{person.login}@{self.domain}"

    def groups_of(self, login: str) -> list[str]:
        """The names of the groups a person starts in, in the order they are written here."""
        return [group.name for group in self.groups if login in group.members]

    def entries(self) -> Iterator[tuple[str, Attributes]]:
        """Every directory entry, parents first, without passwords; only classes of core, cosine and inetOrgPerson."""
        top = self.domain.split(".")[0]
        yield self.base, {"objectClass": ["top", "dcObject", "organization"], "dc": [top], "o": [self.name]}
        for branch in ("people", "groups", "services"):
            yield f"ou={branch},{self.base}", {"objectClass": ["top", "organizationalUnit"], "ou": [branch]}
        service = ["top", "organizationalRole", "simpleSecurityObject"]
        yield self.service_dn, {"objectClass": service, "cn": ["selfserve"]}
        for person in self.people:
            yield self.dn(person), self._person(person)
        for group in self.groups:
            members = [self.dn(login) for login in group.members]
            about = {"cn": [group.name], "description": [group.description], "member": members}
            yield f"cn={group.name},{self.groups_dn}", {"objectClass": ["top", "groupOfNames"], **about}

    def _person(self, person: Person) -> Attributes:
        manager = {"manager": [self.dn(person.manager)]} if person.manager else {}
        return {
            "objectClass": ["top", "person", "organizationalPerson", "inetOrgPerson"],
            "uid": [person.login],
            "cn": [person.name],
            "displayName": [person.name],
            "givenName": [person.given_name],
            "sn": [person.surname],
            "mail": [self.mail(person)],
            "title": [person.title],
            "departmentNumber": [person.department],
            "employeeNumber": [str(person.number)],
            "employeeType": ["employee"],
            "l": [person.location],
            "preferredLanguage": [person.language],
            **manager,
        }


_PEOPLE = (
    Person("ingrid", "Ingrid", "Falk", "Managing Director", "Operations", "Hamburg", "de", 1),
    Person("tomas", "Tomás", "Reyes", "Head of Design", "Design", "Lisbon", "en", 2, "ingrid"),
    Person("ana", "Ana", "Sousa", "Product Designer", "Design", "Lisbon", "en", 3, "tomas"),
    Person("jonas", "Jonas", "Müller", "UX Researcher", "Design", "Berlin", "de", 4, "tomas"),
    Person("priya", "Priya", "Nair", "Head of Product", "Product", "London", "en", 5, "ingrid"),
    Person("lukas", "Lukas", "Brandt", "Product Manager", "Product", "Berlin", "en", 6, "priya"),
    Person("mei", "Mei", "Tanaka", "Head of Engineering", "Engineering", "London", "en", 7, "ingrid"),
    Person("sam", "Sam", "Okafor", "Software Engineer", "Engineering", "London", "en", 8, "mei"),
    Person("clara", "Clara", "Hoffmann", "Head of Finance", "Finance", "Hamburg", "de", 9, "ingrid"),
    Person("tove", "Tove", "Lindqvist", "Head of TechOps", "TechOps", "Hamburg", "en", 10, "ingrid"),
    Person("emil", "Emil", "Novák", "TechOps Engineer", "TechOps", "Berlin", "de", 11, "tove"),
    Person("ruth", "Ruth", "Adeyemi", "TechOps Engineer", "TechOps", "London", "en", 12, "tove"),
)

_GROUPS = (
    Group("all-staff", "Everybody at Fernhill", tuple(person.login for person in _PEOPLE)),
    Group("vpn", "May connect from outside the offices", ("tove", "emil", "ruth", "mei")),
    Group("figma-pilot", "Tries design tools first", ("tomas", "sam")),
    Group("github-engineering", "Writes to the company's repositories", ("mei", "sam")),
    Group("wiki-editors", "Edits the company wiki", ("priya", "ruth")),
    Group("production-access", "Signs in to production systems", ("mei",)),
    Group("guest-wifi", "Devices on the guest network today", ("ruth",)),
    Group("finance-reports", "Reads the monthly figures", ("clara", "ingrid")),
    Group("techops", "Staff of TechOps", ("tove", "emil", "ruth")),
    Group("team-access", "TechOps: access and identity", ("emil", "ruth", "tove")),
    Group("team-workplace", "TechOps: devices and software", ("emil", "ruth")),
    Group("team-design-tools", "TechOps: design tools and their licences", ("tove", "ruth")),
    Group("team-engineering", "Decides who writes to repositories and reaches production", ("mei", "sam")),
    Group("team-finance-systems", "Decides who reads the monthly figures", ("clara", "ingrid")),
    Group("selfserve-admins", "Runs this installation of selfserve", ("tove",)),
    Group("selfserve-auditors", "Reads the audit trail", ("clara",)),
)

_TEAMS = (
    Team("access", "Access and identity", "team-access"),
    Team("workplace", "Devices and software", "team-workplace"),
    Team("design-tools", "Design tools", "team-design-tools"),
)

FERNHILL = Company("Fernhill", "fernhill.example", _PEOPLE, _GROUPS, _TEAMS)
"""The sample company: invented people under a domain nobody can own (RFC 2606)."""
