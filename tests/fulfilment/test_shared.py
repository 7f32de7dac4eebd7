"""Hard case 15 and its relatives: two reasons for one thing, what was there before us, and who inherits."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.stand import invariants
from tests.stand.house import Stand

from selfserve.fulfilment.steps import RESOURCE, resource_key
from selfserve.requests import acts, desk, grant_rows
from selfserve.requests.reconcile import reconcile
from selfserve.requests.refusals import NotPossible
from selfserve.requests.story import find, story
from selfserve.requests.submit import Submitted
from selfserve.store.states import GrantState, RequestState, StepState
from selfserve.store.tables import Grant, Notice


def _give_back(stand: Stand, who: str, name: str) -> None:
    stand.write(acts.give_back, stand.house, name, stand.people[who], stand.clock())
    stand.work()


def _end(stand: Stand, grant: Grant) -> None:
    assert stand.tick_grant(grant) == "ended"
    stand.pass_time(minutes=1)


def test_what_was_there_before_us_is_never_taken_away(stand: Stand) -> None:
    """Ada had a lamp already: asked for, told that it was there, and left alone at the end."""
    stand.shelf.things.add(("lamp", "ada"))
    made = stand.ask("ada", "lamp")
    (step,) = stand.steps(made.id)
    assert (made.state, step.state, step.ours) == (RequestState.FULFILLED, StepState.ALREADY_DONE, False)
    stand.clock.forward(hours=8)
    _end(stand, stand.grants("ada")[0])
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert stand.shelf.things == {("lamp", "ada")}
    assert stand.shelf.calls["undo"] == 0


def test_what_was_there_before_us_stays_even_after_a_lost_answer(stand: Stand) -> None:
    """The doubt about our call does not make it ours."""
    stand.shelf.things.add(("lamp", "ada"))
    stand.shelf.faults = ["lost"]
    made = stand.ask("ada", "lamp")
    stand.pass_time(minutes=1)
    assert not stand.steps(made.id)[0].ours
    stand.clock.forward(hours=8)
    _end(stand, stand.grants("ada")[0])
    assert stand.shelf.things == {("lamp", "ada")}


def test_two_requests_for_one_thing_end_with_the_last(stand: Stand) -> None:
    """Given back once, it stays for the other reason; given back twice, it is gone."""
    one = stand.ask("ada", "lamp", {"reason": "a"})
    other = stand.ask("ada", "lamp", {"reason": "b"})
    _give_back(stand, "ada", one.name)
    assert stand.shelf.things == {("lamp", "ada")}
    assert stand.grants("ada")[0].state == GrantState.ACTIVE
    _give_back(stand, "ada", other.name)
    assert not stand.shelf.things
    assert stand.shelf.effects[("lamp", "ada")] == 1


def test_giving_back_one_reason_shortens_to_the_other_s_end(stand: Stand) -> None:
    """Two ends, the later one given back: the earlier one counts again."""
    one = stand.ask("ada", "lamp", {"reason": "a"})
    first_end = stand.grants("ada")[0].ends_at
    stand.clock.forward(hours=3)
    other = stand.ask("ada", "lamp", {"reason": "b"})
    assert stand.grants("ada")[0].ends_at != first_end
    _give_back(stand, "ada", other.name)
    assert stand.grants("ada")[0].ends_at == first_end
    stand.clock.forward(hours=5)
    _end(stand, stand.grants("ada")[0])
    assert not stand.shelf.things
    assert "grant.ended" in stand.kinds(f"request:{one.id}")


def test_two_items_that_give_the_same_thing_share_it(stand: Stand) -> None:
    """The set holds a fork, the fork is a fork: whichever ends first leaves it to the other, who takes it back
    later."""
    stand.ask("ada", "set")
    stand.clock.forward(hours=7)
    fork = stand.ask("ada", "fork")
    assert not stand.steps(fork.id)[0].ours
    stand.clock.forward(hours=1)
    both = {grant.item_id: grant for grant in stand.grants("ada")}
    _end(stand, both["set"])
    assert stand.shelf.things == {("fork", "ada")}
    assert stand.steps(fork.id)[0].ours, "ownership passed on"
    assert stand.steps(fork.id)[0].target_state == {"n": 1}, "and what it takes to take it back"
    stand.clock.forward(hours=1)
    _end(stand, both["fork"])
    assert not stand.shelf.things
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED] * 2
    invariants.check(stand)


def test_the_later_one_may_end_first(stand: Stand) -> None:
    """The fork's two hours end before the set's eight: nothing moves."""
    stand.ask("ada", "set")
    stand.ask("ada", "fork")
    stand.clock.forward(hours=2)
    both = {grant.item_id: grant for grant in stand.grants("ada")}
    _end(stand, both["fork"])
    assert ("fork", "ada") in stand.shelf.things
    assert stand.shelf.calls["undo"] == 0
    stand.clock.forward(hours=6)
    _end(stand, both["set"])
    assert not stand.shelf.things


def test_a_prior_thing_is_inherited_by_nobody(stand: Stand) -> None:
    """The fork was there before us; set and fork come and go, it stays."""
    stand.shelf.things.add(("fork", "ada"))
    stand.ask("ada", "set")
    stand.ask("ada", "fork")
    stand.clock.forward(hours=8)
    for grant in stand.grants("ada"):
        _end(stand, grant)
    assert stand.shelf.things == {("fork", "ada")}


def test_two_people_s_things_have_nothing_to_do_with_each_other(stand: Stand) -> None:
    """Assigning one keeps the others; ending one keeps the others."""
    ada, ben = stand.ask("ada", "cup"), stand.ask("ben", "cup")
    _give_back(stand, "ada", ada.name)
    assert stand.shelf.things == {("cup", "ben")}
    assert stand.request(ben.id).state == RequestState.FULFILLED


def _by_hand(stand: Stand, number: str) -> None:
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={"number": number})
    stand.work()


def test_what_a_human_gave_two_people_by_the_same_words_is_taken_back_from_each(stand: Stand) -> None:
    """Two keys by one checklist are two keys: the first is asked back although the second is still out."""
    given = {}
    for who, number in (("ada", "1"), ("ben", "2")):
        given[who] = stand.ask(who, "key")
        _by_hand(stand, number)
    for who in ("ada", "ben"):
        _give_back(stand, who, given[who].name)
        assert stand.grants(who)[0].state == GrantState.ENDING, "a person has to take it back"
        case = stand.case()
        assert (case.why, case.grant_id) == ("needs_human", stand.grants(who)[0].id)
        desk.done(stand.house, case.id, stand.people["tess"], fields={"returned": "yes"})
        stand.work()
        assert stand.grants(who)[0].state == GrantState.ENDED
        assert "kept_for" not in stand.steps(given[who].id)[0].evidence
    assert not stand.open_cases()


@pytest.mark.parametrize("works", [True, False])
def test_what_a_human_gave_one_person_twice_is_taken_back_once(stand: Stand, works: bool) -> None:
    """Two items with one checklist, also where a process without connectors took the second order: what the first
    leaves is the second's."""
    text = (stand.catalog / "items" / "key.yaml").read_text().replace("id: key\n", "id: keys\n")
    lamp = '\n  - id: thing\n    use: shelf.put\n    with: {thing: lamp, customer: "${customer.login}"}\ngrant'
    (stand.catalog / "items" / "keys.yaml").write_text(text.replace("\ngrant", lamp))
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    key = stand.ask("ada", "key")
    _by_hand(stand, "1")
    web = stand.again("web")
    object.__setattr__(web.house, "works", works)
    keys = web.ask("ada", "keys", {})
    stand.work()
    for case in stand.open_cases():
        desk.done(stand.house, case.id, stand.people["tess"], fields={"number": "1"})
    stand.work()
    _give_back(stand, "ada", key.name)
    assert stand.steps(key.id)[0].evidence["kept_for"] == keys.id
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED, GrantState.ACTIVE]
    assert not stand.open_cases()
    _give_back(stand, "ada", keys.name)
    assert stand.case().why == "needs_human"


def test_a_process_without_connectors_orders_the_same_thing(stand: Stand) -> None:
    """A web process cannot name resources; the worker does, so that what is shared is seen as shared."""
    stand.ask("ada", "set")
    web = stand.again("web")
    object.__setattr__(web.house, "works", False)
    fork = web.ask("ada", "fork")
    assert fork.state is RequestState.FULFILLING
    stand.work()
    assert stand.steps(fork.id)[0].resource == "thing:fork:ada"
    stand.clock.forward(hours=8)
    _end(stand, next(grant for grant in stand.grants("ada") if grant.item_id == "set"))
    assert stand.shelf.things == {("fork", "ada")}


def _never_worked(stand: Stand, item: str = "fork", fault: str = "permanent") -> Submitted:
    """Ada asked for it; the call was sent and nothing came of it that we know of, so it is a person's."""
    stand.shelf.faults = [fault]
    made = stand.ask("ada", item)
    assert made.state is RequestState.HANDED_OVER
    return made


def _ends(stand: Stand, how: str, made: Submitted) -> None:
    if how == "cancelled":
        stand.write(acts.cancel, stand.house, made.name, stand.people["ada"], stand.clock())
    else:
        desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="No.", take_back=True)
    stand.pass_time(minutes=1)


@pytest.mark.parametrize("how", ["cancelled", "given up by staff"])
def test_what_never_worked_takes_nothing_from_what_did(stand: Stand, how: str) -> None:
    """The fork was refused, the set brought one: what becomes of the first request leaves it, and the set takes it
    back."""
    fork = _never_worked(stand)
    held = stand.ask("ada", "set")
    _ends(stand, how, fork)
    assert ("fork", "ada") in stand.shelf.things
    assert stand.shelf.calls["undo"] == 0
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED, GrantState.ACTIVE]
    assert stand.steps(fork.id)[0].evidence["kept_for"] == held.id
    reconcile(stand.house)
    assert not stand.open_cases(), "nothing is missing"
    _give_back(stand, "ada", held.name)
    assert not stand.shelf.things
    invariants.check(stand)


def test_what_half_worked_takes_nothing_from_what_did_when_its_time_is_over(stand: Stand) -> None:
    """The set's plate came, its fork did not; the fork came by itself later, and outlives the set."""
    stand.shelf.faults = ["", "permanent"]
    assert stand.ask("ada", "set").state is RequestState.HANDED_OVER
    stand.clock.forward(hours=7)
    stand.ask("ada", "fork")
    stand.clock.forward(hours=1)
    both = {grant.item_id: grant for grant in stand.grants("ada")}
    _end(stand, both["set"])
    assert stand.shelf.things == {("fork", "ada")}
    stand.clock.forward(hours=1)
    _end(stand, both["fork"])
    assert not stand.shelf.things


def test_what_a_lost_call_may_have_brought_is_inherited(stand: Stand) -> None:
    """The call was answered by nothing and did work; the set found it there, so it is the set's to take back."""
    stand.shelf.faults, stand.shelf.looks = ["answer_lost"], ["", "permanent"]
    fork = stand.ask("ada", "fork")
    stand.pass_time(minutes=1)
    assert stand.request(fork.id).state == RequestState.HANDED_OVER
    held = stand.ask("ada", "set")
    assert [step.ours for step in stand.steps(held.id)] == [True, False, True]
    _ends(stand, "cancelled", fork)
    assert ("fork", "ada") in stand.shelf.things
    _give_back(stand, "ada", held.name)
    assert not stand.shelf.things


def test_what_never_worked_is_not_taken_back_while_it_is_just_being_given(stand: Stand) -> None:
    """The set has called for its fork when the other is cancelled: the taking back waits for how that ends."""
    fork = _never_worked(stand)
    stand.shelf.faults = ["", "transient"]
    held = stand.ask("ada", "set")
    assert held.state is RequestState.FULFILLING
    stand.write(acts.cancel, stand.house, fork.name, stand.people["ada"], stand.clock())
    stand.work(1)
    assert stand.shelf.calls["undo"] == 0
    stand.pass_time(minutes=1)
    assert stand.request(held.id).state == RequestState.FULFILLED
    assert ("fork", "ada") in stand.shelf.things
    assert stand.grants("ada")[0].state == GrantState.ENDED


def test_what_is_just_taken_back_after_it_never_worked_is_not_asked_for_at_once(stand: Stand) -> None:
    """A doubtful fork is taken back: whoever gave one in the same moment would give what is then taken."""
    fork = _never_worked(stand)
    stand.write(acts.cancel, stand.house, fork.name, stand.people["ada"], stand.clock())
    with pytest.raises(NotPossible, match="just being taken back"):
        stand.ask("ada", "set")
    stand.pass_time(minutes=1)
    assert stand.ask("ada", "set").state is RequestState.FULFILLED


@pytest.mark.parametrize("tail", ["ada", "ben"])
def test_long_names_of_resources_stay_apart(tail: str) -> None:
    """Two DNs that differ only after the 512th sign are two things."""
    long = "member:" + "ou=a," * 200
    key = resource_key(long + tail)
    assert len(key) <= RESOURCE
    assert key != resource_key(long + tail + "x")
    assert resource_key(key) == key
    assert resource_key("short") == "short"


def test_what_one_holds_says_because_of_what(stand: Stand) -> None:
    """Both requests are named, until both are over."""
    one = stand.ask("ada", "lamp", {"reason": "a"})
    other = stand.ask("ada", "lamp", {"reason": "b"})
    with stand.house.database.read() as session:
        (row,) = grant_rows.held(session, stand.people["ada"])
    assert row.because == [one.name, other.name]


def _told(stand: Stand, name: str) -> tuple[str, str, str]:
    """The last line of the request's story, its note, and what the notice of the end says."""
    with stand.house.database.read() as session:
        request = find(session, name)
        assert request is not None
        last = story(session, stand.house, request, request.customer_id).lines[-1]
        notices = session.execute(sa.select(Notice.title, Notice.body).order_by(Notice.made_at)).all()
        body = [one.body for one in notices if one.title == f"“{request.item_name}” has ended"][-1]
    return last.title, last.note, body


def test_nobody_reads_that_what_they_had_before_was_taken_back(stand: Stand) -> None:
    """It ends here, and stays where it was: the story and the notice say so."""
    stand.shelf.things.add(("lamp", "ada"))
    made = stand.ask("ada", "lamp")
    _give_back(stand, "ada", made.name)
    title, note, notice = _told(stand, made.name)
    assert title == "It has ended here, and nothing was taken away"
    assert note == "You had it before you asked."
    assert notice == "Nothing was taken away: you had it before you asked here."


def test_nobody_reads_that_what_they_hold_otherwise_was_taken_back(stand: Stand) -> None:
    """The fork of the set is a fork: given back alone it stays, whichever came first; the last one is taken back."""
    whole, fork = stand.ask("ada", "set"), stand.ask("ada", "fork")
    _give_back(stand, "ada", fork.name)
    assert _told(stand, fork.name) == (
        "It has ended here, and nothing was taken away",
        "It stays, since it was asked for otherwise too.",
        "Nothing was taken away: you hold it otherwise too.",
    )
    again = stand.ask("ada", "fork")
    _give_back(stand, "ada", whole.name)
    assert stand.shelf.things == {("fork", "ada")}
    title, note, notice = _told(stand, whole.name)
    assert title == "It has ended and was taken back"
    assert note == "What was there before, or is held otherwise too, stays."
    assert notice.endswith("What you had before, or hold otherwise too, stays.")
    _give_back(stand, "ada", again.name)
    assert _told(stand, again.name)[:2] == ("It has ended and was taken back", "")


def test_what_an_extension_found_there_has_not_stayed_when_it_ends(stand: Stand) -> None:
    """The longer request found the lamp of the first: the end of both takes it, and nobody reads that a part stays."""
    first = stand.ask("ada", "lamp").name
    stand.clock.forward(days=2)
    longer = acts.extend(stand.house, first, stand.people["ada"], {}).name
    stand.write(acts.give_back, stand.house, longer, stand.people["ada"], stand.clock(), wholly=True)
    stand.work()
    assert not stand.shelf.things
    for name in (first, longer):
        title, note, notice = _told(stand, name)
        assert (title, note) == ("It has ended and was taken back", "")
        assert "stays" not in notice
