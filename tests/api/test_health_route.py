"""`/health` of the API: how the installation is, for admins."""

from __future__ import annotations

from tests.api.calls import Api

from selfserve.fulfilment import leases


def test_troubles_come_first_each_with_what_to_do(api: Api) -> None:
    """A house without a worker is not well; with one, and people read, the trouble is gone."""
    told = api.get("cora", "/health").json()
    assert told["well"] is False
    assert told["troubles"][0]["words"] == "No worker is running, so nothing that waits is done."
    assert "selfserve worker" in told["troubles"][0]["todo"]
    api.stand.write(leases.beat, api.stand.house, "worker")
    told = api.get("cora", "/health").json()
    assert [one["level"] for one in told["troubles"]] == ["warning"]


def test_the_whole_of_it_is_there(api: Api) -> None:
    """Connectors, queues, processes, certificates, versions, people, mail, room, and the last day hour by hour."""
    found = api.get("cora", "/health").json()["installation"]
    assert {one["name"] for one in found["connectors"]} == set(api.stand.house.connectors.connectors)
    assert found["versions"]["schema"] == found["versions"]["schema_known"]
    assert len(found["flow"]) == len(found["waited"]) == 24
    assert found["room"]["taken"] > 0


def test_a_look_is_ordered_once_however_often_it_is_asked(api: Api) -> None:
    """Two presses within seconds are one order."""
    for _ in range(2):
        answer = api.post("cora", "/health/look")
        assert (answer.status_code, answer.json()) == (202, {"asked": True})
    queues = api.get("cora", "/health").json()["installation"]["queues"]
    assert [(one["name"], one["waiting"]) for one in queues] == [("house", 1)]
