"""The post: what goes when, and what happens when it does not go."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from tests.notify.conftest import OFF, House
from tests.servers.smtp import Mailbox

from selfserve.languages.reader import Reader
from selfserve.notify import notices
from selfserve.notify.batches import LEASE
from selfserve.notify.post import mail_figures
from selfserve.notify.transport import SmtpTransport
from selfserve.notify.unsubscribe import Unsubscribing
from selfserve.store.states import MailState, MailWish


class DiesAfterSending(SmtpTransport):
    """The process ends when the server has the message and nothing is written down."""

    def send(self, message: EmailMessage, recipient: str) -> None:
        super().send(message, recipient)
        raise KeyboardInterrupt


def text(message: EmailMessage) -> str:
    """The plain part."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_one_notice_is_mailed_at_once(house: House, smtp: Mailbox) -> None:
    """Its title is the subject, its link begins with the public address."""
    house.tell("e", house.person("ana"), title="VPN is ready", body="Use it now.", path="/requests/R-7K3F")
    posted = house.post()
    (message,) = smtp.wait(1)
    assert (posted.mails, posted.sent, posted.trouble) == (1, 1, "")
    assert message["Subject"] == "VPN is ready"
    assert smtp.recipients == [["ana@example.com"]]
    assert "https://help.example.com/requests/R-7K3F" in text(message)
    assert "List-Unsubscribe" not in message
    assert house.notice("e").mail == MailState.SENT
    house.wait(days=1)
    assert house.post().mails == 0


def test_seventy_notices_are_one_digest(house: House, smtp: Mailbox) -> None:
    """Nobody gets seventy mails; what does not fit is counted."""
    ana = house.person("ana")
    for number in range(70):
        house.wait(milliseconds=1)
        house.tell(f"e{number:02}", ana)
    assert house.post().mails == 1
    (message,) = smtp.wait(1)
    assert message["Subject"] == "70 notices: About e00 and more"
    assert "About e39" in text(message)
    assert "And 30 more: https://help.example.com" in text(message)
    assert message["List-Unsubscribe"] == f"<{OFF.address(ana)}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"\r\nList-Unsubscribe: <{OFF.address(ana)}>\r\n".encode() in smtp.raw[0], "in clear, on one line (RFC 2369)"
    assert house.notice("e69").mail == MailState.SENT


def test_what_a_later_notice_has_overtaken_is_in_no_mail_that_goes_after_it(house: House, smtp: Mailbox) -> None:
    """That it waits for a human is over once it is ready; in the app both stand, and another's mail has its own."""
    ana, ben = house.person("ana"), house.person("ben")
    house.tell("first", ana)
    house.tell("first", ben)
    house.post()
    house.wait(minutes=1)
    for who in (ana, ben):
        house.tell(f"request:1:handed_over:{who}", who, title="“Safe code” waits for a human")
    house.tell("request:10:handed_over:1", ana, title="“Laptop” waits for a human")
    house.tell("request:1:asked_for", ana, title="Tomás asked for it")
    house.wait(minutes=1)
    assert house.tell("request:1:fulfilled", ana, title="“Safe code” is ready", overtakes=["request:1:handed_over:"])
    house.wait(days=1)
    house.post()
    mails = {message["To"].addresses[0].username: text(message) for message in smtp.wait(4)[2:]}
    assert "“Safe code” is ready" in mails["ana"]
    assert "“Laptop” waits" in mails["ana"]
    assert "Tomás asked for it" in mails["ana"]
    assert "“Safe code” waits" not in mails["ana"]
    assert "“Safe code” waits" in mails["ben"]
    with house.database.read() as session:
        assert "“Safe code” waits for a human" in [str(one.title) for one in notices.unread(session, ana)]


def test_what_comes_soon_after_a_mail_waits_for_the_digest(house: House, smtp: Mailbox) -> None:
    """The first goes at once, the next ones together when the window has passed."""
    ana = house.person("ana")
    house.tell("first", ana)
    house.post()
    for number in range(5):
        house.wait(minutes=1)
        house.tell(f"e{number}", ana)
        assert house.post().mails == 0
    house.wait(minutes=24)
    assert house.post().mails == 0
    house.wait(minutes=2)
    assert house.post().mails == 1
    assert [message["Subject"] for message in smtp.wait(2)] == ["About first", "5 notices: About e0 and more"]


def test_an_urgent_notice_does_not_wait(house: House, smtp: Mailbox) -> None:
    """It goes alone, also within the window; the patient ones go on waiting."""
    ana = house.person("ana")
    house.tell("first", ana)
    house.post()
    house.tell("patient", ana)
    house.tell("urgent", ana, urgent=True)
    posted = house.post()
    assert (posted.mails, posted.held) == (1, 1)
    assert smtp.wait(2)[1]["Subject"] == "About urgent"


def test_a_window_is_each_readers_own(house: House, smtp: Mailbox) -> None:
    """One person's mail holds back nobody else's, nor a team's mailbox."""
    house.tell("e", house.person("ana"))
    house.post()
    house.tell("f", house.person("ben"))
    house.tell("f", mailbox="team@example.com")
    house.tell("f", mailbox="other@example.com")
    assert house.post().mails == 3
    house.tell("g", mailbox="team@example.com")
    assert house.post().held == 1
    assert len(smtp.wait(4)) == 4


def test_what_was_read_in_the_app_is_not_mailed(house: House, smtp: Mailbox) -> None:
    """Nobody is told again what they saw."""
    ana = house.person("ana")
    house.tell("e", ana)
    with house.database.write() as session:
        notices.mark_read(session, ana, house.at)
    assert house.post().mails == 0
    assert house.notice("e").mail == MailState.NONE


def test_a_dead_mail_server_loses_nothing(house: House, smtp: Mailbox) -> None:
    """All stays waiting, is tried less and less often, and goes once the server is back."""
    ana, ben = house.person("ana"), house.person("ben")
    smtp.stop()
    house.tell("a", ana)
    house.tell("b", ben)
    pauses = []
    for _ in range(12):
        assert house.post().trouble != ""
        row = house.notice("a")
        assert row.mail == MailState.WAITING
        assert row.mail_next_at is not None
        pauses.append(row.mail_next_at - house.at)
        house.at = row.mail_next_at
        assert house.notice("b").mail == MailState.WAITING
    assert {timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1)} <= set(pauses)
    assert "refused" in house.notice("a").mail_error.lower()
    assert Reader("de").tell(house.notice("a").mail_error).startswith("Der Mailserver ")
    smtp.start()
    house.wait(hours=2)
    assert house.post().sent == 2
    assert len(smtp.wait(2)) == 2
    assert house.notice("a").mail_error == ""


def test_a_dead_server_is_asked_once_a_round(house: House, smtp: Mailbox) -> None:
    """Ten people waiting do not mean ten time-outs."""
    smtp.stop()
    for number in range(10):
        house.tell("e", house.person(f"p{number}"))
    assert house.post().delayed == 1


def test_an_address_refused_for_good_is_kept_with_its_reason(house: House, smtp: Mailbox) -> None:
    """It is not tried again, staff see how many there are, and the next person's mail goes."""
    house.tell("e", house.person("ana"))
    smtp.answer = "550 5.1.1 no such mailbox"
    assert house.post().refused == 1
    row = house.notice("e")
    assert (row.mail, row.mail_error) == (MailState.REFUSED, "550 5.1.1 no such mailbox")
    with house.database.read() as session:
        assert mail_figures(session) == {"waiting": 0, "refused": 1}
    smtp.answer = "250 fine"
    house.tell("f", house.person("ben"))
    house.wait(days=1)
    assert house.post().mails == 1
    assert smtp.recipients == [["ben@example.com"]]


def test_an_address_put_off_holds_up_nobody_and_ends_after_days(house: House, smtp: Mailbox) -> None:
    """A full mailbox is tried for five days, then counts as refused."""
    house.tell("e", house.person("ana"))
    smtp.answer = "452 4.2.2 mailbox full"
    posted = house.post()
    assert (posted.delayed, posted.trouble) == (1, "")
    with house.database.read() as session:
        assert mail_figures(session) == {"waiting": 1, "refused": 0}
    house.wait(days=6)
    assert house.post().refused == 1
    assert house.notice("e").mail_error == "put off for 5 days: 452 4.2.2 mailbox full"


def test_a_process_that_dies_between_sending_and_writing_sends_the_same_mail_again(house: House, smtp: Mailbox) -> None:
    """At least once, under one Message-ID, and what came meanwhile is not mixed in."""
    ana = house.person("ana")
    house.tell("a", ana)
    house.tell("b", ana)
    with pytest.raises(KeyboardInterrupt):
        house.post(DiesAfterSending(house.settings.mail))
    assert house.post().mails == 0
    house.tell("c", ana)
    house.wait(seconds=LEASE.total_seconds() + 1)
    house.post()
    first, again = smtp.wait(2)
    assert first["Message-ID"] == again["Message-ID"]
    assert house.notice("c").mail == MailState.WAITING
    assert house.notice("a").mail == MailState.SENT


def test_two_workers_send_each_mail_once(house: House, smtp: Mailbox) -> None:
    """Both look at the same moment; a batch goes to whoever claims it."""
    for number in range(12):
        house.tell("e", house.person(f"p{number}"))
    workers = [threading.Thread(target=house.post) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    house.post()
    assert len({message["Message-ID"] for message in smtp.messages}) == len(smtp.messages) == 12


def test_people_who_left_get_no_mail(house: House, smtp: Mailbox) -> None:
    """Disabled or gone: the notice stays in the app only."""
    house.tell("e", house.person("ana", disabled=True))
    house.tell("f", house.person("ben", gone_at=house.at))
    assert house.post().dropped == 2
    assert smtp.messages == []
    assert house.notice("e").mail == MailState.NONE


def test_without_a_mail_server_notices_are_for_the_app_alone(house: House, smtp: Mailbox) -> None:
    """A server set up later does not send old news."""
    house.tell("e", house.person("ana"))
    with_server = house.settings
    house.settings = house.settings.model_copy(update={"mail": house.settings.mail.model_copy(update={"host": ""})})
    assert house.post().dropped == 1
    house.settings = with_server
    assert house.post().mails == 0
    assert smtp.messages == []


@pytest.mark.parametrize("address", ["", "nobody", "a@example.com\r\nBcc: all@example.com", "a b@example.com"])
def test_an_address_that_no_mail_can_have_is_refused(house: House, smtp: Mailbox, address: str) -> None:
    """What the directory holds by mistake is told to staff, not tried for ever."""
    house.tell("e", house.person("ana", email=address))
    assert house.post().refused == 1
    assert "mail address" in house.notice("e").mail_error
    assert smtp.messages == []


def test_who_wants_only_what_needs_them_is_mailed_only_that(house: House, smtp: Mailbox) -> None:
    """The rest is in the app; a decision that waits comes at once, and nobody else's mails change."""
    ana, ben = house.person("ana"), house.person("ben")
    house.wishes(ana, MailWish.NEEDED)
    for person in (ana, ben):
        house.tell(f"news-{person}", person)
        house.wait(milliseconds=1)
        house.tell(f"needs-{person}", person, needed=True)
    posted = house.post()
    assert (posted.mails, posted.dropped) == (2, 1)
    assert sorted(str(message["Subject"]) for message in smtp.wait(2)) == [
        f"2 notices: About news-{ben} and more",
        f"About needs-{ana}",
    ]
    assert house.notice(f"news-{ana}").mail == MailState.NONE
    house.wait(days=1)
    assert house.post().mails == 0


def test_a_digest_comes_in_the_morning_of_its_reader(house: House, smtp: Mailbox) -> None:
    """What needs them comes at once; the rest together at eight by their clock, even where it is one notice."""
    ana = house.person("ana", zone="Europe/Lisbon")
    house.wishes(ana, MailWish.DIGEST)
    house.tell("news", ana)
    house.tell("needs", ana, needed=True)
    house.post()
    (first,) = smtp.wait(1)
    assert first["Subject"] == "About needs"
    assert "List-Unsubscribe" not in first
    house.at = datetime(2026, 7, 2, 6, 59, tzinfo=UTC)
    assert house.post().mails == 0
    house.at = datetime(2026, 7, 2, 7, 1, tzinfo=UTC)
    assert house.post().mails == 1
    digest = smtp.wait(2)[1]
    assert digest["Subject"] == "About news"
    assert digest["List-Unsubscribe"] == f"<{OFF.address(ana)}>"
    assert f"No more of these digests: {OFF.address(ana)}" in text(digest)


def test_a_mail_speaks_the_language_its_reader_chose(house: House, smtp: Mailbox) -> None:
    """Before what the directory says."""
    ana = house.person("ana", given_name="Ana", language="en")
    house.wishes(ana, MailWish.AT_ONCE, language="de")
    house.tell("e", ana)
    house.post()
    (message,) = smtp.wait(1)
    assert "Hallo Ana," in text(message)


def test_the_way_out_of_digests_is_signed() -> None:
    """One person's ends nobody else's, and what is cut off or changed ends nothing."""
    token = OFF.address("person-1").rpartition("/")[2]
    assert OFF.person(token) == "person-1"
    for forged in ("", "person-1", "person-1.", f"person-2.{token.partition('.')[2]}", token[:-1], f"{token}x", "ä.ö"):
        assert OFF.person(forged) is None
    assert Unsubscribing("https://help.example.com", "another").person(token) is None
