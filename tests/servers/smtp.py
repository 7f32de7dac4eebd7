"""A receiving mail server as a fixture, which a test can stop, start again on its port, or make refuse."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.processes import LOOPBACK, free_port

ACCEPTED = "250 Message accepted for delivery"


class Mailbox:
    """Everything sent to it, oldest first; `answer` is the reply to each message (`451 …`, `550 …` refuse it)."""

    def __init__(self) -> None:
        """Not listening until `start`."""
        self.host, self.port = LOOPBACK, free_port()
        self.answer = ACCEPTED
        self.messages: list[EmailMessage] = []
        self.raw: list[bytes] = []
        """The same messages as they came over the wire."""
        self.recipients: list[list[str]] = []
        self._arrived = threading.Condition()
        self._controller: Controller | None = None

    def start(self) -> None:
        """Listen (again) on the same port."""
        assert self._controller is None, "the mail server is running already"
        self._controller = Controller(self, hostname=self.host, port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Listen no longer: connections are refused. Messages are kept; stopping twice is fine."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def wait(self, count: int, seconds: float = 10) -> list[EmailMessage]:
        """The messages once at least `count` have come; AssertionError after `seconds`."""
        with self._arrived:
            came = self._arrived.wait_for(lambda: len(self.messages) >= count, seconds)
            assert came, f"{len(self.messages)} of {count} messages came within {seconds} s"
            return list(self.messages)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """Take in one message (called by aiosmtpd)."""
        if self.answer.startswith("2"):
            raw = envelope.original_content or b""
            with self._arrived:
                self.raw.append(raw)
                self.messages.append(message_from_bytes(raw, policy=default))
                self.recipients.append([str(one) for one in envelope.rcpt_tos])
                self._arrived.notify_all()
        return self.answer


@pytest.fixture
def smtp() -> Iterator[Mailbox]:
    """A running, empty mail server."""
    mailbox = Mailbox()
    mailbox.start()
    yield mailbox
    mailbox.stop()
