"""The wall in front of every page, and hard case 24 as far as it stands here."""

from __future__ import annotations

import pytest
from tests.sign_in.site import Site, site
from tests.sign_in.twisted import Twisted

from selfserve.store.database import Database
from selfserve.web.origins import from_here, host_name, origin_of, safe_next


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:18080", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "", "[::1", "a/b"],
)
def test_hard_case_24_a_foreign_host_is_refused(home: Site, host: str) -> None:
    """Refused before anything is built, and the page names only our own address."""
    answer = home.client.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "http://127.0.0.1:18080" in answer.text
    assert "evil" not in answer.text


def test_hard_case_24_forwarded_hosts_change_no_link(home: Site) -> None:
    """Not by a stranger and not by the trusted proxy: every link and redirect keeps the public address."""
    lies = {
        "x-forwarded-host": "evil.example", "x-forwarded-prefix": "//evil.example", "x-forwarded-port": "1",
        "forwarded": "host=evil.example", "x-forwarded-server": "evil.example",
    }  # fmt: skip
    answers = [home.client.get(path, headers=lies) for path in ("/mine", "/sign-in", "/auth/login", "/auth/bye")]
    told = str([(answer.headers, answer.text) for answer in answers])
    assert "evil.example" not in told
    assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A18080%2Fauth%2Fcallback" in told


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_come_by_any_name(home: Site, path: str) -> None:
    """An orchestrator asks by address; these answers hold no link."""
    assert home.client.get(path, headers={"host": "10.1.2.3:8080"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("10.1.2.3:8080", 200), ("[::1]:8080", 200), ("evil.example", 400), ("127.0.0.1.evil.example", 400)],
)
def test_monitoring_comes_by_address_but_by_no_foreign_name(home: Site, host: str, status: int) -> None:
    """A page that points its own name at this machine would read the figures through a browser here."""
    assert home.client.get("/metrics", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    ("sent", "scheme", "address"),
    [
        (
            {"x-forwarded-for": "203.0.113.9, 198.51.100.7, 10.9.0.2", "x-forwarded-proto": "https"},
            "https",
            "198.51.100.7",
        ),
        ({"x-forwarded-for": "203.0.113.5:4000"}, "http", "203.0.113.5"),
        ({"x-forwarded-for": "[2001:db8::1]:4000, 10.9.0.2:80"}, "http", "2001:db8::1"),
        ({"x-forwarded-for": "garbage", "x-forwarded-proto": "javascript"}, "http", "unknown"),
        ({"x-forwarded-for": "203.0.113.9, unknown"}, "http", "unknown"),
        ({"x-forwarded-for": "203.0.113.9, "}, "http", "unknown"),
        ({"x-forwarded-for": "10.9.0.2"}, "http", "10.9.0.1"),
        ({"x-forwarded-for": ""}, "http", "10.9.0.1"),
        ({}, "http", "10.9.0.1"),
    ],
)
def test_a_trusted_proxy_tells_address_and_scheme(home: Site, sent: dict[str, str], scheme: str, address: str) -> None:
    """The nearest address that is no proxy of ours; what a client wrote further left is not believed. Where it is no
    address the caller is nowhere: the proxy's own, which may be of this machine, is not his."""
    assert home.client.get("/healthz", headers=sent).text == f"page /healthz {scheme} {address}"


def test_a_stranger_tells_nothing(home: Site) -> None:
    """The same words from elsewhere are dropped."""
    home.client._client._transport.client = ("192.0.2.1", 1)  # type: ignore[attr-defined]
    sent = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}
    assert home.client.get("/healthz", headers=sent).text == "page /healthz http 192.0.2.1"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://127.0.0.1:18080"}, 200),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "https://evil.example", "sec-fetch-site": "same-origin"}, 403),
        ({"origin": "http://127.0.0.1:18081"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"referer": "http://127.0.0.1:18080/"}, 403),
    ],
)
def test_only_our_own_pages_change_anything(home: Site, headers: dict[str, str], status: int) -> None:
    """Cross-site request forgery: a post counts only where the browser itself says that a page of ours sent it."""
    home.enter()
    assert home.client.post("/anything", headers=headers).status_code == status


def test_the_api_is_for_programs(home: Site) -> None:
    """It is not asked for an origin and never sent to sign in; it judges the token itself."""
    assert home.client.post("/api/v1/requests").status_code == 200
    assert home.client.post("/api").status_code == 200
    told = home.client.get("/api/v1/me", headers={"host": "evil.example"})
    assert (told.status_code, told.headers["content-type"]) == (400, "application/problem+json")
    assert (told.json()["type"], told.json()["status"]) == ("wrong-host", 400)
    assert "evil" not in told.text
    assert "http://127.0.0.1:18080" in told.json()["detail"]


@pytest.mark.parametrize("host", ["localhost:18080", "LOCALHOST:18080", "localhost", "[::1]:18080"])
def test_another_name_of_this_machine_leads_to_its_address(home: Site, host: str) -> None:
    """Typed by hand in a trial: sign-in and cookies belong to one name, and the browser is led to it; a post, which a
    redirect could lose, is not, and a program is told."""
    answer = home.client.get("/requests?state=open", headers={"host": host})
    assert answer.status_code == 307
    assert answer.headers["location"] == "http://127.0.0.1:18080/requests?state=open"
    elsewhere = home.client.get("//evil.example/x", headers={"host": host})
    assert elsewhere.headers["location"].startswith("http://127.0.0.1:18080/")
    assert home.client.post("/anything", headers={"host": host}).status_code == 400
    assert home.client.get("/api/v1/me", headers={"host": host}).status_code == 400


def test_without_a_session_a_post_is_told_to_sign_in(home: Site) -> None:
    """Not redirected: the browser would lose what was typed without a word."""
    answer = home.client.post("/anything", headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 401
    assert "Nothing was changed." in answer.text


@pytest.mark.parametrize("cookie", ["", "A" * 43, "A" * 5000, "'; DROP TABLE sign_in; --", "é"])
def test_a_made_up_cookie_is_nobody(home: Site, cookie: str) -> None:
    """Whatever the browser sends, it is looked up by its hash or not at all."""
    sent = f"{home.cookie}={cookie}".encode()
    assert home.client.get("/me", headers=[(b"cookie", sent)]).status_code == 303


@pytest.mark.parametrize("path", ["/", "/sign-in", "/healthz", "/api/v1/me", "/static/x.css", "/no", "/auth/bye"])
def test_every_answer_carries_the_headers(home: Site, path: str) -> None:
    """Pages, files, the API and refusals alike."""
    headers = home.client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers
    if path.startswith("/api/"):
        assert headers["cache-control"] == "no-store"


def test_the_policy_of_pages_names_the_provider_and_nobody_else(home: Site, idp: Twisted) -> None:
    """Scripts by nonce, forms to us and to the provider (signing out ends there), a new nonce each time."""
    first, second = (home.client.get("/auth/bye").headers["content-security-policy"] for _ in range(2))
    assert f"form-action 'self' {idp.issuer}" in first
    assert first != second
    for rule in ("object-src 'none'", "base-uri 'none'", "script-src 'self' 'nonce-", "default-src 'self'"):
        assert rule in first


def test_with_tls_browsers_are_told_to_stay_with_it(idp: Twisted, sqlite_store: Database) -> None:
    """HSTS for a year."""
    with site(sqlite_store, idp.issuer, public_url="https://help.example.test") as home:
        assert home.client.get("/sign-in").headers["strict-transport-security"].startswith("max-age=31536000")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Help.Example.Test:443", "help.example.test"), ("[::1]:80", "::1"), ("help.example.", "help.example"),
        ("a b", ""), ("a@b", ""), ("a:x", ""), ("a:0", ""), ("a\\b", ""), ("a?b", ""), ("a#b", ""), ("[::1", ""),
    ],
)  # fmt: skip
def test_host_headers_are_read_strictly(header: str, name: str) -> None:
    """The name alone, or nothing for what no browser sends."""
    assert host_name(header) == name


def test_origins_are_written_as_browsers_write_them() -> None:
    """Usual ports are left out, addresses of IPv6 keep their brackets."""
    assert origin_of("https://Help.example.test:443/x") == "https://help.example.test"
    assert origin_of("http://[::1]:8080/x") == "http://[::1]:8080"
    for nothing in ("", "ftp://x", "https://", "https://x:99999", "//x"):
        assert origin_of(nothing) == ""
    assert not from_here({}, "")


def test_paths_of_ours_survive_with_their_query() -> None:
    """A safe next is not changed, so that links from mails arrive."""
    for path in ("/", "/items/vpn", "/requests/R-7K3FM?from=mail&x=%20y", "/items/caf%C3%A9", "/?q=a+b"):
        assert safe_next(path) == path
    assert safe_next("/caf\u00e9") == "/caf%C3%A9"
