"""What a directory's attributes mean: one entry becomes one record of a person."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from selfserve.catalog.signs import without_hidden
from selfserve.connectors.ldap import names
from selfserve.connectors.ldap.entry import Entry
from selfserve.settings.identity import Attributes, Directory, Disabled

LIMITS = {
    "key": 255, "dn": 1024, "login": 255, "email": 320, "name": 255, "given_name": 255, "department": 255, "title": 255,
    "location": 255, "employee_type": 255, "language": 35, "human": 255,
}  # fmt: skip
"""Column widths of `Person`."""
IDENTIFYING = ("key", "dn", "login", "email", "human")
"""Cut to fit, these would name somebody else: an entry that does not fit is left out."""
_SHOWN = ("name", "given_name", "department", "title", "location", "employee_type")
"""Read by people who do not know what stands in the directory: nothing in them may turn or hide the text around."""


class UnfitError(ValueError):
    """An entry that cannot become a person; the message says why, for the figures."""


@dataclass(slots=True)
class Record:
    """One person as the directory tells it. `columns` are those of `Person`; DNs are normal forms, "" where absent."""

    key: str
    columns: dict[str, str | bool]
    manager: str
    member_of: tuple[str, ...]
    stamp: str

    @property
    def dn(self) -> str:
        """The entry's DN as the server spells it."""
        return str(self.columns["dn"])


@dataclass(frozen=True)
class PeopleMapping:
    """Where people and groups are and how they are read: the settings' `directory` section and a few limits."""

    directory: Directory
    overlap: timedelta = timedelta(minutes=10)
    """How far before the last stamp changes are read again: replicas tell late, and stamps count whole seconds."""
    least_share: float = 0.5
    """A reading that would leave less than this share of the people present is refused."""

    @property
    def attributes(self) -> Attributes:
        """Which attribute says what."""
        return self.directory.attributes

    @property
    def active_directory(self) -> bool:
        """True where entries are named by `objectGUID`."""
        return self.attributes.key.lower() == "objectguid"

    @property
    def stamp(self) -> str:
        """The attribute that changes with the entry; Active Directory cannot search for its `modifyTimestamp`."""
        return "whenChanged" if self.active_directory else "modifyTimestamp"

    @property
    def wanted(self) -> tuple[str, ...]:
        """The attributes to ask for; operational ones come only when named."""
        named = [getattr(self.attributes, field_name) for field_name in type(self.attributes).model_fields]
        return tuple(
            dict.fromkeys([*filter(None, [*named, self.directory.disabled.attribute]), "memberOf", self.stamp])
        )

    def record(self, entry: Entry) -> Record:
        """What `entry` tells about a person. Raises UnfitError where it has no key or a value that cannot be kept."""
        columns: dict[str, str | bool] = {
            "key": self.key(entry),
            "dn": entry.dn,
            "login": _text(entry, self.attributes.login),
            "email": _text(entry, self.attributes.email).lower(),
            "language": _text(entry, self.attributes.language),
            "human": _text(entry, self.attributes.human),
            **{column: _seen(_text(entry, getattr(self.attributes, column))) for column in _SHOWN},
        }
        for column, limit in LIMITS.items():
            value = str(columns[column])
            if len(value) > limit and column in IDENTIFYING:
                raise UnfitError(f"{entry.dn[:200]}: {column} is longer than {limit} characters")
            columns[column] = value[:limit]
        columns["name"] = columns["name"] or _seen(str(columns["login"]) or names.leaf(entry.dn))[: LIMITS["name"]]
        columns["disabled"] = is_disabled(entry, self.directory.disabled)
        return Record(
            str(columns["key"]),
            columns,
            normal(_text(entry, self.attributes.manager)),
            tuple(filter(None, map(normal, entry.texts("memberOf")))),
            entry.text(self.stamp) or "",
        )

    def key(self, entry: Entry) -> str:
        """The entry's own id. Raises UnfitError where it shows none."""
        raw = next(iter(entry.attributes.get(self.attributes.key.lower(), ())), b"")
        if self.active_directory and len(raw) == 16:
            return str(uuid.UUID(bytes_le=raw))
        key = raw.decode("utf-8", "replace").strip().lower()
        if not key or "\x00" in key:
            raise UnfitError(f"{entry.dn[:200]}: no {self.attributes.key}")
        return key


def is_disabled(entry: Entry, rule: Disabled) -> bool:
    """Whether the entry carries the mark; a numeric mark that is no number counts as disabled (fail closed)."""
    values = entry.texts(rule.attribute) if rule.attribute else []
    if not rule.bits:
        return bool(set(values) & set(rule.values))
    try:
        return any(int(value) & rule.bits for value in values)
    except ValueError:
        return True


def normal(dn: str) -> str:
    """The one spelling of a DN; "" for a text that is none."""
    try:
        return names.normal(dn)
    except names.DnError:
        return ""


def moment(stamp: str) -> datetime | None:
    """The moment a GeneralizedTime in UTC tells (RFC 4517, section 3.3.13), whole seconds; None for anything else."""
    try:
        return datetime.strptime(stamp.split(".")[0].removesuffix("Z"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def generalized(at: datetime) -> str:
    """`at` as a GeneralizedTime that both OpenLDAP and Active Directory understand in filters."""
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S.0Z")


def _text(entry: Entry, attribute: str) -> str:
    value = entry.text(attribute) if attribute else None
    return " ".join((value or "").replace("\x00", " ").split())


def _seen(text: str) -> str:
    return " ".join(without_hidden(text).split())
