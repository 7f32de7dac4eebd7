"""Once somebody of the staff took a case, its customer reads who is at it: wherever the request's state stands."""

from __future__ import annotations

import pytest
from tests.stand.house import Stand

from selfserve.requests import desk, lists, story


def _read(stand: Stand) -> set[tuple[str, str]]:
    """What stands on the request's own page, and in the list of what the customer asked for."""
    with stand.house.database.read() as session:
        (row,) = lists.requests(session, customer_id=stand.people["ada"]).rows
        request = story.find(session, row.name)
        assert request is not None
        told = story.story(session, stand.house, request, stand.people["ada"])
    return {(row.state_words, row.tone), (told.state_words, told.tone)}


@pytest.fixture
def case(stand: Stand) -> str:
    """Ada's lamp waits for a person."""
    stand.shelf.faults = ["permanent"]
    stand.ask("ada", "lamp")
    return stand.case().id


def test_the_customer_reads_who_is_at_it(stand: Stand, case: str) -> None:
    """With a team, then by name, whoever takes it over; and with a team again once it was handed on."""
    assert _read(stand) == {("With a team", "warn")}
    desk.take(stand.house, case, stand.people["tess"])
    assert _read(stand) == {("Tess is looking after it", "info")}
    desk.take_over(stand.house, case, stand.people["theo"])
    assert _read(stand) == {("Theo is looking after it", "info")}
    desk.hand_on(stand.house, case, stand.people["theo"], team="leads", words="This is yours.")
    assert _read(stand) == {("With a team", "warn")}


def test_nobody_is_named_who_left(stand: Stand, case: str) -> None:
    """Whoever had it is not there any more; the team is."""
    desk.take(stand.house, case, stand.people["tess"])
    stand.change("tess", disabled=True)
    assert _read(stand) == {("With a team", "warn")}


def test_a_case_that_is_over_names_nobody(stand: Stand, case: str) -> None:
    """The state says how it ended."""
    desk.take(stand.house, case, stand.people["tess"])
    desk.cannot(stand.house, case, stand.people["tess"], words="The maker is gone.")
    assert _read(stand) == {("Did not work out", "bad")}
