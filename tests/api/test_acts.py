"""The customer's own acts: cancel, answer, give back, extend, and see a secret until it is kept."""

from __future__ import annotations

from tests.api.calls import Api, refused

from selfserve.audit.seal import seal
from selfserve.requests.decide import Say


def test_what_waits_is_cancelled_once(api: Api) -> None:
    """It is over for those who would have decided, too; a second time there is nothing to cancel."""
    made = api.ask("ada", "desk")
    assert [row["request"]["id"] for row in api.get("mara", "/approvals").json()["rows"]] == [made["id"]]

    assert api.post("ada", f"/requests/{made['name']}/cancel").json()["state"] == "cancelled"
    assert api.get("mara", "/approvals").json()["rows"] == []
    refused(api.post("ada", f"/requests/{made['name']}/cancel"), 409, "not-possible")


def test_a_question_is_answered_and_the_approver_told(api: Api) -> None:
    """Without a question there is nothing to answer; an empty answer is none."""
    made = api.ask("ada", "desk")
    refused(api.post("ada", f"/requests/{made['id']}/answer", {"answer": "Yes."}), 409)
    api.stand.decide("mara", made["id"], Say.ASK, "By the window?")

    assert api.get("ada", f"/requests/{made['id']}").json()["question"] == "By the window?"
    refused(api.post("ada", f"/requests/{made['id']}/answer", {"answer": "  "}), 422)
    told = api.post("ada", f"/requests/{made['id']}/answer", {"answer": "Yes, please."}).json()
    assert told["question"] == ""
    assert "Your question about “Desk” was answered" in api.stand.notices("mara")


def test_what_is_given_back_is_taken_out_of_the_target(api: Api) -> None:
    """It is shown as ended only once that was seen."""
    made = api.ask("ada", "lamp")
    told = api.post("ada", f"/requests/{made['id']}/return").json()
    assert told["grant_state"] == "ending"

    api.stand.work()
    assert api.stand.shelf.things == set()
    assert api.get("ada", f"/requests/{made['id']}").json()["grant_state"] == "ended"
    refused(api.post("ada", f"/requests/{made['id']}/return"), 409)


def test_more_time_is_a_request_of_its_own(api: Api) -> None:
    """It goes by today's rules: what needed the manager needs the manager again."""
    made = api.ask("ada", "desk", {"until": "2027-04-01"})
    api.stand.decide("mara", made["id"])
    answer = api.post("ada", f"/requests/{made['id']}/extend", {"answers": {"until": "2027-06-01"}})

    assert answer.status_code == 201
    assert answer.json()["id"] != made["id"]
    assert (answer.json()["item"], answer.json()["state"]) == ("desk", "awaiting_approval")
    refused(api.post("ada", f"/requests/{made['id']}/extend", {"answers": {"until": "2027-04-01"}}), 409)


def test_a_secret_is_shown_until_it_is_kept_and_stored_by_nobody(api: Api) -> None:
    """No cache may keep the answer; who did not get it asks again; once kept, a look finds nothing; neither story nor
    trail nor staff see it."""
    made = api.ask("ada", "password")
    assert "reveal" in api.get("ada", f"/requests/{made['id']}").json()["can"]
    for who in ("tess", "lea"):
        refused(api.post(who, f"/requests/{made['id']}/secret"), 404)
        refused(api.post(who, f"/requests/{made['id']}/secret/kept"), 404)
    refused(api.post("ada", f"/requests/{made['id']}/secret/kept"), 409, "not-possible")
    shown = api.post("ada", f"/requests/{made['id']}/secret")

    assert shown.json() == {"secrets": {"word": "s3cret-word"}}
    assert shown.headers["cache-control"] == "no-store"
    assert api.post("ada", f"/requests/{made['id']}/secret").json() == shown.json()
    assert api.get("ada", f"/requests/{made['id']}").json()["secret_until"]
    kept = api.post("ada", f"/requests/{made['id']}/secret/kept").json()
    assert "reveal" not in kept["can"]
    assert kept["secret_until"] is None
    refused(api.post("ada", f"/requests/{made['id']}/secret"), 409, "not-possible")
    for who, path in (("ada", ""), ("tess", ""), ("tess", "/events")):
        assert "s3cret-word" not in api.get(who, f"/requests/{made['id']}{path}").text
    api.stand.write(seal, api.stand.clock.forward(minutes=1))
    trail = api.get("lea", "/audit").text
    assert trail.count("secret.shown") == 2
    assert "secret.kept" in trail
    assert "s3cret-word" not in trail


def test_a_manager_does_not_see_a_secret(api: Api) -> None:
    """Only Ada, whose new password it is, reads it."""
    made = api.ask("ada", "password")

    refused(api.post("mara", f"/requests/{made['id']}/secret"), 404)
    assert api.post("ada", f"/requests/{made['id']}/secret").json()["secrets"]


def test_how_it_was_is_said_once_it_is_over(api: Api) -> None:
    """One of three faces and a word; not before the end, not by a stranger, and no fourth face."""
    waits, made = api.ask("ada", "desk"), api.ask("ada", "lamp")
    said = api.post("ada", f"/requests/{made['name']}/smile", {"face": "good", "words": "Bright."}).json()
    assert (said["face"], said["words"]) == ("good", "Bright.")
    assert api.post("ada", f"/requests/{made['id']}/smile", {"face": "fair"}).json()["words"] == ""
    refused(api.post("ada", f"/requests/{waits['id']}/smile", {"face": "good"}), 409, "not-possible")
    refused(api.post("ben", f"/requests/{made['id']}/smile", {"face": "good"}), 404)
    refused(api.post("ada", f"/requests/{made['id']}/smile", {"face": "great"}), 422)
