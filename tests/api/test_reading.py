"""Reading: your own, all of it and nobody else's; staff and auditors read everything."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.api.calls import NOBODY, Api, both_stores, refused

from selfserve.requests.lists import PAGE
from selfserve.store.ids import new_id
from selfserve.store.tables import Escalation, Grant, Stage


def test_who_am_i(api: Api) -> None:
    """Name, roles and scopes of the token."""
    told = api.get("tess", "/me").json()

    assert (told["login"], told["roles"]) == ("tess", ["customer", "staff"])
    assert "desk:write" in told["scopes"]


def test_the_catalog_is_found_by_what_one_types(api: Api) -> None:
    """A typo still finds the item; without words all are listed by name; one item shows its form."""
    names = [item["name"] for item in api.get("ada", "/catalog").json()]
    found = [item["id"] for item in api.get("ada", "/catalog", params={"q": "latpop"}).json()]

    assert names == sorted(names)
    assert found[0] == "laptop"
    assert api.get("ada", "/catalog/lamp").json()["form"]["reason"]["label"] == "Why?"
    refused(api.get("ada", "/catalog/moon"), 404, "not-found")


def test_a_strangers_request_is_not_there(api: Api) -> None:
    """Somebody else's request and one that does not exist are told in the same words, on every route."""
    made = api.ask("ada", "desk")
    for method, path, body in (
        ("GET", "", None),
        ("POST", "/cancel", None),
        ("POST", "/return", None),
        ("POST", "/answer", {"answer": "x"}),
        ("POST", "/extend", {"answers": {}}),
        ("POST", "/secret", None),
    ):
        told = [
            refused(api.call("eli", method, f"/requests/{name}{path}", body), 404, "not-found")
            for name in (made["id"], made["name"], NOBODY, "R-0000")
        ]
        assert all(each == told[0] for each in told), path
    assert api.get("ada", f"/requests/{made['id']}").json()["state"] == "awaiting_approval"


def test_a_customer_reads_the_events_that_their_story_tells(api: Api) -> None:
    """When, of which kind, and in the story's words: not who did it, nor what was recorded for staff."""
    made = api.ask("ada", "lamp")
    told = api.get("ada", f"/requests/{made['name']}/events").json()
    lines = api.get("ada", f"/requests/{made['name']}").json()["lines"]

    assert [(one["kind"], one["tell"]) for one in told] == [(one["kind"], one["title"]) for one in lines]
    assert told
    assert {one["actor"] for one in told} == {""}
    assert not any(one["data"] for one in told)
    full = {one["number"]: one["at"] for one in api.get("tess", f"/requests/{made['id']}/events").json()}
    assert {one["number"]: one["at"] for one in told}.items() <= full.items()


def test_the_whole_trail_of_a_request_is_for_staff_and_auditors(api: Api) -> None:
    """Nobody else is told whether the request exists or not."""
    made = api.ask("ada", "lamp")
    told = [refused(api.get("ben", f"/requests/{each}/events"), 404)["detail"] for each in (made["id"], NOBODY)]

    assert told[0] == told[1]
    for who in ("tess", "lea"):
        kinds = [event["kind"] for event in api.get(who, f"/requests/{made['id']}/events").json()]
        assert kinds == ["request.asked", "step.done", "request.fulfilled"]
    refused(api.get("tess", f"/requests/{NOBODY}/events"), 404)


def test_the_evidence_of_steps_is_for_staff(api: Api) -> None:
    """A customer's story has no arguments, evidence or reasons of the machine."""
    made = api.ask("ada", "lamp")

    (step,) = api.get("ada", f"/requests/{made['name'].lower()}").json()["steps"]
    assert (step["state"], step["args"], step["evidence"], step["reason"]) == ("done", {}, {}, "")
    (step,) = api.get("tess", f"/requests/{made['id']}").json()["steps"]
    assert step["evidence"] == {"shelf": "shelf"}


@pytest.mark.parametrize("path", ["/requests", "/grants"])
def test_lists_of_others_are_for_staff_and_auditors(api: Api, path: str) -> None:
    """A customer reads their own; whom they may not read is told alike for somebody and for nobody."""
    api.ask("ada", "lamp")
    ada = api.stand.people["ada"]
    told = [refused(api.get("eli", path, params={"customer": each}), 403)["detail"] for each in (ada, NOBODY, "*")]

    assert len(set(told)) == 1
    for who in ("tess", "lea"):
        read = api.get(who, path, params={"customer": ada}).json()
        assert len(read["rows"]) == 1
    assert "lamp" not in api.get("eli", path).text


def test_requests_are_paged_newest_first(api: Api) -> None:
    """Following the cursors meets every request once, in order, and ends."""
    made = []
    for _ in range(PAGE + 3):
        made.append(api.ask("ada", "bell")["id"])
        api.stand.clock.forward(minutes=1)
    first = api.get("tess", "/requests", params={"customer": "*"}).json()
    rest = api.get("tess", "/requests", params={"customer": "*", "cursor": first["cursor"]}).json()

    assert [row["id"] for row in first["rows"] + rest["rows"]] == made[::-1]
    assert (len(first["rows"]), rest["cursor"]) == (PAGE, None)


def test_requests_are_filtered_by_state_and_item(api: Api) -> None:
    """Open, one state, or one item; a state that does not exist is refused by name."""
    api.ask("ada", "lamp")
    api.ask("ada", "desk")

    def items(**params: str) -> list[str]:
        return [row["item_id"] for row in api.get("ada", "/requests", params=params).json()["rows"]]

    assert items() == ["desk", "lamp"]
    assert items(state="open") == ["desk"]
    assert items(state="fulfilled") == ["lamp"]
    assert items(item="lamp", state="open") == []
    assert "state" in str(refused(api.get("ada", "/requests", params={"state": "gone"}), 422)["errors"])


def test_what_is_held_is_listed_with_its_end_and_reason(api: Api) -> None:
    """What has ended is listed only where it is asked for."""
    name = api.ask("ada", "fork")["name"]
    (held,) = api.get("ada", "/grants").json()["rows"]
    assert (held["item_id"], held["state"], held["because"]) == ("fork", "active", [name])

    api.post("ada", f"/requests/{name}/return")
    api.stand.work()
    assert api.get("ada", "/grants").json()["rows"] == []
    assert [row["state"] for row in api.get("ada", "/grants", params={"ended": True}).json()["rows"]] == ["ended"]


def test_everything_held_is_paged_for_staff_newest_first(api: Api) -> None:
    """With whose it is; what ends between two pages takes no other grant's place along."""
    made = [who for _ in range(6) for who in api.stand.people]
    assert len(made) > PAGE
    _holding(api, made)
    first = api.get("lea", "/grants", params={"customer": "*"}).json()
    assert len(first["rows"]) == PAGE
    with api.stand.house.database.write() as session:
        session.execute(sa.update(Grant).where(Grant.id == first["rows"][-1]["id"]).values(state="ended"))
    rest = api.get("lea", "/grants", params={"customer": "*", "cursor": first["cursor"]}).json()

    assert rest["cursor"] is None
    rows = first["rows"] + rest["rows"]
    assert [row["customer_id"] for row in rows] == [api.stand.people[who] for who in reversed(made)]
    assert {row["customer_name"] for row in rows} == {f"{who.capitalize()} Fern" for who in made}
    whose = {row["customer_id"] for row in api.get("lea", "/grants").json()["rows"]}
    assert whose == {api.stand.people["lea"]}


def _holding(api: Api, who: list[str]) -> None:
    """Each holds something, in this order."""
    with api.stand.house.database.write() as session:
        for one, name in zip(sorted(new_id() for _ in who), who, strict=True):
            held = Grant(id=one, item_id="lamp", item_name="Lamp", holding=one, state="active")
            held.customer_id = api.stand.people[name]
            session.add(held)


@both_stores
def test_what_waits_for_a_decision_is_paged_by_urgency(api: Api) -> None:
    """Each once, however many; what is decided or becomes more urgent between two pages hides none of the others."""
    days = [(api.stand.clock() + timedelta(days=number + 1)).date().isoformat() for number in range(PAGE + 4)]
    stages = sorted(api.stage(api.ask("ada", "desk", {"until": day})["id"]) for day in days)
    _due(api, Stage, stages)
    first = api.get("mara", "/approvals").json()
    assert [row["stage_id"] for row in first["rows"]] == stages[:PAGE]
    last = first["rows"][-1]["stage_id"]
    with api.stand.house.database.write() as session:
        session.execute(sa.update(Stage).where(Stage.id == last).values(due_at=api.stand.clock() - timedelta(9)))
        session.execute(sa.update(Stage).where(Stage.id == stages[-1]).values(due_at=None))
    rest = api.get("mara", "/approvals", params={"cursor": first["cursor"]}).json()
    assert [row["stage_id"] for row in rest["rows"]] == stages[PAGE:]
    assert rest["cursor"] is None


@both_stores
def test_the_desk_is_paged_by_urgency(api: Api) -> None:
    """All of it can be read: with its filters, and while a case is closed that ended the page before."""
    cases = sorted(_handed_over(api) for _ in range(PAGE + 3))
    _due(api, Escalation, cases)
    first = api.get("tess", "/escalations", params={"team": "techops"}).json()
    assert [row["id"] for row in first["rows"]] == cases[:PAGE]
    with api.stand.house.database.write() as session:
        session.execute(sa.update(Escalation).where(Escalation.id == cases[PAGE - 1]).values(state="closed"))
    rest = api.get("tess", "/escalations", params={"team": "techops", "cursor": first["cursor"]}).json()
    assert [row["id"] for row in rest["rows"]] == cases[PAGE:]
    assert rest["cursor"] is None


def _handed_over(api: Api) -> str:
    with api.stand.house.database.write() as session:
        one, now = new_id(), api.stand.clock()
        case = Escalation(id=one, subject=f"connector:{one}", why="failed", reason="It is away", team="techops")
        case.state, case.opened_at, case.due_at, case.rises_at = "open", now, now, now
        session.add(case)
    return one


def _due(api: Api, table: type[Stage | Escalation], ids: list[str]) -> None:
    """In this order, by pairs at the same moment, which has parts of a second."""
    with api.stand.house.database.write() as session:
        for number, one in enumerate(ids):
            due = api.stand.clock() + timedelta(days=1, microseconds=number // 2)
            session.execute(sa.update(table).where(table.id == one).values(due_at=due))


@pytest.mark.parametrize("path", ["/approvals", "/escalations", "/grants"])
@pytest.mark.parametrize(
    "cursor", ["", "x", "1.x", f"{'9' * 18}.{NOBODY}", f"-1.{NOBODY}", f"1.{NOBODY}'--", f"\u0661.{NOBODY}", "never."]
)
def test_a_cursor_of_somebody_s_own_making_is_refused(api: Api, path: str, cursor: str) -> None:
    """In words that say what to do, and nothing is looked up by it."""
    told = refused(api.get("tess", path, params={"cursor": cursor}), 422, "malformed")
    assert "or none" in str(told["errors"]["cursor"])


def test_people_are_looked_up_by_staff(api: Api) -> None:
    """By id or mail address; customers and auditors may not."""
    for name in (api.stand.people["ada"], "ADA@fern.example"):
        told = api.get("tess", f"/people/{name}").json()
        assert (told["login"], told["manager"], told["present"]) == ("ada", "mara@fern.example", True)
    refused(api.get("tess", "/people/moon@fern.example"), 404)
    for who in ("ada", "lea"):
        refused(api.get(who, f"/people/{api.stand.people['ada']}"), 403)
