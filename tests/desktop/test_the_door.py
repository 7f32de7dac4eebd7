"""How an app comes in: the customer agrees in their browser, the app trades the code, its window gets a session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request

from selfserve.api.app_rules import AppRules
from selfserve.people import device_codes, device_tokens, leaving
from selfserve.people.device_tokens import DeviceRules
from selfserve.store.tables import DeviceCode, DeviceToken, SignIn
from selfserve.web import app_door, sessions
from tests.api.calls import both_stores
from tests.desktop.installation import HERE, HOME, ISSUER, Installation, installation
from tests.sign_in.browser import browsing
from tests.stand.house import Stand


@both_stores
def test_a_press_in_the_browser_lets_the_app_in(home: Installation) -> None:
    """The whole way: page, press, code, token, window; the trail tells it, and the customer is told by mail."""
    home.sign_in("ada")
    page = home.browser.get("/app/allow", params=home.asked())
    assert page.status_code == 200
    assert "Sign in this app on ada&#x27;s laptop?" in page.text
    assert device_codes.signs_of(home.asked()["challenge"]) in page.text
    told = home.trade_in(home.allow()).json()
    assert told["token"].startswith("sd_")
    assert told["name"] == "Ada Fern"
    answer, cookies = home.window(told["entry"], "/items/desk?x=1")
    assert (answer.status_code, answer.json()) == (200, {"next": "/items/desk?x=1"})
    assert home.seen_by(cookies).text == "ada"
    assert home.kinds("device:") == ["device.signed_in"]
    assert "The app on ada's laptop is signed in as you" in home.stand.notices("ada")


def test_a_look_alone_lets_nobody_in(home: Installation) -> None:
    """A page elsewhere can send a browser to the page, but not press the button: no code is made."""
    home.sign_in()
    assert "code=" not in home.browser.get("/app/allow", params=home.asked()).text
    with home.stand.house.database.read() as session:
        assert session.query(DeviceCode).count() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_page_elsewhere_cannot_press_the_button(home: Installation, headers: dict[str, str]) -> None:
    """Neither by a form nor by a script: the wall asks where it came from."""
    home.sign_in()
    assert home.browser.post("/app/allow", data=home.asked(), headers=headers).status_code == 403
    with home.stand.house.database.read() as session:
        assert session.query(DeviceCode).count() == 0


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {}])
def test_a_page_elsewhere_cannot_push_a_session_into_a_window(home: Installation, headers: dict[str, str]) -> None:
    """Login CSRF: an attacker's own good code opens nothing for whoever they trick into sending it."""
    entry = home.signed_in_app("ben")["entry"]
    with browsing(home.app, HOME) as victim:
        answer = victim.post("/app/enter", json={"entry": entry}, headers=headers)
        assert answer.status_code == 403
        assert not victim.cookies


def test_a_form_cannot_open_a_window(home: Installation) -> None:
    """Only JSON is taken, which a form cannot send; nor does a link open it."""
    entry = home.signed_in_app()["entry"]
    with browsing(home.app, HOME) as window:
        assert window.post("/app/enter", data={"entry": entry}, headers=HERE).status_code == 401
        assert window.get("/app/enter", params={"entry": entry}).status_code == 200
        assert not window.cookies


def test_nobody_signed_in_is_sent_to_sign_in_and_back(home: Installation) -> None:
    """With all that the app asked for."""
    answer = home.browser.get("/app/allow", params=home.asked())
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2Fapp%2Fallow%3Fport%3D43210")


@pytest.mark.parametrize(
    "bent",
    [
        {"port": "80"},
        {"port": "99999"},
        {"port": "43210@evil.example"},
        {"port": "evil.example"},
        {"state": "short"},
        {"state": "s" * 22 + "&code=x"},
        {"challenge": "plain"},
        {"challenge": "x" * 44},
        {"name": ""},
        {"name": "n" * 61},
        {"name": "turned\u202eround"},
    ],
)
def test_what_no_app_of_ours_sends_is_a_page(home: Installation, bent: dict[str, str]) -> None:
    """The way back leads to this machine alone, whatever the address says; by look and by press."""
    home.sign_in()
    page = home.browser.get("/app/allow", params=home.asked(**bent))
    pressed = home.browser.post("/app/allow", data=home.asked(**bent), headers=HERE)
    assert (page.status_code, pressed.status_code) == (400, 400)
    assert "evil.example" not in page.text + pressed.text
    assert "Nothing was changed." in page.text


def test_names_are_written_as_text(home: Installation) -> None:
    """A machine may be called anything."""
    home.sign_in()
    page = home.browser.get("/app/allow", params=home.asked(name='<script>alert(1)</script>"'))
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


def test_a_code_is_worth_nothing_without_its_verifier(home: Installation) -> None:
    """Another program or account of the machine that overhears the code gets nothing, and keeps nobody out by it."""
    home.sign_in()
    code = home.allow()
    for verifier in ("x" * 64, "short", "ü" * 64, home.asked()["challenge"]):
        assert home.trade_in(code, verifier).status_code == 401
    assert home.trade_in(code).status_code == 201


def test_a_code_works_once(home: Installation) -> None:
    """Also an entry."""
    home.sign_in()
    code = home.allow()
    entry = home.trade_in(code).json()["entry"]
    assert home.trade_in(code).status_code == 401
    assert home.window(entry)[0].status_code == 200
    assert home.window(entry)[0].status_code == 401


@both_stores
def test_two_who_show_one_code_at_once_get_one_token(home: Installation) -> None:
    """One conditional UPDATE decides, on both stores."""
    home.sign_in()
    code = home.allow()
    answers: list[bool] = []
    start = threading.Barrier(4)

    def take() -> None:
        start.wait()
        with home.stand.house.database.write() as session:
            answers.append(device_codes.take_grant(session, code, home.verifier, home.stand.clock()) is not None)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False, False, False, True]


def test_codes_grow_old(home: Installation) -> None:
    """Minutes, not hours; what is worth nothing leaves the store."""
    home.sign_in()
    code = home.allow()
    home.stand.clock.forward(minutes=3)
    assert home.trade_in(code).status_code == 401
    entry = home.trade_in(home.allow()).json()["entry"]
    home.stand.clock.forward(minutes=3)
    assert home.window(entry)[0].status_code == 401
    home.stand.clock.forward(days=2)
    home.sign_in()
    home.allow()
    with home.stand.house.database.read() as session:
        assert session.query(DeviceCode).count() == 1


def test_kinds_of_codes_are_not_mixed_up(home: Installation) -> None:
    """An entry lets no app in, a grant opens no window."""
    home.sign_in()
    code = home.allow()
    assert home.window(code)[0].status_code == 401
    entry = home.trade_in(code).json()["entry"]
    assert home.trade_in(entry).status_code == 401


def test_the_person_may_be_gone_before_the_trade(home: Installation) -> None:
    """Whoever was disabled between press and trade gets nothing."""
    home.sign_in("ada")
    code = home.allow()
    home.stand.change("ada", disabled=True)
    assert home.trade_in(code).status_code == 401


def by_hand(session: Session, home: Installation) -> None:
    """As “Sign out everywhere else” does."""
    ada, now = home.stand.people["ada"], home.stand.clock()
    sessions.end_all(session, ada, now, why="by_hand", actor=ada)
    device_tokens.end_all(session, ada, now, why="by_hand", actor=ada)


def by_the_provider(session: Session, home: Installation) -> None:
    """Back-channel logout of the whole subject."""
    sessions.end_from_provider(session, ISSUER, "sub-ada", "", home.stand.clock(), home.stand.clock())


def by_signing_out(session: Session, home: Installation) -> None:
    """In the browser that agreed."""
    row = session.scalars(sa.select(SignIn)).one()
    sessions.end(session, row.id, home.stand.clock(), why="signed_out", actor=row.person_id)


@both_stores
@pytest.mark.parametrize("ended", [by_hand, by_the_provider, by_signing_out])
def test_a_code_ends_with_the_session_that_gave_it(
    home: Installation, ended: Callable[[Session, Installation], None]
) -> None:
    """Whoever pressed in a session that was ended since lets nobody in: an intruder is out, codes and all."""
    home.sign_in("ada")
    code = home.allow()
    with home.stand.house.database.write() as session:
        ended(session, home)
    assert home.trade_in(code).status_code == 401
    with home.stand.house.database.read() as session:
        assert session.query(DeviceToken).count() == 0


def test_a_session_that_ends_while_the_button_is_pressed_gives_no_code(
    home: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was live when the request came in, and had ended when its body was there."""
    home.sign_in("ada")
    whole = app_door._body

    async def slow(request: Request) -> bytes:
        with home.stand.house.database.write() as session:
            by_hand(session, home)
        return await whole(request)

    monkeypatch.setattr(app_door, "_body", slow)
    answer = home.browser.post("/app/allow", data=home.asked(), headers=HERE)
    assert (answer.status_code, "code=" in answer.text) == (403, False)
    assert "You were signed out meanwhile" in answer.text
    with home.stand.house.database.read() as session:
        assert session.query(DeviceCode).count() == 0


@both_stores
def test_ending_all_sessions_while_an_app_comes_in_ends_the_app(home: Installation) -> None:
    """Whoever is first: no app is left over from a trade that was under way."""
    home.sign_in("ada")
    code, database, now = home.allow(), home.stand.house.database, home.stand.clock()

    def end() -> None:
        with database.write() as session:
            by_hand(session, home)

    ending = threading.Thread(target=end)
    with database.write() as session:
        taken = device_codes.take_grant(session, code, home.verifier, now)
        assert taken is not None
        ending.start()
        ending.join(0.5)  # it must not be through before the app is there
        device_tokens.let_in(session, taken, "", DeviceRules(), now)
    ending.join()
    assert home.row().ended_at is not None


def test_a_code_is_kept_nowhere_in_clear(home: Installation) -> None:
    """Only hashes: a stolen store gives nobody a way in."""
    home.sign_in()
    code = home.allow()
    told = home.trade_in(code).json()
    secret = told["token"].split("_", 2)[2]
    path = str(home.stand.house.database.url.database)
    with home.stand.house.database.write():
        pass
    content = b"".join(Path(path + end).read_bytes() for end in ("", "-wal"))
    for clear in (code, told["entry"], secret, home.verifier):
        assert clear.encode() not in content


def test_an_app_cannot_let_another_app_in(home: Installation) -> None:
    """Else one press would be good for ever."""
    _, cookies = home.window(home.signed_in_app()["entry"])
    home.browser.cookies.clear()
    home.browser.cookies.update(cookies)
    assert home.browser.get("/app/allow", params=home.asked()).status_code == 403
    assert home.browser.post("/app/allow", data=home.asked(), headers=HERE).status_code == 403


def test_the_window_is_sent_to_pages_of_ours_alone(home: Installation) -> None:
    """`next` never leads to another origin."""
    answer, _ = home.window(home.signed_in_app()["entry"], "//evil.example/x")
    assert answer.json() == {"next": "/"}


def test_sign_out_in_the_window_ends_it_all(home: Installation) -> None:
    """Window, token and what the machine said; the provider is not asked, as the window never was there."""
    told = home.signed_in_app()
    _, cookies = home.window(told["entry"])
    with browsing(home.app, HOME) as window:
        window.cookies.update(cookies)
        answer = window.post("/auth/logout", headers=HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/bye")
    assert home.seen_by(cookies).status_code == 303
    assert home.call("POST", "/start", told["token"]).status_code == 401
    assert home.kinds("device:") == ["device.signed_in", "device.ended"]


def test_a_window_that_comes_in_again_replaces_the_one_before(home: Installation) -> None:
    """One app has one window."""
    told = home.signed_in_app()
    _, first = home.window(told["entry"])
    _, second = home.window(home.call("POST", "/start", told["token"]).json()["entry"])
    assert home.seen_by(first).status_code == 303
    assert home.seen_by(second).text == "ada"


def test_who_leaves_loses_app_and_window(home: Installation) -> None:
    """In the transaction that notes it."""
    told = home.signed_in_app("ada")
    _, cookies = home.window(told["entry"])
    with home.stand.house.database.write() as session:
        ended = leaving.cut_off(session, [home.stand.people["ada"]], home.stand.clock(), "gone")
    assert (ended.sessions, ended.devices) == (2, 1)
    assert home.seen_by(cookies).status_code == 303
    assert home.call("POST", "/start", told["token"]).status_code == 401


def test_an_installation_may_let_no_app_in(stand: Stand) -> None:
    """A page says so, and every call of an app."""
    with installation(stand, AppRules(enabled=False)) as home:
        home.sign_in()
        page = home.browser.get("/app/allow", params=home.asked())
        assert page.status_code == 403
        assert "does not let apps in" in page.text
        assert home.trade_in("any").status_code == 403
        assert home.call("GET", "").json()["enabled"] is False


def test_the_page_speaks_german(home: Installation) -> None:
    """Who reads German is asked in German."""
    home.sign_in()
    page = home.browser.get("/app/allow", params=home.asked(), headers={"accept-language": "de"})
    assert "Diese App auf ada&#x27;s laptop anmelden?" in page.text


def test_the_browser_at_the_provider_is_what_the_app_stands_on(home: Installation) -> None:
    """Issuer, subject and when they proved it go from the browser's session to the app's."""
    home.signed_in_app("ada")
    row = home.row()
    assert (row.issuer, row.subject, row.authenticated_at) == (ISSUER, "sub-ada", home.stand.clock())
