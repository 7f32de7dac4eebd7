"""The way back from the browser: one answer, of this sign-in, to this machine alone."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from selfserve.desktop.handoff import HandOff
from selfserve.desktop.peers import STRANGER
from selfserve.people import device_codes
from tests.desktop.session import PYTHON
from tests.desktop.test_peers import ACCOUNTS

ASKING = """
import http.client, sys
there = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
there.request("GET", sys.argv[2])
print(there.getresponse().status)
"""


@dataclass
class Way:
    """A sign-in under way and what came of it. `owner` is what the kernel says of whoever asks."""

    hand_off: HandOff
    came: list[str]
    owner: list[int | None]
    browser: httpx.Client = field(default_factory=httpx.Client)
    asked: dict[str, str] = field(default_factory=dict)

    def go(self, browser: httpx.Client | None = None, address: str = "", host: str = "") -> httpx.Response:
        """A browser is started; what it is led to."""
        headers = {"host": host} if host else {}
        answer = (browser or self.browser).get(address or self.hand_off.address, headers=headers)
        asked = parse_qs(urlsplit(answer.headers.get("location", "")).query)
        self.asked = {name: values[0] for name, values in asked.items()} or self.asked
        return answer

    def back(
        self, path: str = "/back", host: str = "", browser: httpx.Client | None = None, **told: str
    ) -> httpx.Response:
        """The browser comes back with this."""
        headers = {"host": host} if host else {}
        address = f"http://{urlsplit(self.hand_off.address).netloc}{path}"
        return (browser or self.browser).get(address, params=told, headers=headers)


@contextmanager
def begun(owner: int | None) -> Iterator[Way]:
    """A sign-in that has begun, on a system that says this of who asks."""
    came: list[str] = []
    says = [owner]
    page = lambda good: b"good" if good else b"bad"  # noqa: E731
    with (
        HandOff("https://help.example.com", "ada's laptop", came.append, page, lambda *_: says[0]) as hand_off,
        httpx.Client() as browser,
    ):
        yield Way(hand_off, came, says, browser)


@pytest.fixture
def way() -> Iterator[Way]:
    """A sign-in whose browser was led to the server, by a program of this account."""
    with begun(os.getuid()) as made:
        assert made.go().status_code == 303
        yield made


def test_the_browser_brings_the_code(way: Way) -> None:
    """Once; a second answer is heard by nobody."""
    answer = way.back(state=way.asked["state"], code="the-code")
    assert (answer.status_code, answer.text) == (200, "good")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    way.back(state=way.asked["state"], code="another")
    assert way.came == ["the-code"]


def test_what_is_asked_for_fits_what_the_server_reads(way: Way) -> None:
    """Challenge, signs and name, as the server computes them."""
    led = way.go(address=way.hand_off.again())
    assert led.headers["location"].startswith("https://help.example.com/app/allow?")
    assert way.asked["challenge"] == device_codes.challenge_of(way.hand_off.verifier)
    assert way.hand_off.signs == device_codes.signs_of(way.asked["challenge"])
    assert way.asked["name"] == "ada's laptop"
    assert way.hand_off.verifier not in led.headers["location"]


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
        way.back(f"/back?state={state}&code=a&code=b"),
        way.back("/back?" + "&".join("a=1" for _ in range(50))),
    ]
    assert [answer.status_code for answer in answers] == [400] * len(answers)
    assert way.came == []
    assert way.browser.post(f"http://127.0.0.1:{way.asked['port']}/back").status_code == 501


def test_who_reads_what_the_browser_was_started_with_gets_nowhere() -> None:
    """Another account reads the arguments of the browser's process in the same second: it is not led on, even as the
    first, and does not use up what the customer's own browser then comes by."""
    with begun(STRANGER) as way:
        for account in (STRANGER, os.getuid() + 1, 0 if os.getuid() else 65534):
            way.owner[0] = account
            assert (way.go().status_code, way.asked) == (400, {})
        for known in ("state", "challenge", "allow", "port="):
            assert known not in way.hand_off.address
        way.owner[0] = os.getuid()
        assert way.go().status_code == 303
        way.owner[0] = STRANGER
        assert way.back(state=way.asked["state"], code="theirs").status_code == 400
        way.owner[0] = os.getuid()
        assert way.back(state=way.asked["state"], code="ours").status_code == 200
        assert (way.came, way.hand_off.sure) == (["ours"], True)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_program_of_another_account_is_told_by_the_kernel(account: int) -> None:
    """Really asked, by a program that somebody else really started: refused, and the customer's browser is not."""
    with HandOff("https://help.example.com", "x", lambda _: None, lambda _: b"") as hand_off, httpx.Client() as browser:
        port, path = urlsplit(hand_off.address).port, urlsplit(hand_off.address).path
        command = [PYTHON, "-I", "-c", ASKING, str(port), path]
        asked = subprocess.run(command, user=account, cwd="/", capture_output=True, text=True, check=True)
        ours = account == os.getuid()
        assert asked.stdout.split() == (["303"] if ours else ["400"])
        assert browser.get(hand_off.address).status_code == (400 if ours else 303)
        assert hand_off.sure


def test_the_address_leads_on_once(way: Way) -> None:
    """To the browser that came first, and only that one can come back."""
    with httpx.Client() as second:
        assert way.go(second).status_code == 400
        assert way.back(browser=second, state=way.asked["state"], code="c").status_code == 400
        second.cookies.set("app-sign-in", "x" * 32)
        assert way.back(browser=second, state=way.asked["state"], code="c").status_code == 400
    assert way.came == []
    assert way.back(state=way.asked["state"], code="c").status_code == 200


def test_opening_the_page_again_shuts_the_one_before(way: Way) -> None:
    """Another address, another cookie: whoever has the first comes back for nothing."""
    before, state = way.hand_off.address, way.asked["state"]
    with httpx.Client() as second:
        assert way.go(second, way.hand_off.again()).status_code == 303
        assert way.go(address=before).status_code == 400
        assert way.back(state=state, code="first").status_code == 400
        assert way.back(browser=second, state=state, code="second").status_code == 200
    assert way.came == ["second"]


def test_other_programs_cookies_are_no_matter(way: Way) -> None:
    """Ports do not part cookies: what others on this machine keep may look like anything."""
    way.browser.cookies.set("other", '{"a":1,"b":"\\"}')
    assert way.back(state=way.asked["state"], code="c").status_code == 200


def test_a_name_of_this_machine_is_no_address_of_it() -> None:
    """DNS rebinding: nobody is led on by another host's name."""
    with begun(os.getuid()) as way:
        assert way.go(host="evil.example").status_code == 400


def test_where_the_system_does_not_tell_it_is_not_sure() -> None:
    """It works, and the app asks who was signed in."""
    with begun(None) as way:
        assert way.go().status_code == 303
        assert way.back(state=way.asked["state"], code="c").status_code == 200
        assert (way.came, way.hand_off.sure) == (["c"], False)


def test_nobody_listens_afterwards(way: Way) -> None:
    """The port is closed with the sign-in, and was open to this machine alone."""
    port = int(way.asked["port"])
    with HandOff("https://help.example.com", "x", way.came.append, lambda _: b"") as other:
        second = urlsplit(other.address).port or 0
        assert second != port
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", second), 1)
