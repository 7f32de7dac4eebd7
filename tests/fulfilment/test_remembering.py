"""What a call wants kept is kept while it is waited for, and refused afterwards."""

from __future__ import annotations

import pytest

from selfserve.connectors.answers import BadAnswer
from selfserve.connectors.contract import State
from selfserve.fulfilment.remembering import GivenUp, Remembering


def test_what_is_remembered_is_kept_until_the_call_is_over() -> None:
    """A call that was left behind must not write what nobody will know of: its result is stored by then."""
    kept = list[State]()
    remember = Remembering(kept.append)
    remember({"before": ["one"]})
    remember.over()
    with pytest.raises(GivenUp):
        remember({"before": ["two"]})
    assert kept == [{"before": ["one"]}]


def test_a_state_that_cannot_be_stored_is_refused() -> None:
    """As in an answer."""
    kept = list[State]()
    with pytest.raises(BadAnswer):
        Remembering(kept.append)({"before": object()})
    assert not kept
