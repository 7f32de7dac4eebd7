"""Hostile input in every place a caller fills: a clear refusal, never an error of ours, never somebody else's rows."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.api.calls import Api, both_stores, refused

HOSTILE = [
    "\0",
    "a\0b",
    "' OR '1'='1",
    '"; DROP TABLE request; --',
    "%",
    "_",
    "*",
    "../../etc/passwd",
    "..%2f..%2f",
    "\u202eevil",
    "\ufeff",
    "Ａda",
    "İ",
    "e\u0301",
    "\U0001f600" * 50,
    "{{7*7}}${7*7}",
    "<script>alert(1)</script>",
    "x" * 5_000,
    "\r\nSet-Cookie: a=b",
    "-1",
    "NaN",
]
PATHS = [
    "/requests/{}",
    "/requests/{}/events",
    "/catalog/{}",
    "/people/{}",
    "/escalations/{}",
]
QUERIES = [
    ("/catalog", "q"),
    ("/requests", "cursor"),
    ("/requests", "item"),
    ("/requests", "customer"),
    ("/requests", "state"),
    ("/grants", "customer"),
    ("/grants", "cursor"),
    ("/approvals", "cursor"),
    ("/escalations", "cursor"),
    ("/escalations", "team"),
]


def _clear(answer: httpx.Response) -> None:
    """Refused in a sentence, or answered without anything to show."""
    if answer.status_code != 200:
        refused(answer, answer.status_code)
        assert answer.status_code in (400, 404, 422), answer.text
    assert "set-cookie" not in answer.headers


@both_stores
def test_hostile_names_find_nothing(api: Api) -> None:
    """In every place of a path, every parameter, as staff who may read all there is."""
    made = api.ask("ada", "lamp")
    for value in HOSTILE:
        quoted = httpx.QueryParams({"v": value})
        encoded = str(quoted)[2:].replace("+", "%20")
        for path in PATHS:
            answer = api.get("tess", path.format(encoded))
            _clear(answer)
            assert made["id"] not in answer.text, (path, value)
        for path, name in QUERIES:
            answer = api.get("tess", path, params={name: value})
            _clear(answer)
            if name != "q" and (name, value) not in (("customer", "*"), ("cursor", "x" * 5_000)):
                assert made["id"] not in answer.text or name == "cursor", (path, name, value)
        _clear(api.get("lea", "/audit", params={"cursor": value}))
        _clear(api.get("lea", "/audit", params={"stream": value}))
        _clear(api.get("lea", "/audit", params={"from": value}))


@both_stores
def test_hostile_words_are_kept_as_they_were_or_refused(api: Api) -> None:
    """In every body: what can be shown is shown again exactly; what cannot is refused by field."""
    for value in HOSTILE:
        for path, body in (
            ("/requests", {"item": value}),
            ("/requests", {"item": "lamp", "for": value}),
            ("/requests", {"item": "lamp", "answers": {value: 1}}),
            ("/requests/R-1/answer", {"answer": value}),
            ("/approvals/x/decide", {"decision": value}),
            ("/approvals/x/decide", {"decision": "deny", "reason": value}),
            ("/escalations/x/done", {"words": value, "fields": {value: value}}),
            ("/escalations/x/cannot", {"words": value}),
        ):
            answer = api.post("tess", path, body)
            assert answer.status_code in (400, 403, 404, 422), (path, body, answer.text)
            refused(answer, answer.status_code)


@both_stores
def test_a_reason_is_shown_as_it_was_typed(api: Api) -> None:
    """Markup, quotes and signs of other scripts come back letter by letter."""
    typed = "<b>„Grüße“</b> ' OR 1=1 -- 日本 😀"
    made = api.ask("ada", "lamp", {"reason": typed})

    (told,) = api.get("ada", f"/requests/{made['id']}").json()["answers"]
    assert told["text"] == typed


@pytest.mark.parametrize(
    "raw",
    [
        '{"item": "lamp", "answers": {"\\ud800": 1}}',
        '{"item": "lamp", "answers": {"reason": "\\ud800"}}',
        '{"item": "\\udfff"}',
        '{"\\ud800": 1}',
        '{"item": "lamp", "for": "\\ud800"}',
        '{"item": "lamp", "answers": {"reason": "\\u0000"}}',
        '{"item": "lamp", "answers": {"reason": NaN}}',
        '{"item": "lamp", "answers": {"reason": 1e999}}',
        '{"item": "lamp", "answers": {"reason": {"a": []}}}',
        '{"item": "lamp", "answers": {"reason": true}}',
        '{"item": ["lamp"]}',
        '{"item": "lamp", "answers": [1]}',
        '{"item": null}',
        '{"item": "lamp", "answers": {"reason": ' + "[" * 5_000 + "]" * 5_000 + "}}",
        '{"item": "lamp", "answers": {"reason": ' + "9" * 5_000 + "}}",
    ],
)
def test_json_that_no_form_sends_is_refused(api: Api, raw: str) -> None:
    """Half characters, NUL, numbers that are none, depth and wrong types: told, never an error of ours."""
    headers = {"Authorization": f"Bearer {api.held('ada')}", "Content-Type": "application/json"}
    answer = api.http.post("/api/v1/requests", content=raw.encode(), headers=headers)

    told = refused(answer, answer.status_code)
    assert answer.status_code in (400, 403, 404, 422)
    assert len(json.dumps(told)) < 5_000
    assert api.stand.shelf.things == set()


@both_stores
def test_a_key_is_any_text_that_is_not_too_long(api: Api) -> None:
    """It is compared, never read: SQL in it is a key like another; an empty or endless one is refused."""

    def send(key: bytes) -> httpx.Response:
        headers: dict[str, Any] = {"Authorization": f"Bearer {api.held('ada')}", "Idempotency-Key": key}
        return api.http.post("/api/v1/requests", json={"item": "bell"}, headers=headers)

    for key in (b"\xff\xfe", b"' OR 1=1 --", "ключ".encode(), b"a" * 255):
        assert (send(key).status_code, send(key).status_code) == (201, 200)
        api.stand.clock.forward(minutes=1)
    for key in (b"x" * 256, b""):
        refused(send(key), 422, "malformed")


@both_stores
def test_a_moment_outside_of_time_is_refused_or_finds_nothing(api: Api) -> None:
    """The first and the last moment of the calendar, in a zone that pushes them over its edge."""
    path = f"/approvals/{api.stage(api.ask('ada', 'desk')['id'])}/decide"
    for moment in (
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2027-01-01",
        "1e18",
        "-1",
        "2027-13-01T00:00:00Z",
    ):
        _clear(api.get("lea", "/audit", params={"from": moment}))
        refused(api.post("mara", path, {"decision": "approve", "until": moment}), 422)
