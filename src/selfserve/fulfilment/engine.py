"""Durable work: the only file that knows DBOS.

The engine owns queues, timers, retries after a crash and schedules. It knows tasks by name; rooms above register
theirs.
Rows of our own say how far a piece of work got (docs/decisions/0003), so a task may be started again at any moment.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer
from dbos import error as dbos_errors
from sqlalchemy.orm import Session

from selfserve.store.away import is_away, is_cancelled
from selfserve.store.database import ENGINE_PATIENCE, Database, patient

log = structlog.get_logger(__name__)

Task = Callable[..., None]
P = ParamSpec("P")
VERSION = "1"
"""Constant on purpose: with the engine's default (a hash of the sources) an edit would strand all open work."""
NAME = "selfserve"
HOUSE = "house"
"""The queue of timers, notices and housekeeping; connectors have queues of their own."""
ITS_OWN = "_dbos_"
"""How the queues begin that the engine keeps for itself: nobody here orders into them, or reads of them."""
KEPT = timedelta(days=90)
AGAIN_KEPT = timedelta(days=1)
AT_ONCE = 1_000
AGAIN_AFTER = 5.0
"""Seconds after which work that found the store away, or its write lock taken, begins again."""
CANCELLED_MOST = 5
"""Tries after which a task whose statements the store cancels each time has failed."""
LEFT_AFTER = 60.0
"""Seconds after which an order that this process took, and nothing in it works on, is taken for left."""


_OPEN = ("DELAYED", "ENQUEUED", "PENDING")


class EngineBehindError(Exception):
    """The engine's own tables are missing, or of an older build."""


@dataclass(frozen=True)
class Orphan:
    """Work that was begun by `executor` and is not finished."""

    id: str
    task: str
    executor: str


@dataclass(frozen=True)
class Load:
    """One queue: how many orders wait and run in it, and for how long the oldest has been waiting."""

    queue: str
    waiting: int
    running: int
    oldest: timedelta


def _orders(schema: str | None) -> sa.TableClause:
    """The engine's own table of orders (docs.dbos.dev, "System Tables"), as far as it is read here."""
    texts, numbers = ("workflow_uuid", "queue_name", "status"), ("created_at", "delay_until_epoch_ms")
    columns: list[sa.ColumnClause[Any]] = [sa.column(name, sa.String) for name in texts]
    columns += [sa.column(name, sa.BigInteger) for name in numbers]
    return sa.table("workflow_status", *columns, schema=schema)


class Engine:
    """Durable work on the house's own database.

    Without `start` it only takes orders (`later`), as a web process beside workers does.
    """

    def __init__(self, database: Database, *, executor: str, poll: float = 0.2, concurrency: int = 4) -> None:
        self.database = database
        self.executor = executor
        self.poll = poll
        self.concurrency = concurrency
        self._tasks: dict[str, Task] = {}
        self._crons: dict[str, tuple[str, Task]] = {}
        self._queues: list[str] = [HOUSE]
        self._client: DBOSClient | None = None
        self._running = False
        self._busy = _Busy()
        self._ending = threading.Event()

    # Orders ----------------------------------------------------------------------------------------------------------

    def register(self, name: str, task: Task) -> None:
        """Make `task` known under a stable name; its arguments must be JSON."""
        self._tasks[name] = task

    def every(self, name: str, cron: str, task: Task) -> None:
        """Run `task()` at the times of a cron line (six fields: seconds first), once over all workers."""
        self._crons[name] = (cron, task)

    def queue(self, name: str) -> None:
        """Add a queue, e.g. one per connector, so that a slow target holds up no other."""
        if name not in self._queues:
            self._queues.append(name)

    def later(
        self, session: Session, task: str, order: str, *args: Any, after: timedelta | None = None, queue: str = HOUSE
    ) -> None:
        """Order `task(*args)` in the caller's transaction; an order with an id already known changes nothing."""
        options: dict[str, Any] = {"workflow_name": task, "queue_name": queue, "workflow_id": order}
        if after is not None and after > timedelta(0):
            options["delay_seconds"] = after.total_seconds()
        self.client.enqueue_in_transaction(session, options, *args)  # type: ignore[arg-type]

    @property
    def client(self) -> DBOSClient:
        """The engine's own client; made at first use, when the engine's tables exist."""
        if self._client is None:
            self._client = DBOSClient(
                system_database_engine=self.database.engine,
                application_name=NAME,
                serializer=DBOSPortableJSONSerializer(),
                lazy=True,
            )
        return self._client

    # Life ------------------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Create or migrate the engine's own tables. Launches nothing that works."""
        self._call_outside_loop(lambda: self._launch_and_end(migrates=True))

    def verify(self) -> None:
        """Raises EngineBehindError where the engine's own tables are not there, or of an older build; changes none."""
        try:
            self._call_outside_loop(lambda: self._launch_and_end(migrates=False))
        except dbos_errors.DBOSInitializationError as behind:
            raise EngineBehindError(str(behind)) from None

    def behind(self) -> bool:
        """Whether `prepare` has something to do."""
        try:
            self.verify()
        except EngineBehindError:
            return True
        return False

    def _launch_and_end(self, *, migrates: bool) -> None:
        _take_logger()
        _ = DBOS(config=self._config(migrates=migrates))
        try:
            DBOS.listen_queues([])
            DBOS.launch()
        finally:
            DBOS.destroy(destroy_registry=True)

    def start(self) -> None:
        """Begin to work: register tasks, queues and schedules, and take from the queues."""
        self._call_outside_loop(self._start)

    def _start(self) -> None:
        _take_logger()
        _ = DBOS(config=self._config())
        self._ending.clear()
        self._running = True  # from here on there is something to be ended, also where the launch fails
        for name, task in self._tasks.items():
            DBOS.workflow(name=name)(self._busy.counting(self._durable(name, task)))
        schedules = [
            {
                "schedule_name": name,
                "workflow_fn": DBOS.workflow(name=f"every:{name}")(self._busy.counting(_ticking(name, task))),
                "schedule": cron,
            }
            for name, (cron, task) in self._crons.items()
        ]
        DBOS.launch()
        for queue in self._queues:
            DBOS.register_queue(
                queue,
                worker_concurrency=self.concurrency,
                polling_interval_sec=self.poll,
                on_conflict="always_update",
            )
        DBOS.apply_schedules(schedules)  # type: ignore[arg-type]

    def stop(self, patience: float = 5) -> None:
        """Stop taking work; what runs gets `patience` seconds, and is taken up by the next worker otherwise."""
        if self._running:
            self._running = False
            self._ending.set()
            self._busy.wait(patience)  # the engine's own waiting sleeps in whole seconds
            self._call_outside_loop(lambda: DBOS.destroy(destroy_registry=True))
        if self._client is not None:
            self._client.destroy()
            self._client = None

    def _durable(self, name: str, task: Task) -> Task:
        return _logged(name, _lasting(task, self._ending))

    def _config(self, *, migrates: bool = False) -> DBOSConfig:
        return DBOSConfig(
            name=NAME,
            run_migrations=migrates,
            system_database_engine=self.database.engine,
            application_version=VERSION,
            executor_id=self.executor,
            log_level="WARNING",
            serializer=DBOSPortableJSONSerializer(),
            scheduler_polling_interval_sec=1.0,
            # Nothing here waits for notifications; the engine's thread for them sleeps this long before it sees an end.
            notification_listener_polling_interval_sec=0.05,
        )

    @staticmethod
    def _call_outside_loop(work: Callable[[], None]) -> None:
        """The engine refuses to be started under a running event loop, so it is started from a thread."""
        failure: list[BaseException] = []

        def run() -> None:
            try:
                work()
            except BaseException as problem:
                failure.append(problem)

        thread = threading.Thread(target=run, name="engine-life")
        thread.start()
        thread.join()
        if failure:
            raise failure[0]

    # Looking after ---------------------------------------------------------------------------------------------------

    def orphans(self, living: Iterable[str]) -> list[Orphan]:
        """Begun work whose executor is not among the living; and what this process took and has left, as it does where
        the store went away under the engine's own bookkeeping."""
        alive = {*living, self.executor}
        begun = [
            work
            for work in self.client.list_workflows(status="PENDING", load_input=False, load_output=False)
            if work.queue_name is not None
        ]
        left = self._busy.left({work.workflow_id for work in begun if work.executor_id == self.executor})
        return [
            Orphan(work.workflow_id, work.name, work.executor_id or "")
            for work in begun
            if work.executor_id not in alive or work.workflow_id in left
        ]

    def resume(self, ids: list[str]) -> None:
        """Put begun work back into the house's queue, for whoever is free."""
        if ids:
            self.client.resume_workflows(ids, queue_name=HOUSE)

    def give_up(self, ids: list[str]) -> None:
        """Take orders out of the engine for good."""
        if ids:
            self.client.cancel_workflows(ids)

    def standing(self, ids: list[str]) -> Mapping[str, str]:
        """The engine's state of each order by id (`DELAYED`, `ENQUEUED`, `PENDING`, `SUCCESS`, `ERROR`, …); unknown
        ids are left out."""
        if not ids:
            return {}
        found = self.client.list_workflows(workflow_ids=ids, load_input=False, load_output=False)
        return {work.workflow_id: work.status for work in found}

    def open(self, order: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        """True, in a statement, where the engine has the order of this id and will bring it about, or is at it."""
        orders = self._orders
        return sa.exists(
            sa.select(orders.c.workflow_uuid).where(orders.c.workflow_uuid == order, orders.c.status.in_(_OPEN))
        )

    @property
    def _orders(self) -> sa.TableClause:
        return _orders(None if self.database.sqlite else "dbos")

    def depth(self) -> int:
        """How many orders wait in queues now (timers that are not due are not counted)."""
        return len(self.client.list_workflows(status="ENQUEUED", load_input=False, load_output=False, limit=10_000))

    def loads(self, session: Session, now: datetime) -> list[Load]:
        """What waits and what runs in each of our queues, by name. Work whose time came counts as waiting also where no
        worker is there to notice; timers that are not due are not counted.

        Counted in the engine's own table, since its client can only list.
        """
        orders = self._orders.c
        instant, since = int(now.timestamp() * 1000), sa.func.coalesce(orders.delay_until_epoch_ms, orders.created_at)
        waits = sa.or_(orders.status == "ENQUEUED", sa.and_(orders.status == "DELAYED", since <= instant))
        rows = session.execute(
            sa.select(
                orders.queue_name, orders.status, sa.func.count().label("orders"), sa.func.min(since).label("oldest")
            )
            .where(
                sa.or_(waits, orders.status == "PENDING"),
                orders.queue_name.is_not(None),
                sa.not_(orders.queue_name.startswith(ITS_OWN, autoescape=True)),
            )
            .group_by(orders.queue_name, orders.status)
        ).all()
        found: dict[str, Load] = {}
        for row in rows:
            runs = row.status == "PENDING"
            known = found.get(row.queue_name, Load(row.queue_name, 0, 0, timedelta(0)))
            waited = timedelta(0) if runs else timedelta(milliseconds=max(instant - int(row.oldest), 0))
            found[row.queue_name] = Load(
                row.queue_name,
                known.waiting + (0 if runs else row.orders),
                known.running + (row.orders if runs else 0),
                max(known.oldest, waited),
            )
        return sorted(found.values(), key=lambda one: one.queue)

    def forget(self, now: datetime) -> int:
        """Delete the engine's records of work that ended more than 90 days ago, and of what comes again by itself more
        than a day ago; returns how many."""
        again = [f"every:{name}" for name in self._crons]
        return self._forget(now - KEPT, None) + (self._forget(now - AGAIN_KEPT, again) if again else 0)

    def _forget(self, before: datetime, names: list[str] | None) -> int:
        gone = 0
        while True:
            old = self.client.list_workflows(
                status=["SUCCESS", "ERROR", "CANCELLED"],
                completed_before=before.astimezone(UTC).isoformat(),
                name=names,
                load_input=False,
                load_output=False,
                limit=AT_ONCE,
            )
            if old:
                self.client.delete_workflows([work.workflow_id for work in old])
            gone += len(old)
            if len(old) < AT_ONCE:
                return gone


def _take_logger() -> None:
    """Let the engine's records go where ours go: with no handler of its own it would write past the redaction."""
    logger = logging.getLogger("dbos")
    logger.handlers[:] = [logging.NullHandler()]
    logger.propagate = True


class _Busy:
    """Which orders are worked on in this process."""

    def __init__(self, left_after: float = LEFT_AFTER) -> None:
        self.left_after = left_after
        self._orders: Counter[str] = Counter()
        self._idle: dict[str, float] = {}
        self._changed = threading.Condition()

    def counting(self, task: Callable[P, None]) -> Callable[P, None]:
        """The same task, counted while it runs."""

        @functools.wraps(task)
        def counted(*args: P.args, **named: P.kwargs) -> None:
            order = DBOS.workflow_id or ""
            self._add(order, 1)
            try:
                task(*args, **named)
            finally:
                self._add(order, -1)

        return counted

    def _add(self, order: str, by: int) -> None:
        with self._changed:
            self._orders[order] += by
            if not self._orders[order]:
                del self._orders[order]
            self._changed.notify_all()

    def left(self, taken: set[str]) -> set[str]:
        """Those of the orders this process has taken that nothing worked on for long, whenever it was looked."""
        now = time.monotonic()
        with self._changed:
            self._idle = {order: self._idle.get(order, now) for order in taken if order not in self._orders}
            return {order for order, since in self._idle.items() if now - since >= self.left_after}

    def wait(self, seconds: float) -> bool:
        """Wait until nothing runs; False where something still does after so long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._orders, seconds)


class _LeftForOthers(BaseException):
    """The process ends while a task waits. No Exception, so that the engine does not note the task as failed: the next
    worker takes it up."""


def _lasting(task: Task, ending: threading.Event, again_after: float = AGAIN_AFTER) -> Task:
    """The same task, begun again for as long as the store is away, or another process holds its write lock. It finds
    in our rows how far it got, or that somebody else has done it meanwhile. One whose statements the store cancels has
    failed after a few tries, and goes where all goes that has."""

    def lasting(*args: Any) -> None:
        cancelled = 0
        while True:
            try:
                with patient(ENGINE_PATIENCE):
                    return task(*args)
            except Exception as problem:
                cancelled += is_cancelled(problem)
                if not is_away(problem) or cancelled >= CANCELLED_MOST:
                    raise
                log.warning("task_waits_for_store", why=str(problem))
            if ending.wait(again_after):
                raise _LeftForOthers

    return lasting


def _logged(name: str, task: Task) -> Task:
    def durable(*args: Any) -> None:
        with structlog.contextvars.bound_contextvars(task=name):
            try:
                task(*args)
            except Exception:
                log.exception("task_failed", task=name)
                raise

    durable.__qualname__ = f"durable_{name}"
    return durable


def _ticking(name: str, task: Task) -> Callable[[datetime, Any], None]:
    """A task that comes again by itself: where the store is busy or away, one line is enough. What it cancels is told
    as a fault: the next turn may fare no better."""

    def patiently() -> None:
        try:
            with patient(ENGINE_PATIENCE):
                task()
        except Exception as problem:
            if not is_away(problem) or is_cancelled(problem):
                raise
            log.warning("task_waits_for_store", why=str(problem))

    def tick(_due: datetime, _context: Any) -> None:
        with structlog.contextvars.bound_contextvars(task=name), contextlib.suppress(Exception):
            _logged(name, patiently)()

    tick.__qualname__ = f"tick_{name}"
    return tick
