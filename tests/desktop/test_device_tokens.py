"""The app's token: new at each start, ended by hand, by time, by the provider, and by being shown twice."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from selfserve.api.app_rules import AppRules
from selfserve.languages.messages import msg
from selfserve.notify import notices
from selfserve.people import device_secrets, device_tokens
from selfserve.people.device_tokens import DeviceRules, Traded
from selfserve.settings.model import Settings
from selfserve.store.tables import DeviceToken, SignIn
from selfserve.web import sessions
from tests.api.calls import Api, Port, api_of, both_stores, open_port, refused
from tests.desktop.installation import AGENT, ISSUER, Installation, installation
from tests.desktop.test_keep import Ring
from tests.stand.house import Stand

KEY = "an-app-makes-one-for-each-start-of-its-own_"


def start(home: Installation, token: str) -> str | None:
    """The app starts: its new token, None where it is not signed in any more."""
    answer = home.call("POST", "/start", token)
    if answer.status_code == 401:
        refused(answer, 401, "unauthenticated")
        return None
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def lives(home: Installation, token: str) -> bool:
    """Whether a call with the token is answered."""
    return home.call("GET", "/notices", token).status_code == 200


@both_stores
def test_each_start_gives_a_new_token(home: Installation) -> None:
    """The one before is worth nothing once the new one was used."""
    first = home.signed_in_app()["token"]
    second = start(home, first)
    assert second is not None
    assert second != first
    assert lives(home, second)
    assert not lives(home, first)
    assert lives(home, second)


@both_stores
def test_an_answer_that_was_lost_signs_nobody_out(home: Installation) -> None:
    """The app never heard of the new token, and shows the old one again: as often as it takes."""
    first = home.signed_in_app()["token"]
    assert start(home, first) is not None
    assert start(home, first) is not None
    second = start(home, first)
    assert second is not None
    assert lives(home, second)


@both_stores
def test_a_token_shown_after_it_was_replaced_ends_the_app(home: Installation) -> None:
    """Somebody copied it: the thief and the owner are both signed out, windows too, and the trail says why."""
    told = home.signed_in_app()
    copied = told["token"]
    _, cookies = home.window(told["entry"])
    assert home.seen_by(cookies).text == "ada"
    second = start(home, copied)
    assert second is not None
    assert lives(home, second)
    assert start(home, copied) is None
    assert not lives(home, second)
    assert home.seen_by(cookies).status_code == 303
    row = home.row()
    assert home.stand.event(f"device:{row.id}", "device.ended").data == {"why": "stolen"}


def test_the_thief_who_comes_first_is_found_out_too(home: Installation) -> None:
    """The owner's next start ends it for both."""
    owned = home.signed_in_app()["token"]
    stolen = start(home, owned)
    assert stolen is not None
    assert lives(home, stolen)
    assert start(home, owned) is None
    assert not lives(home, stolen)


def copied(home: Installation, token: str) -> bool:
    """Whether the app was ended as copied: said to who shows a token of it, in the trail, and to its customer."""
    answer = home.call("POST", "/start", token)
    if answer.status_code == 200:
        return False
    refused(answer, 401, "unauthenticated")
    row = home.row()
    ended = home.stand.event(f"device:{row.id}", "device.ended").data == {"why": "stolen"}
    told = "The app on ada's laptop was signed out" in home.stand.notices("ada")
    said = answer.json().get("why") == "copied"
    assert ended == told == said
    return ended


@both_stores
@pytest.mark.parametrize("uses", ["a call", "the window"])
def test_a_thief_is_found_out_while_the_owners_app_runs(home: Installation, uses: str) -> None:
    """The thief trades the copied token and uses what they got; the owner's app asks for notices with its own."""
    owned = home.signed_in_app("ada")["token"]
    assert lives(home, owned)
    answer = home.call("POST", "/start", owned).json()
    if uses == "a call":
        assert lives(home, answer["token"])
    else:
        assert home.window(answer["entry"])[0].status_code == 200
    home.stand.clock.forward(seconds=90)
    told = home.call("GET", "/notices", owned)
    refused(told, 401, "unauthenticated")
    assert told.json()["why"] == "copied"
    assert not lives(home, answer["token"])
    assert copied(home, owned)


def test_a_call_that_was_overtaken_accuses_nobody(home: Installation) -> None:
    """It was sent before a start and comes after it: refused, and the app lives on."""
    first = home.signed_in_app()["token"]
    second = start(home, first)
    assert second is not None
    assert lives(home, second)
    home.stand.clock.forward(seconds=30)
    assert not lives(home, first)
    assert lives(home, second)


def test_a_thief_who_uses_nothing_keeps_nobody_out(home: Installation) -> None:
    """They traded the token and wait: the owner's app starts anew, and what the thief has tells on them."""
    owned = home.signed_in_app("ada")["token"]
    stolen = start(home, owned)
    assert stolen is not None
    home.stand.clock.forward(minutes=5)
    assert not lives(home, owned)
    fresh = start(home, owned)
    assert fresh is not None
    assert lives(home, fresh)
    assert copied(home, stolen)
    assert not lives(home, fresh)


@both_stores
def test_a_token_that_was_replaced_long_ago_tells_too(home: Installation) -> None:
    """A thief who starts twice has not pushed the owner's token out of memory."""
    owned = home.signed_in_app("ada")["token"]
    token = owned
    for _ in range(3):
        home.stand.clock.forward(days=1)
        fresh = start(home, token)
        assert fresh is not None
        assert lives(home, fresh)
        token = fresh
    home.stand.clock.forward(minutes=5)
    assert not lives(home, owned)
    assert copied(home, token)


def test_signing_out_with_a_token_that_was_replaced_ends_the_thief(home: Installation) -> None:
    """At once, also where the thief has not used theirs: whoever signs out is out."""
    owned = home.signed_in_app("ada")["token"]
    stolen = start(home, owned)
    assert stolen is not None
    assert home.call("DELETE", "/token", owned).status_code == 204
    assert not lives(home, stolen)
    owned = home.signed_in_app("ada")["token"]
    stolen = start(home, owned)
    assert stolen is not None
    assert lives(home, stolen)
    assert home.call("DELETE", "/token", owned).json()["why"] == "copied"
    assert not lives(home, stolen)


def test_a_made_up_token_ends_nothing(home: Installation) -> None:
    """Whoever knows an app's number, which is no secret, cannot sign it out."""
    token = home.signed_in_app()["token"]
    number = token.split("_")[1]
    row = home.row()
    for secret in ("a" * 43, "-" * 43, row.family[:43], row.secret_hash[:43], device_secrets.made("another family")):
        assert start(home, f"sd_{number}_{secret}") is None
        assert not lives(home, f"sd_{number}_{secret}")
    assert lives(home, token)


@both_stores
def test_an_app_from_before_its_secrets_were_marked_lives_on(home: Installation) -> None:
    """Its next start marks them."""
    token = home.signed_in_app()["token"]
    with home.stand.house.database.write() as session:
        session.get_one(DeviceToken, home.row().id).family = ""
    fresh = start(home, token)
    assert fresh is not None
    assert lives(home, fresh)
    assert home.row().family


def test_only_the_newest_code_opens_a_window(home: Installation) -> None:
    """What came with an earlier start is void, as nobody waits for it any more."""
    told = home.signed_in_app()
    newest = home.call("POST", "/start", told["token"]).json()
    assert home.window(told["entry"])[0].status_code == 401
    assert home.window(newest["entry"])[0].status_code == 200


def exchange(home: Installation, token: str, key: str = KEY) -> httpx.Response:
    """A start with the key that the app made for it."""
    return home.call("POST", "/start", token, headers={"idempotency-key": key})


@both_stores
def test_a_start_that_the_network_tells_twice_gives_the_same(home: Installation) -> None:
    """Before the app has used what it got: token and code stay good."""
    first = home.signed_in_app()["token"]
    once = exchange(home, first).json()
    home.stand.clock.forward(minutes=2)
    assert exchange(home, first).json() == once
    assert lives(home, once["token"])
    assert home.window(once["entry"])[0].status_code == 200


@both_stores
def test_a_late_copy_of_a_start_accuses_nobody(home: Installation) -> None:
    """Also after the app has used what it got, hours later, and after its next start: nobody is signed out."""
    first = home.signed_in_app()["token"]
    second = exchange(home, first).json()
    assert home.window(second["entry"])[0].status_code == 200
    home.stand.clock.forward(hours=2)
    again = exchange(home, first).json()
    assert again == second
    assert home.window(again["entry"])[0].status_code == 401
    assert lives(home, second["token"])
    third = exchange(home, second["token"], "k" * 43).json()["token"]
    assert exchange(home, first).status_code == 401
    assert lives(home, third)
    assert exchange(home, first).status_code == 401
    assert lives(home, third)


@pytest.mark.parametrize("key", ["", "x" * 43])
def test_a_thief_has_another_key(home: Installation, key: str) -> None:
    """The token alone is no repetition: it was copied."""
    owned = home.signed_in_app("ada")["token"]
    second = exchange(home, owned).json()["token"]
    assert lives(home, second)
    answer = exchange(home, owned, key) if key else home.call("POST", "/start", owned)
    assert answer.json()["why"] == "copied"
    assert not lives(home, second)


@both_stores
def test_copies_of_a_start_at_once_give_one_token(home: Installation) -> None:
    """Whichever is first: all are told the same."""
    token, database, now = home.signed_in_app()["token"], home.stand.house.database, home.stand.clock()
    told: list[str] = []
    gate = threading.Barrier(4)

    def begin() -> None:
        gate.wait()
        with database.write() as session:
            found = device_tokens.trade(session, token, "", DeviceRules(), now, KEY)
            assert isinstance(found, Traded)
            told.append(f"{found.secret} {found.entry}")

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(told), len(set(told))) == (4, 1)


@pytest.mark.parametrize("key", ["short", "k" * 129, "k" * 40 + "/", "k k" * 20])
def test_a_key_that_is_none_is_refused(home: Installation, key: str) -> None:
    """One that could be guessed would make the next token guessable, and it is told."""
    token = home.signed_in_app()["token"]
    assert exchange(home, token, key).status_code == 422
    assert lives(home, token)


def test_a_locked_keyring_is_no_thief(home: Installation, tmp_path: Path) -> None:
    """It could not take the new token, which was used; the app that is started next shows that one all the same."""
    ring = Ring(home.signed_in_app("ada")["token"])
    keeper = ring.keeper(tmp_path)
    for _ in range(2):
        held = keeper.read()
        assert held is not None
        ring.locked = True
        fresh = start(home, held)
        assert fresh is not None
        keeper.write(fresh)
        assert lives(home, fresh)
    ring.locked = False
    found = ring.keeper(tmp_path).read()
    assert found is not None
    assert found != ring.held
    assert start(home, found) is not None
    assert "The app on ada's laptop was signed out" not in home.stand.notices("ada")


@pytest.mark.parametrize("days", [31, 181])
def test_an_app_ends_by_time(home: Installation, days: int) -> None:
    """Unused for so long, and after so long whatever happens."""
    token = home.signed_in_app()["token"]
    for _ in range(0, days - 31, 15):
        home.stand.clock.forward(days=15)
        assert lives(home, token)
    home.stand.clock.forward(days=31)
    assert not lives(home, token)
    assert start(home, token) is None


@pytest.mark.parametrize(
    "token",
    ["", "sd_", "ss_" + "0" * 32 + "_" + "a" * 43, "sd_" + "0" * 32 + "_" + "a" * 43, "x" * 9000],
)
def test_what_is_no_token_is_refused(home: Installation, token: str) -> None:
    """Whatever it looks like; nothing is said about why."""
    answer = home.call("POST", "/start", token.encode().decode("latin-1"))
    refused(answer, 401, "unauthenticated")


def test_an_apps_token_opens_nothing_else(home: Installation) -> None:
    """It is no personal token, and a personal token is none of an app."""
    token = home.signed_in_app()["token"]
    headers = {"authorization": f"Bearer {token}"}
    assert home.browser.get("/api/v1/requests", headers=headers).status_code == 401
    with open_port() as port:
        _a_personal_token_opens_no_app(home, port)


def _a_personal_token_opens_no_app(home: Installation, port: Port) -> None:
    with api_of(home.stand, port) as api:
        assert isinstance(api, Api)
        assert api.get("ada", "/app/notices", headers={"user-agent": AGENT}).status_code == 401


def test_signing_out_by_the_app(home: Installation) -> None:
    """Token and window end; a second time it is not signed in."""
    told = home.signed_in_app()
    _, cookies = home.window(told["entry"])
    assert home.call("DELETE", "/token", told["token"]).status_code == 204
    assert home.seen_by(cookies).status_code == 303
    assert home.call("DELETE", "/token", told["token"]).status_code == 401


@both_stores
def test_the_provider_ends_a_subject_with_its_apps(home: Installation) -> None:
    """All of a person's, not those of others; a notice about one browser session leaves the app alone."""
    told = home.signed_in_app("ada")
    _, cookies = home.window(told["entry"])
    now = home.stand.clock()
    with home.stand.house.database.write() as session:
        sessions.end_from_provider(session, ISSUER, "sub-ada", "a-session", now, now)
    assert lives(home, told["token"])
    with home.stand.house.database.write() as session:
        assert sessions.end_from_provider(session, ISSUER, "sub-ben", "", now, now) == []
    assert lives(home, told["token"])
    with home.stand.house.database.write() as session:
        ended = sessions.end_from_provider(session, ISSUER, "sub-ada", "", now, now)
        assert session.query(SignIn).filter(SignIn.ended_at.is_(None)).count() == 0
    assert len(ended) == 2
    assert not lives(home, told["token"])
    assert home.seen_by(cookies).status_code == 303


def test_an_old_notice_of_the_provider_ends_no_new_app(home: Installation) -> None:
    """A notice sent again later, by anybody, ends nothing that began since."""
    then = home.stand.clock()
    home.stand.clock.forward(hours=1)
    told = home.signed_in_app("ada")
    with home.stand.house.database.write() as session:
        sessions.end_from_provider(session, ISSUER, "sub-ada", "", then, home.stand.clock())
    assert lives(home, told["token"])


def test_an_app_that_is_too_old_is_told_so(stand: Stand) -> None:
    """Every call but the one that says how old it may be; versions count as numbers, not as text."""
    with installation(stand, AppRules(minimum_version="0.10", update_url="https://example.com/get")) as home:
        about = home.call("GET", "").json()
        assert (about["minimum_version"], about["update_url"]) == ("0.10", "https://example.com/get")
        home.sign_in()
        code = home.allow()
        for agent in ("selfserve-desktop/0.9.1 (linux)", "selfserve-desktop/0.1.0", "curl/8", "selfserve-desktop/x"):
            refused(home.trade_in(code, agent=agent), 426, "app-too-old")
        assert home.trade_in(code, agent="selfserve-desktop/0.10.0 (linux)").status_code == 201


def test_anybody_learns_what_answers_here(home: Installation) -> None:
    """Product, name and time: how an app knows that it reached the right server, and that its clock is right."""
    told = home.call("GET", "", agent="curl/8").json()
    assert told["product"] == "selfserve"
    assert told["now"] == home.stand.clock().isoformat()


def news(home: Installation, who: str, name: str) -> None:
    """A request of somebody's moved."""
    with home.stand.house.database.write() as session:
        notices.tell(
            session,
            now=home.stand.clock(),
            event=f"request:{name}",
            title=msg("{it} is ready", it="Wiki"),
            path=f"/requests/{name}",
            person_id=home.stand.people[who],
        )


def test_notices_are_told_once_and_only_new_ones(home: Installation) -> None:
    """What was there before is no news; what comes is told with where it leads, in the customer's language."""
    token = home.signed_in_app("ada")["token"]
    first = home.call("GET", "/notices", token).json()
    assert first["notices"] == []
    assert len(first["known"]) == 1
    home.stand.clock.forward(seconds=60)
    news(home, "ada", "R-1")
    home.stand.change("ada", language="de")
    told = home.call("GET", "/notices", token, params={"after": first["after"]}).json()
    new = [(one["path"], one["title"]) for one in told["notices"] if one["id"] not in first["known"]]
    assert new == [("/requests/R-1", "Wiki ist fertig")]
    again = home.call("GET", "/notices", token, params={"after": told["after"]}).json()["notices"]
    assert {one["id"] for one in again} <= {one["id"] for one in told["notices"]}
    home.stand.clock.forward(seconds=60)
    assert home.call("GET", "/notices", token, params={"after": home.stand.clock().isoformat()}).json()["notices"] == []


def test_notices_of_others_are_not_told(home: Installation) -> None:
    """Each app hears its own customer's."""
    token = home.signed_in_app("ben")["token"]
    first = home.call("GET", "/notices", token).json()
    news(home, "ada", "R-1")
    told = home.call("GET", "/notices", token, params={"after": first["after"]}).json()["notices"]
    assert [one["id"] for one in told] == first["known"]


@pytest.mark.parametrize("after", ["yesterday", "2027-03-01T09:00:00", "\0", "9" * 5000])
def test_a_strange_cursor_breaks_nothing(home: Installation, after: str) -> None:
    """A sentence, or what is told to who asks for the first time."""
    token = home.signed_in_app("ada")["token"]
    assert home.call("GET", "/notices", token, params={"after": after}).status_code in (200, 400, 422)


def test_settings_say_how_long_apps_live(settings: Settings) -> None:
    """`[desktop]` reaches the rules."""
    rules = AppRules.of(settings)
    assert rules.rules == DeviceRules(timedelta(days=3), timedelta(days=9))
    assert (rules.minimum_version, rules.update_url, rules.ask_every) == (
        "1.2",
        "https://example.com/app",
        timedelta(minutes=1),
    )


@pytest.fixture
def settings() -> Settings:
    """Settings with an app section of their own."""
    return Settings.model_validate(
        {
            "server": {"public_url": "https://help.example.com"},
            "oidc": {"issuer": "https://login.example.com", "client_id": "selfserve"},
            "directory": {"base": "dc=example,dc=com"},
            "desktop": {
                "minimum_version": "1.2",
                "update_url": "https://example.com/app",
                "session_idle": "3d",
                "session_absolute": "9d",
                "ask_every": "1m",
            },
        }
    )


@pytest.mark.parametrize("version", ["latest", "1.", "1.2.3.4.5", "v1", "1.2-beta"])
def test_a_version_that_is_none_is_refused(version: str) -> None:
    """In the settings, where it is read once."""
    with pytest.raises(ValueError, match=r"1\.4"):
        Settings.model_validate(
            {
                "server": {"public_url": "https://help.example.com"},
                "oidc": {"issuer": "https://login.example.com", "client_id": "selfserve"},
                "directory": {"base": "dc=example,dc=com"},
                "desktop": {"minimum_version": version},
            }
        )


def test_what_was_listed_can_be_ended(home: Installation) -> None:
    """A person's live apps, and no others'."""
    home.signed_in_app("ada")
    ada, ben, now = home.stand.people["ada"], home.stand.people["ben"], home.stand.clock()
    with home.stand.house.database.write() as session:
        assert [one.name for one in device_tokens.listed(session, ada, DeviceRules(), now)] == ["ada's laptop"]
        assert device_tokens.listed(session, ben, DeviceRules(), now) == []
        device_tokens.end_all(session, ada, now, why="by_hand", actor=ada)
        assert device_tokens.listed(session, ada, DeviceRules(), now) == []
