"""Hard case 5 for what carries a secret: whoever dies with a licence key in hand costs nobody their key."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.requests.test_seats import ITEM
from tests.stand.house import Stand, build
from tests.stand.shelf import Killed
from tests.stand.stores import somebody_waits

from selfserve.connectors.contract import Context, Outcome, State
from selfserve.connectors.seats.connector import SeatArgs, SeatsConnector
from selfserve.fulfilment import drift, leases
from selfserve.requests import acts, desk
from selfserve.requests.reconcile import reconcile
from selfserve.requests.refusals import NotPossible
from selfserve.store.database import Database
from selfserve.store.states import GrantState, RequestState, StepState
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

    def once(self: SeatsConnector, asked: SeatArgs, state: State, ctx: Context) -> Outcome:
        monkeypatch.setattr(SeatsConnector, "_assign", assign)
        assign(self, asked, state, ctx)
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


RETURN, EXPIRY, LEAVER, GONE = "return", "expiry", "leaver", "gone in the target"


def ends(stand: Stand, how: str, request_id: str) -> None:
    """Ada's request ends in one of the ways a grant ends; the taking back is ordered, and nobody has begun it."""
    request, ada = stand.request(request_id), stand.people["ada"]
    match how:
        case "return":
            stand.write(acts.give_back, stand.house, request.name, ada, stand.clock())
        case "expiry":
            stand.clock.forward(hours=8)
            assert stand.tick_grant(stand.grants("ada")[0]) == "ended"
        case "leaver":
            stand.change("ada", gone_at=stand.clock())
            reconcile(stand.house)
        case _:
            (step,) = stand.steps(request_id)
            stand.write(drift.tell, stand.house, step.id, stand.clock())
            desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="It stays away.")


@pytest.mark.parametrize("how", [RETURN, EXPIRY, LEAVER, GONE])
def test_a_key_whose_taking_back_began_is_shown_to_nobody_any_more(stand: Stand, how: str) -> None:
    """Not even before a worker is at it: from then on it may be the next one's at any moment."""
    ada = stand.ask("ada", "studio")
    ends(stand, how, ada.id)
    assert stand.request(ada.id).sealed is None
    with pytest.raises(NotPossible, match="nothing to show"):
        key_of(stand, ada.id, "ada")
    stand.pass_time(minutes=1)
    ben = stand.ask("ben", "studio")
    assert key_of(stand, ben.id, "ben") == {"seat": "KEY-1"}
    with pytest.raises(NotPossible):
        key_of(stand, ada.id, "ada")


def test_a_key_sealed_before_is_refused_by_what_is_held_not_only_by_what_was_wiped(stand: Stand) -> None:
    """A copy that came back, from an older version say, is not shown either."""
    ada = stand.ask("ada", "studio")
    kept = stand.request(ada.id).sealed
    ends(stand, RETURN, ada.id)
    with stand.house.database.write() as session:
        session.get_one(Request, ada.id).sealed = kept
    with pytest.raises(NotPossible, match="nothing to show"):
        key_of(stand, ada.id, "ada")


def test_a_key_that_comes_after_its_grant_has_ended_is_not_sealed(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time ran out while the call was under way: the key goes back, and was nobody's."""
    assign = SeatsConnector._assign

    def slow(self: SeatsConnector, asked: SeatArgs, state: State, ctx: Context) -> Outcome:
        outcome = assign(self, asked, state, ctx)
        stand.change("ada", gone_at=stand.clock())
        reconcile(stand.house)
        return outcome

    monkeypatch.setattr(SeatsConnector, "_assign", slow)
    ada = stand.ask("ada", "studio")
    monkeypatch.undo()
    assert stand.request(ada.id).sealed is None
    stand.pass_time(minutes=2)
    assert key_of(stand, stand.ask("ben", "studio").id, "ben") == {"seat": "KEY-1"}


def test_a_key_freed_by_another_request_is_shown_to_nobody_any_more(stand: Stand) -> None:
    """An item that releases the seat gives it to the next, although the first grant has not ended."""
    adds(stand, "leave", ITEM.replace("seats.assign", "seats.release").replace("id: studio", "id: leave"))
    ada = stand.ask("ada", "studio")
    assert stand.ask("ada", "leave").state is RequestState.FULFILLED
    ben = stand.ask("ben", "studio")
    assert key_of(stand, ben.id, "ben") == {"seat": "KEY-1"}
    assert stand.request(ada.id).sealed is None


def test_a_key_that_another_grant_inherits_is_shown_as_long_as_that_one_holds_it(stand: Stand) -> None:
    """Two items give the seat, the first is given back: it is still theirs, and so is its key, until the second
    ends."""
    adds(stand, "bundle", BUNDLE)
    ada = stand.ask("ada", "studio")
    bundle = stand.ask("ada", "bundle")
    ends(stand, RETURN, ada.id)
    stand.pass_time(minutes=1)
    assert stand.request(ada.id).sealed is not None, "not shown yet, and held"
    ends(stand, RETURN, bundle.id)
    assert stand.request(ada.id).sealed is None


def test_two_that_share_a_key_and_are_given_back_at_once_do_not_wait_for_each_other(stand: Stand) -> None:
    """Each has its own request when the other comes to wipe the key in it: neither is refused, nobody is shown the key
    any more, and it is wiped when the taking back begins."""
    adds(stand, "both", ITEM.replace("id: studio", "id: both").replace("\ngrant", WORD))
    one, other = stand.ask("ada", "studio"), stand.ask("ada", "both")
    assert stand.request(one.id).sealed is not None
    assert stand.request(other.id).sealed is not None
    second = stand.apart("two")
    with ThreadPoolExecutor(1) as beside:
        with stand.house.database.write() as session:
            acts.own(session, one.name, stand.people["ada"])
            late = beside.submit(ends, second, RETURN, other.id)
            turn = threading.Event()
            while not late.done() and not somebody_waits(stand.house.database):
                turn.wait(0.01)
            acts.give_back(session, stand.house, one.name, stand.people["ada"], stand.clock())
        late.result(30)
    second.leave()
    with pytest.raises(NotPossible, match="nothing to show"):
        key_of(stand, one.id, "ada")
    stand.work()
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED] * 2
    assert stand.request(one.id).sealed is None
    assert key_of(stand, other.id, "ada") == {"word": "s3cret-word"}
    assert key_of(stand, stand.ask("ben", "studio").id, "ben") == {"seat": "KEY-1"}


def test_what_somebody_is_at_when_its_grant_ends_is_wiped_when_the_taking_back_begins(stand: Stand) -> None:
    """The end does not wait for whoever has the request in hand."""
    stand.edit("key", "field: number}", "field: number, secret: true}")
    key = stand.ask("ada", "key")
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={"number": "4711"})
    stand.work()
    stand.clock.forward(days=400)
    kept = stand.request(key.id).sealed
    second = stand.apart("two")
    with ThreadPoolExecutor(1) as beside:
        with stand.house.database.write() as session:
            acts.own(session, key.name, stand.people["ada"])
            late = beside.submit(second.tick_grant, stand.grants("ada")[0])
            turn = threading.Event()
            while not late.done() and not somebody_waits(stand.house.database):
                turn.wait(0.01)
        assert late.result(30) == "ended"
    second.leave()
    assert stand.house.database.sqlite or stand.request(key.id).sealed == kept
    with pytest.raises(NotPossible, match="nothing to show"):
        key_of(stand, key.id, "ada")
    stand.work()
    assert stand.request(key.id).sealed is None


def test_a_password_stays_the_customer_s_when_what_came_with_it_ends(stand: Stand) -> None:
    """A one-off is not taken back, so neither is what it gave; the key beside it is."""
    adds(stand, "both", ITEM.replace("id: studio", "id: both").replace("\ngrant", WORD))
    both = stand.ask("ada", "both")
    ends(stand, RETURN, both.id)
    assert key_of(stand, both.id, "ada") == {"word": "s3cret-word"}


def test_what_staff_sealed_goes_with_what_they_gave(stand: Stand) -> None:
    """The number of a door is not shown to who gave the door back."""
    stand.edit("key", "field: number}", "field: number, secret: true}")
    key = stand.ask("ada", "key")
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={"number": "4711"})
    stand.work()
    ends(stand, RETURN, key.id)
    assert stand.request(key.id).sealed is None
    with pytest.raises(NotPossible):
        key_of(stand, key.id, "ada")


def test_a_key_of_what_is_given_up_with_taking_back_is_wiped(stand: Stand) -> None:
    """The seat came, the rest did not, and staff take back what is there; kept, it is theirs to see."""
    glued = '\n  - id: thing\n    use: shelf.put\n    with: {thing: lamp, customer: "${customer.login}"}\ngrant'
    adds(stand, "both", ITEM.replace("id: studio", "id: both").replace("\ngrant", glued))
    for take_back in (True, False):
        stand.shelf.faults = ["permanent"]
        both = stand.ask("ada", "both")
        desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="No.", take_back=take_back)
        stand.pass_time(minutes=1)
        assert (stand.request(both.id).sealed is None) is take_back
    assert key_of(stand, both.id, "ada") == {"seat": "KEY-1"}


WORD = '\n  - id: word\n    use: shelf.word\n    with: {thing: p, customer: "${customer.login}"}\ngrant'
BUNDLE = ITEM.replace("id: studio", "id: bundle").replace(
    "\ngrant", '\n  - id: thing\n    use: shelf.put\n    with: {thing: lamp, customer: "${customer.login}"}\ngrant'
)


def adds(stand: Stand, item: str, text: str) -> None:
    """One more item in the catalog."""
    (stand.catalog / "items" / f"{item}.yaml").write_text(text)
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
