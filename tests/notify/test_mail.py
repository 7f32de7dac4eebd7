"""What a mail looks like, whatever is put into it."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.settings.samples import settings

from selfserve.languages.messages import msg
from selfserve.languages.reader import Reader
from selfserve.notify.mail import Addressee, Letter, compose

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
SETTINGS = settings(mail={"sender": "help@example.com"}, company={"name": "Acme & Söhne", "support": "Call 4711."})


def mail(*letters: Letter, reader: Addressee | None = None) -> EmailMessage:
    """A mail as its reader's program sees it."""
    sent = compose(SETTINGS, reader or Addressee("ana@example.com", "Ana Ruiz", "Ana"), letters, NOW)
    return message_from_bytes(sent.as_bytes(), policy=default)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


ONE = Letter("n1", "VPN is ready", "We checked it.\n\nUse it now.", "/requests/R-7K3F")
TWO = Letter("n2", "Figma is ready", "", "/requests/R-8M4G")


def test_plain_and_html_say_the_same() -> None:
    """Title, words, link and how to reach a human are in both."""
    message = mail(ONE)
    for kind in ("plain", "html"):
        said = part(message, kind)
        for words in ("Hello Ana", "VPN is ready", "Use it now.", "Call 4711."):
            assert words in said
        assert "https://help.example.com/requests/R-7K3F" in said
    assert message["From"] == "Self-service <help@example.com>"
    assert message["To"] == "Ana Ruiz <ana@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"


def test_nothing_is_loaded_from_elsewhere_and_dark_is_known() -> None:
    """No images, no scripts, no foreign addresses; the reader's dark mode is respected."""
    html = part(mail(ONE, TWO), "html")
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "prefers-color-scheme: dark" in html
    assert "<img" not in html
    assert "<script" not in html
    assert html.count("http") == html.count("https://help.example.com")


def test_hostile_text_shows_as_text() -> None:
    """Markup in a title, a body or a name is not markup in the mail."""
    evil = "<img src=x onerror=alert(1)>\"'&{{ 7*7 }}"
    html = part(mail(Letter("n", evil, evil, "/"), reader=Addressee("ana@example.com", evil, evil)), "html")
    assert "<img" not in html
    assert "&lt;img src=x" in html
    assert "{{ 7*7 }}" in html


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=300))
def test_no_text_becomes_a_header(title: str, name: str, body: str) -> None:
    """Whatever stands in title and name: the headers are ours, each once, and there is one recipient."""
    message = mail(Letter("n", f"x{title}", body, "/"), reader=Addressee("ana@example.com", name, name))
    assert sorted(key.lower() for key in message) == [
        "auto-submitted", "content-type", "date", "from", "message-id", "mime-version", "subject", "to",
    ]  # fmt: skip
    (recipient,) = message["To"].addresses
    assert recipient.addr_spec == "ana@example.com"


def test_a_line_end_in_a_title_ends_nothing() -> None:
    """The classic injection stays in the subject."""
    message = mail(Letter("n", "Hi\r\nBcc: all@example.com\r\n\r\nbody", "", "/"))
    assert message["Subject"] == "Hi Bcc: all@example.com body"
    assert message["Bcc"] is None


@pytest.mark.parametrize("address", ["", "ana", "ana@example.com, ben@example.com", "ana@exa mple.com", "a@b\nCc: c@d"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """Nothing is guessed from a broken address."""
    with pytest.raises(ValueError, match="a mail address such as"):
        mail(ONE, reader=Addressee(address))


def test_the_same_letters_have_the_same_message_id() -> None:
    """In whatever order; other letters have another."""
    assert mail(ONE, TWO)["Message-ID"] == mail(TWO, ONE)["Message-ID"]
    assert len({mail(ONE)["Message-ID"], mail(TWO)["Message-ID"], mail(ONE, TWO)["Message-ID"]}) == 3


def test_a_mail_speaks_the_language_of_whom_it_goes_to() -> None:
    """Subject, greeting, words, link and the mark in the HTML; moments in their own zone."""
    reads = Reader("de", ZoneInfo("Europe/Berlin"))
    ana = Addressee("ana@example.com", "Ana Ruiz", "Ana", reads)
    told = Letter(
        "n", msg("{it} is ready", it="VPN"), msg("{name} closed this already ({at}).", name="Bo", at=NOW), "/"
    )
    message = mail(told, reader=ana)
    assert message["Subject"] == "VPN ist fertig"
    for kind in ("plain", "html"):
        for words in ("Hallo Ana,", "VPN ist fertig", "Mi., 1. Juli, 11:00"):
            assert words in part(message, kind)
    assert '<html lang="de">' in part(message, "html")
    assert "Öffnen in" in part(message, "html")
    assert mail(told, ONE, reader=ana)["Subject"] == "2 Mitteilungen: VPN ist fertig und mehr"


def test_a_team_is_not_greeted_by_name() -> None:
    """A mailbox has none."""
    assert "Hello" not in part(mail(ONE, reader=Addressee("team@example.com")), "plain")


def test_a_mail_says_how_to_reach_a_human_in_its_reader_s_language() -> None:
    """Where the settings have it in that language."""
    both = settings(
        mail={"sender": "help@example.com"},
        company={"support": "Call 4711.", "support_in": {"de": "Ruf 4711 an."}},
        brand={"links": {"Call": "tel:4711"}, "links_in": {"de": {"Call": "Anrufen"}}},
    )
    for language, support, link in (("de", "Ruf 4711 an.", "Anrufen"), ("en", "Call 4711.", "Call")):
        to = Addressee("ana@example.com", "Ana Ruiz", "Ana", Reader(language))
        message = message_from_bytes(compose(both, to, [ONE], NOW).as_bytes(), policy=default)
        for kind in ("plain", "html"):
            assert support in part(message, kind)
            assert link in part(message, kind)
