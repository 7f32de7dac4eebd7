"""What nobody wants any more is neither brought nor called done, and staff read why: who left has no time that is
over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.requests import acts, desk
from selfserve.requests.reconcile import reconcile
from selfserve.requests.refusals import NotPossible
from selfserve.store.tables import GrantReason

LEFT = "The account is not active any more. Close it with a word to the customer."
OVER = "The time for which this was wanted is over. Close it with a word to the customer."


@pytest.mark.parametrize(("left", "words"), [(True, LEFT), (False, OVER)])
def test_a_case_that_nobody_wants_any_more_says_why(stand: Stand, left: bool, words: str) -> None:
    """Whoever left has no time that is over: neither done nor tried again for them, with the true reason."""
    stand.shelf.faults = ["permanent"]
    stand.ask("ada", "lamp")
    case, tess = stand.case(), stand.people["tess"]
    if left:
        stand.change("ada", disabled=True)
        assert reconcile(stand.house).left_customers
    else:
        with stand.house.database.write() as session:
            reason = session.scalars(sa.select(GrantReason)).one()
            reason.lasts, reason.ends_at = "", stand.clock()
    tries: tuple[Callable[[], None], ...] = (
        lambda: desk.retry(stand.house, case.id, tess),
        lambda: desk.done(stand.house, case.id, tess, fields={}, on_my_word=True),
    )
    for act in tries:
        with pytest.raises(NotPossible) as refused:
            act()
        assert str(refused.value) == words


def test_what_was_given_back_is_not_brought_again_as_its_time_was_over(stand: Stand) -> None:
    """It had gone from the target, and Ada gave it back meanwhile."""
    made = stand.ask("ada", "lamp")
    stand.shelf.things.clear()
    stand.clock.forward(hours=1)
    assert reconcile(stand.house).drifted
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    with pytest.raises(NotPossible, match=r"^It was given back\."):
        desk.retry(stand.house, stand.case().id, stand.people["tess"])
