"""A catalog that follows its folder: a good edit is served at once, a broken one changes nothing and is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from threading import Event, Lock
from typing import Final

from selfserve.catalog.draft import ActionCatalogue, PeopleView
from selfserve.catalog.keeping import Keeper
from selfserve.catalog.loading import Catalog, CatalogBroken, copy_of, load
from selfserve.catalog.problems import Problem

Stamp = dict[str, tuple[int, int, int]]
"""Time of change in nanoseconds, size and inode of each file."""

_LOG: Final = logging.getLogger(__name__)
_WATCHED: Final = frozenset({".yaml", ".yml", ".md"})
SHOWN: Final = 5
"""Problems of a kept version that stand in a refusal: one connector that is gone makes many."""


class CatalogUnusable(Exception):  # noqa: N818 - the state of the catalog at start
    """There is no good version to start with; `problems` say why, and `kept` why the one that was kept fits no more."""

    def __init__(self, problems: tuple[Problem, ...], kept: tuple[Problem, ...] = ()) -> None:
        lines = [str(problem) for problem in problems]
        if kept:
            lines.append("The last good version, which was kept, does not fit what is configured now either:")
            lines += [f"  {problem}" for problem in kept[:SHOWN]]
        if len(kept) > SHOWN:
            lines.append(f"  and {len(kept) - SHOWN} more.")
        super().__init__("\n".join(lines))
        self.problems = problems


def _silent(_: tuple[Problem, ...]) -> None:
    """Nobody asked to be told."""


def _quiet() -> None:
    """Nobody asked to be told."""


class LiveCatalog:
    """The catalog of `folder`, loaded again when its files change. `current` may be read from any thread.

    `on_broken` is called once for each broken edit, `on_good` once it is mended; both in the thread that noticed.
    Where the folder is broken from the start, the version that `keeper` has kept is served; `begin` tells so.
    """

    def __init__(
        self,
        folder: Path,
        actions: ActionCatalogue,
        people: PeopleView | None = None,
        *,
        on_broken: Callable[[tuple[Problem, ...]], None] = _silent,
        on_good: Callable[[], None] = _quiet,
        keeper: Keeper | None = None,
    ) -> None:
        self._folder, self._actions, self._people = folder, actions, people
        self._on_broken, self._on_good = on_broken, on_good
        self._keeper, self._digest, self._unkept = keeper, "", False
        self._since: datetime | None = None
        self._lock = Lock()
        self._stamp = stamp(folder)
        self._problems: tuple[Problem, ...] = ()
        self._told: tuple[Problem, ...] = ()
        first = load(folder, actions, people)
        if isinstance(first, CatalogBroken):
            self._problems = first.problems
            first = self._last_good(first.problems)
        self._current = first

    def _last_good(self, problems: tuple[Problem, ...]) -> Catalog:
        """The version that was kept, held against the connectors of now; CatalogUnusable where none is or fits."""
        kept = self._keeper.kept() if self._keeper else None
        if kept is None:
            raise CatalogUnusable(problems)
        loaded = load(kept.copy, self._actions, self._people)
        if isinstance(loaded, CatalogBroken):
            raise CatalogUnusable(problems, loaded.problems)
        self._digest, self._since = kept.copy.digest, kept.since
        return loaded

    def begin(self, people: PeopleView | None = None) -> None:
        """Keep what is served, hold the folder against `people` where they are known, and tell what is wrong with it.

        People come only after the catalog is served: a team that shrank is told to staff and stops no start.
        """
        self._keep()
        if people is not None:
            self.knows(people)
        if people is not None or self._problems:
            self.refresh(force=True)

    def knows(self, people: PeopleView) -> None:
        """From now on the checks look at `people` too; call `refresh(force=True)` to hold the folder against them."""
        self._people = people

    @property
    def current(self) -> Catalog:
        """The last good version."""
        return self._current

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the folder as it is now; empty where `current` is what it holds."""
        return self._problems

    @property
    def since(self) -> datetime | None:
        """Since when `current` has been the last good version; None where nothing keeps it."""
        return self._since

    def refresh(self, *, force: bool = False) -> bool:
        """Look at the files' stamps and load what changed; True where `current` was replaced.

        `force` loads again where nothing changed on disk, since the checks also lean on people and connectors. A call
        while another one is at work returns False at once.
        """
        if not self._lock.acquire(blocking=False):
            return False
        try:
            return self._refresh(force)
        finally:
            self._lock.release()

    def watch(self, stop: Event, interval: float = 1.0) -> None:
        """Refresh every `interval` seconds until `stop` is set: the body of a thread, which outlives every error."""
        while not stop.wait(interval):
            try:
                self.refresh()
            except Exception:
                _LOG.exception("looking for changes of the catalog failed; the last good version is served")

    def _refresh(self, force: bool) -> bool:
        if self._unkept:
            self._keep()
        seen = stamp(self._folder)
        if seen == self._stamp and not force:
            return False
        loaded = load(self._folder, self._actions, self._people, previous=self._current)
        if stamp(self._folder) != seen:
            return False  # somebody is still writing; the next look finds it settled
        self._stamp = seen
        if isinstance(loaded, CatalogBroken):
            self._tell_broken(loaded.problems)
            return False
        return self._accept(loaded)

    def _accept(self, loaded: Catalog) -> bool:
        mended, self._problems, self._told = bool(self._problems), (), ()
        self._current = loaded
        self._keep()
        if mended:
            self._on_good()
        return True

    def _keep(self) -> None:
        """Let what is served outlive the process; what cannot be kept is tried again at each look, and logged once."""
        if self._keeper is None:
            return
        copy = copy_of(self._current)
        digest = copy.digest
        if digest == self._digest:
            self._unkept = False
            return
        try:
            self._since = self._keeper.keep(copy)
        except Exception:
            if not self._unkept:
                _LOG.warning("this version of the catalog could not be kept for a restart yet", exc_info=True)
            self._unkept = True
        else:
            self._digest, self._unkept = digest, False

    def _tell_broken(self, problems: tuple[Problem, ...]) -> None:
        told, self._told, self._problems = self._told, problems, problems
        if problems != told:
            self._on_broken(problems)


def stamp(folder: Path) -> Stamp:
    """What tells one state of the folder's files from another, without reading them."""
    found: Stamp = {}
    for path in _files(folder):
        try:
            status = path.stat()
        except OSError:
            continue
        found[str(path.relative_to(folder))] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def _files(folder: Path) -> Iterator[Path]:
    for place, pattern in ((folder, "*"), (folder / "items", "*"), (folder / "runbooks", "**/*")):
        try:
            inside = sorted(place.glob(pattern))
        except OSError:
            continue
        yield from (path for path in inside if path.suffix in _WATCHED)
