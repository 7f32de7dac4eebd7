"""The certified npm `oidc-provider` as a fixture: an identity provider that was not written here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from tests.servers.node import FOLDER, node_packages
from tests.servers.processes import program, running

ACCOUNTS = {
    "ana": {"name": "Ana Example", "email": "ana@example.test", "groups": ["all-staff"]},
    "tom": {"name": "Tom Example", "email": "tom@example.test", "groups": ["all-staff", "techops"]},
    "ada": {"name": "Ada Example", "email": "ada@example.test", "groups": ["all-staff", "selfserve-admins"]},
}


@dataclass(frozen=True)
class OidcProvider:
    """A running provider with one confidential client; `accounts` are login -> claims."""

    issuer: str
    redirect_uri: str
    accounts: dict[str, dict[str, object]]
    client_id: str = "selfserve"
    client_secret: str = "selfserve-secret"

    def sign_in(self, authorize_url: str, login: str, browser: httpx.Client | None = None) -> str:
        """The redirect back to us that signing in as `login` leads to; `browser` keeps the provider's session."""
        with ExitStack() as stack:
            browser = browser or stack.enter_context(httpx.Client())
            answer = _follow(browser, browser.get(authorize_url), self.redirect_uri)
            if answer.status_code == 200:
                form = {"prompt": "login", "login": login, "password": "any"}
                answer = _follow(browser, browser.post(answer.url, data=form), self.redirect_uri)
            location = answer.headers.get("location", "")
            assert location.startswith(self.redirect_uri), f"{answer.status_code} {answer.text[:500]}"
            return str(location)


def _follow(browser: httpx.Client, answer: httpx.Response, until: str) -> httpx.Response:
    while answer.is_redirect and not answer.headers["location"].startswith(until):
        answer = browser.get(urljoin(str(answer.url), answer.headers["location"]))
    return answer


@contextmanager
def start_oidc_provider(
    log: Path, redirect_uri: str, signed_out_uri: str = "", accounts: dict[str, dict[str, object]] | None = None
) -> Iterator[OidcProvider]:
    """A provider that sends people back to `redirect_uri`, and after sign-out to `signed_out_uri`."""
    node_packages()
    people: dict[str, dict[str, object]] = accounts or {login: dict(claims) for login, claims in ACCOUNTS.items()}
    client = {
        "client_id": OidcProvider.client_id, "client_secret": OidcProvider.client_secret,
        "redirect_uris": [redirect_uri], "grant_types": ["authorization_code"], "response_types": ["code"],
        "post_logout_redirect_uris": [signed_out_uri] if signed_out_uri else [],
    }  # fmt: skip
    setup = json.dumps({"clients": [client], "accounts": people})
    command = [program("node", "nodejs"), str(FOLDER / "provider.mjs"), setup]
    with running(command, log, lambda: bool(_issuer(log)), cwd=FOLDER):
        yield OidcProvider(_issuer(log), redirect_uri, people)


def _issuer(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines(True) if line.startswith('{"issuer"')]
    return str(json.loads(lines[0])["issuer"]) if lines and lines[0].endswith("\n") else ""


@pytest.fixture
def oidc_provider(tmp_path: Path) -> Iterator[Callable[..., OidcProvider]]:
    """A function that starts a provider: `oidc_provider(redirect_uri, signed_out_uri="", accounts=None)`."""
    with ExitStack() as stack:

        def start(
            redirect_uri: str, signed_out_uri: str = "", accounts: dict[str, dict[str, object]] | None = None
        ) -> OidcProvider:
            log = tmp_path / f"oidc-provider-{len(list(tmp_path.glob('oidc-provider-*')))}.log"
            return stack.enter_context(start_oidc_provider(log, redirect_uri, signed_out_uri, accounts))

        yield start
