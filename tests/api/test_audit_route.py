"""`/audit`: the whole trail, page by page, each event once."""

from __future__ import annotations

from tests.api.calls import Api, refused

from selfserve.audit.reading import PAGE
from selfserve.audit.seal import seal


def sealed(api: Api) -> None:
    """What was told before is shown from now on."""
    api.stand.write(seal, api.stand.clock.forward(minutes=1))


def test_the_trail_is_read_page_by_page(api: Api) -> None:
    """Following the cursor meets every event once, oldest first; the last page has none."""
    for _ in range(PAGE // 3 + 5):
        api.ask("ada", "bell")
        api.stand.clock.forward(minutes=1)
    sealed(api)
    rows, cursor, pages = [], None, 0
    while cursor or not pages:
        page = api.get("lea", "/audit", params={"cursor": cursor} if cursor else {}).json()
        rows += page["rows"]
        cursor, pages = page["cursor"], pages + 1

    assert pages == 2
    assert len({row["id"] for row in rows}) == len(rows) > PAGE
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)


def test_the_trail_is_narrowed_to_a_time_and_a_stream(api: Api) -> None:
    """One request's events, with the hashes that chain them; events before a moment are left out."""
    first = api.ask("ada", "lamp")
    later = api.stand.clock.forward(hours=1)
    api.ask("ben", "lamp")
    sealed(api)

    stream = api.get("lea", "/audit", params={"stream": f"request:{first['id']}"}).json()["rows"]
    assert [(row["number"], row["kind"]) for row in stream] == [
        (1, "request.asked"),
        (2, "step.done"),
        (3, "request.fulfilled"),
    ]
    assert len({row["hash"] for row in stream}) == 3
    for wrong in ("1772323200", "2027-03-01"):
        told = refused(api.get("lea", "/audit", params={"from": wrong}), 422, "malformed")
        assert told["errors"] == {"from": "from is to be a moment such as 2027-07-31T12:00:00Z."}
    since = api.get("lea", "/audit", params={"from": later.isoformat()}).json()["rows"]
    assert since
    assert all(row["at"] >= "2027-03-01T10:00" for row in since)
    assert api.get("lea", "/audit", params={"from": "2030-01-01T00:00:00+02:00"}).json() == {"rows": [], "cursor": None}
