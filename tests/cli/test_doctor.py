"""`selfserve doctor` finds each fault, and none where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cli.conftest import Selfserve
from tests.servers.oidc_provider import OidcProvider
from tests.servers.smtp import Mailbox

from selfserve.cli.checks.provider import check_provider
from selfserve.connectors.contract import Level
from selfserve.settings.identity import Oidc

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
OIDC = Oidc(issuer="https://login.example.com", client_id="selfserve")
METADATA = {
    "issuer": "https://login.example.com",
    "authorization_endpoint": "https://login.example.com/auth",
    "token_endpoint": "https://login.example.com/token",
    "jwks_uri": "https://login.example.com/jwks",
    "id_token_signing_alg_values_supported": ["RS256"],
    "code_challenge_methods_supported": ["S256"],
}


def look(metadata: object, *, keys: object = None, date: datetime = NOW, status: int = 200) -> list[tuple[Level, str]]:
    """What is found of a provider that answers so."""

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"date": format_datetime(date, usegmt=True)}
        if request.url.path == "/jwks":
            return httpx.Response(200, json={"keys": [{"kty": "RSA"}]} if keys is None else keys, headers=headers)
        content = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
        return httpx.Response(status, content=content, headers=headers)

    return [(one.level, one.text) for one in check_provider(OIDC, NOW, httpx.MockTransport(answer))]


def test_a_good_provider_is_good() -> None:
    """Discovery, keys, algorithms, PKCE and clock."""
    assert [level for level, _ in look(METADATA)] == [Level.INFO, Level.INFO]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"issuer": "https://evil.example.com"}, "calls itself 'https://evil.example.com'"),
        ({"jwks_uri": None}, "has no jwks_uri"),
        ({"token_endpoint": None}, "has no token_endpoint"),
        ({"id_token_signing_alg_values_supported": ["none"]}, "signs with none; none is in oidc.algorithms"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, "signs with HS256"),
    ],
)
def test_each_fault_of_a_provider_is_named(change: dict[str, Any], words: str) -> None:
    """As a failure, since sign-in would fail."""
    failures = [text for level, text in look({**METADATA, **change}) if level is Level.ERROR]
    assert len(failures) == 1
    assert words in failures[0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"status": 503}, "answers 503, not 200"),
        ({"metadata": b"<html>"}, "does not answer with JSON"),
        ({"metadata": []}, "does not answer with a JSON object"),
        ({"keys": {"keys": []}}, "holds no key"),
        ({"date": NOW - timedelta(minutes=5)}, "300 s apart; sign-in will be refused"),
    ],
)
def test_a_provider_that_answers_badly_is_named(given: dict[str, Any], words: str) -> None:
    """Whatever it answers, doctor goes on."""
    found = look(given.pop("metadata", METADATA), **given)
    assert any(level is Level.ERROR and words in text for level, text in found), found


def test_a_clock_that_drifts_is_a_warning() -> None:
    """Before it becomes a failure."""
    assert (Level.WARNING, "This machine and the provider are 60 s apart. Set up time synchronisation.") in look(
        METADATA, date=NOW + timedelta(minutes=1)
    )


def findings(selfserve: Selfserve) -> dict[str, list[tuple[str, str]]]:
    """What doctor found, by area."""
    by_area: dict[str, list[tuple[str, str]]] = {}
    for one in json.loads(selfserve("doctor", "--json").out)["checks"]:
        by_area.setdefault(one["area"], []).append((one["level"], one["text"]))
    return by_area


def test_a_certified_provider_and_a_real_mail_server_pass(
    selfserve: Selfserve,
    folder: Path,
    oidc_provider: Callable[..., OidcProvider],
    smtp: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over the network, as an installation meets them."""
    provider = oidc_provider("http://127.0.0.1:8080/callback")
    for name, value in {
        "OIDC__ISSUER": provider.issuer,
        "OIDC__ALLOW_HTTP_LOOPBACK": "true",
        "MAIL__HOST": smtp.host,
        "MAIL__PORT": str(smtp.port),
        "MAIL__TLS": "none",
    }.items():
        monkeypatch.setenv(f"SELFSERVE__{name}", value)
    selfserve("db", "upgrade")
    found = findings(selfserve)
    for area in ("settings", "secrets", "disk", "store", "catalog", "sign-in", "mail", "clock", "connectors.human"):
        assert {level for level, _ in found[area]} <= {"ok", "warn"}, found[area]
    assert found["mail"] == [("ok", f"{smtp.host}:{smtp.port} answers without encryption.")]


def test_a_fresh_installation_is_told_what_is_left_to_do(selfserve: Selfserve, folder: Path) -> None:
    """No store, nothing reachable; looking makes no store."""
    (folder / "secrets/secret-key").write_text("short")
    (folder / "secrets/sealing-key").write_text("no key")
    found = findings(selfserve)
    ((level, sentence),) = found["store"]
    assert level == "fail"
    assert sentence.startswith(f"There is no store at {folder}/data/selfserve.db; run `selfserve db upgrade` ")
    assert any("at least 32 are needed" in text for _, text in found["secrets"])
    assert any("32 random bytes" in text for _, text in found["secrets"])
    assert found["mail"][0][0] == "warn"
    assert found["sign-in"][0][0] == "fail"
    assert not (folder / "data").exists()
    assert selfserve("doctor").code == 1


def test_a_dead_mail_server_and_a_broken_catalog_are_found(
    selfserve: Selfserve, folder: Path, smtp: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with its place."""
    smtp.stop()
    monkeypatch.setenv("SELFSERVE__MAIL__HOST", smtp.host)
    monkeypatch.setenv("SELFSERVE__MAIL__PORT", str(smtp.port))
    (folder / "catalog/items/broken.yaml").write_text("id: [")
    found = findings(selfserve)
    assert found["mail"][0][0] == "fail"
    assert "items/broken.yaml:" in found["catalog"][0][1]


def test_wrong_settings_end_the_examination(selfserve: Selfserve, folder: Path) -> None:
    """There is nothing to look at without them."""
    (folder / "selfserve.toml").write_text("[server]\nport = 0\n")
    found = findings(selfserve)
    assert set(found) == {"settings"}
    assert len(found["settings"]) == 4


@pytest.mark.parametrize("there", [False, True])
def test_what_to_run_for_a_store_is_said_once(selfserve: Selfserve, folder: Path, *, there: bool) -> None:
    """Three pools are not three problems, and the store says what to run; a file without our tables is none either."""
    if there:
        (folder / "data").mkdir(mode=0o700)
        (folder / "data" / "selfserve.db").touch(0o600)
    found = findings(selfserve)
    assert found["connectors.seats"] == [("warn", "Its seats are counted in the store, which is not ready yet.")]
    assert sum("db upgrade" in text for told in found.values() for _, text in told) == 1
    selfserve("db", "upgrade")
    assert len(findings(selfserve)["connectors.seats"]) == 3


def test_nothing_is_told_twice(selfserve: Selfserve, folder: Path) -> None:
    """A connector that meets the same trouble at two questions has one."""
    for area, found in findings(selfserve).items():
        assert len(set(found)) == len(found), area


def test_a_store_that_others_may_look_into_is_found(selfserve: Selfserve, folder: Path) -> None:
    """With the command that mends it; the log says it at each start, too."""
    selfserve("db", "upgrade")
    assert ("ok", "Only its owner may look into the store's files.") in findings(selfserve)["store"]
    (folder / "data").chmod(0o755)
    (folder / "data" / "selfserve.db").chmod(0o644)
    ((level, text),) = [one for one in findings(selfserve)["store"] if "look into" in one[1]]
    assert level == "warn"
    assert f"`chmod 700 {folder}/data && chmod 600 {folder}/data/selfserve.db`" in text
