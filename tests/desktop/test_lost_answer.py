"""The answer to a code's exchange is lost: given again to who holds code, verifier and key, and to nobody else."""

from __future__ import annotations

import threading

import httpx
import pytest
from sqlalchemy import func, select

from selfserve.people import signing_out
from selfserve.store.tables import DeviceToken
from tests.api.calls import both_stores, refused
from tests.desktop.installation import Installation

KEY = "an-app-makes-one-for-each-code-of-its-own_"


def trade(home: Installation, code: str, key: str = KEY, verifier: str = "") -> httpx.Response:
    """The app trades the code, with the key it made for that."""
    body = {"code": code, "verifier": verifier or home.verifier}
    return home.call("POST", "/sign-in", json=body, headers={"idempotency-key": key} if key else {})


def lives(home: Installation, token: str) -> bool:
    """Whether a call with the token is answered."""
    return home.call("GET", "/notices", token).status_code == 200


def apps(home: Installation) -> int:
    """How many there ever were."""
    with home.stand.house.database.read() as session:
        return session.scalar(select(func.count()).select_from(DeviceToken)) or 0


@both_stores
def test_the_same_exchange_gives_the_same(home: Installation) -> None:
    """Token and code for the window; one app, one notice. Also once it is used, while the code would be good."""
    home.sign_in("ada")
    code = home.allow()
    once = trade(home, code)
    assert once.status_code == 201
    assert trade(home, code).json() == once.json()
    assert lives(home, once.json()["token"])
    home.stand.clock.forward(seconds=100)
    again = trade(home, code)
    assert (again.status_code, again.json()) == (201, once.json())
    assert home.window(again.json()["entry"])[0].status_code == 200
    assert apps(home) == 1
    assert home.stand.notices("ada").count("The app on ada's laptop is signed in as you") == 1


@both_stores
def test_a_code_is_old_for_a_repetition_too(home: Installation) -> None:
    """Two minutes after it was given."""
    home.sign_in()
    code = home.allow()
    token = trade(home, code).json()["token"]
    home.stand.clock.forward(minutes=3)
    refused(trade(home, code), 401, "unauthenticated")
    assert lives(home, token)


def test_who_overheard_the_code_gets_nothing_and_ends_nothing(home: Installation) -> None:
    """Not without the verifier, whatever the key."""
    home.sign_in()
    code = home.allow()
    token = trade(home, code).json()["token"]
    for verifier in ("x" * 64, home.asked()["challenge"], "short"):
        for key in (KEY, "k" * 43, ""):
            assert trade(home, code, key, verifier).status_code == 401
    assert lives(home, token)


@both_stores
@pytest.mark.parametrize("key", ["", "k" * 43])
def test_two_who_have_code_and_verifier_end_the_app(home: Installation, key: str) -> None:
    """Another key is no repetition: refused, what the code gave is ended, and its customer is told."""
    home.sign_in("ada")
    code = home.allow()
    token = trade(home, code).json()["token"]
    answer = trade(home, code, key)
    refused(answer, 401, "unauthenticated")
    assert answer.json()["why"] == "copied"
    assert not lives(home, token)
    assert trade(home, code).status_code == 401
    assert "The app on ada's laptop was signed out" in home.stand.notices("ada")


def test_an_app_that_knows_no_key_is_refused_a_second_time_and_lives_on(home: Installation) -> None:
    """As ever: a network may have told its exchange twice."""
    home.sign_in()
    code = home.allow()
    token = trade(home, code, "").json()["token"]
    for key in ("", KEY):
        refused(trade(home, code, key), 401, "unauthenticated")
    assert lives(home, token)


def test_a_late_copy_after_the_next_start_accuses_nobody(home: Installation) -> None:
    """What it gave has been replaced: refused, and the app lives on."""
    home.sign_in()
    code = home.allow()
    token = trade(home, code).json()["token"]
    for _ in range(2):
        token = home.call("POST", "/start", token).json()["token"]
        assert lives(home, token)
        refused(trade(home, code), 401, "unauthenticated")
    assert lives(home, token)


def test_a_repetition_brings_nobody_back_who_was_signed_out(home: Installation) -> None:
    """Neither by an admin, nor by themselves."""
    home.sign_in("ada")
    code = home.allow()
    trade(home, code)
    with home.stand.house.database.write() as session:
        ada = home.stand.people["ada"]
        signing_out.sign_out(session, [ada], home.stand.clock(), why="by_admin", actor="cli")
    assert trade(home, code).status_code == 401
    home.sign_in("ada")
    code = home.allow()
    assert home.call("DELETE", "/token", trade(home, code).json()["token"]).status_code == 204
    assert trade(home, code).status_code == 401


@both_stores
def test_copies_of_an_exchange_at_once_give_one_app(home: Installation) -> None:
    """Whichever is first: all are told the same."""
    home.sign_in()
    code = home.allow()
    told: list[str] = []
    gate = threading.Barrier(3)

    def ask() -> None:
        gate.wait()
        told.append(_asked(home, code))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(told), len(set(told)), apps(home)) == (3, 1, 1)


def _asked(home: Installation, code: str) -> str:
    from selfserve.api.apps import Grant, _let_in
    from selfserve.people.device_tokens import DeviceRules, Traded

    with home.stand.house.database.write() as session:
        grant = Grant(code=code, verifier=home.verifier)
        found = _let_in(session, grant, "agent", DeviceRules(), home.stand.clock(), KEY)
        assert isinstance(found, Traded)
        return f"{found.secret} {found.entry}"


@both_stores
def test_an_app_that_nobody_holds_ends_within_the_hour(home: Installation) -> None:
    """The answer never came: its entry is not one for a month. One call, or a start, and it stays."""
    home.sign_in()
    lost = trade(home, home.allow()).json()["token"]
    used = trade(home, home.allow()).json()["token"]
    assert lives(home, used)
    started = trade(home, home.allow()).json()["token"]
    started = home.call("POST", "/start", started).json()["token"]
    home.stand.clock.forward(minutes=61)
    assert not lives(home, lost)
    assert home.call("POST", "/start", lost).status_code == 401
    assert lives(home, used)
    assert lives(home, started)
