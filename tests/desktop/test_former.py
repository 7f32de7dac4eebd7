"""A brand that moves to another server: the sign-in at the former one ends there, and is shown to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from selfserve.desktop import place
from selfserve.desktop.beside import Beside, name_for
from selfserve.desktop.brand import Brand
from selfserve.desktop.former import Former
from selfserve.desktop.keep import Keeper
from selfserve.desktop.server import Server, trust
from selfserve.desktop.trouble import Kind, Trouble
from tests.desktop.test_course import HOME, Scripted, playing
from tests.desktop.test_keep import _named
from tests.desktop.test_server import _context, answering

OLD, OTHER = "https://old.example.com", "https://other.example.com"


@dataclass
class Machine:
    """One account's keyring and files, and the servers that are asked, with the authorities that count for each."""

    folder: Path
    held: dict[str, str] = field(default_factory=dict)
    locked: bool = False
    away: bool = False
    asked: dict[str, Scripted] = field(default_factory=dict)
    believed: dict[str, Path | None] = field(default_factory=dict)

    def backend(self) -> KeyringBackend:
        """As `keyring` knows it, by the names of what it holds."""

        def get(_: object, __: str, name: str) -> str | None:
            if self.locked:
                raise KeyringLocked
            return self.held.get(name)

        def put(_: object, __: str, name: str, token: str) -> None:
            self.held[name] = token

        def delete(_: object, __: str, name: str) -> None:
            if self.held.pop(name, None) is None:
                raise PasswordDeleteError

        return _named(
            "keyring.backends.SecretService", "Keyring", get_password=get, set_password=put, delete_password=delete
        )

    def keeper(self, server: str) -> Keeper:
        """What keeps the token of one server."""
        aside = self.folder / name_for(server)
        return Keeper("com.example.fernhill", server, self.backend(), aside=aside, still=lambda: self.locked)

    def server(self, origin: str, ca_file: Path | None) -> Server:
        """The one at an origin."""
        self.believed[origin] = ca_file
        made = self.asked[origin] = Scripted()
        if self.away:
            made.trouble["about"] = Trouble(Kind.UNREACHABLE)
        return made

    def app(self, server: str, ca_file: Path | None = None) -> Former:
        """The app with a brand of that server."""
        brand = Brand("Fernhill", "com.example.fernhill", server, ca_file=ca_file)
        return Former(self.folder / "servers.json", brand, self.keeper, self.server)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """An app that was on the former server, signed in there."""
    made = Machine(tmp_path)
    made.app(OLD).settle(readable=True)
    made.held[OLD] = "sd_old_1"
    return made


def test_a_sign_in_at_the_former_server_ends_there(machine: Machine) -> None:
    """At the first start with the new one; what is kept for that stays, and nothing is asked again later."""
    machine.held[HOME] = "sd_new_1"
    machine.app(HOME).settle(readable=True)
    assert machine.held == {HOME: "sd_new_1"}
    assert (machine.asked[OLD].ended, list(machine.asked)) == (["sd_old_1"], [OLD])
    machine.asked.clear()
    machine.app(HOME).settle(readable=True)
    assert machine.asked == {}


def test_it_is_the_newest_token_that_ends_there(machine: Machine) -> None:
    """The keyring was locked when it changed; the former server would take the one before for a thief's."""
    assert Beside(machine.folder / name_for(OLD), OLD).lay("sd_old_2", ["sd_old_1"])
    new = machine.keeper(HOME)
    new.write("sd_new_1")
    machine.app(HOME).settle(readable=True)
    assert machine.asked[OLD].ended == ["sd_old_2"]
    assert machine.held == {HOME: "sd_new_1"}
    assert not (machine.folder / name_for(OLD)).exists()


def test_where_the_former_server_is_not_there_the_token_is_taken_away(machine: Machine) -> None:
    """It is nobody's then, and ends by itself."""
    machine.away = True
    machine.app(HOME).settle(readable=True)
    assert (machine.held, machine.asked[OLD].ended) == ({}, [])


@pytest.mark.parametrize("readable", [True, False])
def test_a_locked_keyring_gives_it_up_at_a_later_start(machine: Machine, readable: bool) -> None:
    """However often the brand moves meanwhile."""
    machine.locked = True
    machine.app(OTHER).settle(readable=readable)
    machine.app(HOME).settle(readable=readable)
    assert machine.asked == {}
    machine.locked = False
    machine.app(HOME).settle(readable=True)
    assert (machine.held, machine.asked[OLD].ended) == ({}, ["sd_old_1"])


def test_a_server_is_shown_what_was_kept_in_its_name_alone(machine: Machine) -> None:
    """Whoever writes the note gets no token: neither for an address of theirs, nor for one of this machine, where
    anybody may listen."""
    machine.held["http://127.0.0.1:8080"] = "sd_local_1"
    place.write(
        machine.folder / "servers.json",
        {"servers": {"https://evil.example": "", "http://127.0.0.1:8080": "", OTHER: 7, HOME: ""}},
    )
    machine.app(HOME).settle(readable=True)
    assert machine.asked == {}
    assert machine.held == {OLD: "sd_old_1", "http://127.0.0.1:8080": "sd_local_1"}
    bent: Any
    for bent in (None, [], [OLD], {OLD: None}, {OLD: [""]}):
        place.write(machine.folder / "servers.json", {"servers": bent})
        machine.app(HOME).settle(readable=True)
    assert machine.asked == {}


def test_a_new_brands_authority_vouches_for_no_former_server(tmp_path: Path) -> None:
    """Only the one that vouched for it then: else whoever makes a brand could be shown the token of another."""
    ours, theirs = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    ours.write_text("ours")
    theirs.write_text("theirs")
    for then, now, counts in ((None, theirs, None), (ours, theirs, None), (ours, None, None), (ours, ours, ours)):
        machine = Machine(tmp_path / f"{then}{now}".replace("/", ""))
        machine.app(OLD, then).settle(readable=True)
        machine.held[OLD] = "sd_old_1"
        machine.app(HOME, now).settle(readable=True)
        assert machine.believed == {OLD: counts}


@pytest.mark.parametrize("speaks", [True, False])
def test_whoever_has_the_address_by_now_is_shown_nothing(tmp_path: Path, speaks: bool) -> None:
    """By TLS, and asked who they are before: a page of somebody else's is shown no token, nor one without proof."""
    heard: list[str] = []

    def answer(asked: Any) -> tuple[int, dict[str, str], bytes]:
        heard.append(f"{asked.command} {asked.headers.get('Authorization')}")
        return 200, {"Content-Type": "application/json"}, b'{"product": "a blog"}'

    context, authority = _context(tmp_path)
    with answering(answer, context) as port:
        origin = f"https://localhost:{port}"
        machine = Machine(tmp_path / "home", {origin: "sd_old_1"})

        def served(at: str, ca_file: Path | None) -> Server:
            return Server(at, "a", "en", trust(authority if speaks else ca_file))

        brand = Brand("Fernhill", "com.example.fernhill", HOME)
        place.write(machine.folder / "servers.json", {"servers": {origin: ""}})
        Former(machine.folder / "servers.json", brand, machine.keeper, served).settle(readable=True)
    assert heard == (["GET None"] if speaks else [])
    assert machine.held == {}


def test_the_app_settles_it_at_its_start(machine: Machine, tmp_path: Path) -> None:
    """Before anybody signs in; its own token is not touched."""

    def moved(start: Callable[[], None]) -> list[str]:
        keeper = machine.keeper(HOME)
        with playing(tmp_path, keeper=keeper, former=machine.app(HOME)) as play:
            start()
            play.sees("welcome")
            return machine.asked[OLD].ended

    assert moved(lambda: None) == ["sd_old_1"]
    assert OLD not in machine.held
