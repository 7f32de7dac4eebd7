"""Reads people and groups from the directory into memory, before anything is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from selfserve.connectors.ldap import names
from selfserve.connectors.ldap.entry import Entry
from selfserve.people.figures import SyncFigures
from selfserve.people.mapping import PeopleMapping, Record, UnfitError, normal

LONGEST_GROUP_NAME = 255


class Source(Protocol):
    """The one thing a directory must do for us; `connectors.ldap.client.DirectoryClient` does."""

    def search_paged(self, base: str, where: str, attributes: Sequence[str] = ()) -> Iterator[Entry]:
        """All entries that fit, page by page."""


@dataclass
class GroupRecord:
    """A group: its DN as spelled and in normal form, the name it goes by here, its change stamp, members and parents.

    `members` and `parents` are DNs in normal form; `members` is read only where people's own entries tell no groups.
    """

    spelled: str
    dn: str
    name: str
    stamp: str
    members: list[str]
    parents: list[str]


def read_people(source: Source, mapping: PeopleMapping, figures: SyncFigures, since: str = "") -> list[Record]:
    """The people, or those changed at or after `since` (GeneralizedTime); what does not fit is told in `figures`."""
    found: dict[str, Record] = {}
    directory = mapping.directory
    for entry in source.search_paged(directory.base, _since(directory.filter, mapping.stamp, since), mapping.wanted):
        try:
            record = mapping.record(entry)
        except UnfitError as error:
            figures.unfit.append(str(error))
            continue
        if record.key in found:
            figures.unfit.append(f"{entry.dn[:200]}: the same {mapping.attributes.key} as {found[record.key].dn[:200]}")
            continue
        found[record.key] = record
    figures.read = len(found)
    return list(found.values())


def list_people(source: Source, mapping: PeopleMapping) -> dict[str, str]:
    """The DN of everybody the directory shows, by key: with one attribute an entry, a fraction of reading them."""
    listed = {}
    for entry in source.search_paged(mapping.directory.base, mapping.directory.filter, (mapping.attributes.key,)):
        try:
            listed[mapping.key(entry)] = entry.dn
        except UnfitError:
            continue  # a reading tells of it
    return listed


def read_person(source: Source, mapping: PeopleMapping, key: str, dn: str) -> Record | None:
    """The person with this key, whose entry is at `dn`; None where it is there no more, or does not fit."""
    for entry in source.search_paged(dn, mapping.directory.filter, mapping.wanted):
        try:
            record = mapping.record(entry)
        except UnfitError:
            continue
        if record.key == key:
            return record
    return None


def read_groups(
    source: Source, mapping: PeopleMapping, figures: SyncFigures, *, members: bool
) -> dict[str, GroupRecord]:
    """Every group by its DN (normal form), with its members only where `members` says so.

    A name that two groups share names neither: both then go by their DN, so that nobody gains a right by founding a
    group of the same name in another branch.
    """
    directory = mapping.directory
    if not directory.group_base:
        return {}
    wanted = [directory.group_name, mapping.stamp, directory.group_member if members else "memberOf"]
    found = source.search_paged(directory.group_base, directory.group_filter, wanted)
    groups = [group for group in (_group(entry, mapping) for entry in found) if group.dn]
    _part_namesakes(groups, figures)
    if members:
        _turn_round(groups)
    figures.groups = len(groups)
    return {group.dn: group for group in groups if len(group.name) <= LONGEST_GROUP_NAME}


def _group(entry: Entry, mapping: PeopleMapping) -> GroupRecord:
    attribute = mapping.directory.group_member
    return GroupRecord(
        spelled=entry.dn,
        dn=normal(entry.dn),
        name=(entry.text(mapping.directory.group_name) or names.leaf(entry.dn)).strip(),
        stamp=entry.text(mapping.stamp) or "",
        members=[normal(text) for text in entry.texts(attribute)],
        parents=[normal(text) for text in entry.texts("memberOf")],
    )


def _part_namesakes(groups: list[GroupRecord], figures: SyncFigures) -> None:
    by_name: dict[str, list[GroupRecord]] = defaultdict(list)
    for group in groups:
        by_name[names.fold(group.name)].append(group)
    for alike in by_name.values():
        if len(alike) > 1:
            figures.same_group_name.append(alike[0].name)
            for group in alike:
                group.name = group.dn


def _turn_round(groups: list[GroupRecord]) -> None:
    """From "who is in it" to "what it is in", for groups inside groups."""
    by_dn = {group.dn: group for group in groups}
    for group in groups:
        for member in group.members:
            if member in by_dn:
                by_dn[member].parents.append(group.dn)


def read_members(source: Source, mapping: PeopleMapping, group: GroupRecord) -> list[str]:
    """The DNs of the people directly in a group, asked from the people's side: never one entry with a long list."""
    where = f"(&{mapping.directory.filter}(memberOf={names.escape_filter(group.spelled)}))"
    return [normal(entry.dn) for entry in source.search_paged(mapping.directory.base, where, (mapping.attributes.key,))]


def read_member_of(source: Source, mapping: PeopleMapping) -> dict[str, tuple[str, ...]]:
    """For every person's DN the DNs of the groups they are directly in, as their own entry tells."""
    found = source.search_paged(mapping.directory.base, mapping.directory.filter, ("memberOf",))
    return {normal(entry.dn): tuple(map(normal, entry.texts("memberOf"))) for entry in found}


def with_parents(direct: Iterable[str], groups: dict[str, GroupRecord]) -> frozenset[str]:
    """The names of the groups `direct` (DNs) and of every group those are in, however deep; circles end."""
    waiting, met = list(direct), set[str]()
    while waiting:
        dn = waiting.pop()
        if dn in groups and dn not in met:
            met.add(dn)
            waiting += groups[dn].parents
    return frozenset(groups[dn].name for dn in met)


def _since(where: str, attribute: str, since: str) -> str:
    return f"(&{where}({attribute}>={names.escape_filter(since)}))" if since else where
