"""Writes mails: plain text and HTML of one or many notices, with links that begin with the public address only."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from selfserve.languages.reader import Reader
from selfserve.notify.unsubscribe import ONE_CLICK
from selfserve.settings.colours import readable
from selfserve.settings.company import mail_address
from selfserve.settings.model import Settings

SHOWN = 40
"""Notices listed in one digest; the rest are counted and found in the app."""

LIGHT, DARK = "#f7f7f8", "#15171b"
"""Of the grounds on which the accent stands, those on which it is harder to read."""

_templates = Environment(
    loader=PackageLoader("selfserve.notify"),
    autoescape=select_autoescape(["html.j2", "html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class _ListUnsubscribe(UnstructuredHeader):
    """A header of addresses of the web: on one line and in clear, however long. Python would fold and encode it, and
    mail programs then find no address in it (RFC 2369, section 2; RFC 5322 allows 998 characters)."""

    def fold(self, *, policy: Policy) -> str:
        """The line as it goes over the wire."""
        return f"List-Unsubscribe: {self}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _ListUnsubscribe)  # type: ignore[arg-type]  # as documented; the stubs ask for BaseHeader
_WIRE = SMTP.clone(header_factory=_headers)


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice to be mailed: `id` is the notice's, `title` and `body` are words to tell, `path` leads below the
    public address."""

    id: str
    title: str
    body: str
    path: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a mail goes to, and how they read; `given_name` and `name` may be empty (a team's mailbox)."""

    address: str
    name: str = ""
    given_name: str = ""
    reads: Reader = field(default_factory=Reader)


def compose(
    settings: Settings, to: Addressee, letters: Sequence[Letter], now: datetime, *, way_out: str = ""
) -> EmailMessage:
    """The mail that tells `letters` in the language of whom it goes to: one as itself, several as a digest.

    `way_out` is where its reader ends such mails: by one click in mail programs that know RFC 8058, and by a link.
    The same letters always get the same Message-ID, so that a mail sent twice after a crash is recognised as one.
    Raises ValueError for an address that no mail can have.
    """
    message = EmailMessage(policy=_WIRE)
    host = settings.server.public_host
    message["Message-ID"] = f"<{_message_id(letters)}@{_id_host(host)}>"
    message["Date"] = now
    message["From"] = _address(settings.brand.name, settings.mail.sender)
    message["To"] = _address(to.name, mail_address(to.address))
    message["Subject"] = _subject(to.reads, letters)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    if way_out:
        message["List-Unsubscribe"] = f"<{way_out}>"
        message["List-Unsubscribe-Post"] = ONE_CLICK
    words = _words(settings, to, letters, message["Subject"]) | {
        "off": to.reads.say("No more of these digests") if way_out else "",
        "way_out": way_out,
    }
    message.set_content(_templates.get_template("notice.txt.j2").render(words), cte="quoted-printable")
    message.add_alternative(
        _templates.get_template("notice.html.j2").render(words), subtype="html", cte="quoted-printable"
    )
    return message


def _words(settings: Settings, to: Addressee, letters: Sequence[Letter], subject: str) -> dict[str, object]:
    base, reader, brand = settings.server.public_url, to.reads, settings.brand.name
    shown = [
        {
            "title": reader.tell(one.title).strip(),
            "paragraphs": _paragraphs(reader.tell(one.body)),
            "link": base + one.path,
        }
        for one in letters[:SHOWN]
    ]
    more = len(letters) - len(shown)
    return {
        "subject": str(subject),
        "heading": reader.say_n("{count} notice", "{count} notices", len(letters)),
        "letters": shown,
        "more": reader.say_n("And {count} more", "And {count} more", more) if more else "",
        "hello": reader.say("Hello {name},", name=to.given_name) if to.given_name else "",
        "open": reader.say("Open in {brand}", brand=brand),
        "brand": brand,
        "accent": readable(settings.brand.accent, LIGHT),
        "accent_dark": readable(settings.brand.accent, DARK),
        "company": settings.company.name,
        "support": reader.tell(settings.company.help),
        "links": {reader.tell(name): url for name, url in settings.brand.ways.items()},
        "home": base,
        "language": reader.language,
    }


def _paragraphs(body: str) -> list[str]:
    whole = body.strip()
    return whole.split("\n\n") if whole else []


def _subject(reader: Reader, letters: Sequence[Letter]) -> str:
    first = _plain(reader.tell(letters[0].title))
    if len(letters) == 1:
        return first
    return reader.say_n(
        "{count} notice: {title} and more", "{count} notices: {title} and more", len(letters), title=first
    )


def _message_id(letters: Sequence[Letter]) -> str:
    if len(letters) == 1:
        return letters[0].id
    return hashlib.sha256("\n".join(sorted(one.id for one in letters)).encode()).hexdigest()[:40]


def _id_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _address(name: str, address: str) -> Address:
    return Address(display_name=_plain(name), addr_spec=address)


def _plain(text: str) -> str:
    """One line without control characters: nothing in it can begin a header of its own."""
    kept = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text)
    return " ".join(kept.split())
