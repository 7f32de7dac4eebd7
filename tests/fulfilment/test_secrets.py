"""Hard case 14: a secret is sealed, shown until it is kept, and nowhere in clear."""

from __future__ import annotations

from typing import Any

import pytest
from tests.stand.house import Stand
from tests.store.leaks import found_in

from selfserve.connectors.contract import Observation, Presence
from selfserve.requests import acts, desk
from selfserve.requests.refusals import Unfit
from selfserve.settings.sealing import CannotOpen
from selfserve.store.tables import Request


def test_a_machine_s_secret_is_nowhere_in_clear(stand: Stand) -> None:
    """Made, waiting to be shown, shown, kept: no table, no file, no trail, no notice, no engine row has it."""
    made = stand.ask("ada", "password")
    assert found_in(stand.house.database, "s3cret-word") == []
    shown = stand.write(acts.reveal, stand.house, made.name, stand.people["ada"], stand.clock())
    assert shown == {"word": "s3cret-word"}
    assert found_in(stand.house.database, "s3cret-word") == []
    stand.write(acts.keep, made.name, stand.people["ada"], stand.clock())
    assert found_in(stand.house.database, "s3cret-word") == []
    assert stand.request(made.id).sealed is None


def test_a_human_s_secret_is_nowhere_in_clear(stand: Stand) -> None:
    """Typed at the desk into a secret field."""
    stand.ask("ada", "laptop")
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={"serial": "SN-1", "word": "hand-made-word-9"})
    stand.work()
    assert found_in(stand.house.database, "hand-made-word-9") == []
    assert found_in(stand.house.database, "SN-1") != [], "what is not secret is recorded, and the search does find"


@pytest.mark.parametrize(
    ("words", "serial", "wrong"), [("It is hand-made-word-9.", "SN-1", "_words"), ("", "hand-made-word-9", "serial")]
)
def test_what_is_sealed_stands_nowhere_beside_it(stand: Stand, words: str, serial: str, wrong: str) -> None:
    """Neither in the word to the customer nor in what all may read: it is said where, and nothing is kept."""
    stand.ask("ada", "laptop")
    fields = {"serial": serial, "word": "hand-made-word-9"}
    with pytest.raises(Unfit) as refused:
        desk.done(stand.house, stand.case().id, stand.people["tess"], fields=fields, words=words)
    assert list(refused.value.errors) == [wrong]
    assert found_in(stand.house.database, "hand-made-word-9") == []
    assert stand.open_cases()


def test_a_target_that_is_looked_at_is_told_no_secret(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it answers is kept as evidence, in the open."""
    stand.ask("ada", "laptop")
    human = stand.house.connectors.get("human")
    seen = list[Any]()

    def observe(action: str, args: Any, state: Any) -> Observation:
        seen.append(state)
        return Observation(Presence.PRESENT, dict(state))

    monkeypatch.setattr(human, "observe", observe)
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={"serial": "SN-1", "word": "hand-made-word-9"})
    assert seen[0]["done_by_hand"] == {"serial": "SN-1"}
    assert found_in(stand.house.database, "hand-made-word-9") == []


def test_a_secret_of_a_doubtful_step_is_kept(stand: Stand) -> None:
    """It said done and showed nothing: the secret it gave is sealed all the same."""
    stand.shelf.looks = ["", "blind"]
    made = stand.ask("ada", "password")
    assert stand.request(made.id).sealed is not None


def test_one_customer_s_seal_does_not_open_for_another_request(stand: Stand) -> None:
    """Copied into another row, the envelope stays closed."""
    ada, ben = stand.ask("ada", "password"), stand.ask("ben", "password")
    with stand.house.database.write() as session:
        session.get_one(Request, ben.id).sealed = session.get_one(Request, ada.id).sealed
    with pytest.raises(CannotOpen) as refused:
        stand.write(acts.reveal, stand.house, ben.name, stand.people["ben"], stand.clock())
    assert "s3cret" not in str(refused.value)
