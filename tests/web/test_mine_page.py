"""`/mine`: what I hold, where I am signed in, what acts for me."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from selfserve.people import preferences, tokens
from selfserve.people.agents import browser_and_system
from selfserve.requests import acts
from selfserve.store.tables import ApiToken, DeviceToken, Person, SignIn
from tests.web.conftest import Calls, Visitor
from tests.web.stand import PageStand
from tests.web.waiting import until

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 "
    "Edg/142.0"
)
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"


def signed_in(stand: PageStand, login: str, row_id: str, agent: str) -> None:
    """A live session of somebody's."""
    now = stand.house.now()
    with stand.house.database.write() as session:
        session.add(
            SignIn(
                id=row_id,
                secret_hash=row_id,
                person_id=stand.id(login),
                issuer="https://id.example",
                subject=login,
                agent=agent,
                created_at=now,
                seen_at=now,
                authenticated_at=now,
                ends_at=now + timedelta(hours=8),
            )
        )


def app_of(stand: PageStand, login: str, name: str) -> None:
    """An app of somebody's that is signed in, with its window."""
    now = stand.house.now()
    known = {"issuer": "https://id.example", "subject": login, "authenticated_at": now, "created_at": now}
    with stand.house.database.write() as session:
        row = DeviceToken(
            id=name, person_id=stand.id(login), name=name, secret_hash=name, seen_at=now,
            ends_at=now + timedelta(days=9), **known,
        )  # fmt: skip
        session.add(row)
        session.flush()
        row_id = f"w-{name}"
        session.add(
            SignIn(
                id=row_id,
                secret_hash=row_id,
                person_id=row.person_id,
                seen_at=now,
                device_token_id=name,
                ends_at=now + timedelta(hours=8),
                **known,
            )
        )


def living_apps(stand: PageStand) -> set[str]:
    """The ids of the apps that have not been ended, whose windows live as well."""
    with stand.house.database.read() as session:
        apps = set(session.scalars(sa.select(DeviceToken.id).where(DeviceToken.ended_at.is_(None))))
        windows = sa.select(SignIn.device_token_id).where(
            SignIn.ended_at.is_(None), SignIn.device_token_id.is_not(None)
        )
        assert apps == set(session.scalars(windows))
        return apps


def alive(stand: PageStand) -> set[str]:
    """The ids of the sessions that have not ended."""
    with stand.house.database.read() as session:
        return set(session.scalars(sa.select(SignIn.id).where(SignIn.ended_at.is_(None))))


async def test_what_i_hold_is_listed_with_its_end(visitor: Visitor, stand: PageStand) -> None:
    """And nobody else's; who holds nothing is shown where to begin."""
    stand.ask("ana", "wiki-editors")
    ana, sam = visitor("ana"), visitor("sam")
    await ana.open("/mine")
    await ana.should_see("What you have")
    await ana.should_see("Edit the wiki")
    await sam.open("/mine")
    await sam.should_see("You hold nothing yet")
    await sam.should_not_see("Edit the wiki")


async def test_an_answer_never_stands_there_without_its_question(visitor: Visitor, stand: PageStand) -> None:
    """Each line names its request first, then what was asked beside what was answered; in the reader's language."""
    zoom = stand.ask("ana", "zoom-pro", {"days": 30}).name
    wiki = stand.ask("ana", "wiki-editors").name
    german = stand.ask("emil", "zoom-pro", {"days": 30}).name
    ana, emil = visitor("ana"), visitor("emil")
    await ana.open("/mine")
    (held,) = ana.find(marker="held").elements
    assert f">{zoom} · For how many days? 30<" in str(held.props["innerHTML"])
    assert f">{wiki}<" in str(held.props["innerHTML"])
    await emil.open("/mine")
    (held,) = emil.find(marker="held").elements
    assert f">{german} · Für wie viele Tage? 30<" in str(held.props["innerHTML"])


async def test_what_is_not_there_yet_is_not_said_to_be_had(visitor: Visitor, stand: PageStand) -> None:
    """Promised, but seen nowhere: it stands apart from what one has."""
    stand.target("legacy").away = True
    stand.ask("ana", "legacy-crm")
    ana = visitor("ana")
    await ana.open("/mine")
    await ana.should_see("On its way, or being taken back")
    await ana.should_not_see("What you have</h")


async def test_what_is_being_taken_back_has_no_end_to_come(visitor: Visitor, stand: PageStand) -> None:
    """Only what one has lasts until a day."""
    made = stand.ask("ana", "vpn-access")
    ana = visitor("ana")
    await ana.open("/mine")
    await ana.should_see("Until ")
    with stand.house.database.write() as session:
        acts.give_back(session, stand.house, made.name, stand.id("ana"), stand.house.now())
    await ana.open("/mine")
    await ana.should_see("Being taken back")
    await ana.should_not_see("Until ")


async def test_what_begins_and_ends_shows_without_loading(visitor: Visitor, stand: PageStand) -> None:
    """The list is kept true while it is open."""
    ana = visitor("ana")
    await ana.open("/mine")
    await ana.should_see("You hold nothing yet")
    stand.ask("ana", "wiki-editors")
    await ana.should_see("What you have", retries=60)


async def test_an_app_is_ended_with_one_press(visitor: Visitor, stand: PageStand) -> None:
    """With its window; nobody else's shows, and the one in use has no such button."""
    for login, name in (("ana", "ana-laptop"), ("ana", "ana-desk"), ("sam", "sam-laptop")):
        app_of(stand, login, name)
    stand.apps["ana"] = "ana-desk"
    ana = visitor("ana")
    await ana.open("/mine")
    await ana.should_see("Apps on your computers")
    await ana.should_see("This app")
    await ana.should_not_see("sam-laptop")
    ana.find(marker="end").click()
    await until(lambda: living_apps(stand) == {"ana-desk", "sam-laptop"})
    await ana.should_not_see("ana-laptop", retries=30)


async def test_everywhere_else_means_apps_too(visitor: Visitor, stand: PageStand) -> None:
    """But not the one it is pressed in."""
    signed_in(stand, "ana", "s-ana", FIREFOX)
    for name in ("ana-laptop", "ana-desk"):
        app_of(stand, "ana", name)
    ana = visitor("ana")
    await ana.open("/mine")
    ana.find(marker="sign-out-everywhere-else").click()
    await until(lambda: living_apps(stand) == set())
    assert alive(stand) == {"s-ana"}


async def test_another_session_is_ended_with_one_press(visitor: Visitor, stand: PageStand) -> None:
    """The one in use has no such button; the other is named by its browser."""
    signed_in(stand, "ana", "s-ana", FIREFOX)
    signed_in(stand, "ana", "s-phone", SAFARI)
    signed_in(stand, "sam", "s-sam", EDGE)
    ana = visitor("ana")
    await ana.open("/mine")
    await ana.should_see("Firefox on Linux")
    await ana.should_see("This browser")
    await ana.should_see("Safari on iPhone")
    await ana.should_not_see("Edge")
    ana.find(marker="end").click()
    await until(lambda: alive(stand) == {"s-ana", "s-sam"})
    await ana.should_not_see("Safari on iPhone", retries=30)


async def test_all_others_are_ended_at_once(visitor: Visitor, stand: PageStand) -> None:
    """A lost phone and a borrowed machine: one press."""
    for row_id in ("s-ana", "s-phone", "s-borrowed"):
        signed_in(stand, "ana", row_id, FIREFOX)
    signed_in(stand, "sam", "s-sam", EDGE)
    ana = visitor("ana")
    await ana.open("/mine")
    ana.find(marker="sign-out-everywhere-else").click()
    await until(lambda: alive(stand) == {"s-ana", "s-sam"})


async def test_a_token_is_ended_with_one_press(visitor: Visitor, stand: PageStand) -> None:
    """It is listed with what it may do; another's is not."""
    with stand.house.database.write() as session:
        for login, label in (("ana", "my script"), ("sam", "sam's own")):
            person = session.get_one(Person, stand.id(login))
            tokens.create(session, person, label, ["catalog:read"], timedelta(days=30), stand.house.now())
    ana = visitor("ana")
    await ana.open("/mine")
    await ana.should_see("my script")
    await ana.should_see("catalog:read")
    await ana.should_not_see("sam's own")
    ana.find(marker="end").click()

    def left() -> list[str]:
        with stand.house.database.read() as session:
            return list(session.scalars(sa.select(ApiToken.label).where(ApiToken.revoked_at.is_(None))))

    await until(lambda: left() == ["sam's own"])
    await ana.should_not_see("my script", retries=30)


@pytest.mark.parametrize(
    ("agent", "named"),
    [
        (FIREFOX, ("Firefox", "Linux")),
        (EDGE, ("Edge", "Windows")),
        (SAFARI, ("Safari", "iPhone")),
        ("curl/8.5.0", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_browser_is_named_as_people_do(agent: str, named: tuple[str, str]) -> None:
    """Edge also says Chrome, and nearly all say Safari."""
    assert browser_and_system(agent) == named


def kept(stand: PageStand, login: str) -> tuple[str, str]:
    """Language and mails as somebody chose them."""
    with stand.house.database.read() as session:
        found = preferences.of(session, stand.id(login))
        return found.language, found.mail


async def test_a_chosen_language_is_spoken_on_every_device(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Jonas' directory says German; he chooses English, and later whatever his browser says."""
    jonas = visitor("jonas")
    await jonas.open("/mine")
    form = next(iter(jonas.find(marker="choices").elements))
    assert form.props["start"] == {"language": "de", "mail": "at_once"}
    assert [one["label"] for one in form.props["fields"][0]["options"]] == ["Wie mein Browser", "English", "Deutsch"]
    jonas.find(marker="choices").trigger("send", {"button": "save", "values": {"language": "en", "mail": "digest"}})
    await until(lambda: kept(stand, "jonas") == ("en", "digest"))
    other = visitor("jonas")
    await other.open("/mine")
    await other.should_see("How you want it")
    other.find(marker="choices").trigger(
        "send", {"button": "save", "values": {"language": "browser", "mail": "needed"}}
    )
    await until(lambda: kept(stand, "jonas") == ("browser", "needed"))
    for asks, said in (("de-AT,en;q=0.5", "Wie du es möchtest"), ("en-GB", "How you want it")):
        there = visitor("jonas")
        there.http_client.headers["accept-language"] = asks
        await there.open("/mine")
        await there.should_see(said)


async def test_a_choice_that_is_none_is_refused(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Beside its field; nothing is kept."""
    ana = visitor("ana")
    await ana.open("/mine")
    ana.find(marker="choices").trigger("send", {"button": "save", "values": {"language": "xx", "mail": "never"}})
    await until(lambda: bool(told))
    assert told[0] == ("refuse", ({"language": "Choose one of these.", "mail": "Choose one of these."},))
    assert kept(stand, "ana") == ("", "at_once")
    ana.find(marker="choices").trigger("send", {"button": "save", "values": {"language": "en", "mail": "needed"}})
    await ana.should_see("Saved.", retries=30)
    ana.find(marker="choices").trigger("changed", {"language": "en", "mail": "digest"})
    await ana.should_not_see("Saved.", retries=30)
