"""How the installation is: read from the store, on both kinds of it, and what is wrong said first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.connectors.contract import Failed, FailureKind
from selfserve.fulfilment import leases
from selfserve.fulfilment.engine import Engine
from selfserve.insights import flow, installation, pulse
from selfserve.insights.installation import RESTING, UNSEEN, Expected, Installation, MailsState, PeopleState
from selfserve.insights.troubles import ERROR, WARNING, troubles
from selfserve.languages.messages import msg
from selfserve.languages.reader import Reader
from selfserve.requests import desk
from selfserve.requests.decide import Say
from selfserve.store.tables import Certificate, ConnectorHealth, Pulse, SyncMark

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def seen(stand: Stand) -> Installation:
    """How it is now."""
    return installation.read(stand.house, Expected())


def said(stand: Stand) -> list[str]:
    """What is wrong, in words."""
    return [str(one.words) for one in troubles(seen(stand))]


def well(stand: Stand) -> None:
    """A worker beats, people were read, connectors were looked at."""
    now = stand.clock()
    with stand.house.database.write() as session:
        leases.beat(session, stand.house, "worker")
        session.add(SyncMark(source="directory", stamp="1", full_at=now, ran_at=now, figures={"read": 10}))
        for name in stand.house.connectors.connectors:
            session.add(_health(name, stand))


def _health(name: str, stand: Stand, level: str = "info", text: str = "All is well.") -> ConnectorHealth:
    found = [{"level": level, "check": "reach", "text": text}]
    return ConnectorHealth(
        connector=name, level=level, findings=found, failures=0, checked_at=stand.clock(), changed_at=stand.clock()
    )


@pytest.fixture
def no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's queues are empty; it measures them by the wall clock, and not by the stand's."""
    monkeypatch.setattr(Engine, "loads", lambda *_: [])


def test_nothing_is_wrong_with_a_house_in_order(stand: Stand) -> None:
    """No trouble where a worker beats, people were read, and every connector answers."""
    well(stand)
    assert said(stand) == []
    found = seen(stand)
    assert {one.level for one in found.connectors} == {"info"}
    assert found.versions.schema == found.versions.schema_known
    assert found.room.taken > 0
    assert (found.room.free is None) is not stand.house.database.sqlite


def test_a_house_that_was_just_made_says_what_is_missing(stand: Stand) -> None:
    """No worker and no reading of people yet; connectors that nobody looked at are no trouble, but said to be so."""
    assert said(stand) == [
        "No worker is running, so nothing that waits is done.",
        "People were not read from the directory yet.",
    ]
    assert {one.level for one in seen(stand).connectors} == {UNSEEN}


def test_a_worker_that_beats_no_more_is_missed(stand: Stand) -> None:
    """After its lease the one worker counts for gone, and since when is told."""
    well(stand)
    at = stand.clock()
    stand.clock.forward(seconds=stand.house.lease.total_seconds() + 1)
    (one,) = [one for one in troubles(seen(stand)) if one.words.startswith("No worker")]
    assert (one.level, one.since) == (ERROR, at)


def test_a_connector_that_rests_is_said_with_its_reason(stand: Stand) -> None:
    """Its circuit counts more than its last check; next try and who waits are told."""
    well(stand)
    name = stand.house.connectors.connectors[0]
    stand.house.connectors.note(name, Failed(FailureKind.AUTH, "The target refuses our account."))
    stand.write(leases.beat, stand.house, "worker")
    state = next(one for one in seen(stand).connectors if one.name == name)
    assert (state.level, state.reason) == (RESTING, "The target refuses our account.")
    assert state.next_try is not None
    assert said(stand) == [f"The connector {name} rests after failures in a row: The target refuses our account."]


@pytest.mark.parametrize(("level", "weight"), [("error", ERROR), ("warning", WARNING)])
def test_a_check_s_finding_is_a_trouble_of_its_weight(stand: Stand, level: str, weight: str) -> None:
    """What the last look found, since when."""
    well(stand)
    name = stand.house.connectors.connectors[0]
    with stand.house.database.write() as session:
        session.merge(_health(name, stand, level, "Its certificate is of another host."))
    (one,) = troubles(seen(stand))
    assert (one.level, one.since) == (weight, stand.clock())
    assert "Its certificate is of another host." in one.words
    assert ("Mend what is named" in one.todo) is (weight == ERROR), "a doubt may leave nothing to mend: no seat is free"


def test_work_that_waits_too_long_is_told(stand: Stand) -> None:
    """Nobody takes from the queue: after five minutes it is a warning, after half an hour an error."""
    well(stand)
    with stand.house.database.write() as session:
        stand.house.engine.later(session, "nothing", "order-1")
    (load,) = [one for one in seen(stand).queues if one.waiting]
    assert (load.name, load.waiting, load.running) == ("house", 1, 0)

    def aged(by: timedelta) -> list[str]:
        found = seen(stand)
        queues = [replace(one, oldest=int(by.total_seconds())) for one in found.queues]
        return [one.level for one in troubles(replace(found, queues=queues))]

    assert (aged(4 * MINUTE), aged(5 * MINUTE), aged(30 * MINUTE)) == ([], [WARNING], [ERROR])


def test_a_queue_of_the_engine_s_own_is_nobody_s_to_look_after(stand: Stand) -> None:
    """What comes again by itself runs in it: no admin could do anything about it, or knows its name."""
    with stand.house.database.write() as session:
        stand.house.engine.later(session, "nothing", "order-1")
        stand.house.engine.later(session, "nothing", "order-2", queue="_dbos_internal_queue")
    assert [(one.name, one.waiting) for one in seen(stand).queues] == [("house", 1)]


def test_a_timer_counts_as_waiting_once_it_is_due(stand: Stand) -> None:
    """Before its time it is nobody's work; afterwards it waits, and for how long is counted from its time."""
    before = datetime.now(UTC)
    with stand.house.database.write() as session:
        stand.house.engine.later(session, "nothing", "timer-1", after=HOUR)
    after, engine = datetime.now(UTC), stand.house.engine
    with stand.house.database.read() as session:
        assert engine.loads(session, before + 59 * MINUTE) == []
        (load,) = engine.loads(session, after + 62 * MINUTE)
    assert load.waiting == 1
    assert 2 * MINUTE <= load.oldest <= 2 * MINUTE + (after - before) + MINUTE


def test_a_certificate_near_its_end_is_told_beforehand(stand: Stand) -> None:
    """Three weeks before it is a warning, one week before an error; the end itself is said in other words."""
    well(stand)
    now = stand.clock()
    with stand.house.database.write() as session:
        for of, days in (("provider", 90), ("database", 20), ("connector:directory", 5), ("mail", -1), ("server", 0)):
            ends = now + timedelta(days=days, hours=1)
            session.add(Certificate(of=of, address=f"{of[:4]}:636", subject="x", ends_at=ends, looked_at=now))
    assert [(one.level, str(one.words)) for one in troubles(seen(stand))] == [
        (ERROR, "The certificate of the mail server has ended, so nobody should connect any more."),
        (ERROR, "The certificate of selfserve itself ends today."),
        (ERROR, "The certificate of the connector directory ends in 5 days."),
        (WARNING, "The certificate of the database ends in 20 days."),
    ]


def test_doubts_about_the_directory_are_told(stand: Stand) -> None:
    """An alarm of the last reading stands as it was raised; so does a reading that is long ago."""
    well(stand)
    found = seen(stand)
    doubtful = PeopleState(found.at, found.at, 300, {}, ["Only 3 of 400 people would be left."])
    assert [str(one.words) for one in troubles(replace(found, people=doubtful))] == [
        "Only 3 of 400 people would be left."
    ]
    old = replace(doubtful, read_at=found.at - HOUR, alarms=())
    (late,) = troubles(replace(found, people=old))
    assert (late.level, late.since) == (ERROR, found.at - HOUR)


def test_a_disk_that_fills_up_is_told(stand: Stand) -> None:
    """Below a GiB it is a warning, below 100 MiB an error; with a database elsewhere nothing is known of it."""
    well(stand)
    found = seen(stand)

    def levels(free: int | None) -> list[str]:
        return [one.level for one in troubles(replace(found, room=replace(found.room, free=free)))]

    assert (levels(None), levels(2 * 1024**3), levels(1024**3 - 1), levels(1024**2)) == ([], [], [WARNING], [ERROR])


def test_hours_tell_what_was_done_alone_from_what_people_helped_with(stand: Stand) -> None:
    """By machine alone; decided by somebody; closed as impossible; and what was not wanted counts nowhere."""
    begin = stand.clock()
    stand.ask("ada", "lamp")
    lent = stand.ask("ben", "lamp")
    assert stand.request(lent.id).state == "fulfilled"
    stand.clock.forward(hours=2)
    stand.shelf.faults = ["permanent"]
    stand.ask("dora", "lamp")
    desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="There are none.")
    with stand.house.database.read() as session:
        hours = flow.last_day(session, stand.clock())
    assert len(hours) == 24
    assert hours[-1].at <= stand.clock() < hours[-1].at + HOUR
    by_hour = {one.at: (one.alone, one.helped, one.failed) for one in hours if one.total}
    assert by_hour == {begin.replace(minute=0): (2, 0, 0), hours[-1].at: (0, 0, 1)}


def test_a_decision_makes_it_helped(stand: Stand) -> None:
    """Approved by somebody and done by machine: a person had a part in it. Denied: counted nowhere."""
    yes, no = stand.ask("ada", "desk"), stand.ask("ben", "desk")
    stand.decide("mara", yes.id)
    stand.decide("mara", no.id, Say.DENY, "Not now.")
    with stand.house.database.read() as session:
        (hour,) = [one for one in flow.last_day(session, stand.clock()) if one.total]
    assert (hour.alone, hour.helped, hour.failed) == (0, 1, 0)


def test_the_pulse_is_kept_for_two_days(stand: Stand) -> None:
    """One line a minute, again in the same minute takes its place; each hour shows the longest wait in it."""
    pulse.take(stand.house)
    pulse.take(stand.house)
    with stand.house.database.write() as session:
        (only,) = session.scalars(sa.select(Pulse)).all()
        assert only.at == stand.clock().replace(second=0)
        for minutes, oldest in ((90, 7), (80, 65), (3 * 24 * 60, 9)):
            session.add(Pulse(at=stand.clock() - minutes * MINUTE, waiting=1, running=0, oldest=oldest))
    pulse.take(stand.house)
    with stand.house.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Pulse)) == 3
        waited = [one for one in pulse.last_day(session, stand.clock()) if one.oldest is not None]
    assert max(one.oldest for one in waited if one.oldest is not None) == 65


def test_what_waits_for_a_failing_target_has_had_to_wait(stand: Stand, no_queue: None) -> None:
    """Though it is in no queue: in the pulse, and at once on the page; with who waits and why."""
    well(stand)
    stand.clock.forward(minutes=1)
    stand.shelf.offline = True
    stand.ask("ada", "lamp")
    stand.work()
    stand.clock.forward(minutes=2)
    found = seen(stand)
    assert (found.waiting, found.waited[-1].oldest) == (1, 120)
    state = next(one for one in found.connectors if one.name == "shelf")
    assert (state.level, state.reason, state.waiting) == ("error", "The shelf does not answer.", 1)
    pulse.take(stand.house)
    with stand.house.database.read() as session:
        (only,) = session.scalars(sa.select(Pulse)).all()
        assert (only.waiting, only.oldest) == (1, 120)


def test_what_its_target_is_at_has_not_had_to_wait(stand: Stand, no_queue: None) -> None:
    """It counts as waiting for its next look, not for a system that does not answer."""
    well(stand)
    stand.ask("ada", "chair")
    stand.work()
    stand.clock.forward(seconds=2)
    found = seen(stand)
    assert (found.waiting, found.waited[-1].oldest) == (1, None)


def test_mail_that_waits_is_told_with_its_server_in_the_reader_s_language(stand: Stand) -> None:
    """Which server and what it is about, as an admin reads it; the answer of a server is its own words."""
    well(stand)
    down = msg(
        "The mail server {server} cannot be reached ({error}).", server="127.0.0.1:9", error="Connection refused"
    )
    found = replace(seen(stand), mail=MailsState(True, 5, 0, down))
    (trouble,) = troubles(found)
    assert trouble.words == (
        "5 notices wait for their mail. The mail server 127.0.0.1:9 cannot be reached (Connection refused)."
    )
    assert Reader("de").tell(trouble.words) == (
        "5 Mitteilungen warten auf ihre Mail. Der Mailserver 127.0.0.1:9 ist nicht zu erreichen (Connection refused)."
    )
    (full,) = troubles(replace(found, mail=MailsState(True, 1, 0, "452 4.2.2 mailbox full")))
    assert full.words == "1 notice waits for its mail. 452 4.2.2 mailbox full."
