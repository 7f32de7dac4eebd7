"""Sign-out told by the provider: believed only when every rule of the specification holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.sign_in import twisted
from tests.sign_in.site import Site
from tests.sign_in.twisted import CLIENT, EVENT, Json, Twisted

FORM = {"content-type": "application/x-www-form-urlencoded"}
NOW = int(time.time())
"""When the tests were collected: minutes ago where it is read, so only good for what is hours away."""


def told(home: Site, token: str) -> int:
    answer = home.client.post("/auth/backchannel", data={"logout_token": token})
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code


def test_the_provider_ends_every_session_of_a_subject(home: Site, idp: Twisted) -> None:
    """Without origin and cookie: the signed notice alone ends sessions and tells their pages."""
    home.enter()
    kept = home.client.cookies[home.cookie]
    assert told(home, twisted.sign(idp.logout_claims(), typ="logout+jwt")) == 200
    assert home.me() is None
    assert home.ended == [home.rows()[0].id]
    assert home.kinds()[-1] == "sign_in.ended"
    assert home.client.get("/me", headers={"cookie": f"{home.cookie}={kept}"}).status_code == 303


def test_a_notice_with_a_session_id_ends_that_one_only(home: Site, idp: Twisted) -> None:
    """`sid` names one session at the provider; with `sub` beside it both must fit."""
    idp.who["sid"] = "one"
    home.enter()
    first = home.client.cookies[home.cookie]
    home.client.cookies.clear()
    idp.who["sid"] = "two"
    home.enter()
    assert told(home, twisted.sign(idp.logout_claims(sid="one", sub="sub-bob"))) == 200
    assert all(row.ended_at is None for row in home.rows())
    assert told(home, twisted.sign(idp.logout_claims(sid="one", sub=None))) == 200
    assert [row.ended_at is None for row in home.rows()] == [False, True]
    assert home.me() is not None
    assert home.client.get("/me", headers={"cookie": f"{home.cookie}={first}"}).status_code == 303


def test_a_notice_ends_nothing_that_began_later(home: Site, idp: Twisted) -> None:
    """Sent again to another process that has not met it, an old notice must not sign anybody out anew."""
    old = idp.logout_claims(iat=int(time.time()) - 200)
    home.enter()
    assert told(home, twisted.sign(old)) == 200
    assert home.me() is not None


def test_the_same_notice_is_taken_once(home: Site, idp: Twisted) -> None:
    """Its id is remembered for as long as it could be believed."""
    notice = twisted.sign(idp.logout_claims())
    assert [told(home, notice), told(home, notice)] == [200, 400]


WRONG: dict[str, Callable[[Twisted], str]] = {
    "unsigned": lambda idp: twisted.unsigned(idp.logout_claims()),
    "stranger": lambda idp: twisted.sign(idp.logout_claims(), twisted.STRANGER),
    "client-secret": lambda idp: twisted.by_secret(idp.logout_claims()),
    "public-key-as-secret": lambda idp: twisted.by_public_key(idp.logout_claims()),
    "id-token": lambda idp: twisted.sign(idp.claims(nonce="n", **idp.who)),
    "garbage": lambda _: "a.b.c",
    "empty": lambda _: "",
    "huge": lambda _: "x" * 20_000,
    "other-type": lambda idp: twisted.sign(idp.logout_claims(), typ="at+jwt"),
}
CLAIMS: dict[str, Json] = {
    "iss": {"iss": "https://evil.example"},
    "no-iss": {"iss": None},
    "aud": {"aud": "other"},
    "aud-empty": {"aud": []},
    "aud-also-other": {"aud": [CLIENT, "other"]},
    "no-aud": {"aud": None},
    "no-iat": {"iat": None},
    "iat-old": {"iat": NOW - 3_600},
    "iat-future": {"iat": NOW + 3_600},
    "iat-true": {"iat": True},
    "no-exp": {"exp": None},
    "exp-past": {"exp": NOW - 3_600},
    "no-jti": {"jti": None},
    "jti-number": {"jti": 7},
    "nonce": {"nonce": "n"},
    "no-events": {"events": None},
    "events-other": {"events": {"https://example.test/other": {}}},
    "events-list": {"events": [EVENT]},
    "events-text": {"events": {EVENT: "yes"}},
    "nobody": {"sub": None},
    "sub-number": {"sub": 7},
}


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG.keys())
def test_a_forged_notice_ends_nothing(home: Site, idp: Twisted, make: Callable[[Twisted], str]) -> None:
    """Anybody can post here, so nothing but the provider's own signature counts."""
    home.enter()
    assert told(home, make(idp)) == 400
    assert home.me() is not None


@pytest.mark.parametrize("changes", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_notice_with_a_wrong_claim_ends_nothing(home: Site, idp: Twisted, changes: dict[str, Any]) -> None:
    """Section 2.6 of the specification, rule by rule."""
    home.enter()
    assert told(home, twisted.sign(idp.logout_claims(**changes))) == 400
    assert home.me() is not None


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", FORM),
        (b"logout_token=a&logout_token=b", FORM),
        (b"\xff\xfe=1", FORM),
        (b"{}", {"content-type": "application/json"}),
        (b"logout_token=" + b"x" * 200_000, FORM),
    ],
)
def test_a_post_that_is_no_notice_is_refused(home: Site, body: bytes, headers: dict[str, str]) -> None:
    """No form, two tokens, too much: refused without reading on."""
    assert home.client.post("/auth/backchannel", content=body, headers=headers).status_code == 400


def test_unknown_keys_do_not_make_us_hammer_the_provider(home: Site, idp: Twisted) -> None:
    """A hundred forged notices with made-up key ids cost the provider two answers a minute at most."""
    for number in range(20):
        assert told(home, twisted.sign(idp.logout_claims(), kid=f"made-up-{number}")) == 400
    assert idp.key_reads <= 2
    home.clock.ahead = timedelta(seconds=61)
    fresh = twisted.new_key("k2")
    idp.bend_keys = lambda _: {"keys": [fresh.as_dict(private=False)]}
    assert told(home, twisted.sign(idp.logout_claims(), fresh, kid="k2")) == 200
