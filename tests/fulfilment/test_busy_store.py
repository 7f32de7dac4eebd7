"""Work in the background while another process holds the store's write lock: it waits, and begins again by itself."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from selfserve.fulfilment.engine import _lasting, _LeftForOthers, _ticking
from selfserve.store.database import StoreBusy


class Busy:
    """A task that finds the lock taken so many times."""

    def __init__(self, times: int) -> None:
        self.left, self.done = times, 0

    def __call__(self) -> None:
        if self.left:
            self.left -= 1
            raise StoreBusy("another process holds the write lock")
        self.done += 1


def test_a_task_that_finds_the_store_busy_begins_again_by_itself() -> None:
    """Until it is done, with one line of warning for each try and no traceback."""
    task = Busy(3)
    with capture_logs() as told:
        _lasting(task, threading.Event(), again_after=0)()
    assert (task.left, task.done) == (0, 1)
    assert [(line["event"], line["log_level"]) for line in told] == [("task_waits_for_store", "warning")] * 3
    assert not any("exc_info" in line for line in told)


def test_a_process_that_ends_leaves_waiting_work_to_the_next() -> None:
    """It is no failure of the task, which the engine would note as its end."""
    ending, task = threading.Event(), Busy(3)
    ending.set()
    with pytest.raises(_LeftForOthers):
        _lasting(task, ending, again_after=0)()
    assert not issubclass(_LeftForOthers, Exception)
    assert task.done == 0


def test_a_standing_task_leaves_a_busy_store_for_its_next_turn() -> None:
    """One line, no traceback, no second try: it comes again anyway."""
    task = Busy(1)
    with capture_logs() as told:
        _ticking("people", task)(datetime(2026, 11, 23, tzinfo=UTC), None)
    assert [(line["event"], line["log_level"]) for line in told] == [("task_waits_for_store", "warning")]
    assert (task.left, task.done) == (0, 0)
