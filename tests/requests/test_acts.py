"""What customers can do in each state, and what they cannot."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session
from tests.stand.house import Stand

from selfserve.fulfilment import sealed
from selfserve.requests import acts, grant_rows, holding
from selfserve.requests.decide import Say
from selfserve.requests.refusals import NotFound, NotPossible, Refusal, Unfit
from selfserve.requests.story import Story, find, story
from selfserve.requests.submit import submit
from selfserve.store.states import GrantState, RequestState, StageState
from selfserve.store.tables import Request


def _awaiting(stand: Stand) -> str:
    return stand.ask("ada", "screen").name


def _handed_over(stand: Stand) -> str:
    stand.shelf.faults = ["", "permanent"]
    return stand.ask("ada", "set").name


def _fulfilling(stand: Stand) -> str:
    stand.shelf.faults = ["", "transient"]
    return stand.ask("ada", "set").name


def _fulfilled(stand: Stand) -> str:
    return stand.ask("ada", "lamp").name


def _denied(stand: Stand) -> str:
    made = stand.ask("ada", "screen")
    stand.decide("dora", made.id, Say.DENY, "No.")
    return made.name


def _ended(stand: Stand) -> str:
    made = stand.ask("ada", "lamp")
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    stand.work()
    return made.name


def _cancel(stand: Stand, name: str) -> object:
    return stand.write(acts.cancel, stand.house, name, stand.people["ada"], stand.clock())


def _give_back(stand: Stand, name: str) -> object:
    return stand.write(acts.give_back, stand.house, name, stand.people["ada"], stand.clock())


def _can(stand: Stand, name: str, who: str = "ada") -> set[str]:
    with stand.house.database.read() as session:
        request = find(session, name)
        assert request is not None
        return set(story(session, stand.house, request, stand.people[who]).can)


STATES: list[tuple[Callable[[Stand], str], set[str]]] = [
    (_awaiting, {"cancel"}),
    (_handed_over, {"cancel", "return"}),
    (_fulfilling, {"cancel"}),
    (_fulfilled, {"return", "extend"}),
    (_denied, {"again"}),
    (_ended, {"again"}),
]


@pytest.mark.parametrize(("bring", "offered"), STATES)
def test_what_is_offered_can_be_done_and_nothing_else(
    stand: Stand, bring: Callable[[Stand], str], offered: set[str]
) -> None:
    """The buttons on the page and the acts agree in every state."""
    name = bring(stand)
    assert _can(stand, name) == offered
    for act, word in ((_cancel, "cancel"), (_give_back, "return")):
        if word not in offered:
            with pytest.raises(NotPossible):
                act(stand, name)
    if "extend" not in offered:
        with pytest.raises(NotPossible):
            acts.extend(stand.house, name, stand.people["ada"], {})


def test_cancelled_while_waiting_for_approval_is_over(stand: Stand) -> None:
    """The approver's page says so; nothing is given."""
    made = stand.ask("ada", "screen")
    _cancel(stand, made.name)
    assert stand.request(made.id).state == RequestState.CANCELLED
    assert stand.stage_of(made.id).state == StageState.CANCELLED
    with pytest.raises(NotPossible, match="does not want"):
        stand.decide("dora", made.id)
    assert stand.ask("ada", "screen").id != made.id


@pytest.mark.parametrize("act", [_cancel, _give_back])
def test_cancelled_on_the_desk_takes_back_what_is_there(stand: Stand, act: Callable[[Stand, str], object]) -> None:
    """Partly done, then not wanted: the case closes, the part is taken back, the request is cancelled."""
    name = _handed_over(stand)
    act(stand, name)
    stand.work()
    assert not stand.shelf.things
    assert not stand.open_cases()
    assert stand.grants("ada")[0].state == GrantState.ENDED


def test_somebody_elses_request_is_not_there(stand: Stand) -> None:
    """Not to be cancelled, answered, given back, extended or looked into by others; which of both is not told."""
    made = stand.ask("ada", "lamp")
    ben, now = stand.people["ben"], stand.clock()
    for work in (
        lambda: stand.write(acts.cancel, stand.house, made.name, ben, now),
        lambda: stand.write(acts.give_back, stand.house, made.name, ben, now),
        lambda: stand.write(acts.answer, made.name, ben, "x", now),
        lambda: stand.write(acts.reveal, stand.house, made.name, ben, now),
        lambda: acts.extend(stand.house, made.name, ben, {}),
        lambda: stand.write(acts.cancel, stand.house, "R-NONE2", ben, now),
    ):
        with pytest.raises(NotFound):
            work()
    assert _can(stand, made.name, "ben") == set()


def test_a_short_name_is_found_in_any_letter_case(stand: Stand) -> None:
    """Read aloud, typed as it comes."""
    made = stand.ask("ada", "lamp")
    _give_back(stand, made.name.lower())
    assert stand.grants("ada")[0].state == GrantState.ENDING


def test_a_secret_is_shown_until_it_is_kept_and_only_to_whom_it_is_for(stand: Stand) -> None:
    """Ada's manager does not see it; Ada does, and after a lost answer again, until she has kept it: each time told."""
    made = stand.ask("ada", "password")
    now = stand.clock()
    with pytest.raises(NotFound):
        stand.write(acts.reveal, stand.house, made.name, stand.people["mara"], now)
    assert "reveal" not in _can(stand, made.name, "mara")
    for _ in range(2):
        assert stand.write(acts.reveal, stand.house, made.name, stand.people["ada"], now) == {"word": "s3cret-word"}
        assert "reveal" in _can(stand, made.name, "ada")
    with pytest.raises(NotFound):
        stand.write(acts.keep, made.name, stand.people["mara"], now)
    for _ in range(2):  # said twice, as by two tabs, it is kept once
        stand.write(acts.keep, made.name, stand.people["ada"], now)
    assert "reveal" not in _can(stand, made.name, "ada")
    with pytest.raises(NotPossible):
        stand.write(acts.reveal, stand.house, made.name, stand.people["ada"], now)
    assert stand.request(made.id).sealed is None
    assert stand.kinds(f"request:{made.id}")[-3:] == ["secret.shown", "secret.shown", "secret.kept"]
    assert _secret_lines(stand, made.name) == [
        "The secret was shown",
        "The secret was shown once more",
        "You have kept the secret",
    ]


def test_a_secret_that_nobody_keeps_is_over_a_day_after_it_was_shown(stand: Stand) -> None:
    """Not shown at all, it waits for as long as what it belongs to is held; once shown, for a day, which no further
    look makes longer. Nobody is shown it after that, and the next sweep wipes it, and tells."""
    made, ada = stand.ask("ada", "password"), stand.people["ada"]
    stand.clock.forward(days=3)
    assert sealed.wipe_unkept(stand.house) == 0
    stand.write(acts.reveal, stand.house, made.name, ada, stand.clock())
    stand.clock.forward(hours=23)
    stand.write(acts.reveal, stand.house, made.name, ada, stand.clock())
    assert sealed.wipe_unkept(stand.house) == 0
    stand.clock.forward(hours=1)
    assert "reveal" not in _can(stand, made.name, "ada")
    with pytest.raises(NotPossible):
        stand.write(acts.reveal, stand.house, made.name, ada, stand.clock())
    over = _secret_lines(stand, made.name)
    assert over[-1] == "The secret is shown to nobody any more"
    assert sealed.wipe_unkept(stand.house) == 1
    assert sealed.wipe_unkept(stand.house) == 0
    assert stand.request(made.id).sealed is None
    assert stand.request(made.id).shown_at is None
    assert _secret_lines(stand, made.name) == over
    assert _secret_lines(stand, made.name)[-1] == "The secret is shown to nobody any more"


@pytest.mark.parametrize(
    ("item", "what"),
    [("password", "If you did not keep it, ask for it again."), ("lamp", "If you did not keep it, ask TechOps.")],
)
def test_a_secret_that_is_over_says_what_to_do(stand: Stand, item: str, what: str) -> None:
    """Ask again, where one can; who holds still what it belongs to asks its team. Nobody else is told to."""
    made, ada = stand.ask("ada", item), stand.people["ada"]
    with stand.house.database.write() as session:
        sealed.add(session, stand.house, session.get_one(Request, made.id), {"thing": "s3cret-word"})
    stand.write(acts.reveal, stand.house, made.name, ada, stand.clock())
    stand.clock.forward(days=1)
    with stand.house.database.read() as session:
        found = find(session, made.name)
        assert found is not None
        why = "A day has passed since it was shown, and nobody said that it was kept."
        for reader, note in ((ada, f"{why} {what}"), (stand.people["mara"], why)):
            over = [one for one in story(session, stand.house, found, reader).lines if one.kind == "secret.over"]
            assert [str(one.note) for one in over] == [note]


def test_nothing_is_kept_that_was_not_shown(stand: Stand) -> None:
    """A second secret arrives while the first is in sight: "I have kept it" does not take that one."""
    made, ada = stand.ask("ada", "password"), stand.people["ada"]
    with pytest.raises(NotPossible):
        stand.write(acts.keep, made.name, ada, stand.clock())
    stand.write(acts.reveal, stand.house, made.name, ada, stand.clock())
    with stand.house.database.write() as session:
        sealed.add(session, stand.house, session.get_one(Request, made.id), {"more": "s3cond-word"})
    with pytest.raises(NotPossible):
        stand.write(acts.keep, made.name, ada, stand.clock())
    both = {"word": "s3cret-word", "more": "s3cond-word"}
    assert stand.write(acts.reveal, stand.house, made.name, ada, stand.clock()) == both
    stand.write(acts.keep, made.name, ada, stand.clock())
    assert stand.request(made.id).sealed is None


def _secret_lines(stand: Stand, name: str) -> list[str]:
    with stand.house.database.read() as session:
        found = find(session, name)
        assert found is not None
        told = story(session, stand.house, found, stand.people["ada"])
    return [str(line.title) for line in told.lines if line.kind.startswith("secret.")]


def test_two_tabs_that_reveal_at_once_both_show_it(stand: Stand, second: Stand) -> None:
    """Neither is refused, and both are told in the trail."""
    from concurrent.futures import ThreadPoolExecutor

    made = stand.ask("ada", "password")

    def reveal(each: Stand) -> object:
        try:
            return each.write(acts.reveal, each.house, made.name, each.people["ada"], each.clock())
        except Refusal as refused:
            return type(refused)

    with ThreadPoolExecutor(2) as threads:
        seen = list(threads.map(reveal, [stand, second]))
    assert seen == [{"word": "s3cret-word"}] * 2
    assert stand.kinds(f"request:{made.id}").count("secret.shown") == 2


@pytest.mark.parametrize("words", ["", "  ", "x" * 2001, "a\x00b"])
def test_an_answer_is_words_that_can_be_shown(stand: Stand, words: str) -> None:
    """Empty, endless and unprintable ones are refused in a sentence."""
    made = stand.ask("ada", "screen")
    stand.decide("dora", made.id, Say.ASK, "Which?")
    with pytest.raises(Unfit):
        stand.write(acts.answer, made.name, stand.people["ada"], words, stand.clock())
    assert stand.request(made.id).question == "Which?"


def _extended(stand: Stand) -> tuple[str, str]:
    """A lamp, asked for again to have it longer: two reasons for one grant."""
    first = stand.ask("ada", "lamp").name
    stand.clock.forward(days=2)
    return first, acts.extend(stand.house, first, stand.people["ada"], {}).name


def test_what_another_request_still_holds_is_not_told_to_be_gone(stand: Stand) -> None:
    """After an extension the first request alone is given back: the lamp stays, and both pages say why."""
    first, longer = _extended(stand)
    _give_back(stand, first)
    stand.work()
    assert stand.shelf.things == {("lamp", "ada")}
    told = _story(stand, first)
    assert (told.lines[-1].title, told.lines[-1].note) == ("You gave it back", f"It stays because of {longer}.")
    with stand.house.database.read() as session:
        (held,) = grant_rows.held(session, stand.people["ada"])
    assert (held.name, held.because) == (longer, [longer]), "what was given back is no reason any more"
    assert told.held_by == [longer]
    assert _story(stand, longer).held_by == []


def test_who_gives_back_wholly_holds_it_no_more(stand: Stand) -> None:
    """All requests because of which it was held end, each told in its own story."""
    first, longer = _extended(stand)
    assert _story(stand, first).held_by == [longer]
    stand.write(acts.give_back, stand.house, longer, stand.people["ada"], stand.clock(), wholly=True)
    stand.work()
    assert not stand.shelf.things
    for name in (first, longer):
        assert "You gave it back" in [line.title for line in _story(stand, name).lines]


def _asked_by_both(stand: Stand) -> tuple[str, str]:
    """Ada asked for a lamp, and Mara, who leads her, asked for it for her too."""
    own = stand.ask("ada", "lamp").name
    stand.clock.forward(days=2)
    asked = submit(
        stand.house, customer_id=stand.people["ada"], asked_by_id=stand.people["mara"], item_id="lamp", answers={},
        though_held=True,
    )  # fmt: skip
    return own, asked.name


def test_nobody_gives_back_what_another_asked_for_in_the_same_breath(stand: Stand) -> None:
    """Wholly is only what concerns whoever gives back: a manager does not end what the customer asked for alone. They
    are told so in a sentence that is true, and learn nothing of the other request."""
    own, asked = _asked_by_both(stand)
    with pytest.raises(NotPossible, match="asked for otherwise too") as refused:
        stand.write(acts.give_back, stand.house, asked, stand.people["mara"], stand.clock(), wholly=True)
    assert own not in str(refused.value)
    assert "return" in _can(stand, own)
    assert "return" in _can(stand, asked)
    assert stand.shelf.things == {("lamp", "ada")}


def test_whoever_asked_for_somebody_does_not_learn_what_they_asked_for_themselves(stand: Stand) -> None:
    """Its manager reads that it stays, its customer because of what."""
    own, asked = _asked_by_both(stand)
    assert (_story(stand, asked, "mara").held_by, _story(stand, asked, "mara").held_otherwise) == ([], True)
    stand.write(acts.give_back, stand.house, asked, stand.people["mara"], stand.clock())
    manager, customer = _story(stand, asked, "mara"), _story(stand, asked)
    assert own not in repr(manager)
    assert manager.lines[-1].note == "It stays, since it was asked for otherwise too."
    assert (customer.lines[-1].note, customer.held_otherwise) == (f"It stays because of {own}.", False)
    assert _story(stand, asked, "tess").held_by == [own]
    assert stand.shelf.things == {("lamp", "ada")}


@pytest.mark.parametrize(("actor", "first_name"), [("mara", "Mara"), ("ada", "Ada")])
@pytest.mark.parametrize("does", ["cancelled it", "gave it back", "answered"])
def test_who_acted_is_told_by_their_own_name(stand: Stand, does: str, actor: str, first_name: str) -> None:
    """What a manager asked for may be cancelled, given back, answered by either: whoever did it reads "you", the others
    that name, and nobody reads that they did what somebody else did."""
    item = "lamp" if does == "gave it back" else "desk"
    asked = submit(
        stand.house, customer_id=stand.people["ada"], asked_by_id=stand.people["mara"], item_id=item, answers={}
    )
    if does == "answered":
        stand.decide("cora", asked.id, Say.ASK, "Which room?")
        stand.write(acts.answer, asked.name, stand.people[actor], "The small one.", stand.clock())
    else:
        act = acts.cancel if does == "cancelled it" else acts.give_back
        stand.write(act, stand.house, asked.name, stand.people[actor], stand.clock())
    for reader in ("mara", "ada", "tess"):
        told = [line.title for line in _story(stand, asked.name, reader).lines if line.title.endswith(does)]
        assert told == [f"{'You' if reader == actor else first_name} {does}"]


def test_whose_it_is_gives_back_wholly_what_others_asked_for_them(stand: Stand) -> None:
    """It is the customer's, whoever asked."""
    for name in _asked_by_both(stand)[:1]:
        stand.write(acts.give_back, stand.house, name, stand.people["ada"], stand.clock(), wholly=True)
    stand.work()
    assert not stand.shelf.things


def test_what_is_just_being_done_is_named_where_all_is_given_back(stand: Stand) -> None:
    """The request at hand is long there, so the sentence says which one is meant; nothing is given back by half."""
    first = stand.ask("ada", "lamp").name
    stand.clock.forward(days=2)
    stand.shelf.offline = True
    longer = acts.extend(stand.house, first, stand.people["ada"], {}).name
    with pytest.raises(NotPossible, match=f"{longer} is just being done"):
        stand.write(acts.give_back, stand.house, first, stand.people["ada"], stand.clock(), wholly=True)
    assert "return" in _can(stand, first)


def test_two_who_give_all_back_from_different_ends_do_not_wait_for_each_other(
    stand: Stand, second: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both pages are open, each on another of the two requests, and both are pressed at once: it is given back once,
    and the second reads that there is nothing to give back any more."""
    first, longer = _extended(stand)
    both, looked = threading.Barrier(2), threading.local()

    def looks(session: Session, request: Request) -> list[Request]:
        found = holding.still_held(session, request)
        if not stand.house.database.sqlite and not hasattr(looked, "once"):  # SQLite lets the second in after the first
            looked.once = True
            both.wait(30)
        return found

    def give_back(each: Stand, name: str) -> object:
        try:
            return each.write(acts.give_back, each.house, name, each.people["ada"], each.clock(), wholly=True)
        except Refusal as refused:
            return refused

    monkeypatch.setattr(acts, "still_held", looks)
    with ThreadPoolExecutor(2) as threads:
        told = list(threads.map(give_back, (stand, second), (first, longer)))
    assert sorted(type(each).__name__ for each in told) == ["NotPossible", "Request"]
    stand.work()
    assert not stand.shelf.things
    for name in (first, longer):
        assert [line.title for line in _story(stand, name).lines].count("You gave it back") == 1


def _story(stand: Stand, name: str, who: str = "ada") -> Story:
    with stand.house.database.read() as session:
        request = find(session, name)
        assert request is not None
        return story(session, stand.house, request, stand.people[who])
