"""How much may be sent, counted as it comes: over a raw socket, as a caller that lies would."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

from tests.api.calls import PROBLEM, Api, refused

from selfserve.api.limits import LARGEST


def test_a_large_body_is_refused(api: Api) -> None:
    """413, before anything was done with it, with and without a token."""
    big = {"item": "lamp", "answers": {"reason": "x" * LARGEST}}
    for who in ("ada", None):
        refused(api.post(who, "/requests", big), 413, "too-large")
    assert api.stand.shelf.things == set()


def test_a_large_body_in_pieces_is_refused(api: Api) -> None:
    """Chunked, so that no length is announced: it is counted, not believed."""
    headers = {"Authorization": f"Bearer {api.held('ada')}", "Content-Type": "application/json"}
    pieces = (b"x" * 10_000 for _ in range(40))
    refused(api.http.post("/api/v1/requests", content=pieces, headers=headers), 413, "too-large")


def test_the_largest_body_is_read(api: Api) -> None:
    """The limit is a limit of size, not of luck: just below it, the answer is about the content."""
    told = refused(api.post("ada", "/requests", {"item": "lamp", "answers": {"reason": "x" * 200_000}}), 422, "unfit")
    assert "reason" in told["errors"]


def test_a_lie_about_the_length_helps_nobody(api: Api) -> None:
    """A length that is too large to be true is refused unread; a short one cuts the body, which is then no JSON."""
    assert b" 413 " in _raw(api, {"Content-Length": "99999999999"}, b"{}")
    body = json.dumps({"item": "lamp"}).encode()
    assert b" 400 " in _raw(api, {"Content-Length": "5"}, body)
    for wrong in ("-1", "5, 6", "abc"):
        assert b" 400 " in _raw(api, {"Content-Length": wrong}, body)
    both = {"Content-Length": "5", "Transfer-Encoding": "chunked"}
    assert b" 201 " not in _raw(api, both, b"10\r\n" + body + b"\r\n0\r\n\r\n")
    assert api.stand.shelf.things == set()


def test_a_header_cannot_smuggle_a_second_one(api: Api) -> None:
    """A line end in a key ends the line for everybody or is refused; nothing of it comes back in the answer."""
    for sign in (b"\r\nX-Evil: 1", b"\nX-Evil: 1", b"\0", b"\rX-Evil: 1"):
        answer = _raw(api, {}, b'{"item": "bell"}', b"Idempotency-Key: a" + sign + b"\r\n")
        assert b"evil" not in answer.lower()
        assert b" 500 " not in answer


def test_a_key_is_said_once(api: Api) -> None:
    """Two keys in one request, even the same twice: refused with a sentence, and nothing is stored."""
    for second in (b"a", b"b"):
        answer = _raw(api, {}, b'{"item": "bell"}', b"Idempotency-Key: a\r\nIdempotency-Key: " + second + b"\r\n")
        assert b" 422 " in answer
        assert b"Idempotency-Key was sent twice" in answer
    assert api.get("ada", "/requests").json()["rows"] == []


def _raw(api: Api, headers: dict[str, str], body: bytes, lines: bytes = b"") -> bytes:
    """The first bytes of the answer to a request as it is written, right or wrong."""
    address = urlsplit(api.url)
    told = {"Host": address.netloc, "Authorization": f"Bearer {api.held('ada')}", "Connection": "close"}
    told |= {"Content-Type": "application/json", "Content-Length": str(len(body))} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items()).encode()
    with socket.create_connection((address.hostname or "", address.port or 0), 10) as connection:
        connection.sendall(b"POST /api/v1/requests HTTP/1.1\r\n" + head + lines + b"\r\n" + body)
        return connection.recv(65536)


def test_the_answer_of_a_refused_length_is_a_problem_too(api: Api) -> None:
    """What is refused before any route has the same form."""
    assert PROBLEM.encode() in _raw(api, {"Content-Length": "99999999999"}, b"{}")


def test_a_name_given_twice_in_one_object_is_refused(api: Api) -> None:
    """Two readers of such a body could understand two things; at any depth, and nothing is done."""
    headers = {"Authorization": f"Bearer {api.held('ada')}", "Content-Type": "application/json"}
    for body in (
        '{"item": "lamp", "item": "cup"}',
        '{"item": "lamp", "answers": {"reason": "a", "reason": "b"}}',
    ):
        told = refused(api.http.post("/api/v1/requests", content=body, headers=headers), 422, "malformed")
        assert told["detail"].endswith("twice in one object; name it once.")
    assert api.stand.shelf.things == set()
