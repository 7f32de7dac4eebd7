"""Hard case 5 for what carries a secret: whoever dies with a licence key in hand costs nobody their key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.requests.test_seats import ITEM
from tests.stand.house import Stand, build
from tests.stand.shelf import Killed

from selfserve.connectors.contract import Context, Outcome
from selfserve.connectors.seats.connector import SeatArgs, SeatsConnector
from selfserve.fulfilment import leases
from selfserve.requests import acts
from selfserve.store.database import Database
from selfserve.store.states import RequestState, StepState
from selfserve.store.tables import Request

POOLS = {"studio": {"label": "Studio", "keys": "KEY-1", "team": "designers"}}


@pytest.fixture
def stand(database: Database, tmp_path: Path) -> Iterator[Stand]:
    """A house with one licence key of Studio."""
    made = build(database, tmp_path, "one", None, POOLS)
    (made.catalog / "items" / "studio.yaml").write_text(ITEM)
    assert made.house.catalog.refresh(force=True), made.house.catalog.problems
    yield made
    made.house.engine.stop()


def dies_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies once, after a seat (or a place in line) was taken and before anybody was told."""
    assign = SeatsConnector._assign

    def once(self: SeatsConnector, asked: SeatArgs, ctx: Context) -> Outcome:
        monkeypatch.setattr(SeatsConnector, "_assign", assign)
        assign(self, asked, ctx)
        raise Killed

    monkeypatch.setattr(SeatsConnector, "_assign", once)


def key_of(stand: Stand, request_id: str, who: str) -> dict[str, str]:
    """What the customer is shown, once."""
    name = stand.request(request_id).name
    shown: dict[str, str] = stand.write(acts.reveal, stand.house, name, stand.people[who], stand.clock())
    return shown


def asks_and_dies(stand: Stand, who: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """`who` asks, the process dies, another one takes over what was left; the id of the request."""
    dies_after(monkeypatch)
    with pytest.raises(Killed):
        stand.ask(who, "studio")
    other = stand.again("two")
    leases.sweep(other.house)
    other.work()
    with stand.house.database.read() as session:
        mine = sa.select(Request.id).where(Request.customer_id == stand.people[who])
        return session.scalars(mine).one()


def test_a_key_that_was_taken_before_the_crash_reaches_its_customer(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready is told with the key, or not at all; and one key was taken, not two."""
    request_id = asks_and_dies(stand, "ada", monkeypatch)
    (step,) = stand.steps(request_id)
    assert (stand.request(request_id).state, step.state, step.ours) == (RequestState.FULFILLED, StepState.DONE, True)
    assert key_of(stand, request_id, "ada") == {"seat": "KEY-1"}
    assert stand.ask("ben", "studio").state is RequestState.FULFILLING, "the one key is taken"


def test_a_key_that_came_to_a_place_in_line_nobody_wrote_down_reaches_its_customer(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between taking the place and telling it; the key comes later, by who gives it back."""
    first = stand.ask("ada", "studio")
    request_id = asks_and_dies(stand, "ben", monkeypatch)
    assert stand.request(request_id).state == RequestState.FULFILLING
    name = stand.request(first.id).name
    stand.write(acts.give_back, stand.house, name, stand.people["ada"], stand.clock())
    stand.pass_time(minutes=20)

    assert stand.request(request_id).state == RequestState.FULFILLED
    assert key_of(stand, request_id, "ben") == {"seat": "KEY-1"}
