"""The connection to the mail server: encrypted as the settings say, or not at all."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from tests.notify.test_mail import NOW, SETTINGS
from tests.servers.certificates import make_certificates
from tests.servers.processes import LOOPBACK, free_port
from tests.servers.smtp import Mailbox

from selfserve.languages.reader import Reader
from selfserve.notify.mail import Addressee, Letter, compose
from selfserve.notify.transport import MailServerDown, SmtpTransport
from selfserve.settings.company import Mail

LOGIN = b"selfserve"


class Protected:
    """A mail server with STARTTLS and one log-in; counts what it took."""

    def __init__(self, folder: Path) -> None:
        self.certificates = make_certificates(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificates.cert_file, self.certificates.key_file)
        self.taken = 0
        self.controller = Controller(
            self,
            hostname=LOOPBACK,
            port=free_port(),
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=self._judge,
        )

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802  aiosmtpd's name
        """Take a message in."""
        self.taken += 1
        return "250 taken"

    @staticmethod
    def _judge(_server: object, _session: object, _envelope: object, _way: str, given: LoginPassword) -> AuthResult:
        return AuthResult(success=given == LoginPassword(LOGIN, b"right"), handled=False)

    def transport(self, password: str, context: ssl.SSLContext | None = None) -> SmtpTransport:
        """A connection as the settings would make it."""
        mail = Mail(host="localhost", port=self.controller.port, login=LOGIN.decode(), sender="help@example.com")
        return SmtpTransport(mail, password, context)

    def trusting(self) -> ssl.SSLContext:
        """A context that knows this server's authority."""
        return ssl.create_default_context(cafile=str(self.certificates.ca_file))


@pytest.fixture
def protected(tmp_path: Path) -> Iterator[Protected]:
    """A running one."""
    server = Protected(tmp_path)
    server.controller.start()
    yield server
    server.controller.stop()


def message() -> EmailMessage:
    """Any mail."""
    return compose(SETTINGS, Addressee("ana@example.com"), [Letter("n", "Hi", "", "/")], NOW)


def test_without_starttls_nothing_is_sent(smtp: Mailbox) -> None:
    """A server that does not offer it gets neither log-in nor mail."""
    mail = Mail(host=smtp.host, port=smtp.port, tls="starttls", sender="help@example.com")
    with SmtpTransport(mail) as transport, pytest.raises(MailServerDown, match="does not offer what the settings ask"):
        transport.send(message(), "ana@example.com")
    assert smtp.messages == []


def test_a_server_that_takes_no_log_in_gets_no_mail(smtp: Mailbox) -> None:
    """Settings with a login mean it."""
    mail = Mail(host=smtp.host, port=smtp.port, tls="none", login="selfserve", sender="help@example.com")
    with SmtpTransport(mail, "secret") as transport, pytest.raises(MailServerDown, match="does not offer"):
        transport.send(message(), "ana@example.com")


def test_mail_goes_encrypted_and_logged_in(protected: Protected) -> None:
    """STARTTLS with a checked certificate, then the log-in, then the mail; one connection serves several mails."""
    with protected.transport("right", protected.trusting()) as transport:
        transport.send(message(), "ana@example.com")
        transport.send(message(), "ben@example.com")
    assert protected.taken == 2


def test_a_certificate_of_an_unknown_authority_is_refused(protected: Protected) -> None:
    """The password is not sent to whoever answers."""
    with (
        protected.transport("right") as transport,
        pytest.raises(MailServerDown, match=r"^TLS with the mail server \S+:\d+ failed: "),
    ):
        transport.send(message(), "ana@example.com")
    assert protected.taken == 0


def test_a_wrong_password_is_told_without_it(protected: Protected) -> None:
    """The reason names the code, never the password."""
    with (
        protected.transport("wrong-password", protected.trusting()) as transport,
        pytest.raises(MailServerDown, match=r"^The mail server \S+:\d+ refused the log-in \(535\)\.$") as caught,
    ):
        transport.send(message(), "ana@example.com")
    assert "wrong-password" not in str(caught.value)


def test_a_server_that_is_not_there_is_named_in_the_reader_s_language() -> None:
    """Which one, and what the machine said: an admin of two houses sees at once which mail server it is."""
    port = free_port()
    mail = Mail(host="127.0.0.1", port=port, tls="none", sender="help@example.com")
    with SmtpTransport(mail) as transport, pytest.raises(MailServerDown) as caught:
        transport.send(message(), "ana@example.com")
    where = f"127.0.0.1:{port}"
    assert str(caught.value) == f"The mail server {where} cannot be reached (Connection refused)."
    german = f"Der Mailserver {where} ist nicht zu erreichen (Connection refused)."
    assert Reader("de").tell(caught.value.words) == german
