"""Every error leaves as a problem document (RFC 9457) with one sentence, and without what happened inside."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError
from tests.api.calls import Api, refused

from selfserve.requests import offers


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/x", "/api/v2/me", "/api/v1/me/", "/api/v1//me"])
def test_an_unknown_address_is_a_problem(api: Api, path: str) -> None:
    """Also with a slash too many, and for every method."""
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        refused(api.http.request(method, path), 404)


def test_a_wrong_method_is_told_with_the_right_ones(api: Api) -> None:
    """405 names what is allowed (RFC 9110, section 15.5.6)."""
    for method, path, allowed in (
        ("POST", "/api/v1/me", "GET"),
        ("DELETE", "/api/v1/requests", "GET, POST"),
        ("PATCH", "/api/v1/requests/R-1", "GET"),
        ("GET", "/api/v1/requests/R-1/cancel", "POST"),
        ("PUT", "/api/openapi.json", "GET, HEAD"),
    ):
        answer = api.http.request(method, path)
        refused(answer, 405)
        assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    "body", [b"{", b"", b"\xff\xfe", b"{'item': 'lamp'}", b"null", b"[]", b'"lamp"', b"[" * 100_000, b"1" * 5_000]
)
def test_a_body_that_is_no_ask_is_a_problem(api: Api, body: bytes) -> None:
    """Malformed JSON, JSON of another shape, and JSON made to exhaust whoever reads it."""
    headers = {"Authorization": f"Bearer {api.held('ada')}", "Content-Type": "application/json"}
    answer = api.http.post("/api/v1/requests", content=body, headers=headers)

    refused(answer, answer.status_code)
    assert answer.status_code in (400, 422)


def test_a_body_of_another_kind_is_a_problem(api: Api) -> None:
    """A form or a text is not read as JSON, which keeps pages of others from posting as a browser lets them."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        headers = {"Authorization": f"Bearer {api.held('ada')}", "Content-Type": kind}
        refused(api.http.post("/api/v1/requests", content=b'{"item": "lamp"}', headers=headers), 422, "malformed")
    assert api.stand.shelf.things == set()


def test_a_name_that_the_body_does_not_have_is_refused(api: Api) -> None:
    """A misspelt name is told, not passed over."""
    told = refused(api.post("ada", "/requests", {"item": "lamp", "anwsers": {}}), 422, "malformed")
    assert set(told["errors"]) == {"anwsers"}


def test_a_parameter_that_the_address_does_not_take_is_refused(api: Api) -> None:
    """A misspelt filter would show more than was asked for."""
    for path in ("/requests", "/me", "/audit"):
        told = refused(api.get("lea", path, params={"stat": "open"}), 422, "unfit")
        assert set(told["errors"]) == {"stat"}
    told = refused(api.get("tess", "/escalations", params=[("team", "leads"), ("team", "techops")]), 422, "unfit")
    assert told["errors"] == {"team": "Give this once."}


def test_a_fault_of_ours_tells_nothing_of_the_inside(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 with one sentence; neither the exception nor a path of ours is in it."""

    def broken(*_: object) -> None:
        raise RuntimeError("the inside of /etc/passwd")

    monkeypatch.setattr(offers, "find", broken)
    answer = api.get("ada", "/catalog")

    refused(answer, 500, "internal")
    assert "passwd" not in answer.text
    assert "Traceback" not in answer.text


def test_a_store_that_does_not_answer_is_worth_another_try(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with the seconds after which to ask again."""

    def away(*_: object) -> None:
        raise OperationalError("SELECT secret", {}, OSError("connection refused"))

    monkeypatch.setattr(offers, "find", away)
    answer = api.get("ada", "/catalog")

    refused(answer, 503, "store-away")
    assert int(answer.headers["retry-after"]) > 0
    assert "SELECT" not in answer.text
