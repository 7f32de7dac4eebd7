"""`/approvals`: those who were asked decide, once, and nobody else learns that there is something to decide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.api.calls import NOBODY, Api, refused


def test_an_approval_shows_all_that_is_needed_and_is_done_at_once(api: Api) -> None:
    """Who asks, why it is asked, what they hold; after a yes it is in the target."""
    made = api.ask("ada", "desk", {"until": "2027-04-01"})
    (row,) = api.get("mara", "/approvals").json()["rows"]
    assert (row["customer"]["name"], row["because"], row["why"]) == ("Ada Fern", "manager", "Look at the space.")

    told = api.post("mara", f"/approvals/{row['stage_id']}/decide", {"decision": "approve"})
    assert (told.status_code, told.json()["state"]) == (200, "fulfilled")
    assert api.stand.shelf.things == {("desk", "ada")}
    assert api.get("mara", "/approvals").json()["rows"] == []
    assert api.get("ada", f"/requests/{made['id']}").json()["state"] == "fulfilled"


def test_whoever_comes_second_is_told_who_was_first_and_when(api: Api) -> None:
    """Two designers may decide; the second one's answer names the first."""
    stage = api.stage(api.ask("ada", "screen")["id"])
    assert api.post("dora", f"/approvals/{stage}/decide", {"decision": "approve"}).status_code == 200

    told = refused(api.post("dan", f"/approvals/{stage}/decide", {"decision": "deny", "reason": "No."}), 409)
    assert (told["type"], told["decided_by"]) == ("already-decided", "Dora Fern")
    assert told["decided_at"] == api.stand.clock().isoformat()


def test_a_no_and_a_question_need_words(api: Api) -> None:
    """The sentence is asked for by field, and the words reach the customer."""
    stage = api.stage(api.ask("ada", "desk")["id"])
    for decision in ("deny", "ask"):
        told = refused(api.post("mara", f"/approvals/{stage}/decide", {"decision": decision, "reason": " "}), 422)
        assert "reason" in told["errors"]

    answer = api.post("mara", f"/approvals/{stage}/decide", {"decision": "deny", "reason": "There is no room."})
    assert answer.json()["state"] == "denied"
    assert "“Desk” was not approved" in api.stand.notices("ada")


def test_a_decision_may_shorten_and_never_lengthen(api: Api) -> None:
    """The end that was decided is the end of what is held."""
    made = api.ask("ada", "desk", {"until": "2027-04-01"})
    stage, now = api.stage(made["id"]), api.stand.clock()
    for wrong in (now - timedelta(days=1), now + timedelta(days=60)):
        told = refused(
            api.post("mara", f"/approvals/{stage}/decide", {"decision": "approve", "until": wrong.isoformat()}), 422
        )
        assert "until" in told["errors"]

    sooner = now + timedelta(days=7)
    api.post("mara", f"/approvals/{stage}/decide", {"decision": "approve", "until": sooner.isoformat()})
    assert api.stand.grants("ada")[0].ends_at == sooner


@pytest.mark.parametrize("until", [12345, 1.5, True, "12345", "1e9", "tomorrow", "2027-03-08", ["x"]])
def test_an_end_is_a_moment_as_people_write_it(api: Api, until: object) -> None:
    """A number is no moment: nobody can tell seconds from milliseconds, and 1970 from a slip, by looking."""
    stage = api.stage(api.ask("ada", "desk", {"until": "2027-04-01"})["id"])
    told = refused(api.post("mara", f"/approvals/{stage}/decide", {"decision": "approve", "until": until}), 422)
    assert told["errors"]["until"].endswith("such as 2027-07-31T12:00:00Z.")
    assert not api.stand.grants("ada")


def test_a_stranger_learns_nothing_of_a_stage(api: Api) -> None:
    """Open, decided, or not there at all: who was not asked is told the same, and so is the customer themselves."""
    open_one = api.stage(api.ask("ada", "desk")["id"])
    decided = api.ask("ben", "desk")
    api.stand.decide("mara", decided["id"])
    for body in ({"decision": "approve"}, {"decision": "deny"}, {"decision": "approve", "until": "2001-01-01T00:00Z"}):
        told = [
            refused(api.post(who, f"/approvals/{stage}/decide", body), 404, "not-found")
            for who in ("eli", "ada", "tess")
            for stage in (open_one, api.stage(decided["id"]), NOBODY)
        ]
        assert all(each == told[0] for each in told)
    assert api.stand.stage_of(decided["id"]).id == api.stage(decided["id"])


def test_several_are_decided_in_one_call(api: Api) -> None:
    """Each on its own: the one decided meanwhile is told apart, the others are done."""
    stages = [api.stage(api.ask(login, "desk")["id"]) for login in ("ada", "ben", "dan")]
    api.post("mara", f"/approvals/{stages[1]}/decide", {"decision": "deny", "reason": "No room."})
    told = api.post("mara", "/approvals/decide", {"stages": stages, "decision": "approve"}).json()

    assert told["summary"] == ["2 approved", "1 had been decided already"]
    assert [one["became"] for one in told["results"]] == ["decided", "first", "decided"]
    assert [one["stage_id"] for one in told["results"]] == stages


def test_several_are_never_asked_a_question_nor_denied_without_a_reason(api: Api) -> None:
    """422 for both, and nothing is decided."""
    stage = api.stage(api.ask("ada", "desk")["id"])
    refused(api.post("mara", "/approvals/decide", {"stages": [stage], "decision": "ask", "reason": "Why?"}), 422)
    refused(api.post("mara", "/approvals/decide", {"stages": [stage], "decision": "deny"}), 422)
    refused(api.post("mara", "/approvals/decide", {"stages": [], "decision": "approve"}), 422)
    assert len(api.get("mara", "/approvals").json()["rows"]) == 1
