"""Every error leaves as a problem document (RFC 9457) with one sentence, and without what happened inside."""

from __future__ import annotations

import sqlite3

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


@pytest.mark.parametrize(
    ("path", "body", "errors"),
    [
        ("/requests", {"item": 5}, {"item": "item is to be a text."}),
        ("/requests", {"item": "x" * 101}, {"item": "item is longer than 100 characters."}),
        ("/requests", {}, {"item": "item is missing."}),
        ("/requests", {"item": "lamp", "answers": [1]}, {"answers": "answers is to be an object of names and values."}),
        ("/requests", {"item": "lamp", "moon": 1}, {"moon": "There is no moon here."}),
        ("/requests", {"item": "lamp", "for": 7}, {"for": "for is to be a text."}),
        ("/requests", {"item": "lamp", "for": "a\u0000"}, {"for": None}),
        ("/requests", [], {"body": "The body is to be an object of names and values."}),
        ("/requests", None, {"body": "The body is missing."}),
        ("/requests/R-1/answer", {"answer": "x" * 2001}, {"answer": "answer is longer than 2000 characters."}),
        ("/approvals/x/decide", {"decision": "yes"},
         {"decision": "decision is to be one of these: approve, deny, ask."}),
        ("/approvals/decide", {"stages": ["x"], "decision": "ask"},
         {"decision": "decision is to be one of these: approve, deny."}),
        ("/approvals/x/decide", {"decision": "approve", "until": "2027-07-31T00:00:00"},
         {"until": "until is to be a moment with its time zone, such as 2027-07-31T12:00:00Z."}),
        ("/approvals/x/decide", {"decision": "approve", "until": "soon"},
         {"until": "until is to be a moment such as 2027-07-31T12:00:00Z."}),
        ("/catalog/lamp/plan", {"answers": {f"a{n}": 1 for n in range(61)}},
         {"answers": "answers has more than 60 entries."}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_call_is_told_in_plain_words(
    api: Api, path: str, body: object, errors: dict[str, str | None]
) -> None:
    """The field by its name and what it is to be, never the words of the library that found it."""
    told = refused(api.post("ada", path, body), 422, "malformed")["errors"]
    assert set(told) == set(errors)
    assert all(wanted in (None, told[name]) for name, wanted in errors.items()), told


@pytest.mark.parametrize(
    ("path", "body"),
    [("/escalations/x/done", {"fields": {"a": 1}, "words": None, "on_my_word": "perhaps"}),
     ("/escalations/x/done", {"fields": {"a\u0000": "x", "b": "x" * 2001}}),
     ("/escalations/x/cannot", {"words": "", "take_back": []}),
     ("/escalations/x/hand-on", {"team": None, "words": {}})],
)  # fmt: skip
def test_no_word_of_the_library_reaches_a_caller(api: Api, path: str, body: object) -> None:
    """Whatever was sent where: sentences that end as sentences do."""
    for told in refused(api.post("tess", path, body), 422, "malformed")["errors"].values():
        assert told.endswith(".")
        assert not any(word in told for word in ("Input", "should", "valid", "Field required", "dictionary", "Extra"))


def test_a_choice_in_the_address_names_all_that_there_is(api: Api) -> None:
    """States, and `open` beside them, in one sentence about one parameter."""
    told = refused(api.get("ada", "/requests", params={"state": "moon"}), 422, "malformed")["errors"]
    assert set(told) == {"state"}
    assert told["state"].startswith("state is to be one of these: awaiting_approval, ")
    assert told["state"].endswith(", open.")


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


@pytest.mark.parametrize(
    "body",
    ["{", '{"item": }', "[" * 100_000, '{"item": ' * 20_000, '{"item": %s}' % ("9" * 5_000), '{"item": 1e', "\ufeff{"],
)
def test_a_body_that_is_no_json_has_no_fields_to_tell(api: Api, body: str) -> None:
    """One type for all that cannot be taken apart, never a count of bytes where a field's name belongs."""
    answer = api.post("ada", "/requests", content=body.encode(), headers={"Content-Type": "application/json"})
    told = refused(answer, 400, "malformed")
    assert "errors" not in told


@pytest.mark.parametrize("cursor", ["", "x", "1", "' OR 1=1", "0" * 36, "x" * 5_000])
def test_a_cursor_that_is_none_of_ours_is_refused(api: Api, cursor: str) -> None:
    """In one sentence about the cursor, wherever lists have pages."""
    for who, path in (("ada", "/requests"), ("lea", "/audit")):
        told = refused(api.get(who, path, params={"cursor": cursor}), 422, "malformed")
        assert told["errors"] == {
            "cursor": "This is no cursor of ours; give back the one of the page before as it was, or none."
        }


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


def test_a_write_lock_held_elsewhere_is_told_in_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with the seconds after which to ask again, not a call that hangs; then the same call is taken."""
    database = api.stand.house.database
    assert api.get("ada", "/me").status_code == 200
    monkeypatch.setattr(database, "patience", 0.05)
    other = sqlite3.connect(str(database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refusal = api.post("ada", "/requests", {"item": "lamp"})
    told = refused(refusal, 503, "store-away")
    assert "nothing was changed" in told["detail"]
    assert int(refusal.headers["retry-after"]) > 0
    other.execute("ROLLBACK")
    other.close()
    assert api.post("ada", "/requests", {"item": "lamp"}).status_code == 201
