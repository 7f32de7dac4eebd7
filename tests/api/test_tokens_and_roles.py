"""Who may call what: every route has its scope and its role, and a token is as good as its person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.api.calls import NOBODY, Api, refused

from selfserve.people import tokens
from selfserve.people.tokens import SCOPES

ROUTES: dict[tuple[str, str], tuple[str, str]] = {
    # route: (scope, who may besides customers of their own things)
    ("GET", "/me"): ("", "ada"),
    ("GET", "/catalog"): ("catalog:read", "ada"),
    ("GET", "/catalog/{item_id}"): ("catalog:read", "ada"),
    ("POST", "/catalog/{item_id}/plan"): ("catalog:read", "ada"),
    ("GET", "/people/{person_id}"): ("people:read", "tess"),
    ("POST", "/requests"): ("requests:write", "ada"),
    ("GET", "/requests"): ("requests:read", "ada"),
    ("GET", "/requests/{name}"): ("requests:read", "ada"),
    ("GET", "/requests/{name}/events"): ("requests:read", "ada"),
    ("POST", "/requests/{name}/cancel"): ("requests:write", "ada"),
    ("POST", "/requests/{name}/return"): ("requests:write", "ada"),
    ("POST", "/requests/{name}/answer"): ("requests:write", "ada"),
    ("POST", "/requests/{name}/extend"): ("requests:write", "ada"),
    ("POST", "/requests/{name}/secret"): ("requests:write", "ada"),
    ("POST", "/requests/{name}/secret/kept"): ("requests:write", "ada"),
    ("POST", "/requests/{name}/smile"): ("requests:write", "ada"),
    ("GET", "/grants"): ("requests:read", "ada"),
    ("GET", "/approvals"): ("requests:read", "ada"),
    ("POST", "/approvals/{stage}/decide"): ("approvals:write", "ada"),
    ("POST", "/approvals/decide"): ("approvals:write", "ada"),
    ("GET", "/escalations"): ("desk:write", "tess"),
    ("GET", "/escalations/{case_id}"): ("desk:write", "tess"),
    ("POST", "/escalations/{case_id}/take"): ("desk:write", "tess"),
    ("POST", "/escalations/{case_id}/take-over"): ("desk:write", "tess"),
    ("POST", "/escalations/{case_id}/hand-on"): ("desk:write", "tess"),
    ("POST", "/escalations/{case_id}/retry"): ("desk:write", "tess"),
    ("POST", "/escalations/{case_id}/done"): ("desk:write", "tess"),
    ("POST", "/escalations/{case_id}/cannot"): ("desk:write", "tess"),
    ("GET", "/connectors/resting"): ("desk:write", "tess"),
    ("GET", "/audit"): ("audit:read", "lea"),
    ("POST", "/people/{person_id}/sign-out"): ("admin", "cora"),
    ("GET", "/health"): ("admin", "cora"),
    ("POST", "/health/look"): ("admin", "cora"),
}
BODIES: dict[str, Any] = {
    "/catalog/{item_id}/plan": {},
    "/requests": {"item": "moon"},
    "/requests/{name}/answer": {"answer": "x"},
    "/requests/{name}/smile": {"face": "good"},
    "/requests/{name}/extend": {"answers": {}},
    "/approvals/{stage}/decide": {"decision": "approve"},
    "/approvals/decide": {"decision": "approve", "stages": [NOBODY]},
    "/escalations/{case_id}/done": {},
    "/escalations/{case_id}/hand-on": {"team": "leads", "words": "x"},
    "/escalations/{case_id}/cannot": {"words": "x"},
}


def _path(route: str) -> str:
    return "/".join(NOBODY if part.startswith("{") else part for part in route.split("/"))


def _documented(api: Api) -> dict[tuple[str, str], dict[str, Any]]:
    paths = api.http.get("/api/openapi.json").json()["paths"]
    return {
        (method.upper(), path.removeprefix("/api/v1")): operation
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def test_every_route_says_its_scope(api: Api) -> None:
    """The OpenAPI document names, for each route, the one scope that it asks for. Only who one is asks for
    none: a token that could not learn that would have to be tried out."""
    told = {route: operation["security"] for route, operation in _documented(api).items()}

    assert told == {route: [{"HTTPBearer": [scope] if scope else []}] for route, (scope, _) in ROUTES.items()}


def test_every_route_asks_for_a_token_its_scope_and_its_role(api: Api) -> None:
    """No token: 401. All scopes but the right one: 403. The right one and the role: the route itself answers."""
    for (method, route), (scope, who) in ROUTES.items():
        path, body = _path(route), BODIES.get(route) if method == "POST" else None

        def call(token: str | None, method: str = method, path: str = path, body: Any = body) -> Any:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return api.call(None, method, path, body, headers=headers)

        refused(call(None), 401, "unauthenticated")
        if scope:
            told = refused(call(api.held(who, *(set(SCOPES) - {scope}))), 403, "not-allowed")
            assert scope in told["detail"], (method, route)
        allowed = call(api.held(who, scope or "desk:write"))
        assert allowed.status_code in (200, 202, 404), (method, route, allowed.text)
        if who == "tess":
            for other in ("ada", "lea"):
                assert "staff only" in refused(call(api.held(other, scope)), 403)["detail"], (method, route)
    for other in ("ada", "tess"):
        assert "auditor only" in refused(api.get(other, "/audit"), 403)["detail"]
    for other in ("ada", "tess", "lea"):
        for answer in (api.get(other, "/health"), api.post(other, "/health/look")):
            assert "admin only" in refused(answer, 403)["detail"]


def test_any_valid_token_may_learn_who_it_is(api: Api) -> None:
    """Whatever it may do besides, and whatever its person is here; without one nobody learns anything."""
    for who, scope in (("ada", "requests:read"), ("lea", "audit:read"), ("tess", "desk:write")):
        answer = api.http.get("/api/v1/me", headers={"Authorization": f"Bearer {api.held(who, scope)}"})
        assert (answer.status_code, answer.json()["login"], answer.json()["scopes"]) == (200, who, [scope])
    refused(api.http.get("/api/v1/me"), 401, "unauthenticated")


@pytest.mark.parametrize(
    "shown",
    [
        "Bearer nonsense",
        "Bearer ss_" + "0" * 32 + "_" + "A" * 43,
        "Bearer",
        "Basic dXNlcjpwYXNz",
        "Token x",
        "Bearer " + "x" * 10_000,
        "Bearer ss_' OR 1=1 --",
        "Bearer \xff\xfe",
    ],
)
def test_what_is_no_token_opens_nothing(api: Api, shown: str) -> None:
    """401, with the scheme that is asked for (RFC 9110, section 11.6.1)."""
    answer = api.http.get("/api/v1/me", headers={b"Authorization": shown.encode("latin-1")})

    refused(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="selfserve"'


def test_a_token_in_the_address_opens_nothing(api: Api) -> None:
    """Addresses are logged; a token is taken from the header only."""
    refused(api.http.get("/api/v1/me", params={"access_token": api.held("ada"), "token": api.held("ada")}), 401)


def test_a_wrong_secret_of_a_real_token_opens_nothing(api: Api) -> None:
    """Knowing a token's id is not knowing the token."""
    token = api.held("ada")
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    refused(api.http.get("/api/v1/me", headers={"Authorization": f"Bearer {other}"}), 401)


def test_a_token_ends_with_its_time_its_revocation_and_its_person(api: Api) -> None:
    """Each is 401 at the next call, not later."""
    short, long = api.token("ada", lasts=timedelta(hours=1)), api.token("ada", lasts=timedelta(days=90))

    def status(token: str) -> int:
        return api.http.get("/api/v1/me", headers={"Authorization": f"bearer {token}"}).status_code

    assert (status(short), status(long)) == (200, 200)
    api.stand.clock.forward(hours=1)
    assert (status(short), status(long)) == (401, 200)

    with api.stand.house.database.write() as session:
        for row in tokens.listed(session, api.stand.people["ada"]):
            tokens.revoke(session, row.id, api.stand.clock(), "person:test")
    assert status(long) == 401

    assert api.get("ben", "/me").status_code == 200
    api.stand.change("ben", disabled=True)
    refused(api.get("ben", "/me"), 401)


def test_who_may_not_come_in_learns_nothing_about_their_body(api: Api) -> None:
    """401 and 403 come before 422: the form of a body is between us and those who may send one."""
    refused(api.post(None, "/requests", {"wrong": 1}), 401)
    headers = {"Authorization": f"Bearer {api.held('ada', 'catalog:read')}"}
    refused(api.post(None, "/requests", {"wrong": 1}, headers=headers), 403)


def test_the_last_use_of_a_token_is_noted(api: Api) -> None:
    """At most once a minute, and not while the caller waits, so that reading costs no writing."""
    now = api.stand.clock()
    api.get("ada", "/me")
    assert api.seen.write() == 1
    api.stand.clock.forward(seconds=59)
    api.get("ada", "/me")
    assert api.seen.write() == 0
    with api.stand.house.database.read() as session:
        assert tokens.listed(session, api.stand.people["ada"])[0].seen_at == now
    api.stand.clock.forward(seconds=1)
    api.get("ada", "/me")
    assert api.seen.write() == 1
    with api.stand.house.database.read() as session:
        assert tokens.listed(session, api.stand.people["ada"])[0].seen_at == api.stand.clock()
