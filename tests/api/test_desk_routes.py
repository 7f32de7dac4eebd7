"""`/escalations`: a case with its whole story, and its three exits."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.calls import NOBODY, Api, refused

from selfserve.fulfilment import leases


def _case(api: Api, item: str = "lamp", fault: str = "permanent") -> dict[str, Any]:
    """A case on the desk: the shelf refused for good."""
    api.stand.shelf.faults = [fault]
    api.ask("ada", item)
    (row,) = api.get("tess", "/escalations").json()["rows"]
    assert isinstance(row, dict)
    return row


def test_a_case_shows_its_story_evidence_and_runbook(api: Api) -> None:
    """Reason, team, due time, each step with what came back, and what the runbook says."""
    row = _case(api)
    told = api.get("theo", f"/escalations/{row['id']}").json()

    assert (row["team"], row["customer"], row["title"]) == ("techops", "Ada Fern", "Lamp")
    assert told["story"]["steps"][0]["reason"] == "The shelf has no such board."
    assert told["runbook"].strip()
    assert told["case"]["due_at"] > told["case"]["opened_at"]


def test_a_case_has_one_owner(api: Api) -> None:
    """The second one who takes it is told who was first; `mine` shows it to its owner only."""
    case = _case(api)["id"]
    assert api.post("tess", f"/escalations/{case}/take").json()["case"]["taken_by"] == "Tess Fern"

    assert "Tess Fern" in refused(api.post("theo", f"/escalations/{case}/take"), 409)["detail"]
    assert len(api.get("tess", "/escalations", params={"mine": True}).json()["rows"]) == 1
    assert api.get("theo", "/escalations", params={"mine": True}).json()["rows"] == []
    assert api.get("theo", "/escalations", params={"team": "leads"}).json()["rows"] == []


def test_a_case_is_taken_over_by_saying_so(api: Api) -> None:
    """Acting on a colleague's case is refused with their name; taking it over is an act of its own."""
    case = _case(api)["id"]
    api.post("tess", f"/escalations/{case}/take")
    for act, body in (("retry", None), ("done", {}), ("cannot", {"words": "No."})):
        told = refused(api.post("theo", f"/escalations/{case}/{act}", body), 409)
        assert told["detail"] == "Tess Fern has been at it since Monday 1 March, 09:00 UTC. Take it over first."

    row = api.post("theo", f"/escalations/{case}/take-over").json()["case"]
    assert (row["taken_by"], row["taken_at"]) == ("Theo Fern", "2027-03-01T09:00:00Z")
    assert api.post("theo", f"/escalations/{case}/cannot", {"words": "There are none."}).status_code == 200


def test_a_case_goes_to_another_team(api: Api) -> None:
    """It is that team's then, nobody's and with a word for them; a team that is not there is refused."""
    case = _case(api)["id"]
    refused(api.post("tess", f"/escalations/{case}/hand-on", {"team": "moon", "words": "x"}), 422)
    refused(api.post("tess", f"/escalations/{case}/hand-on", {"team": "leads", "words": ""}), 422)
    row = api.post("tess", f"/escalations/{case}/hand-on", {"team": "leads", "words": "Yours, I think."}).json()["case"]
    assert (row["team"], row["taken_by"]) == ("leads", "")
    assert row["reason"].endswith("Tess Fern: Yours, I think.")


def test_trying_again_goes_on_from_the_failed_step(api: Api) -> None:
    """The cause is mended, the machine does the rest, and the case is closed."""
    case = _case(api)["id"]
    api.post("tess", f"/escalations/{case}/retry")
    api.stand.work()

    assert api.stand.shelf.things == {("lamp", "ada")}
    assert api.get("tess", "/escalations").json()["rows"] == []
    refused(api.post("tess", f"/escalations/{case}/retry"), 409)


def test_done_by_hand_is_looked_at_first(api: Api) -> None:
    """Where the target plainly does not show it, staff have to insist; the customer reads their words."""
    row = _case(api)
    refused(api.post("tess", f"/escalations/{row['id']}/done", {"words": "Done."}), 409)

    body = {"words": "I put it there myself.", "on_my_word": True}
    assert api.post("tess", f"/escalations/{row['id']}/done", body).status_code == 200
    api.stand.work()
    told = api.get("ada", f"/requests/{row['request_id']}").json()
    assert told["state"] == "fulfilled"
    assert any(line["note"] == body["words"] for line in told["lines"])


def test_a_checklist_asks_for_its_fields_and_seals_the_secret_ones(api: Api) -> None:
    """A missing field is named; what is secret reaches the customer only, once."""
    made = api.ask("ada", "laptop")
    (row,) = api.get("tess", "/escalations").json()["rows"]
    told = refused(api.post("tess", f"/escalations/{row['id']}/done", {"fields": {"serial": "C02"}}), 422)
    assert told["errors"] == {"word": "Please fill this in."}

    fields = {"serial": "C02", "word": "first-w0rd"}
    answer = api.post("tess", f"/escalations/{row['id']}/done", {"fields": fields})
    assert answer.status_code == 200
    api.stand.work()
    for path in (f"/escalations/{row['id']}", f"/requests/{made['id']}", f"/requests/{made['id']}/events"):
        assert "first-w0rd" not in api.get("tess", path).text
    assert "first-w0rd" in api.post("ada", f"/requests/{made['id']}/secret").text


def test_what_cannot_be_done_is_told_to_the_customer(api: Api) -> None:
    """Without words it is refused; with them the request ends and says why."""
    row = _case(api)
    for words in ("", "   "):
        told = refused(api.post("tess", f"/escalations/{row['id']}/cannot", {"words": words}), 422)
        assert told["errors"] == {"words": "words is empty."}

    api.post("tess", f"/escalations/{row['id']}/cannot", {"words": "There are no lamps left."})
    told = api.get("ada", f"/requests/{row['request_id']}").json()
    assert (told["state"], told["words"]) == ("failed", "There are no lamps left.")


def test_the_desk_is_for_staff(api: Api) -> None:
    """Customers and auditors are told the same for a case that is there and one that is not; staff read 404."""
    case = _case(api)["id"]
    for who in ("ada", "lea"):
        told = [refused(api.get(who, f"/escalations/{each}"), 403)["detail"] for each in (case, NOBODY)]
        assert told[0] == told[1]
        refused(api.get(who, "/escalations"), 403)
        refused(api.post(who, f"/escalations/{case}/take"), 403)
    for method, act, body in (
        ("GET", "", None),
        ("POST", "/take", None),
        ("POST", "/take-over", None),
        ("POST", "/hand-on", {"team": "leads", "words": "x"}),
        ("POST", "/retry", None),
        ("POST", "/done", {}),
        ("POST", "/cannot", {"words": "x"}),
    ):
        refused(api.call("tess", method, f"/escalations/{NOBODY}{act}", body), 404, "not-found")


def test_an_optional_line_may_stay_empty(api: Api) -> None:
    """It is told as optional, kept where it is filled in, and not asked for; a needed one still is."""
    api.stand.edit(
        "laptop", "Set a first password, field: word, secret: true", "Its old serial, field: old, required: false"
    )
    made = api.ask("ada", "laptop")
    (row,) = api.get("tess", "/escalations").json()["rows"]
    assert {line["field"]: line["required"] for line in row["todo"] if line["field"]} == {"serial": True, "old": False}
    told = refused(api.post("tess", f"/escalations/{row['id']}/done", {"fields": {"old": "C01"}}), 422)
    assert told["errors"] == {"serial": "Please fill this in."}

    done = api.post("tess", f"/escalations/{row['id']}/done", {"fields": {"serial": "C02", "old": " "}})
    assert done.status_code == 200
    api.stand.work()
    assert api.get("ada", f"/requests/{made['id']}").json()["state"] == "fulfilled"


def test_staff_see_which_targets_are_left_in_peace(api: Api) -> None:
    """As the desk's page shows it: why, since when, when it is tried next, and who waits; nothing once it is back."""
    stand = api.stand
    assert api.get("tess", "/connectors/resting").json() == []
    stand.shelf.looks = ["auth", "auth"]
    for who in ("ben", "ada"):
        stand.ask(who, "lamp")
    stand.write(leases.beat, stand.house, "worker")
    (told,) = api.get("tess", "/connectors/resting").json()
    assert (told["connector"], told["reason"]) == ("shelf", "The shelf does not know us any more.")
    assert told["since"] < told["until"]
    assert told["waiting"] == 1
    stand.pass_time(minutes=2)
    stand.write(leases.beat, stand.house, "worker")
    assert api.get("tess", "/connectors/resting").json() == []


def test_a_case_says_that_something_is_to_be_taken_back(api: Api) -> None:
    """In the list as alone, with the numbers of the requests that brought it."""
    given = _case(api, "key")
    assert not given["to_take_back"]
    api.post("tess", f"/escalations/{given['id']}/done", {"fields": {"number": "12"}})
    api.stand.work()
    api.post("ada", f"/requests/{given['request_name']}/return")
    api.stand.work()
    (row,) = api.get("tess", "/escalations").json()["rows"]
    assert (row["to_take_back"], row["request_names"]) == (True, given["request_names"])
    assert api.get("tess", f"/escalations/{row['id']}").json()["case"] == row


@pytest.mark.parametrize("said", [True, False])
def test_what_nobody_saw_before_is_taken_back_only_where_staff_say_that_it_is_new(api: Api, said: bool) -> None:
    """The case says that it asks; left out, that is refused by its field, as neither answer is safe to guess."""
    api.stand.shelf.torn.add("ada")
    row = _case(api, fault="")
    api.stand.shelf.torn.clear()
    api.stand.shelf.things.add(("lamp", "ada"))
    assert api.get("tess", f"/escalations/{row['id']}").json()["asks_before"] is True

    done = f"/escalations/{row['id']}/done"
    assert list(api.post("tess", done, {}).json()["errors"]) == ["not_there_before"]
    body = {"not_there_before": said}
    assert api.post("tess", done, body).json()["asks_before"] is False
    api.stand.work()
    api.post("ada", f"/requests/{row['request_id']}/return")
    api.stand.work()
    assert api.stand.shelf.things == (set() if said else {("lamp", "ada")})


def test_what_was_seen_before_is_not_asked(api: Api) -> None:
    """The shelf was read before it refused."""
    assert api.get("tess", f"/escalations/{_case(api)['id']}").json()["asks_before"] is False
