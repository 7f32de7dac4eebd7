"""Coming in, being known, going out."""

from __future__ import annotations

import threading
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa
from tests.people.company import NOON, add
from tests.sign_in.site import Site, site
from tests.sign_in.twisted import Twisted

from selfserve.audit.seal import verify as verify_trail
from selfserve.people.identities import NotLinkedError, person_of, unlink
from selfserve.store.database import Database
from selfserve.store.tables import AuditEvent, Identity, Person, PersonGroup


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_the_page_before_sign_in_speaks_the_browser_s_language(home: Site) -> None:
    """German and English at the same time; the company's language where the browser names none of ours."""
    wishes = ("de-AT, en;q=0.5", "fr, en;q=0.3, de;q=0.1", "fr")
    answers = [home.client.get("/sign-in", headers={"accept-language": wish}) for wish in wishes]
    for answer, code, words in zip(answers, ("de", "en", "en"), ("Willkommen", "Welcome", "Welcome"), strict=True):
        assert f'<html lang="{code}">' in answer.text
        assert f"<h1>{words}</h1>" in answer.text
        assert answer.headers["vary"] == "Accept-Language, Cookie"


def test_signing_in_leads_back_to_the_page_one_wanted(home: Site) -> None:
    """One wall, one page with one button, the provider, and the page."""
    asked = home.client.get("/items/vpn?from=mail")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=%2Fitems%2Fvpn%3Ffrom%3Dmail")
    landing = home.client.get(asked.headers["location"])
    assert "Fernhill" in landing.text
    assert '<a class="act" href="/auth/login?next=%2Fitems%2Fvpn%3Ffrom%3Dmail">Sign in</a>' in landing.text
    entered = home.enter(next="/items/vpn?from=mail")
    assert (entered.status_code, entered.headers["location"]) == (303, "/items/vpn?from=mail")
    assert home.client.get("/items/vpn").text.startswith("page /items/vpn")
    assert home.client.get("/sign-in?next=/mine").headers["location"] == "/mine"


def test_pkce_nonce_and_state_are_always_sent_and_always_new(home: Site, idp: Twisted) -> None:
    """The browser gets the challenge only; nothing repeats."""
    first, second = (query(home.go()) for _ in range(2))
    assert first["code_challenge_method"] == "S256"
    assert "openid" in first["scope"].split()
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 20
        assert first[name] != second[name]
    assert "code_verifier" not in first


def test_the_cookie_is_ours_alone(home: Site) -> None:
    """HttpOnly, Lax, the whole site; the secret is in no row and no event."""
    cookie = home.enter().headers["set-cookie"]
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    secret = home.client.cookies[home.cookie]
    assert len(secret) == 43
    with home.db.snapshot() as session:
        told = [vars(event) for event in session.scalars(sa.select(AuditEvent))]
        assert verify_trail(session).breaks == []
    assert secret not in f"{[vars(row) for row in home.rows()]} {told}"


def test_with_tls_cookies_are_bound_to_the_host(idp: Twisted, sqlite_store: Database) -> None:
    """`__Host-` and Secure on both cookies, as soon as people come by https."""
    with site(sqlite_store, idp.issuer, public_url="https://help.example.test") as home:
        home.go()
        sent = home.client.get("/auth/login").headers["set-cookie"]
        assert sent.startswith("__Host-selfserve-in-")
        entered = home.enter().headers.get_list("set-cookie")
    ours = next(cookie for cookie in entered if cookie.startswith("__Host-selfserve="))
    assert "; Secure" in ours
    assert "omain=" not in ours


def test_a_session_planted_beforehand_is_worth_nothing(home: Site) -> None:
    """Session fixation: the secret is made at sign-in and never taken from the browser."""
    planted = "A" * 43
    home.client.cookies.set(home.cookie, planted)
    home.enter()
    assert home.client.cookies.get(home.cookie, domain="127.0.0.1") != planted
    home.client.cookies.clear()
    assert home.client.get("/me", headers={"cookie": f"{home.cookie}={planted}"}).status_code == 303


def test_signing_in_again_ends_the_session_before(home: Site) -> None:
    """The earlier secret dies with the rotation, and its open pages are told."""
    home.enter()
    before = home.client.cookies[home.cookie]
    home.enter()
    assert home.client.cookies[home.cookie] != before
    old, new = home.rows()
    assert old.ended_at is not None
    assert new.ended_at is None
    assert home.ended == [old.id]
    assert home.client.get("/me", headers={"cookie": f"{home.cookie}={before}"}).status_code == 303


def test_an_answer_works_once(home: Site, idp: Twisted) -> None:
    """The same callback again, with its code or a fresh one, is stale: state is spent."""
    address = home.go()
    back = httpx.get(address, follow_redirects=False).headers["location"]
    kept = dict(home.client.cookies)
    assert home.back(back).status_code == 303
    home.client.cookies.clear()
    for name, value in kept.items():
        home.client.cookies.set(name, value)
    again = home.back(back)
    assert again.status_code == 400
    assert "This sign-in is no longer good" in again.text
    assert home.me() is None


def test_an_answer_belongs_to_the_browser_that_asked(home: Site) -> None:
    """Somebody's own callback address, sent to a victim, must not sign the victim in as them."""
    back = httpx.get(home.go(), follow_redirects=False).headers["location"]
    home.client.cookies.clear()
    answer = home.back(back)
    assert answer.status_code == 400
    assert home.rows() == []
    assert f"{home.cookie}=" not in answer.headers.get("set-cookie", "")


def test_an_attempt_ends_after_ten_minutes(home: Site) -> None:
    """What was begun long ago is begun again, not finished."""
    address = home.go()
    home.clock.ahead = timedelta(minutes=10, seconds=2)
    answer = home.through(address)
    assert answer.status_code == 400
    assert "longer than ten minutes" in answer.text


def test_two_tabs_sign_in_side_by_side(home: Site) -> None:
    """Each attempt has its own state; a page elsewhere that begins many does not fill the browser with cookies."""
    first, second = home.go(next="/one"), home.go(next="/two")
    assert home.through(second).headers["location"] == "/two"
    assert home.through(first).headers["location"] == "/one"
    for _ in range(12):
        home.go()
    assert len(home.client.cookies) <= 6


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "/%0d%0aSet-Cookie:x=1\r\n", "javascript:alert(1)",
        "/\t/evil.example", "/auth/logout", "/sign-in?next=/", "/a/../../auth/login", "x" * 20, "/" + "x" * 2000, "",
        "/api/v1/me", "/./..//evil.example", "\x00/",
    ],
)  # fmt: skip
def test_next_never_leads_away(home: Site, wanted: str) -> None:
    """Whatever stands in `next`, one comes back to a page of ours."""
    target = home.enter(next=wanted).headers["location"]
    assert target == "/" or (target.startswith("/%0d%0a") and "\r" not in target)


def test_the_first_sign_in_links_and_later_ones_do_not_look_again(home: Site, idp: Twisted) -> None:
    """Issuer and subject decide from then on, whatever happens to addresses."""
    home.enter()
    idp.who["email"] = "somebody.else@example.test"
    home.enter()
    assert home.me() == {"login": "ana", "roles": ["customer"], "at": home.rows()[-1].authenticated_at.isoformat()}
    with home.db.read() as session:
        assert session.scalars(sa.select(Identity.subject)).all() == ["sub-ana"]
    assert home.kinds().count("identity.linked") == 1


@pytest.mark.parametrize("claim", ["nobody@example.test", "", "twice@example.test", None, 17, ["ana@example.test"]])
def test_zero_or_two_matches_are_refused_with_a_sentence(home: Site, idp: Twisted, claim: object) -> None:
    """Nobody is guessed; the trail says why, and no session begins."""
    with home.db.write() as session:
        add(session, "one", email="twice@example.test")
        add(session, "two", email="twice@example.test")
    idp.who = {"sub": "s2", "email": claim}
    answer = home.enter()
    assert answer.status_code == 403
    assert "in the company&#x27;s directory" in answer.text
    assert "Call 555-0100." in answer.text
    assert home.rows() == []
    assert home.kinds() == ["sign_in.refused"]


def test_a_recycled_address_does_not_bring_the_account_along(home: Site, idp: Twisted) -> None:
    """A new account at the provider with a known person's address is refused until somebody unlinks the old one."""
    home.enter()
    home.client.cookies.clear()
    idp.who = {"sub": "sub-other", "email": "ana@example.test"}
    answer = home.enter()
    assert answer.status_code == 403
    assert "another account than the one we know you by" in answer.text
    with home.db.write() as session:
        assert unlink(session, session.scalars(sa.select(Person.id)).one(), NOON, "admin").identities == 1
    assert home.enter().status_code == 303


def test_an_unverified_address_links_nobody(home: Site, idp: Twisted) -> None:
    """Where the provider says it has not checked the address, anybody could have typed it."""
    idp.who["email_verified"] = False
    assert home.enter().status_code == 403
    assert home.rows() == []


@pytest.mark.parametrize("values", [{"disabled": True}, {"gone_at": NOON}])
def test_who_is_disabled_is_out_at_the_next_request(home: Site, values: dict[str, object]) -> None:
    """The session dies with the person's presence, without any sweep; signing in anew is refused."""
    home.enter()
    assert home.me() is not None
    with home.db.write() as session:
        session.execute(sa.update(Person).values(**values))
    assert home.me() is None
    answer = home.enter()
    assert answer.status_code == 403
    assert home.kinds()[-1] == "sign_in.refused"


def test_roles_come_from_the_directory_now_and_from_the_claim_at_sign_in(home: Site, idp: Twisted) -> None:
    """A group given or taken in the directory counts at the next request."""
    idp.who["groups"] = ["selfserve-admins", "unknown", 7]
    home.enter()
    assert home.me()["roles"] == ["admin", "customer"]  # type: ignore[index]
    with home.db.write() as session:
        session.add(PersonGroup(person_id=session.scalars(sa.select(Person.id)).one(), group="techops"))
    assert home.me()["roles"] == ["admin", "customer", "staff"]  # type: ignore[index]
    with home.db.write() as session:
        session.execute(sa.delete(PersonGroup))
    assert home.me()["roles"] == ["admin", "customer"]  # type: ignore[index]
    idp.who["groups"] = "techops"
    home.enter()
    assert home.me()["roles"] == ["customer", "staff"]  # type: ignore[index]


def test_a_session_ends_when_idle_and_at_its_limit(home: Site) -> None:
    """Eight hours without a sign of life, or a day whatever happens."""
    home.enter()
    for hours in range(7, 24, 7):
        home.clock.ahead = timedelta(hours=hours)
        assert home.me() is not None
    home.clock.ahead = timedelta(hours=24, seconds=1)
    assert home.me() is None
    home.enter()
    assert home.me() is not None
    home.clock.ahead += timedelta(hours=8, seconds=1)
    assert home.me() is None


def test_signing_out_ends_it_here_and_at_the_provider(home: Site, idp: Twisted) -> None:
    """RP-initiated logout with the ID token as hint, which nobody can read from the store."""
    home.enter()
    sealed = home.rows()[0].sealed_hint
    answer = home.logout()
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{idp.issuer}/logout?")
    told = query(answer.headers["location"])
    assert told["post_logout_redirect_uri"] == "http://127.0.0.1:18080/auth/bye"
    assert told["id_token_hint"].count(".") == 2
    assert told["id_token_hint"] not in sealed
    assert home.me() is None
    assert home.rows()[0].sealed_hint == ""
    assert home.ended == [home.rows()[0].id]
    assert home.kinds()[-1] == "sign_in.ended"
    assert "You are signed out" in home.client.get("/auth/bye").text


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}, {"x": "none"}]
)
def test_nobody_else_signs_one_out(home: Site, headers: dict[str, str]) -> None:
    """A form on another site changes nothing; nor does a link."""
    home.enter()
    assert home.logout(**headers).status_code == 403
    home.client.get("/auth/logout")
    assert home.me() is not None


def test_signing_out_works_while_the_provider_is_away(home: Site, idp: Twisted) -> None:
    """Our own session ends in any case."""
    home.enter()
    idp.bend_discovery = lambda _: {}
    home.clock.ahead = timedelta(hours=2)
    answer = home.logout()
    assert answer.headers["location"] == "/auth/bye"
    assert home.me() is None
    assert home.logout().headers["location"] == "/auth/bye"


def test_a_fresh_proof_is_asked_for_and_judged(home: Site, idp: Twisted) -> None:
    """Step-up: the provider is told to ask, and an old `auth_time` or none does not pass."""
    home.enter()
    address = home.go("/auth/again", next="/mine")
    told = query(address)
    assert (told["max_age"], told["prompt"]) == ("0", "login")
    assert home.through(address).headers["location"] == "/mine"
    assert len([row for row in home.rows() if row.ended_at is None]) == 1
    for stale in (lambda: 1_600_000_000, lambda: None, lambda: "now", lambda: -5):
        idp.auth_time = stale  # type: ignore[assignment]
        answer = home.through(home.go("/auth/again"))
        assert answer.status_code in (403, 502)
    assert home.me() is not None


def test_somebody_else_cannot_give_the_fresh_proof(home: Site, idp: Twisted) -> None:
    """The colleague at the same desk proves themselves, not the person whose session it is."""
    home.enter()
    with home.db.write() as session:
        add(session, "bob")
    address = home.go("/auth/again")
    idp.who = {"sub": "sub-bob", "email": "bob@example.test"}
    answer = home.through(address)
    assert answer.status_code == 403
    assert "prove freshly who you are" in answer.text
    assert home.me()["login"] == "ana"  # type: ignore[index]


def test_without_auth_time_a_session_is_never_fresh(home: Site, idp: Twisted) -> None:
    """A provider that does not tell when the proof was given gives none that counts."""
    idp.bend_claims = lambda claims: {name: value for name, value in claims.items() if name != "auth_time"}
    home.enter()
    assert home.me()["at"].startswith("1970-01-01")  # type: ignore[index]


def test_a_proof_from_the_future_counts_as_now(home: Site, idp: Twisted) -> None:
    """A provider's clock ahead of ours must not keep a session fresh for longer."""
    idp.auth_time = lambda: int(home.clock().timestamp()) + 40_000
    home.enter()
    row = home.rows()[0]
    assert row.authenticated_at == row.created_at


def test_first_sign_ins_at_once_link_once(db: Database, idp: Twisted) -> None:
    """Two browsers of one new person at the same moment: both are in, and one identity exists, on each store."""
    answers: list[int] = []
    with site(db, idp.issuer) as home:
        addresses = [home.go() for _ in range(3)]
        threads = [
            threading.Thread(target=lambda one=one: answers.append(home.through(one).status_code)) for one in addresses
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [303, 303, 303]
    with db.read() as session:
        assert len(session.scalars(sa.select(Identity)).all()) == 1


def test_two_accounts_at_once_link_one(db: Database) -> None:
    """Two subjects that claim one person at the same moment: one is linked, the other refused, on each store."""
    with db.write() as session:
        add(session, "ana")
    results: list[str] = []
    together = threading.Barrier(2)

    def link(subject: str) -> None:
        together.wait()
        try:
            with db.write() as session:
                results.append(person_of(session, "https://idp", subject, "email", "ana@example.test", NOON).login)
        except NotLinkedError as error:
            results.append(error.why)

    threads = [threading.Thread(target=link, args=(subject,)) for subject in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["ana", "other_account"]
