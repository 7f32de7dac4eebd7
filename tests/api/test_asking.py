"""`POST /requests`: stored once however often it is sent, by whoever may."""

from __future__ import annotations

from tests.api.calls import Api, refused

from selfserve.store.states import RequestState
from selfserve.store.tables import Request


def test_an_ask_is_stored_with_201_and_done_at_once(api: Api) -> None:
    """What policy allows is fulfilled in the answer, and the answer says where to read about it."""
    answer = api.post("ada", "/requests", {"item": "lamp", "answers": {"reason": "It is dark."}})

    assert answer.status_code == 201
    made = answer.json()
    assert made["state"] == "fulfilled"
    assert api.stand.shelf.things == {("lamp", "ada")}
    assert api.http.get(made["url"], headers={"Authorization": f"Bearer {api.held('ada')}"}).json()["id"] == made["id"]


def test_the_same_ask_again_is_the_same_request_with_200(api: Api) -> None:
    """A second click finds the first request, also while it waits for a decision."""
    first = api.post("ada", "/requests", {"item": "screen"})
    again = api.post("ada", "/requests", {"item": "screen"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]


def test_an_idempotency_key_names_one_ask_for_ever(api: Api) -> None:
    """The key again with the same ask gives the same request; with another ask it is refused, and nothing is stored."""
    key = {"Idempotency-Key": "order-1"}
    first = api.post("ada", "/requests", {"item": "bell"}, headers=key)
    api.stand.clock.forward(days=3)
    again = api.post("ada", "/requests", {"item": "bell"}, headers=key)
    other = api.post("ada", "/requests", {"item": "lamp"}, headers=key)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    refused(other, 422, "key-reused")
    assert len(api.get("ada", "/requests").json()["rows"]) == 1


def test_a_key_is_its_senders_own(api: Api) -> None:
    """Two people may choose the same key; neither meets the other's request."""
    key = {"Idempotency-Key": "1"}
    mine = api.post("ada", "/requests", {"item": "bell"}, headers=key)
    theirs = api.post("ben", "/requests", {"item": "bell"}, headers=key)

    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]


def test_answers_that_do_not_fit_are_told_by_field(api: Api) -> None:
    """Each wrong answer has its sentence under its name, and nothing is stored."""
    answers = {"until": "yesterday", "colour": "red"}
    told = refused(api.post("ada", "/requests", {"item": "desk", "answers": answers}), 422, "unfit")

    assert set(told["errors"]) == {"until", "colour"}
    assert "2027-07-31" in told["errors"]["until"]
    assert api.get("ada", "/requests").json()["rows"] == []


def test_an_item_that_is_not_for_you_is_not_there(api: Api) -> None:
    """Eli is not in Design: he is told the same about the desk as about an item that does not exist."""
    told = [refused(api.post("eli", "/requests", {"item": item}), 404, "not-found") for item in ("desk", "moon")]

    assert told[0] == told[1]
    assert "desk" not in [item["id"] for item in api.get("eli", "/catalog").json()]
    refused(api.get("eli", "/catalog/desk"), 404)
    refused(api.post("eli", "/catalog/desk/plan", {}), 404)


def test_a_manager_asks_for_somebody_they_lead(api: Api) -> None:
    """By id or by mail address; it becomes the customer's request, which the manager may read too."""
    by_mail = api.ask("mara", "lamp", {"reason": "x"}, for_="Ada@fern.example")
    by_id = api.ask("mara", "fork", for_=api.stand.people["ada"])

    assert api.stand.shelf.things == {("lamp", "ada"), ("fork", "ada")}
    for made in (by_mail, by_id):
        told = api.get("mara", f"/requests/{made['id']}").json()
        assert (told["customer_name"], told["asked_by_name"]) == ("Ada Fern", "Mara Fern")


def test_what_somebody_else_asked_for_already_is_told_and_no_more(api: Api) -> None:
    """Ada asked herself: her manager is told so with a 409, without id or name of her request."""
    made = api.ask("ada", "desk")
    told = refused(api.post("mara", "/requests", {"item": "desk", "for": "ada@fern.example"}), 409, "already-asked")

    assert set(told) == {"type", "title", "status", "detail"}
    assert made["id"] not in str(told)
    assert made["name"] not in str(told)


def test_who_may_ask_for_others_is_said_beforehand(api: Api) -> None:
    """The item says so, and a plan for somebody else names those who would decide then."""
    said = {item: api.get("mara", f"/catalog/{item}").json()["for_others"] for item in ("lamp", "password", "laptop")}
    assert said == {"lamp": "manager", "password": "nobody", "laptop": "nobody"}
    body = {"for": "ada@fern.example"}
    assert api.post("mara", "/catalog/desk/plan", body).json()["deciders"] == ["Cora Fern"]
    refused(api.post("mara", "/catalog/password/plan", body), 403, "not-allowed")
    refused(api.post("ada", "/catalog/lamp/plan", {"for": "ben@fern.example"}), 403, "not-allowed")


def test_the_asker_never_reads_the_customer_s_secret(api: Api) -> None:
    """Sealed to Ada by a request that Mara asked for her: Mara is told there is nothing of hers."""
    made = api.ask("mara", "lamp", for_="ada@fern.example")
    with api.stand.house.database.write() as session:
        request = session.get_one(Request, made["id"])
        request.sealed = api.stand.house.sealer.seal('{"seat": "KEY-77"}', request.id)
    refused(api.post("mara", f"/requests/{made['id']}/secret"), 404, "not-found")
    for path in (f"/requests/{made['id']}", "/requests"):
        assert "KEY-77" not in api.get("mara", path).text
    assert api.post("ada", f"/requests/{made['id']}/secret").json() == {"secrets": {"seat": "KEY-77"}}


def test_nobody_asks_for_somebody_they_do_not_lead(api: Api) -> None:
    """A colleague, one's own manager, somebody who left, and nobody: one answer for all, so that it tells of nobody."""
    api.stand.change("dan", disabled=True)
    told = [
        refused(api.post("eli", "/requests", {"item": "lamp", "for": other}), 403, "not-allowed")["detail"]
        for other in ("ada@fern.example", api.stand.people["cora"], "dan@fern.example", "moon@fern.example", "x")
    ]

    assert len(set(told)) == 1
    assert api.stand.shelf.things == set()


def test_what_needs_a_decision_waits_for_it(api: Api) -> None:
    """Nothing is done before somebody who may has decided."""
    assert api.ask("ada", "desk")["state"] == RequestState.AWAITING_APPROVAL
    assert api.stand.shelf.things == set()


def test_a_plan_says_what_would_happen_and_does_nothing(api: Api) -> None:
    """Who decides, what is done and until when, without a request."""
    told = api.post("ada", "/catalog/desk/plan", {"answers": {"until": "2027-04-01"}}).json()

    assert (told["needs_approval"], told["deciders"]) == (True, ["Mara Fern"])
    assert [act["what"] for act in told["acts"]] == ["You get desk."]
    assert told["ends_at"].startswith("2027-04-01")
    assert api.get("ada", "/requests").json()["rows"] == []
    refused(api.post("ada", "/catalog/desk/plan", {"answers": {"until": "x"}}), 422, "unfit")


def test_what_can_never_be_done_is_a_409_with_the_plans_sentence(api: Api) -> None:
    """A program reads the same words as a person, and nothing is stored."""
    api.stand.shelf.missing.add("lamp")
    told = refused(api.post("ada", "/requests", {"item": "lamp"}), 409, "cannot-work")
    assert told["detail"] == "There is no board for a lamp."
    assert api.get("ada", "/requests").json()["rows"] == []
    planned = api.post("ada", "/catalog/lamp/plan", {"answers": {}}).json()
    assert (planned["acts"][0]["blocked"], planned["acts"][0]["for_good"]) == ("There is no board for a lamp.", True)


def test_a_former_manager_finds_nothing_of_what_they_asked_for(api: Api) -> None:
    """Once Ada has another manager, Mara's request for her is a stranger's: not found, in no list, not to be acted
    upon."""
    made = api.ask("mara", "lamp", {"reason": "x"}, for_="ada@fern.example")
    assert api.get("mara", f"/requests/{made['id']}").status_code == 200
    api.stand.change("ada", manager_id=api.stand.people["tess"])
    refused(api.get("mara", f"/requests/{made['id']}"), 404)
    for act in ("cancel", "return"):
        refused(api.post("mara", f"/requests/{made['id']}/{act}"), 404)
    assert api.get("mara", "/requests").json()["rows"] == []
    assert api.get("ada", f"/requests/{made['id']}").status_code == 200


def test_a_lost_answer_is_told_again_whatever_has_changed(api: Api) -> None:
    """200 with the stored request where the item is gone from the catalog; another body under the key stays 422."""
    key, body = {"Idempotency-Key": "lost"}, {"item": "bell", "answers": {}}
    first = api.post("ada", "/requests", body, headers=key)
    (api.stand.catalog / "items" / "bell.yaml").unlink()
    assert api.stand.house.catalog.refresh(force=True)
    again = api.post("ada", "/requests", body, headers=key)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    refused(api.post("ada", "/requests", {"item": "bell", "answers": {"a": 1}}, headers=key), 422, "key-reused")
    refused(api.post("ada", "/requests", body), 404, "not-found")
