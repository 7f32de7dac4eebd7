"""`selfserve people`, `tokens`, `audit`, `connectors` against a real directory."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.conftest import Selfserve
from tests.people.branch import Branch, new_branch
from tests.servers.slapd import Slapd

from selfserve.cli.checks.people import check_people
from selfserve.cli.surroundings import Surroundings
from selfserve.people import directory, identities, signing_out
from selfserve.people.identities import Unlinked
from selfserve.people.signing_out import SignedOut
from selfserve.store.database import Database
from selfserve.store.tables import Identity


@pytest.fixture
def branch(selfserve: Selfserve, folder: Path, slapd: Slapd, monkeypatch: pytest.MonkeyPatch) -> Branch:
    """A branch of the directory with two people, which the installation reads over TLS."""
    made = new_branch(slapd)
    ana = made.person("ana", cn="Ana Ruiz")
    made.person("ben", manager=ana)
    made.group("techops", ana)
    for name, value in {
        "DIRECTORY__BASE": made.people,
        "DIRECTORY__GROUP_BASE": made.groups,
        "CONNECTORS__DIRECTORY__URLS": json.dumps([slapd.tls_url]),
        "CONNECTORS__DIRECTORY__CA_FILE": str(slapd.ca_file),
        "CONNECTORS__DIRECTORY__BIND_DN": slapd.svc_dn,
        "CONNECTORS__DIRECTORY__PEOPLE_BASE": made.people,
        "CONNECTORS__DIRECTORY__GROUPS_BASE": made.groups,
    }.items():
        monkeypatch.setenv(f"SELFSERVE__{name}", value)
    assert selfserve("secrets", "set", "file:secrets/directory-password", stdin=slapd.svc_password).code == 0
    assert selfserve("db", "upgrade").code == 0
    return made


def test_people_come_from_the_directory(selfserve: Selfserve, branch: Branch) -> None:
    """With figures for people, and for machines."""
    ran = selfserve("people", "sync")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Read 2 people: 2 new")
    again = json.loads(selfserve("people", "sync", "--full", "--json").out)
    assert (again["full"], again["read"], again["added"]) == (True, 2, 0)


def test_a_reading_tells_what_is_odd_and_what_it_ended(
    selfserve: Selfserve, folder: Path, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs it sees it at once; `doctor` says it for as long as it is so, and says when people were read."""

    def people() -> list[tuple[str, str]]:
        checks = json.loads(selfserve("doctor", "--json").out)["checks"]
        return [(one["level"], one["text"]) for one in checks if one["area"] == "people"]

    assert people() == [("warn", "Nobody was read from the directory yet; run `selfserve people sync`.")]
    branch.person("cem", mail="ana@example.test")
    selfserve("people", "sync")
    selfserve("tokens", "create", "ben", "--label", "ci", "--scope", "requests:read")
    branch.set(f"uid=ben,{branch.people}", pwdAccountLockedTime="000001010000Z")
    odd = (
        "More than one person has the same mail address, which finds none of them and counts as one human: "
        "ana@example.test."
    )

    said = selfserve("people", "sync").out.splitlines()
    assert said[1:] == ["Who left or was disabled had something open: 0 sessions and 1 token were ended.", odd]
    (when, *rest) = people()
    assert when[0] == "ok"
    assert when[1].startswith("2 people are present; the directory was last read on 2")
    assert rest == [("warn", odd)]

    monkeypatch.setenv("SELFSERVE__DIRECTORY__EVERY", "1h")
    later = datetime.now(UTC) + timedelta(hours=4)
    told = [one.text for one in check_people(Surroundings(folder / "selfserve.toml", now=lambda: later))]
    assert told[0].endswith("That is long ago: does a worker run?")


def test_a_directory_that_refuses_is_one_sentence(
    selfserve: Selfserve, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password is not in it. (An account nobody has: wrong passwords would lock the one that all tests share.)"""
    monkeypatch.setenv("SELFSERVE__CONNECTORS__DIRECTORY__BIND_DN", f"cn=nobody,{branch.people}")
    assert selfserve("secrets", "set", "file:secrets/directory-password", stdin="hunter2hunter2").code == 0
    ran = selfserve("people", "sync")
    assert ran.code == 1
    assert ran.err.startswith("The directory cannot be read: ")
    assert "hunter2" not in ran.err


def test_people_are_read_by_a_directory_only(
    selfserve: Selfserve, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another kind of connector has no people."""
    monkeypatch.setenv("SELFSERVE__DIRECTORY__CONNECTOR", "human")
    ran = selfserve("people", "sync")
    assert (ran.code, ran.err) == (
        2,
        "connectors.human is of kind human; people are read by one of kind ldap.\n",
    )


def test_a_token_is_shown_once_and_can_be_ended(
    selfserve: Selfserve, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard output holds the token alone, so that it can go straight to where it is needed."""
    selfserve("people", "sync")
    made = selfserve("tokens", "create", "ana", "--label", "[b]ci", "--scope", "requests:read", "--lasts", "30d")
    assert made.code == 0
    assert re.fullmatch(r"ss_[0-9a-f]{32}_[A-Za-z0-9_-]{43}\n", made.out)
    (row,) = json.loads(selfserve("tokens", "list", "ana@example.test", "--json").out)
    assert (row["label"], row["scopes"], row["state"]) == ("[b]ci", ["requests:read"], "live")
    assert made.out.strip() not in selfserve("tokens", "list", "ana").out
    monkeypatch.setenv("COLUMNS", "80")
    narrow = selfserve("tokens", "list", "ana").out
    assert row["id"] in narrow, "it is pasted into `tokens revoke`, so it is never cut"
    assert "[b]ci" in narrow, "a label is words, not markup"
    assert selfserve("tokens", "revoke", row["id"]).code == 0
    assert json.loads(selfserve("tokens", "list", "ana", "--json").out)[0]["state"] == "revoked"
    again = selfserve("tokens", "revoke", row["id"])
    assert (again.code, again.err) == (2, f"There is no live token '{row['id']}'.\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody", "--label", "x", "--scope", "admin"], "There is no one person called 'nobody'"),
        (["ana", "--label", "x", "--scope", "root"], "No token was made: there is no scope 'root'"),
        (["ana", "--label", "x", "--scope", "admin", "--lasts", "30"], "--lasts is '30'; allowed is a length of time"),
        (["ana", "--label", "x", "--scope", "admin", "--lasts", "400d"], "No token was made: a token lasts"),
    ],
)
def test_a_token_that_cannot_be_is_one_sentence(
    selfserve: Selfserve, branch: Branch, arguments: list[str], sentence: str
) -> None:
    """Nothing is printed on standard output then."""
    selfserve("people", "sync")
    ran = selfserve("tokens", "create", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(sentence)


def test_the_trail_is_exported_and_verified(selfserve: Selfserve, branch: Branch) -> None:
    """One JSON object a line, within the days asked for."""
    selfserve("people", "sync")
    selfserve("tokens", "create", "ana", "--label", "ci", "--scope", "requests:read")
    events = [json.loads(line) for line in selfserve("audit", "export").out.splitlines()]
    assert {"people.read", "token.created"} <= {event["kind"] for event in events}
    assert selfserve("audit", "export", "--from", "2100-01-01").out == ""
    assert selfserve("audit", "export", "--to", "2000-01-01").out == ""
    assert f"The trail is whole: {len(events)} events" in selfserve("audit", "verify").out


def test_connectors_are_tried_one_by_one(selfserve: Selfserve, branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of one does not hide the others; a name that is none is said."""
    ran = selfserve("connectors", "check", "directory")
    assert ran.code == 0, ran.out
    assert "fail" not in ran.out
    monkeypatch.setenv("SELFSERVE__CONNECTORS__DIRECTORY__BIND_DN", f"cn=nobody,{branch.people}")
    found = json.loads(selfserve("connectors", "check", "--json").out)
    assert found["worst"] == "fail"
    levels = {one["area"]: one["level"] for one in found["checks"]}
    assert (levels["connectors.human"], levels["connectors.seats"]) == ("ok", "ok")
    assert selfserve("connectors", "check").code == 1
    assert (
        "There is no section [connectors.nothing]; there is directory, human, seats."
        in selfserve("connectors", "check", "nothing").err
    )


def test_a_team_without_members_is_found_once_people_are_known(selfserve: Selfserve, branch: Branch) -> None:
    """Before the first reading nothing is known of teams; afterwards an item that hangs on nobody is a failure."""

    def catalog() -> list[str]:
        checks = json.loads(selfserve("doctor", "--json").out)["checks"]
        return [one["text"] for one in checks if one["area"] == "catalog"]

    assert "all right" in catalog()[0]
    read = selfserve("people", "sync")
    assert (read.code, read.err) == (0, "")
    found = catalog()
    assert any("has 0 present members" in text for text in found), found


def test_a_connector_of_ones_own_begins_with_a_skeleton(selfserve: Selfserve, folder: Path) -> None:
    """A second time nothing is written."""
    ran = selfserve("connectors", "new", "printer")
    assert ran.code == 0
    assert (folder / "selfserve-printer").is_dir()
    assert selfserve("connectors", "new", "printer").code == 2
    assert selfserve("connectors", "new", "Not A Name").code == 2


def test_a_person_is_unlinked_from_the_provider(selfserve: Selfserve, branch: Branch) -> None:
    """So that somebody whose account there was made anew can sign in; unknown people are one sentence."""
    assert selfserve("people", "sync").code == 0
    ran = selfserve("people", "unlink", "ana")
    assert (ran.code, ran.out.strip()) == (0, "Ana Ruiz had none.")
    assert selfserve("people", "unlink", "nobody").code == 2


def test_who_left_under_a_name_is_unlinked_by_it(selfserve: Selfserve, branch: Branch, folder: Path) -> None:
    """An entry made anew has no account; the one that hung on the former entry is forgotten, and it is said whose."""
    assert selfserve("people", "sync").code == 0
    former = linked(folder, "ana", "one")
    anew(branch)
    assert selfserve("people", "sync", "--full", "--accept-shrink").code == 0
    ran = selfserve("people", "unlink", "ana@example.test")
    gone = f"Ana Ruiz ({former}), gone from the directory since {datetime.now(UTC):%Y-%m-%d}"
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"Ana Ruiz had none.\n{gone}, had 1 identity, forgotten now.\n"
    assert selfserve("people", "unlink", "ana").out == "Ana Ruiz had none.\n"
    branch.delete(f"uid=ana,{branch.people}")
    assert selfserve("people", "sync", "--full", "--accept-shrink").code == 0
    assert selfserve("people", "unlink", "ana").code == 2


def test_who_is_there_is_unlinked_before_who_left_under_the_name(
    selfserve: Selfserve, branch: Branch, folder: Path
) -> None:
    """A new colleague's account is forgotten, not that of whoever had the name before: it would be free to take it
    again. By the id it can be; of several who left none is guessed."""
    assert selfserve("people", "sync").code == 0
    first = linked(folder, "ana", "one")
    anew(branch)
    assert selfserve("people", "sync", "--full", "--accept-shrink").code == 0
    second = linked(folder, "ana", "two")
    ran = selfserve("people", "unlink", "ana")
    assert ran.out.startswith("Ana Ruiz had 1 identity, forgotten now.\nAna Ruiz (")
    assert first in ran.out
    assert "is known by an account still" in ran.out
    assert linked(folder, "ana", "two") == second
    anew(branch)
    assert selfserve("people", "sync", "--full", "--accept-shrink").code == 0
    ran = selfserve("people", "unlink", "ana")
    assert ran.code == 2
    assert first in ran.err
    assert second in ran.err
    ran = selfserve("people", "unlink", first)
    assert (ran.code, "had 1 identity" in ran.out, second in ran.out) == (0, True, False)


def anew(branch: Branch) -> None:
    """Ana's entry, deleted and made anew."""
    branch.delete(f"uid=ana,{branch.people}")
    branch.person("ana", cn="Ana Ruiz")


def linked(folder: Path, login: str, subject: str) -> str:
    """Somebody in the directory who has signed in with this account; their id."""
    database = Database(f"sqlite:///{folder}/data/selfserve.db")
    with database.write() as session:
        person = directory.by_login(session, login)
        assert person is not None
        session.add(Identity(issuer="https://idp", subject=subject, person_id=person.id, linked_at=datetime.now(UTC)))
        found = person.id
    database.close()
    return found


def test_a_person_is_signed_out_everywhere(
    selfserve: Selfserve, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ended is said, also by unlinking; who was signed in nowhere, and who is unknown, are a sentence."""
    assert selfserve("people", "sync").code == 0
    ran = selfserve("people", "sign-out", "ana")
    assert (ran.code, ran.out.strip()) == (0, "Ana Ruiz was signed in nowhere.")
    assert selfserve("people", "sign-out", "nobody").code == 2
    told = SignedOut(browsers=2, apps=1, windows=1)
    monkeypatch.setattr(signing_out, "sign_out", lambda *_, **__: told)
    ran = selfserve("people", "sign-out", "ana")
    said = "Ended: 2 browser sessions, 1 app, 1 window of an app."
    assert (ran.code, ran.out.strip()) == (0, f"Ana Ruiz is signed out. {said}")
    monkeypatch.setattr(identities, "unlink", lambda *_: Unlinked(1, told))
    ran = selfserve("people", "unlink", "ana")
    assert (ran.code, ran.out) == (0, f"Ana Ruiz had 1 identity, forgotten now.\n{said}\n")
