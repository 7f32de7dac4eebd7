"""What is being taken back: the desk sees that it is to be taken away, and its customer who does it and by when."""

from __future__ import annotations

from datetime import datetime

from tests.stand.house import Stand

from selfserve.requests import acts, desk, grant_rows
from selfserve.requests.case_rows import CaseRow, case_row
from selfserve.requests.case_rows import desk as listed
from selfserve.requests.story import Story, story
from selfserve.requests.words import Line
from selfserve.store.states import GrantState


def _has_a_key(stand: Stand) -> str:
    """Ada was handed a key by a person; returns the request's name."""
    made = stand.ask("ada", "key")
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={"number": "12"})
    stand.work()
    return made.name


def _given_back(stand: Stand) -> str:
    """She gave it back, and a person is to fetch it; returns the request's name."""
    name = _has_a_key(stand)
    stand.write(acts.give_back, stand.house, name, stand.people["ada"], stand.clock())
    stand.work()
    return name


def _rows(stand: Stand) -> list[CaseRow]:
    with stand.house.database.read() as session:
        rows = listed(session)
        assert [case_row(session, stand.case())] == rows
        return rows


def _told(stand: Stand, name: str) -> Story:
    with stand.house.database.read() as session:
        found = acts.own(session, name, stand.people["ada"], lock=False)
        return story(session, stand.house, found, stand.people["ada"])


def _last(stand: Stand, name: str) -> Line:
    return _told(stand, name).lines[-1]


def _until(stand: Stand, name: str) -> tuple[str, datetime | None]:
    """Who takes it back, and by when."""
    last = _last(stand, name)
    assert last.due is (last.at is not None)
    return str(last.title), last.at


def _held(stand: Stand) -> list[str]:
    """What she reads of what she holds."""
    with stand.house.database.read() as session:
        listed_all = grant_rows.page(session, customer_id=stand.people["ada"]).rows
        rows = grant_rows.held(session, stand.people["ada"])
        assert listed_all == rows
        return [str(row.state_words) for row in rows]


def test_a_case_about_taking_back_says_so_and_names_its_request(stand: Stand) -> None:
    """What is to be given is not to be taken back."""
    made = stand.ask("ada", "key")
    (row,) = _rows(stand)
    assert (row.to_take_back, row.request_names) == (False, [made.name])
    desk.done(stand.house, row.id, stand.people["tess"], fields={"number": "12"})
    stand.work()
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    stand.work()
    (row,) = _rows(stand)
    assert (row.to_take_back, row.request_name, row.request_names) == (True, made.name, [made.name])


def test_a_case_about_what_several_requests_brought_names_them_all(stand: Stand) -> None:
    """The latest is the one whose story it shows."""
    first = stand.ask("ada", "lamp")
    stand.clock.forward(hours=1)
    second = acts.extend(stand.house, first.name, stand.people["ada"], {})
    stand.work()
    stand.shelf.faults = ["permanent"] * 9
    stand.write(acts.give_back, stand.house, first.name, stand.people["ada"], stand.clock(), wholly=True)
    stand.work()
    (row,) = _rows(stand)
    assert (row.request_names, row.request_name) == ([first.name, second.name], second.name)


def test_whoever_gave_it_back_reads_who_takes_it_back_and_by_when(stand: Stand) -> None:
    """The team at first, then who took the case; then that it is gone."""
    name = _given_back(stand)
    due = stand.case().due_at
    assert _until(stand, name) == ("A colleague in TechOps takes it back", due)
    desk.take(stand.house, stand.case().id, stand.people["tess"])
    assert _until(stand, name) == ("Tess takes it back", due)
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={"returned": "yes"})
    stand.work()
    assert str(_last(stand, name).title) == "It has ended and was taken back"


def test_what_is_taken_back_late_promises_no_time_that_is_over(stand: Stand) -> None:
    """Neither by the team nor by who has it."""
    name = _given_back(stand)
    stand.clock.forward(hours=5)
    assert _until(stand, name) == ("A colleague in TechOps takes it back", None)
    desk.take(stand.house, stand.case().id, stand.people["tess"])
    assert _until(stand, name) == ("Tess takes it back", None)


def test_what_a_machine_takes_back_is_said_to_be_under_way(stand: Stand) -> None:
    """Also while its target does not answer; never that it has ended before that was seen."""
    made = stand.ask("ada", "lamp")
    stand.shelf.offline = True
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    for _ in range(2):
        last = _last(stand, made.name)
        assert (str(last.title), last.mood) == ("It is being taken back, and we check that it is gone", "now")
        stand.work()
    stand.shelf.offline = False
    stand.pass_time(minutes=10)
    assert str(_last(stand, made.name).title) == "It has ended and was taken back"


def test_what_was_never_given_is_not_told_to_be_taken_back(stand: Stand) -> None:
    """It did not work, and staff say that it cannot be: her promise ends, of which nothing was ever there."""
    stand.shelf.faults = ["permanent"]
    name = stand.ask("ada", "lamp").name
    desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="There are none.")
    for state in (GrantState.ENDING, GrantState.ENDED):
        assert stand.grants("ada")[0].state == state
        told = _told(stand, name)
        assert (str(told.lines[-1].note), told.grant_words) == ("There are none.", "")
        assert _held(stand) == []
        stand.work()


def test_what_may_have_been_given_is_told_to_be_taken_back(stand: Stand) -> None:
    """It was sent and no answer came, and nobody could look: it may be there, so it is looked for and taken away."""
    stand.shelf.faults, stand.shelf.looks = ["lost"], ["", *["blind"] * 99]
    name = stand.ask("ada", "lamp").name
    stand.pass_time(minutes=20)
    desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="It stays dark.")
    assert str(_last(stand, name).title) == "It is being taken back, and we check that it is gone"
    assert _told(stand, name).grant_words == "Being taken back"
    assert _held(stand) == ["Being taken back"]
