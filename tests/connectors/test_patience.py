"""A call is waited for so long; what takes longer goes on alone, and only so many do."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from selfserve.connectors.patience import MOST_LEFT, NAME, TooSlow, out, within

WORD: ContextVar[str] = ContextVar("word", default="")


def test_what_a_bounded_call_gives_and_raises_comes_back() -> None:
    """None is an answer too, and what kills a process is not swallowed."""
    assert within(5, lambda: 7) == 7
    assert within(5, lambda: None) is None
    with pytest.raises(KeyboardInterrupt):
        within(5, _interrupted)
    with pytest.raises(TooSlow, match="no answer within 0 s"):
        within(0, threading.Event().wait)


def _interrupted() -> None:
    raise KeyboardInterrupt


def test_a_call_sees_the_callers_context_and_leaves_none_of_its_own() -> None:
    """Log lines of a call name the request it is made for, also in a thread that was used before."""

    def spoken() -> str:
        before = WORD.get()
        WORD.set("changed")
        return before

    for word in ("first", "second"):
        WORD.set(word)
        assert within(5, spoken) == word
        assert WORD.get() == word


def test_threads_are_kept_for_the_next_call() -> None:
    """One after the other needs one thread."""
    threads = {within(5, threading.get_ident) for _ in range(50)}
    assert len(threads) <= 2  # a thread may still be on its way back when the next call comes
    assert threading.get_ident() not in threads


def test_so_many_calls_of_one_target_are_out_at_most() -> None:
    """The next is not made at all, and said not to be; another target's is; those that come back make room."""
    back, called = threading.Event(), list[str]()
    for _ in range(MOST_LEFT):
        with pytest.raises(TooSlow) as slow:
            within(0, lambda: back.wait(30), "rack")
        assert slow.value.sent
    assert out("rack") == MOST_LEFT
    with pytest.raises(TooSlow, match="have not come back") as refused:
        within(5, lambda: called.append("rack"), "rack")
    assert not refused.value.sent
    within(5, lambda: called.append("shelf"), "shelf")
    assert called == ["shelf"]
    back.set()
    while out("rack"):
        threading.Event().wait(0.01)
    within(5, lambda: called.append("rack"), "rack")
    assert called == ["shelf", "rack"]


def test_no_thread_of_these_holds_up_the_end_of_the_process() -> None:
    """All are daemons."""
    within(5, lambda: None)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == NAME)
