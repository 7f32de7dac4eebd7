"""Which kinds of connectors are installed: found by entry point, loaded when asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from selfserve.connectors.contract import Connector
from selfserve.connectors.problems import UnknownKind, nearest
from selfserve.settings.problems import Place

GROUP = "selfserve.connectors"
OWN = {
    "ldap": "selfserve.connectors.ldap:LdapConnector",
    "seats": "selfserve.connectors.seats:SeatsConnector",
    "munki": "selfserve.connectors.munki:MunkiConnector",
    "human": "selfserve.connectors.human:HumanConnector",
}
"""Our own four, known also where the package runs from a checkout without metadata."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


@cache
def installed() -> tuple[EntryPoint, ...]:
    """What packages offer, looked for once in a process: it takes reading about all that is installed."""
    return tuple(entry_points(group=GROUP))


class Kinds:
    """The kinds of connectors at hand; `extra` classes win over installed ones (tests use that)."""

    def __init__(self, extra: Iterable[type[Connector]] = ()) -> None:
        self._classes: dict[str, type[Connector]] = {one.kind: one for one in extra}
        self._points: dict[str, list[EntryPoint]] = {kind: [EntryPoint(kind, at, GROUP)] for kind, at in OWN.items()}
        for point in installed():
            if OWN.get(point.name) != point.value:
                self._points.setdefault(point.name, []).append(point)

    def names(self) -> list[str]:
        """Every kind, sorted."""
        return sorted({*self._classes, *self._points})

    def find(self, kind: str) -> type[Connector]:
        """The class of a kind; raises UnknownKind for one that is missing, offered twice, or does not load."""
        if kind not in self._classes:
            self._classes[kind] = self._load(kind)
        return self._classes[kind]

    def of_section(self, name: str, kind: str, place: Place) -> type[Connector]:
        """The class of the kind that the section `[connectors.NAME]` names; UnknownKind says where."""
        try:
            return self.find(kind)
        except UnknownKind as error:
            key, words = f"connectors.{name}.kind", str(error)
            raise UnknownKind(f"{place(key)}: {key}: {words[:1].lower()}{words[1:]}") from error

    def _load(self, kind: str) -> type[Connector]:
        points = self._points.get(kind, [])
        if not points:
            raise UnknownKind(f"There is no kind of connector {kind!r}: {nearest(kind, self.names())}")
        if len(points) > 1:
            offers = " and ".join(point.value for point in points)
            raise UnknownKind(f"The kind of connector {kind!r} is offered more than once, by {offers}.")
        try:
            found = points[0].load()
        except Exception as error:  # a foreign package may fail in any way at import
            raise UnknownKind(f"The connector {points[0].value} cannot be loaded: {error}.") from error
        return _checked(kind, found, points[0].value)


def _checked(kind: str, found: object, where: str) -> type[Connector]:
    if not (isinstance(found, type) and issubclass(found, Connector)):
        raise UnknownKind(f"{where} is no connector: it does not derive from selfserve.connectors.contract.Connector.")
    if found.kind != kind or not _NAME.fullmatch(kind):
        raise UnknownKind(f"{where} calls its kind {found.kind!r}, but is installed as {kind!r}.")
    odd = [name for name, action in found.actions.items() if name != action.name or not _NAME.fullmatch(name)]
    if odd:
        raise UnknownKind(f"{where} declares {odd[0]!r} under a name that is not its own or not of the form a_b1.")
    return found


def kinds_of(sections: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Kind by connector name, as written in the sections (`kind = "ldap"`); a section without one has its name's
    kind."""
    return {name: str(section.get("kind", name)) for name, section in sections.items()}
