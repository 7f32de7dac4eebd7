"""Search and compare (RFC 4511, sections 4.5 and 4.10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from selfserve.demo.directory import schema, values
from selfserve.demo.directory.filters import Filter, TooDeepError, compile_filter
from selfserve.demo.directory.names import Name
from selfserve.demo.directory.requests import Compare, Search
from selfserve.demo.directory.results import Answer, Code, Refusal
from selfserve.demo.directory.rights import Requester, Rights
from selfserve.demo.directory.tree import Entry, Scope, Tree

SERVER_LIMIT = 500
"""The most entries anyone but the service account gets from a search without pages."""


class View:
    """An entry as filters and clients see it: with the attributes that are computed."""

    def __init__(self, tree: Tree, entry: Entry) -> None:
        """`entry` of `tree`."""
        self._tree, self._entry = tree, entry

    def values(self, attribute: str) -> list[bytes]:
        """Values by lower-case name; object classes with all they derive from."""
        if attribute == "objectclass":
            return [name.encode() for name in self._entry.classes()]
        if attribute in _COMPUTED:
            return self._computed(attribute)
        return self._entry.get(attribute)

    def attribute_names(self) -> Iterable[str]:
        """Stored and computed attributes."""
        return [*self._entry.attributes, *_COMPUTED]

    def name(self) -> Name:
        """The entry's normalised name."""
        return self._entry.key

    def shown(self, asked: Iterable[str], *, types_only: bool) -> dict[str, list[bytes]]:
        """What a search returns of the entry for the attributes asked for (RFC 4511, section 4.5.1.8)."""
        wanted = {name.lower() for name in asked} or {"*"}
        out = {
            name: values
            for key, (name, values) in self._entry.attributes.items()
            if key not in schema.SECRET and _selected(key, wanted)
        }
        for key, name in _COMPUTED.items():
            found = self._computed(key) if _selected(key, wanted) else []
            out |= {name: found} if found else {}
        return {name: [] for name in out} if types_only else out

    def _computed(self, attribute: str) -> list[bytes]:
        if attribute == "memberof":
            return [dn.encode() for dn in self._tree.groups_of(self._entry)]
        if attribute == "entrydn":
            return [self._entry.dn.encode()]
        if attribute == "hassubordinates":
            return [b"TRUE" if self._tree.has_children(self._entry) else b"FALSE"]
        return self._entry.get("objectclass")[-1:]


_COMPUTED = {
    "memberof": "memberOf",
    "entrydn": "entryDN",
    "hassubordinates": "hasSubordinates",
    "structuralobjectclass": "structuralObjectClass",
}


def _selected(key: str, wanted: set[str]) -> bool:
    return key in wanted or ("+" if key in schema.OPERATIONAL else "*") in wanted


def filter_of(request: Search) -> Filter:
    """The filter of a search request, refused where it is nested beyond reason."""
    try:
        return compile_filter(request.condition)
    except TooDeepError as reason:
        raise Refusal(Code.PROTOCOL_ERROR, str(reason)) from None


def matching(tree: Tree, rights: Rights, who: Requester, request: Search) -> Iterator[View]:
    """The entries a search request selects, in the order of the tree. Raises Refusal."""
    rights.require_read(who)
    selects = filter_of(request)
    base, scope = tree.entry(request.base), Scope(request.scope)
    views = (View(tree, entry) for entry in tree.within(base, scope))
    return (view for view in views if selects(view))


def limited(rights: Rights, who: Requester, request: Search, views: Iterable[View]) -> Answer:
    """Everything found as one answer, cut off at the client's or the server's size limit."""
    limit = request.size_limit
    if not rights.unlimited(who):
        limit = min(limit or SERVER_LIMIT, SERVER_LIMIT)
    entries: list[tuple[str, dict[str, list[bytes]]]] = []
    for view in views:
        if limit and len(entries) == limit:
            return Answer(Code.SIZE_LIMIT_EXCEEDED, entries)
        entries.append(shown(request, view))
    return Answer(entries=entries)


def shown(request: Search, view: View) -> tuple[str, dict[str, list[bytes]]]:
    """The name and the attributes of one found entry."""
    dn = view.values("entrydn")[0].decode()
    return dn, view.shown(request.attributes, types_only=request.types_only)


def compare(tree: Tree, rights: Rights, who: Requester, request: Compare) -> Answer:
    """compareTrue or compareFalse. Raises Refusal."""
    rights.require_read(who)
    entry = tree.entry(request.entry)
    key = request.attribute.lower()
    if not schema.known(key):
        raise Refusal(Code.UNDEFINED_ATTRIBUTE_TYPE, f"{request.attribute}: attribute type undefined")
    if key in schema.SECRET:
        raise Refusal(Code.INSUFFICIENT_ACCESS_RIGHTS)
    found = View(tree, entry).values(key)
    if not found:
        raise Refusal(Code.NO_SUCH_ATTRIBUTE)
    equal = any(values.same(key, value, request.value) for value in found)
    return Answer(Code.COMPARE_TRUE if equal else Code.COMPARE_FALSE)
