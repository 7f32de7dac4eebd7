"""The way back from the browser: one answer, of this sign-in, to this machine alone."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from selfserve.desktop.handoff import HandOff
from selfserve.people import device_codes


@dataclass
class Way:
    """A sign-in under way and what came of it."""

    hand_off: HandOff
    came: list[str] = field(default_factory=list)

    @property
    def asked(self) -> dict[str, str]:
        """What the browser is asked for."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.hand_off.address).query).items()}

    def back(self, path: str = "/back", host: str = "", **told: str) -> httpx.Response:
        """The browser comes back with this."""
        port = self.asked["port"]
        headers = {"host": host} if host else {}
        return httpx.get(f"http://127.0.0.1:{port}{path}", params=told, headers=headers)


@pytest.fixture
def way() -> Iterator[Way]:
    """A sign-in that has begun."""
    came: list[str] = []
    page = lambda good: b"good" if good else b"bad"  # noqa: E731
    with HandOff("https://help.example.com", "ada's laptop", came.append, page) as begun:
        yield Way(begun, came)


def test_the_browser_brings_the_code(way: Way) -> None:
    """Once; a second answer is heard by nobody."""
    answer = way.back(state=way.asked["state"], code="the-code")
    assert (answer.status_code, answer.text) == (200, "good")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    way.back(state=way.asked["state"], code="another")
    assert way.came == ["the-code"]


def test_what_is_asked_for_fits_what_the_server_reads(way: Way) -> None:
    """Challenge, signs and name, as the server computes them."""
    assert way.hand_off.address.startswith("https://help.example.com/app/allow?")
    assert way.asked["challenge"] == device_codes.challenge_of(way.hand_off.verifier)
    assert way.hand_off.signs == device_codes.signs_of(way.asked["challenge"])
    assert way.asked["name"] == "ada's laptop"
    assert way.hand_off.verifier not in way.hand_off.address


def test_a_stranger_is_refused(way: Way) -> None:
    """Another state, another path, another host (DNS rebinding), no code, two codes, rubbish."""
    state = way.asked["state"]
    answers = [
        way.back(state="x" * len(state), code="c"),
        way.back(code="c"),
        way.back(state=state),
        way.back(path="/", state=state, code="c"),
        way.back(host="evil.example", state=state, code="c"),
        way.back(state="ü", code="c"),
        httpx.get(f"http://127.0.0.1:{way.asked['port']}/back?state={state}&code=a&code=b"),
        httpx.get(f"http://127.0.0.1:{way.asked['port']}/back?" + "&".join("a=1" for _ in range(50))),
    ]
    assert [answer.status_code for answer in answers] == [400] * len(answers)
    assert way.came == []
    assert httpx.post(f"http://127.0.0.1:{way.asked['port']}/back").status_code == 501


def test_nobody_listens_afterwards(way: Way) -> None:
    """The port is closed with the sign-in, and was open to this machine alone."""
    port = int(way.asked["port"])
    with HandOff("https://help.example.com", "x", way.came.append, lambda _: b"") as other:
        second = int(parse_qs(urlsplit(other.address).query)["port"][0])
        assert second != port
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", second), 1)
