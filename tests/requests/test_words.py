"""What customers read: how long it takes, when somebody looks at it, what they have of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand
from tests.stand.shelf import Shelf, ThingArgs

from selfserve.catalog.durations import format_duration
from selfserve.connectors.contract import Action
from selfserve.fulfilment import conclude, escalation
from selfserve.languages.reader import Reader
from selfserve.requests import acts, desk, grant_rows, story
from selfserve.requests.plan import plan
from selfserve.requests.reconcile import reconcile
from selfserve.requests.refusals import NotPossible
from selfserve.requests.usual import usual as usual_of
from selfserve.requests.words import Telling, line
from selfserve.store.tables import Notice, Request

BERLIN = ZoneInfo("Europe/Berlin")


def usual(stand: Stand, item: str) -> timedelta | None:
    """What is said of how long it took lately."""
    with stand.house.database.read() as session:
        return usual_of(session, item).whole


def lines(stand: Stand, request_id: str, who: str = "ada") -> list[tuple[str, str]]:
    """The story as titles and notes."""
    with stand.house.database.read() as session:
        told = story.story(session, stand.house, session.get_one(Request, request_id), stand.people[who])
    return [(line.title, line.note) for line in told.lines]


def test_what_is_done_at_once_takes_a_second_and_not_no_time(stand: Stand) -> None:
    """Five asks within their second: `1s`, which a program can read, and never a span of nothing."""
    for who in ("ada", "ben", "dora", "eli", "tess"):
        stand.ask(who, "cup")
    assert usual(stand, "cup") == timedelta(seconds=1)
    told = plan(stand.house, customer_id=stand.people["dan"], item_id="cup", answers={})
    assert format_duration(told.usual.whole or timedelta()) == "1s"
    assert format_duration(timedelta()) == "0s"


def test_the_usual_time_is_the_median_of_what_customers_waited(stand: Stand) -> None:
    """From asking until it was there, decisions included; between the two in the middle where the number is even."""
    for who, minutes in (("ada", 10), ("ben", 20), ("dora", 60), ("eli", 600), ("tess", 5), ("lea", 900)):
        made = stand.ask(who, "screen")
        stand.clock.forward(minutes=minutes)
        stand.decide("dan", made.id)
        stand.work()
    assert usual(stand, "screen") == timedelta(minutes=40)


def test_what_was_given_again_months_later_counts_from_its_first_time(stand: Stand) -> None:
    """A lamp that vanished and was put back after 90 days did not take 90 days."""
    for who in ("ada", "ben", "dora", "eli", "tess"):
        stand.ask(who, "cup")
    stand.clock.forward(days=90)
    stand.shelf.things.clear()
    reconcile(stand.house)
    for case in stand.open_cases():
        desk.retry(stand.house, case.id, stand.people["tess"])
    stand.work()
    assert not stand.open_cases()
    assert usual(stand, "cup") == timedelta(seconds=1)


def test_nobody_is_said_to_be_at_it_before_somebody_is(stand: Stand) -> None:
    """It waits with a team, until a time said in words; once Tess took it, she looks after it."""
    stand.change("ada", zone="Europe/Berlin")
    stand.clock.forward(hours=13)  # 23:00 in Berlin: four hours later is tomorrow
    stand.shelf.faults = ["permanent"]
    made = stand.ask("ada", "lamp")
    assert ("It waits with TechOps", "The machine could not finish this.") in lines(stand, made.id)
    assert "A person" not in " ".join(title for title, _ in lines(stand, made.id)[:-1])
    with stand.house.database.read() as session:
        notice = session.scalars(sa.select(Notice).where(Notice.person_id == stand.people["ada"])).one()
    assert notice.title == "“Lamp” waits for a person"
    assert Reader("en", BERLIN).tell(notice.body).startswith("TechOps looks at it by Tuesday 2 March, 03:00.")
    assert Reader("de", BERLIN).tell(notice.body).startswith("TechOps sieht es sich bis Di., 2. März, 03:00 an.")
    desk.take(stand.house, stand.case().id, stand.people["tess"])
    assert ("Tess is looking after it", "") in lines(stand, made.id)


def test_a_checklist_waits_for_its_team_too(stand: Stand) -> None:
    """What people do by design is not said to be under way before one of them takes it."""
    made = stand.ask("ada", "key")
    assert ("It waits with TechOps", "A colleague does this by hand.") in lines(stand, made.id)


def _hours(stand: Stand) -> None:
    path = stand.catalog / "teams.yaml"
    path.write_text(path.read_text().replace("promise: 4h", 'promise: 4h\n  hours: {from: "09:00", to: "17:00"}', 1))
    assert stand.house.catalog.refresh(force=True)


def test_nights_do_not_count_towards_a_team_s_promise(stand: Stand) -> None:
    """Handed over at 15:00 on a Monday with four working hours: due at 11:00 on Tuesday, by the desk and by the page;
    rising and handing on count alike."""
    _hours(stand)
    stand.clock.forward(hours=5)
    stand.shelf.faults = ["permanent"]
    made = stand.ask("ada", "lamp")
    due = datetime(2027, 3, 2, 11, 0, tzinfo=BERLIN)
    assert stand.case().due_at == due
    assert stand.request(made.id).promised_at == due
    desk.hand_on(stand.house, stand.case().id, stand.people["tess"], team="designers", words="Yours?")
    assert stand.case().due_at == stand.clock() + timedelta(hours=1)
    desk.hand_on(stand.house, stand.case().id, stand.people["tess"], team="techops", words="Ours.")
    assert stand.case().due_at == due


def test_what_people_do_is_promised_in_their_working_hours(stand: Stand) -> None:
    """A key in two days asked for on Friday at noon: on Tuesday, said as working days; a machine keeps its minutes."""
    _hours(stand)
    stand.edit("key", "expect: 1m", "expect: 2d\napprove: [{by: [manager]}]")
    stand.clock.forward(days=4, hours=2)
    would = plan(stand.house, customer_id=stand.people["ben"], item_id="key", answers={})
    assert (would.expect, would.working) == (timedelta(days=2), True)
    assert not plan(stand.house, customer_id=stand.people["ben"], item_id="cup", answers={}).working
    item = stand.house.catalog.current.items["key"]
    assert escalation.promised(stand.house, item, stand.clock()) == datetime(2027, 3, 9, 12, 0, tzinfo=BERLIN)
    lamp = stand.house.catalog.current.items["lamp"]
    assert escalation.promised(stand.house, lamp, stand.clock()) == stand.clock() + lamp.expect


@pytest.mark.parametrize(("item", "words"), [("lamp", "only seconds ago"), ("desk", "choose a later end")])
def test_an_extension_that_changes_nothing_says_why(stand: Stand, item: str, words: str) -> None:
    """A span that was asked for seconds ago is not told to choose an end it does not have."""
    made = stand.ask("ada", item)
    if item == "desk":
        stand.decide("mara", made.id)
    with pytest.raises(NotPossible, match=words):
        acts.extend(stand.house, made.name, stand.people["ada"], {})


def test_two_of_one_kind_are_told_apart(stand: Stand) -> None:
    """What was answered, under which name, until when: two lamps are two rows that read differently."""
    stand.edit("lamp", "thing: lamp,", 'thing: "lamp-${form.reason}",')
    first, second = (stand.ask("ada", "lamp", {"reason": room}) for room in ("hall", "attic"))
    with stand.house.database.read() as session:
        rows = grant_rows.held(session, stand.people["ada"])
    assert {(row.item_name, row.name, row.answers[0].text) for row in rows} == {
        ("Lamp", first.name, "hall"), ("Lamp", second.name, "attic")
    }  # fmt: skip
    assert all(row.ends_at is not None for row in rows)


def test_a_part_that_is_there_is_not_the_whole(stand: Stand) -> None:
    """While the rest is being done it is on its way; where it stays at a part, the words say so."""
    stand.shelf.faults = ["", "permanent"]
    made = stand.ask("ada", "set")

    def words() -> str:
        with stand.house.database.read() as session:
            (row,) = grant_rows.held(session, stand.people["ada"])
            told = story.story(session, stand.house, session.get_one(Request, made.id), stand.people["ada"])
        assert told.grant_words == row.state_words
        return row.state_words

    assert words() == "On its way"
    desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="There are no forks.")
    assert words() == "You have a part of this"


def test_what_a_device_fetches_later_is_never_called_ready(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order was seen in the target: the story, the notice and the list say that the device does the rest."""
    later = Action("put", ThingArgs, "Put it there", quick=False, idempotent=True, later=True)
    monkeypatch.setitem(Shelf.actions, "put", later)
    stand.house.connectors._declared._actions["shelf"]["put"] = later
    assert conclude.later(stand.house, stand.house.catalog.current.items["cup"])
    made = stand.ask("ada", "cup")
    stand.clock.forward(minutes=1)
    stand.work()
    titles = [title for title, _ in lines(stand, made.id)]
    assert titles[-1] == "Nothing is left for you to do"
    assert "Ready to use" not in titles
    assert "“Cup” is on its way to your device" in stand.notices("ada")
    with stand.house.database.read() as session:
        (row,) = grant_rows.held(session, stand.people["ada"])
    assert (row.state_words, row.there) == ("Your device fetches it", True)


def test_what_a_step_gives_is_said_in_the_items_words(stand: Stand) -> None:
    """Before it is asked, when it is there, and to somebody else who reads it: never the target's own name of it."""
    stand.edit("lamp", "    use: shelf.put\n", "    use: shelf.put\n    gives: light at your place\n")
    would = plan(stand.house, customer_id=stand.people["ada"], item_id="lamp", answers={})
    assert [act.customer for act in would.acts] == ["You get light at your place"]
    assert all("light at your place" not in act.staff for act in would.acts)
    made = stand.ask("ada", "lamp")
    assert ("You have light at your place", "") in lines(stand, made.id)
    assert ("Ada has light at your place", "") in lines(stand, made.id, "mara")


def test_what_was_there_already_is_said_so(stand: Stand) -> None:
    """It is not told as new."""
    to = Telling(True, "Ada", "", "Lamp", {"thing": "light"})
    told = line("step.already_done", stand.clock(), to, {"step": "thing"}, "You have lamp.")
    assert told is not None
    assert told.title == "You have light already"
    other = line("step.done", stand.clock(), to, {"step": "another"}, "You have lamp.")
    assert other is not None
    assert other.title == "You have lamp."


@pytest.mark.parametrize(
    ("there", "english", "german"),
    [
        (0, "It stopped.", "It stopped."),
        (1, "It stopped. One part of it is done already.", "It stopped. Ein Teil davon ist schon erledigt."),
        (8, "It stopped. 8 parts of it are done already.", "It stopped. 8 Teile davon sind schon erledigt."),
    ],
)
def test_it_is_told_how_many_parts_are_done_already(stand: Stand, there: int, english: str, german: str) -> None:
    """Eight of twelve are not one."""
    to = Telling(True, "Ada", "", "Lamp", {})
    told = line("request.handed_over", stand.clock(), to, {"team": "Desk", "steps_there": there}, "It stopped.")
    assert told is not None
    assert (told.note, Reader("de").tell(told.note)) == (english, german)
