"""Does the mail server take our connection?"""

from __future__ import annotations

from collections.abc import Iterator

from selfserve.cli.checks.finding import Finding, failure, ok, warning
from selfserve.cli.surroundings import Surroundings
from selfserve.notify.transport import MailServerDown, SmtpTransport
from selfserve.settings.secrets import SecretUnavailable

AREA = "mail"


def check_mail(around: Surroundings) -> Iterator[Finding]:
    """Connect, encrypt and log in as the settings say; sends nothing."""
    mail = around.settings.mail
    if not mail.host:
        yield warning(AREA, "No mail.host is set: notices show in the app only.")
        return
    try:
        password = around.secrets.resolve(mail.password) if mail.password else None
        with SmtpTransport(mail, password) as transport:
            transport.connect()
    except MailServerDown as down:
        yield failure(AREA, down.words)
        return
    except SecretUnavailable as error:
        yield failure(AREA, f"{mail.host}:{mail.port}: {error}")
        return
    how = {"starttls": "with STARTTLS", "tls": "with TLS", "none": "without encryption"}[mail.tls]
    yield ok(AREA, f"{mail.host}:{mail.port} answers {how}{', log-in accepted' if mail.login else ''}.")
