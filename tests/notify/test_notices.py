"""Notices in the app."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.notify.conftest import START, House

from selfserve.languages.messages import Spoken, msg
from selfserve.languages.reader import Reader
from selfserve.notify import notices
from selfserve.store.states import MailState
from selfserve.store.tables import Notice


def test_the_same_event_is_told_a_reader_once(house: House) -> None:
    """Another reader of the same event, person or mailbox, is told as well."""
    ana, ben = house.person("ana"), house.person("ben")
    assert [house.tell("e", ana), house.tell("e", ana), house.tell("e", ben)] == [True, False, True]
    assert [house.tell("e", mailbox="team@example.com"), house.tell("e", mailbox="team@example.com")] == [True, False]


def test_unread_are_newest_first_and_gone_once_read(house: House) -> None:
    """Reading one leaves the others, and nobody reads another's."""
    ana, ben = house.person("ana"), house.person("ben")
    house.tell("old", ana)
    house.wait(minutes=1)
    house.tell("new", ana)
    with house.database.write() as session:
        found = notices.unread(session, ana)
        assert [one.event for one in found] == ["new", "old"]
        assert notices.mark_read(session, ben, house.at, found[0].id) == 0
        assert notices.mark_read(session, ana, house.at, found[0].id) == 1
        assert session.scalar(notices.how_many_unread(ana)) == 1
        assert notices.mark_read(session, ana, house.at) == 1
        assert notices.unread(session, ana) == []
        assert [one.event for one in notices.latest(session, ana)] == ["new", "old"]


def test_read_notices_are_forgotten_after_their_time(house: House) -> None:
    """Unread ones stay much longer, and then go too."""
    ana, keep = house.person("ana"), timedelta(days=30)
    house.tell("read", ana, mail=False)
    with house.database.write() as session:
        notices.mark_read(session, ana, house.at)
    house.tell("unread", ana, mail=False)
    assert notices.forget(house.database, START + timedelta(days=31), keep) == 1
    with house.database.read() as session:
        assert [one.event for one in notices.latest(session, ana)] == ["unread"]
    assert notices.forget(house.database, START + timedelta(days=364), keep) == 0
    assert notices.forget(house.database, START + timedelta(days=366), keep) == 1


def test_what_went_to_a_mailbox_is_forgotten_once_it_is_mailed(house: House) -> None:
    """Nobody reads it in the app; while it waits for a mail server that is down, it is not lost."""
    late, keep = START + timedelta(days=400), timedelta(days=30)
    house.tell("news", mailbox="team@fern.example")
    assert notices.forget(house.database, late, keep) == 0
    with house.database.write() as session:
        session.execute(sa.update(Notice).values(mail=MailState.SENT))
    assert notices.forget(house.database, START + timedelta(days=29), keep) == 0
    assert notices.forget(house.database, late, keep) == 1


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "requests", "/" + "x" * 300])
def test_a_notice_leads_below_the_public_address(house: House, path: str) -> None:
    """A link elsewhere is a fault of the caller."""
    with pytest.raises(ValueError, match="below the public address"):
        house.tell("e", house.person("ana"), path=path)


def test_a_notice_has_one_reader_and_an_event(house: House) -> None:
    """Neither nobody nor two at once."""
    with pytest.raises(ValueError, match="one person or to one mailbox"):
        house.tell("e")
    with pytest.raises(ValueError, match="one person or to one mailbox"):
        house.tell("e", house.person("ana"), mailbox="team@example.com")
    with pytest.raises(ValueError, match="1 to 200 characters"):
        house.tell("", "p-ana")


@pytest.mark.parametrize(("words", "german"), [
    (Spoken.of("Gone, at home, ", {"de": "Weg, zu Hause, "}), "Weg, zu Hause,"),
    (msg("in {span}", span=""), "noch"),
    (msg("{it} is ready", it=""), "ist fertig"),
    ("\n As it was written. \n", "As it was written."),
])  # fmt: skip
def test_spaces_around_the_words_take_no_language_from_them(house: House, words: str, german: str) -> None:
    """An answer that was left empty may leave one at the end."""
    house.tell("e", house.person("ana"), title=words, body=words)
    notice = house.notice("e")
    assert notice.title.strip() == notice.body.strip() == words.strip()
    assert [Reader("de").tell(one).strip() for one in (notice.title, notice.body)] == [german, german]


def test_a_title_is_one_line_that_fits(house: House) -> None:
    """Long names do not break the column, line ends not the mail."""
    house.tell("e", house.person("ana"), title="Two\r\nlines " + "x" * 300)
    title = house.notice("e").title
    assert title.startswith("Two lines x")
    assert len(title) == 200
