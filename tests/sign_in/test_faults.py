"""Hard case 25: a misbehaving identity provider is refused with a readable page, and none is a 500."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from starlette.responses import JSONResponse, Response
from tests.people.company import add
from tests.sign_in import twisted
from tests.sign_in.serving import served
from tests.sign_in.site import Site, Watch, site
from tests.sign_in.twisted import CLIENT, SECRET, Json, Twisted

from selfserve.demo.company import FERNHILL
from selfserve.demo.identity_provider import FAULTS, Client, identity_provider
from selfserve.settings.identity import Oidc
from selfserve.store.database import Database
from selfserve.web.faults import SignInError
from selfserve.web.provider import Provider


def refused(answer: httpx.Response, home: Site, *statuses: int) -> None:
    """A page in our look, with a way on and a human, and nobody signed in."""
    assert answer.status_code in (statuses or (502,)), answer.text
    assert "<h1>" in answer.text
    assert "Try again</a>" in answer.text
    assert "Call 555-0100." in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert f"{home.cookie}=" not in str(answer.headers.get_list("set-cookie"))
    assert home.rows() == []


@pytest.fixture(params=FAULTS)
def demo(request: pytest.FixtureRequest, sqlite_store: Database) -> Iterator[Site]:
    """An installation whose provider is the demo's, with one of its faults."""
    client = Client(CLIENT, ("http://127.0.0.1:18080/auth/callback",), SECRET)

    def make(address: str) -> Any:
        return identity_provider(
            FERNHILL, address, (client,), now=lambda: datetime.now(UTC), check=lambda *_: True, fault=request.param
        )

    with served(make) as issuer, site(sqlite_store, issuer) as home:
        yield home


def test_hard_case_25_each_fault_of_the_demo_provider(demo: Site) -> None:
    """Every mode of the demo's provider, through its own sign-in form."""
    with httpx.Client() as browser:
        form = browser.get(demo.go())
        answer = browser.post(form.url, data={"login": "ana", "password": "any"})
    refused(demo.back(answer.headers["location"]), demo)


def without(name: str) -> Callable[[Json], Json]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def put(**changes: Any) -> Callable[[Json], Json]:
    return lambda claims: {**claims, **changes}


PAST, FUTURE = int(time.time()) - 7_200, int(time.time()) + 7_200
CLAIMS = {
    "aud-none": without("aud"),
    "aud-empty": put(aud=[]),
    "aud-other": put(aud="other"),
    "aud-also-other": put(aud=[CLIENT, "other"], azp=CLIENT),
    "aud-other-azp-us": put(aud=["other"], azp=CLIENT),
    "aud-number": put(aud=7),
    "azp-other": put(azp="other"),
    "iss-other": put(iss="https://evil.example"),
    "iss-none": without("iss"),
    "exp-past": put(exp=PAST),
    "exp-none": without("exp"),
    "exp-text": put(exp="soon"),
    "iat-none": without("iat"),
    "iat-future": put(iat=FUTURE),
    "nbf-future": put(nbf=FUTURE),
    "nonce-other": put(nonce="other"),
    "nonce-none": without("nonce"),
    "sub-none": without("sub"),
    "sub-empty": put(sub=""),
    "sub-number": put(sub=7),
    "sub-long": put(sub="x" * 256),
    "sub-not-userinfos": put(sub="sub-bob"),
    "auth-time-text": put(auth_time="now"),
    "at-hash-wrong": put(at_hash="AAAA"),
    "amr-text": put(amr="pwd"),
}


@pytest.mark.parametrize("bend", CLAIMS.values(), ids=CLAIMS.keys())
def test_hard_case_25_wrong_claims(home: Site, idp: Twisted, bend: Callable[[Json], Json]) -> None:
    """Every claim of the ID token that must be right, wrong or missing (OpenID Connect Core, 3.1.3.7)."""
    idp.bend_claims = bend
    refused(home.enter(), home)


SIGNATURES: dict[str, Callable[[Json], str]] = {
    "none": twisted.unsigned,
    "stranger": lambda claims: twisted.sign(claims, twisted.STRANGER),
    "unknown-key": lambda claims: twisted.sign(claims, kid="k2"),
    "client-secret": twisted.by_secret,
    "public-key-as-secret": twisted.by_public_key,
    "key-in-header": twisted.with_key_in_header,
    "cut": lambda claims: twisted.sign(claims)[:-8],
    "no-signature": lambda claims: twisted.sign(claims).rpartition(".")[0] + ".",
    "garbage": lambda _: "a.b.c",
    "text": lambda _: "not a token",
    "empty": lambda _: "",
}


@pytest.mark.parametrize("offers", [["RS256"], ["RS256", "none", "HS256"]], ids=["offered-safe", "offered-all"])
@pytest.mark.parametrize("signed", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_hard_case_25_wrong_signatures(
    home: Site, idp: Twisted, signed: Callable[[Json], str], offers: list[str]
) -> None:
    """Unsigned, by strangers, by the wrong kind of key: also where discovery offers what we never accept."""
    assert isinstance(signed(idp.claims(**idp.who)), str)
    idp.bend_discovery = put(id_token_signing_alg_values_supported=offers)
    idp.signed = signed
    refused(home.enter(), home)


def said(content: Any) -> Callable[[Json], Any]:
    return lambda _: content


TOKENS: dict[str, Callable[[Json], Any]] = {
    "no-id-token": without("id_token"),
    "id-token-null": put(id_token=None),
    "id-token-object": put(id_token={"sub": "x"}),
    "error": said(JSONResponse({"error": "invalid_client"}, 401)),
    "http-500": said(Response("oops", 500)),
    "http-302": said(Response("", 302, {"location": "https://evil.example"})),
    "html": said("<h1>Maintenance</h1>"),
    "list": said([1, 2]),
    "null": said(None),
    "empty": said(""),
    "number": said(7),
}


@pytest.mark.parametrize("bend", TOKENS.values(), ids=TOKENS.keys())
def test_hard_case_25_wrong_token_answers(home: Site, idp: Twisted, bend: Callable[[Json], Any]) -> None:
    """Whatever the token endpoint says instead of tokens."""
    idp.bend_tokens = bend
    refused(home.enter(), home)


USERINFO: dict[str, Callable[[Json], Any]] = {
    "other-sub": put(sub="sub-bob"),
    "no-sub": without("sub"),
    "http-401": said(Response("", 401)),
    "http-503": said(Response("", 503)),
    "html": said("<h1>Hi</h1>"),
    "list": said(["sub-ana"]),
    "null": said(None),
}


@pytest.mark.parametrize("bend", USERINFO.values(), ids=USERINFO.keys())
def test_hard_case_25_wrong_userinfo(home: Site, idp: Twisted, bend: Callable[[Json], Any]) -> None:
    """Userinfo of somebody else, or none that can be read."""
    idp.bend_userinfo = bend
    refused(home.enter(), home)


DISCOVERY: dict[str, Callable[[Json], Any]] = {
    "other-issuer": put(issuer="https://evil.example"),
    "no-issuer": without("issuer"),
    "only-none": put(id_token_signing_alg_values_supported=["none"]),
    "only-shared-secrets": put(id_token_signing_alg_values_supported=["HS256"]),
    "algorithms-text": put(id_token_signing_alg_values_supported=7),
    "no-authorization-endpoint": without("authorization_endpoint"),
    "no-token-endpoint": without("token_endpoint"),
    "no-keys": without("jwks_uri"),
    "odd-endpoint": put(userinfo_endpoint="ftp://example.test"),
    "http-404": said(Response("", 404)),
    "http-500": said(Response("", 500)),
    "html": said("<h1>Hi</h1>"),
    "list": said([]),
    "null": said(None),
}


@pytest.mark.parametrize("bend", DISCOVERY.values(), ids=DISCOVERY.keys())
def test_hard_case_25_wrong_discovery(home: Site, idp: Twisted, bend: Callable[[Json], Any]) -> None:
    """The sign-in does not even begin; once the provider is well again, it does."""
    idp.bend_discovery = bend
    refused(home.client.get("/auth/login"), home)
    idp.bend_discovery = lambda document: document
    assert home.enter().status_code == 303


KEYS: dict[str, Callable[[Json], Any]] = {
    "empty": put(keys=[]),
    "http-500": said(Response("", 500)),
    "html": said("<h1>Hi</h1>"),
    "list": said([]),
    "not-keys": put(keys=[{"kty": "what"}, 7]),
}


@pytest.mark.parametrize("bend", KEYS.values(), ids=KEYS.keys())
def test_hard_case_25_wrong_keys(home: Site, idp: Twisted, bend: Callable[[Json], Any]) -> None:
    """Without the provider's keys nothing is believed."""
    idp.bend_keys = bend
    refused(home.enter(), home)


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"])
def test_hard_case_25_endpoints_without_tls(name: str) -> None:
    """A provider reached by TLS whose discovery leads to plain http is not believed."""
    base = "https://login.example.test"
    provider = Provider(Oidc(issuer=base, client_id="x"), None, "https://help.example.test/auth/callback", Watch())
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint")
    document = {"issuer": base, **{one: f"{base}/{one}" for one in names}}
    provider._judge_metadata(dict(document))
    with pytest.raises(SignInError, match=name):
        provider._judge_metadata({**document, name: "http://login.example.test/x"})


ANSWERS: dict[str, tuple[Callable[[Json], Json], int, str]] = {
    "cancelled": (put(error="access_denied"), 403, "You are not signed in"),
    "refused": (put(error="server_error", error_description="<b>x</b>"), 403, "did not let you in"),
    "no-code": (without("code"), 502, "could not verify"),
    "wrong-code": (put(code="other"), 502, "could not verify"),
    "other-issuer": (put(iss="https://evil.example"), 502, "could not verify"),
    "no-state": (without("state"), 400, "no longer good"),
    "other-state": (put(state="other"), 400, "no longer good"),
}


@pytest.mark.parametrize(("bend", "status", "words"), ANSWERS.values(), ids=ANSWERS.keys())
def test_hard_case_25_wrong_answers(
    home: Site, idp: Twisted, bend: Callable[[Json], Json], status: int, words: str
) -> None:
    """What comes back through the browser; the provider's own words are never shown."""
    idp.bend_answer = bend
    answer = home.enter()
    refused(answer, home, status)
    assert words in answer.text
    assert "<b>" not in answer.text


def test_hard_case_25_an_answer_without_its_promised_issuer(home: Site, idp: Twisted) -> None:
    """RFC 9207: a provider that promises `iss` and leaves it out was mixed up with another."""
    idp.bend_discovery = put(authorization_response_iss_parameter_supported=True)
    refused(home.enter(), home)


def test_hard_case_25_a_provider_that_is_down(sqlite_store: Database) -> None:
    """Nobody listens there: a page that says so and a way to try again."""
    with served(lambda _: Response()) as gone:
        pass
    with site(sqlite_store, gone) as home:
        answer = home.client.get("/auth/login", params={"next": "/mine"})
        refused(answer, home)
        assert "does not answer" in answer.text
        assert 'href="/auth/login?next=%2Fmine"' in answer.text


def test_a_key_changed_at_the_provider_is_read_anew(home: Site, idp: Twisted) -> None:
    """Key rotation must not lock everybody out."""
    home.enter()
    fresh = twisted.new_key("k2")
    idp.bend_keys = put(keys=[fresh.as_dict(private=False)])
    idp.signed = lambda claims: twisted.sign(claims, fresh, kid="k2")
    assert home.enter().status_code == 303


def test_discovery_is_believed_for_an_hour(home: Site, idp: Twisted) -> None:
    """Endpoints that moved and keys that were withdrawn are noticed without a restart."""
    home.enter()
    idp.bend_discovery = said(Response("", 500))
    assert home.client.get("/auth/login").status_code == 303
    home.clock.ahead = timedelta(hours=1, seconds=1)
    assert home.client.get("/auth/login").status_code == 502


@pytest.mark.parametrize(
    ("offered", "secret", "method"),
    [
        (None, SECRET, "basic"),
        (["client_secret_post"], SECRET, "post"),
        (["client_secret_post", "client_secret_basic"], SECRET, "basic"),
        (["none"], None, "none"),
    ],
)
def test_the_client_proves_itself_as_the_provider_wants(
    idp: Twisted, sqlite_store: Database, offered: list[str] | None, secret: str | None, method: str
) -> None:
    """By Basic, in the form, or not at all for a public client: always with PKCE."""
    seen: list[tuple[bool, bool]] = []
    original = idp._token

    async def token(request: Any) -> Response:
        form = await request.form()
        seen.append(("authorization" in request.headers, "client_secret" in form))
        return await original(request)

    idp._token = token  # type: ignore[method-assign]
    if offered is not None:
        idp.bend_discovery = put(token_endpoint_auth_methods_supported=offered)
    with served(lambda _: idp.app()) as issuer:
        idp.issuer = issuer
        with site(sqlite_store, issuer, secret=secret) as home:
            assert home.enter().status_code == 303
    assert seen == [{"basic": (True, False), "post": (False, True), "none": (False, False)}[method]]


def test_a_certified_peer_signs_in_and_out(sqlite_store: Database, oidc_provider: Callable[..., Any]) -> None:
    """npm oidc-provider: PKCE, claims, step-up and RP-initiated logout, by its own rules."""
    base = "http://127.0.0.1:18080"
    peer = oidc_provider(f"{base}/auth/callback", f"{base}/auth/bye")
    with (
        site(sqlite_store, peer.issuer, secret=peer.client_secret, scopes=("openid", "profile", "email", "groups"),
             groups_claim="groups") as home,
        httpx.Client() as browser,
    ):  # fmt: skip
        with home.db.write() as session:
            add(session, "tom")
        back = peer.sign_in(home.go(next="/mine"), "tom", browser)
        assert home.back(back).headers["location"] == "/mine"
        assert home.me()["roles"] == ["customer", "staff"]  # type: ignore[index]
        again = peer.sign_in(home.go("/auth/again"), "tom", browser)
        assert home.back(again).status_code == 303
        out = browser.get(home.logout().headers["location"])
        while out.is_redirect:
            out = browser.get(urljoin(str(out.url), out.headers["location"]))
        assert out.status_code == 200
        xsrf = out.text.split('name="xsrf" value="')[1].split('"')[0]
        action = out.text.split('action="')[1].split('"')[0]
        done = browser.post(action, data={"xsrf": xsrf, "logout": "yes"})
        assert done.headers["location"].startswith(f"{base}/auth/bye")
        assert home.me() is None
