"""What somebody has begun to fill in stays theirs, on both stores, and goes when it has served."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand
from tests.stand.stores import somebody_waits

from selfserve.catalog.fields import LONGEST_TYPED
from selfserve.requests import drafts
from selfserve.store.tables import Draft

FRESH = {"reason": "", "until": ""}


def keep(stand: Stand, who: str, item: str, answers: Mapping[str, object], fresh: Mapping[str, object] = FRESH) -> bool:
    """Type something and leave it."""
    of = stand.house.catalog.current.items[item]
    return stand.write(drafts.keep, stand.people[who], of, answers, stand.clock(), fresh=fresh)


def kept(stand: Stand, who: str, item: str) -> dict[str, Any]:
    """What is there when they come back."""
    with stand.house.database.read() as session:
        of = stand.house.catalog.current.items[item]
        return drafts.kept(session, stand.people[who], of, stand.clock())


def rows(stand: Stand) -> list[Draft]:
    """Every draft in the store."""
    with stand.house.database.read() as session:
        return list(session.scalars(sa.select(Draft)))


def question(stand: Stand) -> tuple[str, str]:
    """An item of the stand with a text question, and that question."""
    for item in stand.house.catalog.current.items.values():
        for name, one in item.form.items():
            if one.type in ("text", "longtext"):
                return item.id, name
    raise AssertionError("the stand's catalog asks for no text")


def test_a_draft_is_ones_own_and_the_last_word_stays(stand: Stand) -> None:
    """Written twice, by two people: each finds what they typed last, in one row."""
    item, name = question(stand)
    keep(stand, "ada", item, {name: "Sale"})
    assert keep(stand, "ada", item, {name: "Sales figures"})
    keep(stand, "ben", item, {name: "Mine"})
    assert kept(stand, "ada", item) == {name: "Sales figures"}
    assert kept(stand, "ben", item) == {name: "Mine"}
    assert len(rows(stand)) == 2


def test_what_another_device_changed_stays(stand: Stand) -> None:
    """Each tells only what was changed on it: both are there, of one question the later word; emptying all ends it."""
    of, fresh, beside = stand.house.catalog.current.items["lamp"], {"reason": "", "_for": ""}, frozenset({"_for"})

    def change(**answers: str) -> bool:
        person = stand.people["ada"]
        return stand.write(drafts.keep, person, of, answers, stand.clock(), fresh=fresh, beside=beside)

    assert change(reason="From the desk")
    assert change(_for="ben")
    assert [row.answers for row in rows(stand)] == [{"reason": "From the desk", "_for": "ben"}]
    assert change(reason="From the phone")
    assert [row.answers for row in rows(stand)] == [{"reason": "From the phone", "_for": "ben"}]
    assert not change(reason="password=hunter2hunter2")
    assert [row.answers for row in rows(stand)] == [{"_for": "ben"}]
    assert change(reason="", _for="")
    assert rows(stand) == []


def test_a_draft_knows_what_was_answered_in_it_until_it_ends(stand: Stand) -> None:
    """Taken back, it is known to have been there; started over, or asked for since, nothing of it is."""
    of, fresh, beside = stand.house.catalog.current.items["lamp"], {"reason": "", "_for": ""}, frozenset({"_for"})
    person = stand.people["ada"]

    def change(**answers: str) -> set[str]:
        stand.write(drafts.keep, person, of, answers, stand.clock(), fresh=fresh, beside=beside)
        with stand.house.database.read() as session:
            return set(drafts.answered(session, person, of.id))

    assert change(reason="From the desk", _for="ben") == {"reason", "_for"}
    assert change(reason="") == {"reason", "_for"}
    assert [row.answers for row in rows(stand)] == [{"_for": "ben"}]
    assert change(reason="", _for="") == set()
    assert change(_for="ben") == {"_for"}
    assert change(reason="Once more") == {"reason", "_for"}
    stand.clock.forward(days=31)
    assert change(_for="ben") == {"_for"}


def test_two_devices_in_the_same_moment_keep_both_their_words(stand: Stand, second: Stand) -> None:
    """The second waits for the first and adds to what that wrote, also where there was no draft before either."""
    fresh, beside = {"reason": "", "_for": ""}, frozenset({"_for"})
    of = stand.house.catalog.current.items["lamp"]

    def late() -> bool:
        person, now = second.people["ada"], second.clock()
        return second.write(drafts.keep, person, of, {"_for": "ben"}, now, fresh=fresh, beside=beside)

    with ThreadPoolExecutor(1) as other:
        with stand.house.database.write() as session:
            drafts.keep(session, stand.people["ada"], of, {"reason": "Desk"}, stand.clock(), fresh=fresh, beside=beside)
            waiting, turn = other.submit(late), threading.Event()
            while not somebody_waits(stand.house.database):
                assert not waiting.done(), "it did not wait for the first"
                turn.wait(0.01)
        assert waiting.result(30)
    assert [row.answers for row in rows(stand)] == [{"reason": "Desk", "_for": "ben"}]


def test_only_what_differs_from_the_empty_form_is_a_draft(stand: Stand) -> None:
    """A default that was left alone is none; taking everything back ends the draft."""
    item, name = question(stand)
    assert keep(stand, "ada", item, {name: "as it began"}, {name: "as it began"})
    assert rows(stand) == []
    keep(stand, "ada", item, {name: "more"}, {name: "as it began"})
    assert kept(stand, "ada", item) == {name: "more"}
    keep(stand, "ada", item, {name: ""}, {name: "as it began"})
    assert kept(stand, "ada", item) == {name: ""}, "emptied on purpose"
    keep(stand, "ada", item, {name: "as it began"}, {name: "as it began"})
    assert rows(stand) == []


def test_asking_ends_the_draft_on_whatever_way_it_was_asked(stand: Stand) -> None:
    """Asked through the API: the page shows no draft of it any more; what is begun afterwards is a new one."""
    item, name = question(stand)
    keep(stand, "ada", item, {name: "Sales figures"})
    stand.clock.forward(minutes=1)
    of = stand.house.catalog.current.items[item]
    answers = {one: _fit(asked) for one, asked in of.form.items()}
    stand.ask("ada", item, answers)
    assert kept(stand, "ada", item) == {}
    stand.clock.forward(minutes=1)
    keep(stand, "ada", item, {name: "Once more"})
    assert kept(stand, "ada", item) == {name: "Once more"}


def _fit(asked: Any) -> object:
    fits = {"text": "Sales figures", "longtext": "Sales figures", "number": 1, "yesno": True, "duration": "1h"}
    return asked.options[0].value if asked.type == "choice" else fits.get(asked.type)


def test_a_month_ends_a_draft(stand: Stand) -> None:
    """Not shown after thirty days without a touch, and removed by the nightly look; a younger one stays."""
    item, name = question(stand)
    keep(stand, "ada", item, {name: "Old"})
    stand.clock.forward(days=29)
    keep(stand, "ben", item, {name: "Young"})
    assert kept(stand, "ada", item) == {name: "Old"}
    stand.clock.forward(days=1, minutes=1)
    assert kept(stand, "ada", item) == {}
    assert stand.write(drafts.forget, stand.clock()) == 1
    assert [row.person_id for row in rows(stand)] == [stand.people["ben"]]


def test_an_answer_goes_when_its_question_is_another(stand: Stand) -> None:
    """Renamed or of another kind: it does not fit any more; a better label takes nothing away."""
    item, name = question(stand)
    keep(stand, "ada", item, {name: "Sales figures"})
    label = stand.house.catalog.current.items[item].form[name].label
    stand.edit(item, label, "In a few words?")
    assert kept(stand, "ada", item) == {name: "Sales figures"}
    with stand.house.database.write() as session:
        draft = session.scalars(sa.select(Draft)).one()
        draft.kinds = {name: "number"}
    assert kept(stand, "ada", item) == {}


@pytest.mark.parametrize(
    "secret",
    [
        "password=hunter2hunter2",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg",
        "Bearer 3q2-7wXYZabcdefgh",
        "my keys: AKIA" + "IOSFODNN7EXAMPLE",
        "gh" + "p_" + "a1B2" * 9,
        "github_" + "pat_" + "a1B2" * 9,
        "xox" + "b-1234567890-abcdefghij",
        "sk" + "-" + "a1B2" * 8,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQPGB",
        "Passwort: geheimnis",
        "kennwort: x1y2z3",
        "the password is hunter2",
        "Mein Passwort ist Sommer2026!",
    ],
)
def test_what_looks_like_a_secret_is_not_kept(stand: Stand, secret: str) -> None:
    """What looks like one is left out, and it is told that something was."""
    item, name = question(stand)
    assert keep(stand, "ada", item, {name: "harmless"})
    assert not keep(stand, "ada", item, {name: secret})
    assert rows(stand) == []


def test_what_the_form_does_not_ask_is_not_kept(stand: Stand) -> None:
    """Nor what no form can hold: a list, a novel."""
    item, name = question(stand)
    keep(stand, "ada", item, {"made_up": "x", name: ["a"]})
    keep(stand, "ben", item, {name: "x" * (LONGEST_TYPED + 1)})
    assert rows(stand) == []


@pytest.mark.parametrize(
    "words",
    ["I forgot my password and need a new one", "Passwort vergessen, bitte zurücksetzen",
     "password manager for 12 people", "The desk-lamp task-force asks", "a token of thanks", "Meine Chipkarte ist weg"],
)  # fmt: skip
def test_words_about_passwords_are_kept(stand: Stand, words: str) -> None:
    """Who writes that they forgot it has not written it down."""
    item, name = question(stand)
    assert keep(stand, "ada", item, {name: words})
