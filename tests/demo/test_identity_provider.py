"""The demo's identity provider keeps OpenID Connect's promises, and breaks exactly the one it is told to break."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from selfserve.demo.company import FERNHILL
from selfserve.demo.identity_provider import FAULTS, Client, identity_provider

ISSUER = "http://127.0.0.1:8181/idp"
BACK = "http://127.0.0.1:8080/auth/callback"
BYE = "http://127.0.0.1:8080/auth/bye"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CLIENTS = (
    Client("selfserve", (BACK,), "the client's secret%", (BYE,)),
    Client("desktop", ("http://127.0.0.1/cb",)),
)
ASKED = {
    "client_id": "selfserve", "redirect_uri": BACK, "response_type": "code", "scope": "openid profile email groups",
    "state": "s&1", "nonce": "n1", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
}  # fmt: skip


@dataclass
class World:
    """A provider, a browser, a clock, and what the directory would say."""

    fault: str = ""
    time: datetime = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    passwords: dict[str, str] = field(default_factory=lambda: {one.login: one.password for one in FERNHILL.people})
    locked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Start."""
        self.app = identity_provider(
            FERNHILL, ISSUER, CLIENTS, now=lambda: self.time, check=self.check, locked=self.locked.__contains__,
            fault=self.fault,
        )  # fmt: skip
        self.browser = httpx.AsyncClient(transport=httpx.ASGITransport(self.app, root_path="/idp"), base_url=ISSUER)

    def check(self, login: str, password: str) -> bool:
        """As the directory would decide."""
        return login not in self.locked and self.passwords.get(login) == password

    async def ask(self, **changes: str | None) -> httpx.Response:
        """Go to the authorization endpoint; None leaves a parameter out."""
        return await self.browser.get("/authorize", params=parameters(**changes))

    async def sign_in(self, login: str = "ana", password: str = "", /, **changes: str | None) -> httpx.Response:
        """Fill in the form."""
        form = {"login": login, "password": password or self.passwords.get(login, "any")}
        return await self.browser.post("/authorize", params=parameters(**changes), data=form)

    async def redeem(self, code: str, **changes: str) -> httpx.Response:
        """Buy tokens as the client."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
        return await self.browser.post("/token", data=form | changes, auth=("selfserve", "the client%27s secret%25"))

    async def tokens(self, **changes: str | None) -> dict[str, Any]:
        """All the way from the form to the tokens."""
        answer = await self.redeem(code_of(await self.sign_in(**changes)))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def claims(self, id_token: str) -> dict[str, Any]:
        """The ID token's claims, its signature checked with the published key."""
        keys = KeySet.import_key_set((await self.browser.get("/jwks")).json())
        return jwt.decode(id_token, keys).claims


def parameters(**changes: str | None) -> dict[str, str]:
    """An authorization request with changes."""
    return {name: value for name, value in (ASKED | changes).items() if value is not None}


def sent_back(answer: httpx.Response) -> dict[str, str]:
    """The parameters with which the browser is sent back to the client."""
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(BACK + "?")
    return {name: one for name, [one] in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def code_of(answer: httpx.Response) -> str:
    """The code in it."""
    return sent_back(answer)["code"]


@pytest.fixture
async def worlds() -> AsyncIterator[Callable[[str], World]]:
    """A function that makes worlds, closed at the end."""
    made: list[World] = []

    def make(fault: str = "") -> World:
        made.append(World(fault))
        return made[-1]

    yield make
    for one in made:
        await one.browser.aclose()


@pytest.fixture
def world(worlds: Callable[[str], World]) -> World:
    """A provider without faults."""
    return worlds("")


async def test_discovery_is_consistent(world: World) -> None:
    """Issuer and endpoints under it, PKCE with S256, RS256 only."""
    found = (await world.browser.get("/.well-known/openid-configuration")).json()
    assert found["issuer"] == ISSUER
    assert all(found[name].startswith(ISSUER) for name in found if name.endswith(("_endpoint", "_uri")))
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert "d" not in (await world.browser.get("/jwks")).json()["keys"][0]


async def test_sign_in_leads_to_signed_claims_about_the_person(world: World) -> None:
    """State and issuer come back; the ID token is for us, now, with our nonce; userinfo agrees."""
    answer = sent_back(await world.sign_in())
    assert (answer["state"], answer["iss"]) == ("s&1", ISSUER)
    tokens = (await world.redeem(answer["code"])).json()
    claims = await world.claims(tokens["id_token"])
    now = int(world.time.timestamp())
    assert claims == {
        "iss": ISSUER, "aud": "selfserve", "sub": "ana", "iat": now, "exp": now + 600, "auth_time": now, "nonce": "n1",
        "name": "Ana Sousa", "preferred_username": "ana", "locale": "en", "email": "ana@fernhill.example",
        "email_verified": True, "groups": ["all-staff"],
    }  # fmt: skip
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    info = (await world.browser.get("/userinfo", headers=bearer)).json()
    assert info == {name: claims[name] for name in info}
    assert set(info) >= {"sub", "email", "groups"}


async def test_scopes_limit_what_is_told(world: World) -> None:
    """Only `openid`: only the subject."""
    claims = await world.claims((await world.tokens(scope="openid"))["id_token"])
    assert not {"name", "email", "groups"} & set(claims)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "stranger"}, {"redirect_uri": BACK + "/x"}, {"redirect_uri": "https://evil.example/"},
        {"client_id": None},
    ],
)  # fmt: skip
async def test_unknown_client_or_address_is_never_sent_on(world: World, changes: dict[str, str | None]) -> None:
    """A page for the person, no redirect anywhere."""
    for answer in (await world.ask(**changes), await world.sign_in(**changes)):
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert "This sign-in link is not valid" in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"), ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"), ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"), ({"code_challenge": "ü" * 43}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"), ({"max_age": "9" * 20}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)  # fmt: skip
async def test_bad_request_goes_back_as_an_error(world: World, changes: dict[str, str | None], error: str) -> None:
    """To the registered address, with the state."""
    answer = sent_back(await world.ask(**changes))
    assert answer == {"error": error, "state": "s&1", "iss": ISSUER}


async def test_wrong_password_unknown_name_and_locked_account_look_alike(world: World) -> None:
    """The same status and words for all three."""
    world.locked.add("jonas")
    tries = [("ana", "wrong"), ("nobody", "wrong"), ("jonas", "")]
    answers = [await world.sign_in(login, password) for login, password in tries]
    assert {one.status_code for one in answers} == {401}
    assert all("That did not work." in one.text for one in answers)
    assert all("location" not in one.headers and "set-cookie" not in one.headers for one in answers)


async def test_code_is_bought_once(world: World) -> None:
    """The second buyer gets nothing."""
    code = code_of(await world.sign_in())
    assert [(await world.redeem(code)).status_code for _ in range(2)] == [200, 400]


async def test_code_shown_wrongly_is_spent(world: World) -> None:
    """Whoever tried with a wrong verifier has burnt it."""
    code = code_of(await world.sign_in())
    assert (await world.redeem(code, code_verifier="x" * 43)).json() == {"error": "invalid_grant"}
    assert (await world.redeem(code)).json() == {"error": "invalid_grant"}


async def test_code_lives_sixty_seconds(world: World) -> None:
    """At sixty it works, a second later it does not."""
    first, second = code_of(await world.sign_in()), code_of(await world.sign_in())
    world.time += timedelta(seconds=60)
    assert (await world.redeem(first)).status_code == 200
    world.time += timedelta(seconds=1)
    assert (await world.redeem(second)).status_code == 400


async def test_code_is_bound_to_client_and_address(world: World) -> None:
    """Another client and another address get nothing for it."""
    code = code_of(await world.sign_in())
    assert (await world.redeem(code, redirect_uri=BACK + "2")).status_code == 400
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER, "client_id": "desktop"}
    other = await world.browser.post("/token", data={**form, "code": code_of(await world.sign_in())})
    assert other.json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    ("form", "header"),
    [
        ({"client_id": "selfserve"}, {}), ({"client_id": "selfserve", "client_secret": "wrong"}, {}), ({}, {}),
        ({"client_id": "stranger"}, {}), ({}, {"Authorization": "Basic %%%"}), ({}, {"Authorization": "Basic /w=="}),
        ({"client_id": "desktop", "client_secret": "ü"}, {}),
    ],
)  # fmt: skip
async def test_client_that_is_not_itself_gets_no_tokens(
    world: World, form: dict[str, str], header: dict[str, str]
) -> None:
    """401 whatever is wrong with the client's credentials, and the code is not spent by it."""
    code = code_of(await world.sign_in())
    asked = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER, "code": code}
    answer = await world.browser.post("/token", data=asked | form, headers=header)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert (await world.redeem(code)).status_code == 200


async def test_secret_may_come_in_the_form(world: World) -> None:
    """client_secret_post."""
    asked = {
        "grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER, "client_id": "selfserve",
        "client_secret": "the client's secret%", "code": code_of(await world.sign_in()),
    }  # fmt: skip
    assert (await world.browser.post("/token", data=asked)).status_code == 200


async def test_other_grants_are_refused(world: World) -> None:
    """No password grant, no refresh."""
    assert (await world.redeem("x", grant_type="password")).json() == {"error": "unsupported_grant_type"}


async def test_access_token_ends(world: World) -> None:
    """After ten minutes, and an invented one never works."""
    bearer = {"Authorization": f"Bearer {(await world.tokens())['access_token']}"}
    world.time += timedelta(minutes=10)
    assert (await world.browser.get("/userinfo", headers=bearer)).status_code == 200
    world.time += timedelta(seconds=1)
    assert (await world.browser.get("/userinfo", headers=bearer)).status_code == 401
    assert (await world.browser.get("/userinfo", headers={"Authorization": "Bearer x"})).status_code == 401
    assert (await world.browser.get("/userinfo")).status_code == 401


async def test_second_sign_in_needs_no_password(world: World) -> None:
    """The session carries on, with the time of the real sign-in in `auth_time`."""
    await world.sign_in()
    signed_in = int(world.time.timestamp())
    world.time += timedelta(minutes=5)
    tokens = (await world.redeem(code_of(await world.ask(prompt="none")))).json()
    assert (await world.claims(tokens["id_token"]))["auth_time"] == signed_in


async def test_fresh_sign_in_is_asked_for_where_the_client_wants_it(world: World) -> None:
    """prompt=login always, max_age by age; after it `auth_time` is new."""
    await world.sign_in()
    world.time += timedelta(minutes=5)
    assert (await world.ask(max_age="300")).status_code == 303
    assert (await world.ask(max_age="299")).status_code == 200
    assert (await world.ask(prompt="login")).status_code == 200
    assert sent_back(await world.ask(prompt="none", max_age="299"))["error"] == "login_required"
    claims = await world.claims((await world.tokens(prompt="login", max_age="0"))["id_token"])
    assert claims["auth_time"] == int(world.time.timestamp())


async def test_lock_ends_the_session_here(world: World) -> None:
    """Somebody locked after signing in does not slip through on the old session."""
    await world.sign_in()
    world.locked.add("ana")
    assert (await world.ask()).status_code == 200
    assert sent_back(await world.ask(prompt="none"))["error"] == "login_required"


async def test_sign_out_ends_the_session_and_goes_back_only_to_known_addresses(world: World) -> None:
    """By client_id or by the hint; a stranger's address gets a page."""
    tokens = await world.tokens()
    for who in ({"client_id": "selfserve"}, {"id_token_hint": tokens["id_token"]}):
        await world.sign_in()
        asked = {**who, "post_logout_redirect_uri": BYE, "state": "x"}
        answer = await world.browser.get("/logout", params=asked)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{BYE}?state=x")
        assert sent_back(await world.ask(prompt="none"))["error"] == "login_required"
    for asked in (
        {"client_id": "selfserve", "post_logout_redirect_uri": "https://evil.example"},
        {"id_token_hint": "x"},
        {},
    ):
        answer = await world.browser.post("/logout", data=asked)
        assert answer.status_code == 200
        assert "You are signed out" in answer.text


async def test_session_cookie_is_out_of_scripts_reach(world: World) -> None:
    """HttpOnly, SameSite, only under the provider's path; Secure where the issuer is."""
    cookie = (await world.sign_in()).headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/idp"))


# The page


async def test_page_shows_everybody_and_fills_in_one(world: World) -> None:
    """Twelve people; after one click their name and password stand in the form."""
    assert (await world.ask()).text.count("<li>") == 12
    picked = (await world.ask(login_hint="jonas")).text
    assert 'value="jonas"' in picked
    assert 'value="fernhill-jonas-1"' in picked
    assert "fernhill-" not in (await world.ask()).text


@pytest.mark.parametrize("name", ["state", "nonce", "login_hint", "scope"])
async def test_nothing_in_the_request_becomes_markup(world: World, name: str) -> None:
    """Whatever stands in the address is escaped where it shows."""
    attack = '"><script>alert(1)</script>'
    page = await world.ask(**{name: "openid " + attack})
    assert page.status_code == 200
    assert "<script" not in page.text
    refused = await world.sign_in(attack, "x", **{name: "openid " + attack})
    assert "<script" not in refused.text
    assert "&quot;&gt;&lt;script" in refused.text


async def test_page_allows_nothing_but_its_style_and_its_form(world: World) -> None:
    """No scripts, no frames; the form may lead here and on to the client."""
    policy = (await world.ask()).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; img-src 'self'; font-src 'self'; style-src 'nonce-")
    assert "form-action 'self' http://127.0.0.1:8080;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy


# Faults

MISLEADING: dict[str, dict[str, object]] = {
    "aud": {"aud": "somebody-else"},
    "aud-empty": {"aud": []},
    "aud-azp": {"aud": ["somebody-else"], "azp": "selfserve"},
    "iss": {"iss": "https://stranger.example"},
    "nonce": {"nonce": "of-another-sign-in"},
}


def unchecked(token: str, part: int = 1) -> dict[str, Any]:
    """A part of a token, its signature not looked at."""
    text = token.split(".")[part]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def test_unknown_fault_is_told() -> None:
    """One sentence with those there are."""
    with pytest.raises(ValueError, match=r"has no fault 'typo'; it has aud, aud-empty"):
        World("typo")


@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_is_there_and_nothing_else_is_wrong(worlds: Callable[[str], World], fault: str) -> None:
    """The tokens differ from the honest ones in exactly what the fault says."""
    honest, faulty = worlds(""), worlds(fault)
    good = await honest.claims((await honest.tokens())["id_token"])
    tokens = await faulty.tokens()
    if fault == "no-idtoken":
        assert "id_token" not in tokens
        return
    claims = unchecked(tokens["id_token"])
    if fault == "none":
        assert tokens["id_token"].endswith(".")
        assert unchecked(tokens["id_token"], 0) == {"alg": "none"}
    elif fault == "badsig":
        with pytest.raises(BadSignatureError):
            await faulty.claims(tokens["id_token"])
    elif fault == "ui-sub":
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert (await faulty.browser.get("/userinfo", headers=bearer)).json()["sub"] not in ("ana", "")
    elif fault == "no-nonce":
        del good["nonce"]
    elif fault == "exp":
        good |= {"iat": good["iat"] - 1200, "exp": good["iat"] - 600}
    else:
        good |= MISLEADING[fault]
    assert claims == good
