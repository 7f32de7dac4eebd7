"""Pages that stay true without a reload: one thread per process looks for new audit events and tells the pages.

Every change of the house leaves an audit event in the same transaction, so what is new in the trail is what changed,
whichever process changed it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from selfserve.fulfilment.house import House
from selfserve.store.tables import AuditEvent, Escalation, Grant, GrantReason, Request, Stage, StageApprover

log = structlog.get_logger(__name__)

WINDOW = timedelta(seconds=30)
"""How far back each look goes: an id is made before its transaction ends, so a later look may find an earlier one."""
PERIOD = 1.0
LONGEST = 60.0
"""Seconds at most until a page whose act failed tries again; the first try comes after a period, each next after twice
as long."""
AT_ONCE = 400
"""So many new events in one look are told as "anything may have changed", which is cheaper than finding out."""
ABOUT_DESK = ("escalation", "request", "grant", "connector")


@dataclass(frozen=True, slots=True)
class Change:
    """What is new since the last look: streams of the trail, the ids of people it concerns.

    `everything`: too much to tell apart. `desk`: cases may have changed. `catalog`: another version is served.
    """

    streams: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    desk: bool = False
    catalog: bool = False
    everything: bool = False

    def concerns(self, person_id: str) -> bool:
        """True where it may be about this person."""
        return self.everything or person_id in self.people


Wants = Callable[[Change], bool]
Act = Callable[[], Awaitable[None]]


@dataclass(eq=False)
class Watch:
    """One page's interest. While its act runs, further changes are gathered into one more run; where it failed, it is
    run again by itself."""

    wants: Wants
    act: Act
    running: bool = field(default=False, init=False)
    again: bool = field(default=False, init=False)
    over: bool = field(default=False, init=False)
    failed: int = field(default=0, init=False)
    """How often in a row."""
    later: asyncio.TimerHandle | None = field(default=None, init=False)


class Live:
    """Watches the trail of one house for the pages of one process."""

    def __init__(self, house: House, period: float = PERIOD) -> None:
        self._house, self._period = house, period
        self._watches: set[Watch] = set()
        self._seen: frozenset[str] = frozenset()
        self._newest = ""
        self._catalog = house.catalog.current
        self._wake, self._stopped, self._begun = threading.Event(), threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def ready(self) -> bool:
        """True once the watching thread knows what is there already."""
        return self._begun.is_set()

    def start(self) -> None:
        """Begin to look; called in the event loop that serves the pages."""
        self._loop = asyncio.get_running_loop()
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="live-pages", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Look no more; returns when the thread has ended."""
        self._stopped.set()
        self._wake.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def nudge(self) -> None:
        """Look now: somebody here has just changed something."""
        self._wake.set()

    def watch(self, wants: Wants, act: Act) -> Callable[[], None]:
        """Run `act` in the event loop after each change that `wants` is true for; returns what ends it."""
        watch = Watch(wants, act)
        self._watches.add(watch)

        def end() -> None:
            watch.over = True
            _settle(watch)
            self._watches.discard(watch)

        return end

    def _run(self) -> None:
        while not self._begins():
            if self._stopped.wait(self._period):
                return
        while not self._stopped.is_set():
            self._wake.wait(self._period)
            self._wake.clear()
            if self._watches and not self._stopped.is_set():  # with no page open there is nobody to tell
                self._look_and_tell()

    def _begins(self) -> bool:
        try:
            self.begin()
        except Exception:
            log.exception("live_begin_failed")
            return False
        return True

    def begin(self) -> None:
        """Take what is there already as known."""
        with self._house.database.read() as session:
            self._newest = session.scalar(sa.select(sa.func.max(AuditEvent.id))) or ""
        self._seen = frozenset(self._events())
        self._begun.set()

    def _look_and_tell(self) -> None:
        try:
            change = self.look()
        except Exception:
            # A store that is away for a moment must not end the watching for good.
            log.exception("live_look_failed")
            return
        if change is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._tell, change)

    def look(self) -> Change | None:
        """What is new since the last look, None for nothing. Blocking; for the watching thread.

        Where it fails, nothing counts as seen: the next look tells all of it.
        """
        served, found = self._house.catalog.current, self._events()
        fresh = {stream for event_id, stream in found.items() if event_id not in self._seen}
        change = self._change(fresh, catalog=served is not self._catalog)
        self._catalog, self._seen, self._newest = served, frozenset(found), max(found, default=self._newest)
        return change

    def _change(self, fresh: set[str], *, catalog: bool) -> Change | None:
        if not fresh and not catalog:
            return None
        if len(fresh) > AT_ONCE:
            return Change(desk=True, catalog=catalog, everything=True)
        with self._house.database.read() as session:
            people = _concerned(session, fresh)
        desk = any(stream.partition(":")[0] in ABOUT_DESK for stream in fresh)
        return Change(frozenset(fresh), people, desk, catalog)

    def _events(self) -> dict[str, str]:
        """Ids of the latest events with their streams: by their ids, which begin with their time (UUIDv7)."""
        floor = _before(self._newest) if self._newest else ""
        with self._house.database.read() as session:
            rows = session.execute(sa.select(AuditEvent.id, AuditEvent.stream).where(AuditEvent.id >= floor))
            return {row.id: row.stream for row in rows}

    def _tell(self, change: Change) -> None:
        for watch in list(self._watches):
            if watch.wants(change):
                self._set_off(watch)

    def _set_off(self, watch: Watch) -> None:
        if watch.running:
            watch.again = True
            return
        _settle(watch)
        watch.running = True
        task = asyncio.get_running_loop().create_task(self._act(watch))
        _TASKS.add(task)
        task.add_done_callback(_TASKS.discard)

    async def _act(self, watch: Watch) -> None:
        try:
            while not watch.over:
                watch.again = False
                await watch.act()
                watch.failed = 0
                if not watch.again:
                    return
        except Exception as error:
            watch.failed += 1
            if watch.failed == 1:
                log.exception("live_page_failed")
            else:
                log.warning("live_page_failed_again", tries=watch.failed, why=str(error))
            if not watch.over:
                wait = min(self._period * 2 ** min(watch.failed - 1, 20), LONGEST)
                watch.later = asyncio.get_running_loop().call_later(wait, self._set_off, watch)
        finally:
            watch.running = False


_TASKS: set[asyncio.Task[None]] = set()
"""Tasks under way: the event loop itself holds them only weakly."""


def _settle(watch: Watch) -> None:
    """No further try is due."""
    if watch.later is not None:
        watch.later.cancel()
        watch.later = None


def _before(event_id: str) -> str:
    """The smallest UUIDv7 that can be from `WINDOW` before this one: its first 48 bits are milliseconds."""
    milliseconds = int(event_id[:8] + event_id[9:13], 16) - int(WINDOW.total_seconds() * 1000)
    text = f"{max(milliseconds, 0):012x}"
    return f"{text[:8]}-{text[8:]}-7000-8000-000000000000"


def _concerned(session: Session, streams: Iterable[str]) -> frozenset[str]:
    """Customers, those who asked for them, and those who may decide, of what the streams are about."""
    about: dict[str, set[str]] = {}
    for stream in streams:
        kind, _, subject = stream.partition(":")
        about.setdefault(kind, set()).add(subject)
    requests, grants = about.get("request", set()), about.get("grant", set())
    if cases := about.get("escalation"):
        for request_id, grant_id in session.execute(
            sa.select(Escalation.request_id, Escalation.grant_id).where(Escalation.id.in_(cases))
        ):
            requests |= {request_id} if request_id else set()
            grants |= {grant_id} if grant_id else set()
    if grants:
        requests |= set(session.scalars(sa.select(GrantReason.request_id).where(GrantReason.grant_id.in_(grants))))
    if not requests:
        return frozenset(session.scalars(sa.select(Grant.customer_id).where(Grant.id.in_(grants))))
    askers = session.execute(sa.select(Request.customer_id, Request.asked_by_id).where(Request.id.in_(requests)))
    deciders = session.scalars(
        sa.select(StageApprover.person_id)
        .join(Stage, Stage.id == StageApprover.stage_id)
        .where(Stage.request_id.in_(requests))
    )
    return frozenset({person for row in askers for person in row} | set(deciders))
