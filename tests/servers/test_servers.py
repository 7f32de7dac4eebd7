"""The fixtures of this folder do what tests rely on."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable
from email.message import EmailMessage

import httpx
import ldap3
import psycopg
import pytest
from ldap3.core.exceptions import LDAPException
from playwright.sync_api import Page
from sqlalchemy import create_engine, text

from tests.servers.ldap_client import connect
from tests.servers.oidc_provider import OidcProvider
from tests.servers.postgres import Postgres
from tests.servers.processes import program
from tests.servers.slapd import Slapd
from tests.servers.smtp import Mailbox
from tests.servers.tcp_fault import FaultProxy


def test_missing_server_fails_naming_the_debian_package() -> None:
    """A machine without a server gets one sentence that says what to install, and no skipped test."""
    with pytest.raises(pytest.fail.Exception, match="no-such-server is missing: install the Debian package not-there"):
        program("no-such-server", "not-there")


def test_slapd_speaks_tls_with_its_own_authority(slapd: Slapd) -> None:
    """The service account binds over TLS with the certificate checked."""
    with slapd.connect(slapd.svc_dn, slapd.svc_password, tls=True) as service:
        assert service.bound


def test_slapd_people_and_groups_never_collide(slapd: Slapd) -> None:
    """Two people of one name are two entries, and memberOf follows member."""
    first, second = slapd.add_person("Müller, Jörg"), slapd.add_person("Müller, Jörg")
    group = slapd.add_group(first.dn)
    assert first.dn != second.dn
    assert slapd.attributes(first.dn, "memberOf") == {"memberOf": [group]}
    assert slapd.attributes(second.dn, "memberOf") == {}


def test_slapd_locks_after_three_wrong_passwords(slapd: Slapd) -> None:
    """The password policy is at work: the right password is refused after three wrong ones."""
    person = slapd.add_person()
    assert slapd.accepts(person.dn, person.password)
    for _ in range(3):
        assert not slapd.accepts(person.dn, "wrong")
    assert not slapd.accepts(person.dn, person.password)


def test_big_slapd_holds_ten_thousand_people_with_managers_and_groups(big_slapd: Slapd) -> None:
    """Paged reading gives 10 000 people, each with a timestamp, all but one with a manager, all in a group."""
    with big_slapd.service() as service:
        people = list(
            service.extend.standard.paged_search(
                big_slapd.people,
                "(objectClass=inetOrgPerson)",
                ldap3.LEVEL,
                attributes=["manager", "memberOf", "entryUUID", "modifyTimestamp"],
                paged_size=500,
            )
        )
    assert len(people) == 10_000
    assert sum(1 for one in people if not one["raw_attributes"]["manager"]) == 1
    assert all(one["raw_attributes"]["memberOf"] for one in people)
    assert len({one["raw_attributes"]["entryUUID"][0] for one in people}) == 10_000


def test_postgres_keeps_what_it_promised(postgres: Postgres) -> None:
    """Durability is as shipped: fsync and synchronous commit are on."""
    with postgres.connect() as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert str(connection.execute("SHOW server_version").fetchone()).startswith("('15.")


@pytest.mark.parametrize("time", ["first", "second"])
def test_every_test_has_an_empty_database(postgres_url: str, time: str) -> None:
    """A table made by one test is not there in the next."""
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE only_mine (id int)"))
    engine.dispose()


def test_postgres_refuses_a_wrong_password(postgres: Postgres) -> None:
    """Connections are checked as in a company."""
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://{postgres.owner}:wrong@{postgres.host}:{postgres.port}/postgres")


def test_oidc_provider_signs_in_and_sends_back(oidc_provider: Callable[..., OidcProvider]) -> None:
    """Signing in leads back to our address with a code that buys tokens with groups in them."""
    back = "http://127.0.0.1:1/auth/callback"
    provider = oidc_provider(back)
    found = httpx.get(f"{provider.issuer}/.well-known/openid-configuration").json()
    challenge, verifier = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    asked = httpx.URL(
        found["authorization_endpoint"],
        params={
            "client_id": provider.client_id, "redirect_uri": back, "response_type": "code", "state": "s", "nonce": "n",
            "scope": "openid email profile groups", "code_challenge": challenge, "code_challenge_method": "S256",
        },
    )  # fmt: skip
    code = httpx.URL(provider.sign_in(str(asked), "tom")).params["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    who = (provider.client_id, provider.client_secret)
    tokens = httpx.post(found["token_endpoint"], data=form, auth=who).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    info = httpx.get(found["userinfo_endpoint"], headers=bearer).json()
    assert tokens["id_token"]
    assert info["groups"] == ["all-staff", "techops"]


def _letter(subject: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@example.test", "b@example.test", subject
    letter.set_content("Größe")
    return letter


def test_smtp_goes_away_and_comes_back_on_its_port(smtp: Mailbox) -> None:
    """Mail arrives whole; a stopped server refuses; started again it takes mail at the same address."""
    with smtplib.SMTP(smtp.host, smtp.port) as client:
        client.send_message(_letter("one"))
    smtp.stop()
    with pytest.raises(OSError, match="refused"):
        smtplib.SMTP(smtp.host, smtp.port)
    smtp.start()
    with smtplib.SMTP(smtp.host, smtp.port) as client:
        client.send_message(_letter("two"))
    assert [one["Subject"] for one in smtp.wait(2)] == ["one", "two"]
    assert smtp.messages[0].get_content().strip() == "Größe"


def test_smtp_refuses_when_told(smtp: Mailbox) -> None:
    """A refused message is not counted as received."""
    smtp.answer = "451 come back later"
    with smtplib.SMTP(smtp.host, smtp.port) as client, pytest.raises(smtplib.SMTPDataError) as refusal:
        client.send_message(_letter("one"))
    assert refusal.value.smtp_code == 451
    assert smtp.messages == []


def test_lost_answer_is_a_write_that_happened(slapd: Slapd, tcp_fault: Callable[[int], FaultProxy]) -> None:
    """The proxy lets the request through and loses only the answer; binding first is not disturbed."""
    person, proxy = slapd.add_person(), tcp_fault(slapd.port)
    proxy.lose_next_answer()
    with pytest.raises(LDAPException):
        _rename(proxy, slapd, person.dn)
    assert slapd.attributes(person.dn, "title") == {"title": ["Changed"]}
    assert proxy.faults == 1


def test_cut_request_is_a_write_that_never_happened(slapd: Slapd, tcp_fault: Callable[[int], FaultProxy]) -> None:
    """The proxy closes before the target saw the request; the next connection works."""
    person, proxy = slapd.add_person(), tcp_fault(slapd.port)
    proxy.cut_before_server()
    with pytest.raises(LDAPException):
        _rename(proxy, slapd, person.dn)
    assert slapd.attributes(person.dn, "title") == {}
    _rename(proxy, slapd, person.dn)
    assert slapd.attributes(person.dn, "title") == {"title": ["Changed"]}


def test_offline_refuses_and_online_accepts_again(slapd: Slapd, tcp_fault: Callable[[int], FaultProxy]) -> None:
    """Offline means a refused connection, on the very port that works again later."""
    proxy = tcp_fault(slapd.port)
    proxy.offline()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port), 3)
    proxy.online()
    _rename(proxy, slapd, slapd.add_person().dn)
    assert proxy.connections == 1


def _rename(proxy: FaultProxy, slapd: Slapd, dn: str) -> None:
    with connect(proxy.port, slapd.admin_dn, slapd.admin_password) as connection:
        assert connection.bound
        assert connection.modify(dn, {"title": [(ldap3.MODIFY_REPLACE, ["Changed"])]})[0]


def test_axe_finds_a_picture_without_words(page: Page, axe: Callable[[Page], list[str]]) -> None:
    """The checker really checks: a bad page is found bad, a good one good."""
    good = "<!doctype html><html lang=en><title>t</title><main><h1>Hello</h1></main></html>"
    page.set_content(good)
    assert axe(page) == []
    page.set_content(good.replace("</main>", "<img src='data:,'></main>"))
    assert [line.split(":")[0] for line in axe(page)] == ["critical image-alt"]


async def test_coroutines_run_after_a_browser(chromium: str) -> None:
    """An async test after one that drove the browser runs: Playwright's own event loop is gone by then."""
    assert chromium.startswith("ws://127.0.0.1:")
