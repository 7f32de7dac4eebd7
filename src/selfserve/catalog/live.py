"""A catalog that follows its folder: a good edit is served at once, a broken one changes nothing and is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Lock
from typing import Final

from selfserve.catalog.draft import ActionCatalogue, PeopleView
from selfserve.catalog.loading import Catalog, CatalogBroken, load
from selfserve.catalog.problems import Problem

Stamp = dict[str, tuple[int, int, int]]
"""Time of change in nanoseconds, size and inode of each file."""

_LOG: Final = logging.getLogger(__name__)
_WATCHED: Final = frozenset({".yaml", ".yml", ".md"})


class CatalogUnusable(Exception):  # noqa: N818 - the state of the catalog at start
    """There is no good version to start with; `problems` say why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def _silent(_: tuple[Problem, ...]) -> None:
    """Nobody asked to be told."""


def _quiet() -> None:
    """Nobody asked to be told."""


class LiveCatalog:
    """The catalog of `folder`, loaded again when its files change. `current` may be read from any thread.

    `on_broken` is called once for each broken edit, `on_good` once it is mended; both in the thread that noticed.
    """

    def __init__(
        self,
        folder: Path,
        actions: ActionCatalogue,
        people: PeopleView | None = None,
        *,
        on_broken: Callable[[tuple[Problem, ...]], None] = _silent,
        on_good: Callable[[], None] = _quiet,
    ) -> None:
        self._folder, self._actions, self._people = folder, actions, people
        self._on_broken, self._on_good = on_broken, on_good
        self._lock = Lock()
        self._stamp = stamp(folder)
        self._problems: tuple[Problem, ...] = ()
        first = load(folder, actions, people)
        if isinstance(first, CatalogBroken):
            raise CatalogUnusable(first.problems)
        self._current = first

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
        mended, self._problems = bool(self._problems), ()
        self._current = loaded
        if mended:
            self._on_good()
        return True

    def _tell_broken(self, problems: tuple[Problem, ...]) -> None:
        told, self._problems = self._problems, problems
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
