"""Carries messages to the mail server by SMTP (RFC 5321)."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from types import TracebackType
from typing import Protocol, Self

from selfserve.languages.messages import Message, msg
from selfserve.settings.company import Mail

_SHORT = 300


class MailRefused(Exception):  # noqa: N818 - the server's own word
    """The server will never take this message for this address (5yz); the text is its answer."""


class MailDelayed(Exception):  # noqa: N818 - the server's own word
    """The server will not take this message now (4yz); the text is its answer."""


class MailServerDown(Exception):  # noqa: N818 - a fact about the server, whatever the message
    """No message can be sent now: not reachable, no TLS, log-in or sender refused; the text says of which server."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
        """The sentence, as it was made."""


class Transport(Protocol):
    """What carries messages; one at a time, in one thread."""

    def send(self, message: EmailMessage, recipient: str) -> None:
        """Hand over one message; raises MailRefused, MailDelayed or MailServerDown."""

    def close(self) -> None:
        """Let go of the connection; fine without one."""


class SmtpTransport:
    """The configured mail server; connects at the first message and keeps the connection until `close`."""

    def __init__(self, mail: Mail, password: str | None = None, context: ssl.SSLContext | None = None) -> None:
        """`password` is the resolved secret for `mail.login`; `context` defaults to the system's authorities."""
        self._mail, self._password = mail, password
        self._context = context or ssl.create_default_context()
        self._server: smtplib.SMTP | None = None

    @property
    def _name(self) -> str:
        return f"{self._mail.host}:{self._mail.port}"

    def send(self, message: EmailMessage, recipient: str) -> None:
        """Hand over one message for one recipient; raises MailRefused, MailDelayed or MailServerDown."""
        server = self._server or self.connect()
        try:
            server.send_message(message, self._mail.sender, [recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = error.recipients[recipient]
            self._judge(code, answer)
        except smtplib.SMTPSenderRefused as error:
            self.close()
            words = _words(error.smtp_code, error.smtp_error).rstrip(".")
            refused = msg("The mail server {server} refused the sender: {answer}.", server=self._name, answer=words)
            raise MailServerDown(refused) from None
        except smtplib.SMTPDataError as error:
            self._judge(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPNotSupportedError, UnicodeError):
            raise MailRefused("the mail server takes no addresses outside ASCII") from None
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise MailServerDown(_why(error, self._name)) from None

    def connect(self) -> smtplib.SMTP:
        """Connect, encrypt and log in, as the settings say; raises MailServerDown with what failed."""
        try:
            server = self._open()
            try:
                server.ehlo_or_helo_if_needed()
                if self._mail.tls == "starttls":
                    server.starttls(context=self._context)
                if self._mail.login:
                    server.login(self._mail.login, self._password or "")
            except BaseException:
                server.close()
                raise
        except (smtplib.SMTPException, OSError) as error:
            raise MailServerDown(_why(error, self._name)) from None
        self._server = server
        return server

    def _open(self) -> smtplib.SMTP:
        seconds = self._mail.timeout.total_seconds()
        if self._mail.tls == "tls":
            return smtplib.SMTP_SSL(self._mail.host, self._mail.port, timeout=seconds, context=self._context)
        return smtplib.SMTP(self._mail.host, self._mail.port, timeout=seconds)

    def _judge(self, code: int, answer: bytes | str) -> None:
        """421 closes the channel; other 4yz are for later, 5yz for good (RFC 5321, 4.2.1)."""
        words = _words(code, answer)
        if code == 421:
            self.close()
            raise MailServerDown(_answered(self._name, words))
        raise MailRefused(words) if code >= 500 else MailDelayed(words)

    def close(self) -> None:
        """Say goodbye; a server that does not answer is left at once."""
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _words(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(f"{code} {text}".split())[:_SHORT]


def _answered(server: str, answer: str) -> Message:
    return msg("The mail server {server} answered: {answer}.", server=server, answer=answer.rstrip("."))


def _why(error: Exception, server: str) -> Message:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return msg("The mail server {server} refused the log-in ({code}).", server=server, code=error.smtp_code)
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(server, _words(error.smtp_code, error.smtp_error))
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return msg(
            "The mail server {server} does not offer what the settings ask for (STARTTLS or log-in).", server=server
        )
    if isinstance(error, ssl.SSLError):
        why = getattr(error, "verify_message", "") or error.reason or type(error).__name__
        return msg("TLS with the mail server {server} failed: {error}.", server=server, error=str(why))
    if isinstance(error, TimeoutError):
        return msg("The mail server {server} did not answer in time.", server=server)
    why = (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:_SHORT]
    return msg("The mail server {server} cannot be reached ({error}).", server=server, error=why)
