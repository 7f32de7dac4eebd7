"""Asking for somebody else: what only they may ask, who sees what comes of it, and who is told who asked."""

from __future__ import annotations

import json

import pytest
from tests.stand.house import Stand

from selfserve.requests import acts, case_rows, story, undecided
from selfserve.requests.plan import plan
from selfserve.requests.refusals import AlreadyAsked, NotAllowed, NotFound
from selfserve.requests.submit import Submitted, submit
from selfserve.store.tables import Request

UNTIL = "There is time until Monday 8 March, 09:00 UTC."


def ask_for(stand: Stand, asker: str, customer: str, item: str) -> Submitted:
    """`asker` asks for `customer`."""
    return submit(
        stand.house, customer_id=stand.people[customer], asked_by_id=stand.people[asker], item_id=item, answers={}
    )


@pytest.mark.parametrize("item", ["password", "wipe", "laptop"])
def test_nobody_asks_for_anothers_secret_or_loss(stand: Stand, item: str) -> None:
    """A password, an erased phone, a laptop whose first password is sealed to its owner: a manager cannot ask for them,
    and cannot have them planned."""
    with pytest.raises(NotAllowed, match="themselves"):
        ask_for(stand, "mara", "ada", item)
    ada, mara = stand.people["ada"], stand.people["mara"]
    with pytest.raises(NotAllowed, match="themselves"):
        plan(stand.house, customer_id=ada, asked_by_id=mara, item_id=item, answers={})
    assert not stand.shelf.calls["word"]
    assert not stand.shelf.calls["wipe"]
    assert not stand.cases()


def test_an_item_may_be_for_nobody_but_oneself(stand: Stand) -> None:
    """`for_others: nobody` shuts managers out where nothing secret is given; the customer asks as before."""
    stand.edit("lamp", "risk: low", "risk: low\nfor_others: nobody")
    with pytest.raises(NotAllowed, match="themselves"):
        ask_for(stand, "mara", "ada", "lamp")
    assert stand.ask("ada", "lamp").fresh


def test_what_only_the_answers_show_is_refused_at_the_ask(stand: Stand) -> None:
    """A checklist made by an expression passes the check, and is a secret all the same once it is worked out."""
    path = stand.catalog / "items" / "laptop.yaml"
    head = path.read_text().partition("    with:")[0]
    todo = "${[{'text': 'Set a password', 'field': 'word', 'secret': true}]}"
    path.write_text(f'{head}    with: {{summary: Prepare, todo: "{todo}"}}\nfor_others: manager\n')
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    with pytest.raises(NotAllowed, match="themselves"):
        ask_for(stand, "mara", "ada", "laptop")


def test_the_asker_never_sees_what_is_sealed_to_the_customer(stand: Stand) -> None:
    """A secret that comes of it all the same (a pool that holds keys since yesterday): the customer's alone, once."""
    made = ask_for(stand, "mara", "ada", "lamp")
    with stand.house.database.write() as session:
        request = session.get_one(Request, made.id)
        request.sealed = stand.house.sealer.seal(json.dumps({"seat": "KEY-77"}), request.id)
    with stand.house.database.read() as session:
        request = session.get_one(Request, made.id)
        seen = {who: story.story(session, stand.house, request, stand.people[who]) for who in ("mara", "cora", "ada")}
    assert {who for who, told in seen.items() if "reveal" in told.can} == {"ada"}
    assert "KEY-77" not in repr(seen)
    for who in ("mara", "cora"):
        with pytest.raises(NotFound):
            stand.write(acts.reveal, stand.house, made.name, stand.people[who], stand.clock())
    told = stand.write(acts.reveal, stand.house, made.name, stand.people["ada"], stand.clock())
    assert told == {"seat": "KEY-77"}


def test_the_story_names_who_asked(stand: Stand) -> None:
    """To the customer, to the one who asked, and to a third."""
    made = ask_for(stand, "mara", "ada", "lamp")
    with stand.house.database.read() as session:
        request = session.get_one(Request, made.id)
        told = {
            who: story.story(session, stand.house, request, stand.people[who]).lines[0].title
            for who in ("ada", "mara", "tess")
        }
    assert told == {
        "ada": "Mara asked for “Lamp” for you",
        "mara": "You asked for “Lamp” for Ada",
        "tess": "Mara asked for “Lamp” for Ada",
    }


@pytest.mark.parametrize(
    ("asker", "asked_as", "yours", "decider", "because", "note"),
    [
        ("mara", "their manager", "your manager", "cora", "You are asked as a manager above them.",
         "As a manager above you."),
        ("cora", "a manager above them", "a manager above you", "mara", "You are asked as their manager.",
         "As your manager."),
    ],
)  # fmt: skip
def test_who_decides_is_told_who_asked_and_as_what(
    stand: Stand, asker: str, asked_as: str, yours: str, decider: str, because: str, note: str
) -> None:
    """The card, the notice and its mail name both; a manager further up is not called the manager."""
    made = ask_for(stand, asker, "ada", "desk")
    with stand.house.database.read() as session:
        (one,) = undecided.waiting_for(session, stand.house, stand.people[decider])
        told = story.story(session, stand.house, session.get_one(Request, made.id), stand.people["ada"])
    asking = f"{asker.capitalize()} Fern"
    assert (one.request.asked_by_name, one.request.asked_as, one.request.customer_name) == (
        asking, asked_as, "Ada Fern"
    )  # fmt: skip
    assert one.because_words == because
    assert stand.notices(decider) == [f"{asking} asks for Ada Fern: “Desk”"]
    assert told.asked_as == yours
    assert [line.note for line in told.lines if line.note.startswith(note)] == [f"{note} {UNTIL}"]


def test_whoever_is_asked_for_is_told_at_once(stand: Stand) -> None:
    """What is done in somebody's name is no surprise, also where it is done within the second."""
    ask_for(stand, "mara", "ada", "lamp")
    assert "Mara Fern asked for “Lamp” for you" in stand.notices("ada")


def test_the_desk_reads_who_asked_for_the_customer(stand: Stand) -> None:
    """A case about Ada's lamp that Mara asked for names both; one that Ben asked for himself names him alone."""
    stand.shelf.faults = ["permanent", "permanent"]
    ask_for(stand, "mara", "ada", "lamp")
    stand.ask("ben", "lamp")
    with stand.house.database.read() as session:
        rows = {(row.customer, row.asked_by) for row in case_rows.desk(session)}
    assert rows == {("Ada Fern", "Mara Fern"), ("Ben Fern", "")}


def test_a_further_asker_learns_only_that_it_was_asked_for(stand: Stand) -> None:
    """Ada asked herself, Cora asks for her too: refused with a name Cora gave, and nothing of the request."""
    made = stand.ask("ada", "desk")
    for asker in ("mara", "cora"):
        with pytest.raises(AlreadyAsked) as refused:
            ask_for(stand, asker, "ada", "desk")
        assert str(refused.value) == "This was already asked for Ada Fern. They can see how it stands, and tell you."
        assert made.name not in str(refused.value)
    assert stand.request(made.id).asked_by_id == stand.people["ada"]


def test_who_asked_first_and_the_customer_are_led_to_the_same_request(stand: Stand) -> None:
    """Mara asked for Ada; both asking again find it, a manager further up does not."""
    made = ask_for(stand, "mara", "ada", "desk")
    assert ask_for(stand, "mara", "ada", "desk").id == made.id
    assert stand.ask("ada", "desk").id == made.id
    with pytest.raises(AlreadyAsked):
        ask_for(stand, "cora", "ada", "desk")


@pytest.mark.parametrize(("actor", "other"), [("mara", "ada"), ("ada", "mara")])
def test_who_cancels_what_concerns_another_tells_them(stand: Stand, actor: str, other: str) -> None:
    """A manager cancels what they asked for Ada, or she does: the other hears it once, whoever did it does not."""
    made = ask_for(stand, "mara", "ada", "desk")
    stand.write(acts.cancel, stand.house, made.name, stand.people[actor], stand.clock())
    heard = {who: [one for one in stand.notices(who) if "cancelled" in one] for who in ("mara", "ada")}
    item = "“Desk”" if other == "ada" else "“Desk” for Ada Fern"
    assert heard == {actor: [], other: [f"{item}: {actor.title()} Fern cancelled it"]}


def test_who_cancels_their_own_is_told_nothing(stand: Stand) -> None:
    """They know."""
    made = stand.ask("ada", "desk")
    stand.write(acts.cancel, stand.house, made.name, stand.people["ada"], stand.clock())
    assert not [one for one in stand.notices("ada") if "cancelled" in one]
