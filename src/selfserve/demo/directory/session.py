"""One connection: messages in, answers out, until either side ends it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl

from selfserve.demo.directory import root
from selfserve.demo.directory.ber import MalformedError
from selfserve.demo.directory.messages import (
    Message,
    encode_disconnection,
    encode_entry,
    encode_result,
    read_message,
)
from selfserve.demo.directory.operations import Operations, Parts, policy_control
from selfserve.demo.directory.requests import Abandon, Extended, Unbind
from selfserve.demo.directory.results import Answer, Code, Refusal

_log = logging.getLogger(__name__)


async def serve_connection(
    parts: Parts, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: ssl.SSLContext | None
) -> None:
    """Answer one client until it leaves or sends what is no LDAP; `tls` is what StartTLS switches to."""
    operations = Operations(parts)
    try:
        while not isinstance((message := await read_message(reader)).request, Unbind):
            if isinstance(message.request, Abandon):
                continue
            writer.write(_respond(operations, message))
            await writer.drain()
            if tls is not None and _starts_tls(message):
                await writer.start_tls(tls)
                tls = None
    except MalformedError as reason:
        writer.write(encode_disconnection(str(reason)))
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        pass  # the client left; there is nobody to tell
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
            await writer.wait_closed()


def _starts_tls(message: Message) -> bool:
    return isinstance(message.request, Extended) and message.request.oid == root.START_TLS


def _respond(operations: Operations, message: Message) -> bytes:
    try:
        answer = operations.answer(message)
    except Refusal as refusal:
        return _refused(message, refusal)
    except MalformedError:
        raise
    except Exception:
        _log.exception("the demo directory failed at a request: %s", type(message.request).__name__)
        return encode_result(message, Code.OTHER, "the demo directory failed; see its log")
    return _encode(message, answer)


def _refused(message: Message, refusal: Refusal) -> bytes:
    told = {} if refusal.policy is None else {root.PASSWORD_POLICY: policy_control(refusal.policy)}
    return encode_result(message, refusal.code, refusal.text, refusal.matched, controls=_asked_for(message, told))


def _encode(message: Message, answer: Answer) -> bytes:
    entries = [encode_entry(message.id, dn, attributes) for dn, attributes in answer.entries]
    controls = _asked_for(message, answer.controls)
    return b"".join([*entries, encode_result(message, answer.code, value=answer.value, controls=controls)])


def _asked_for(message: Message, controls: dict[str, bytes]) -> dict[str, bytes]:
    """Response controls only for clients that sent the request control."""
    return {oid: value for oid, value in controls.items() if oid in message.controls}
