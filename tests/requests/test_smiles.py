"""How it was is the customer's to say, once per request, and nobody has to."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.requests import smiles
from selfserve.requests.refusals import NotFound, NotPossible, Unfit
from selfserve.requests.smiles import Smiled
from selfserve.store.states import Face
from selfserve.store.tables import Request, Smile


def smile(stand: Stand, who: str, name: str, face: Face = Face.GOOD, words: str = "") -> Smiled:
    """Somebody taps a face."""
    return stand.write(smiles.smile, name, stand.people[who], face, words, stand.clock())


def for_staff(stand: Stand, who: str, request_id: str) -> Smiled | None:
    """What somebody of staff sees of it."""
    with stand.house.database.read() as session:
        request = session.get_one(Request, request_id)
        return smiles.for_staff(session, stand.house, request, stand.people[who])


def test_it_is_kept_once_and_can_be_changed_for_a_week(stand: Stand) -> None:
    """A second tap takes the place of the first; after seven days it stays as it is."""
    made = stand.ask("ada", "cup")
    smile(stand, "ada", made.name)
    stand.clock.forward(days=6, hours=23)
    assert smile(stand, "ada", made.id, Face.FAIR, " It took two tries. ").words == "It took two tries."
    stand.clock.forward(hours=1)
    with pytest.raises(NotPossible, match="more than a week ago"):
        smile(stand, "ada", made.name)
    with stand.house.database.read() as session:
        assert [(row.face, row.words) for row in session.scalars(sa.select(Smile))] == [("fair", "It took two tries.")]
        assert smiles.figures(session) == {"good": 0, "fair": 1, "poor": 0}


def test_only_the_customer_says_it_and_only_once_it_is_over(stand: Stand) -> None:
    """Not while it waits, not for what they cancelled, and nobody for somebody else."""
    waits, done = stand.ask("ada", "screen"), stand.ask("ada", "cup")
    with pytest.raises(NotPossible, match="once it is over"):
        smile(stand, "ada", waits.name)
    with pytest.raises(NotFound):
        smile(stand, "ben", done.name)
    with pytest.raises(Unfit):
        smile(stand, "ada", done.name, words="x" * 501)
    with stand.house.database.read() as session:
        assert session.scalars(sa.select(Smile)).all() == []


def test_only_the_team_that_owns_the_item_sees_it(stand: Stand) -> None:
    """Tess works there, Ben does not; neither face nor words stand in the trail."""
    made = stand.ask("ada", "cup")
    smile(stand, "ada", made.name, Face.POOR, "Nobody told me when.")
    seen = for_staff(stand, "tess", made.id)
    assert seen is not None
    assert (seen.face, seen.words) == (Face.POOR, "Nobody told me when.")
    assert for_staff(stand, "ben", made.id) is None
    event = stand.event(f"request:{made.id}", "request.smiled")
    assert "poor" not in str(event.data)
    assert event.tell == ""
