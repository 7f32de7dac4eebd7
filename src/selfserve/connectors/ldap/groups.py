"""Live choices for forms: the groups a catalog item may write into."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from selfserve.connectors.contract import Option, Options
from selfserve.connectors.ldap import names
from selfserve.connectors.ldap.client import DirectoryClient
from selfserve.connectors.ldap.settings import LdapSettings

PAGE = 50


class Groups:
    """The writable groups, read paged without their members and kept for `look_up_seconds`; thread-safe."""

    def __init__(self, client: DirectoryClient, settings: LdapSettings, now: Callable[[], datetime]) -> None:
        self._client, self._settings, self._now = client, settings, now
        self._lock = threading.Lock()
        self._read: tuple[datetime, list[Option]] | None = None

    def options(self, action: str, field: str, query: str, cursor: str | None) -> Options:
        """One page of at most 50, sorted by label; `cursor` is the label's sort key of the last one shown."""
        if field == "attribute":
            return Options(tuple(Option(name, name) for name in self._settings.writable_attributes if query in name))
        if field != "group":
            return Options(())
        wanted = names.fold(query)
        fitting = [one for one in self._all() if wanted in names.fold(f"{one.label} {one.note}")]
        later = [one for one in fitting if cursor is None or _key(one) > cursor]
        page = tuple(later[:PAGE])
        return Options(page, _key(page[-1]) if len(later) > PAGE else None)

    def _all(self) -> list[Option]:
        with self._lock:
            if self._read and (self._now() - self._read[0]).total_seconds() < self._settings.look_up_seconds:
                return self._read[1]
        found = self._client.search_paged(
            self._settings.groups_base, f"(objectClass={self._settings.group_class})", ("cn", "description")
        )
        groups = [
            Option(entry.dn, names.leaf(entry.dn), entry.text("description") or "")
            for entry in found
            if self._settings.may_write_group(entry.dn)
        ]
        groups.sort(key=_key)
        with self._lock:
            self._read = (self._now(), groups)
        return groups


def _key(option: Option) -> str:
    return f"{names.fold(option.label)}\t{names.normal(option.value)}"
