"""What the directory hides from the service account, through the whole way on a real slapd: nothing ends because of it,
and nothing is said to be gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import ldap3
import pytest
from tests.connectors.ldap.conftest import settings_for
from tests.servers.slapd import Person, Slapd
from tests.stand.house import Stand, build

from selfserve.requests import acts, desk
from selfserve.requests.reconcile import reconcile
from selfserve.store.database import Database
from selfserve.store.states import GrantState, RequestState

ITEM = """\
id: title
name: Title
summary: A title for tests.
category: Access
icon: key-round
owner: techops
runbook: runbooks/shelf.md
escalate: {{after: 15m, to: techops}}
expect: 1m
risk: low
who: "true"
fulfil:
  - id: title
    use: directory.set_attribute
    with: {{customer: {uid}, attribute: title, value: Chief}}
grant: {{ends: 8h}}
"""


@pytest.fixture
def person(slapd: Slapd) -> Person:
    """A clerk."""
    return slapd.add_person(title="Clerk")


@pytest.fixture
def stand(database: Database, tmp_path: Path, slapd: Slapd, person: Person) -> Iterator[Stand]:
    """A house that makes the clerk a chief."""
    section = {
        **settings_for(slapd, writable_attributes=["title"]),
        "kind": "ldap",
        "ca_file": str(slapd.ca_file),
        "look_up_seconds": 0,
    }
    made = build(database, tmp_path, more={"directory": section})
    (made.catalog / "items" / "title.yaml").write_text(ITEM.format(uid=person.uid))
    assert made.house.catalog.refresh(force=True), made.house.catalog.problems
    yield made
    made.house.engine.stop()
    made.house.connectors.close()


def title(slapd: Slapd, person: Person) -> list[str]:
    return slapd.attributes(person.dn, "title").get("title", [])


def unveil(slapd: Slapd, person: Person) -> None:
    with slapd.admin() as admin:
        assert admin.modify(person.dn, {"employeeType": [(ldap3.MODIFY_REPLACE, [])]}), admin.result


def gives_back(stand: Stand, name: str) -> None:
    """The customer, of themselves."""
    stand.write(acts.give_back, stand.house, name, stand.people["ada"], stand.clock())


def time_is_over(stand: Stand, _name: str) -> None:
    """The grant's end comes."""
    stand.clock.forward(hours=9)
    (grant,) = stand.grants("ada")
    stand.tick_grant(grant)


@pytest.mark.parametrize("ends", [gives_back, time_is_over])
def test_what_may_not_be_read_any_more_is_neither_said_to_be_taken_back_nor_left(
    stand: Stand, slapd: Slapd, person: Person, ends: Callable[[Stand, str], None]
) -> None:
    """An access rule was changed while it was held: no look calls it gone, its end is a human's case, and once it can
    be read again a retry takes it back."""
    made = stand.ask("ada", "title")
    assert (made.state, title(slapd, person)) == (RequestState.FULFILLED, ["Chief"])
    slapd.veil(person.dn)
    assert reconcile(stand.house).drifted == []
    ends(stand, made.name)
    stand.pass_time(hours=1)
    assert title(slapd, person) == ["Chief"]
    (grant,) = stand.grants("ada")
    assert grant.state == GrantState.REVOKE_FAILED
    (case,) = stand.open_cases()
    assert "title" in case.reason
    assert stand.notices("ada") == []
    unveil(slapd, person)
    desk.retry(stand.house, case.id, stand.people["tess"])
    stand.work()
    assert title(slapd, person) == ["Clerk"]
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED]
    assert stand.open_cases() == []


def test_what_may_not_be_read_is_written_by_nobody(stand: Stand, slapd: Slapd, person: Person) -> None:
    """What was there before could never be brought back: a human's case, and a retry once it can be read."""
    slapd.veil(person.dn)
    made = stand.ask("ada", "title")
    stand.pass_time(hours=1)
    assert (stand.request(made.id).state, title(slapd, person)) == (RequestState.HANDED_OVER, ["Clerk"])
    case = stand.case()
    assert "title" in case.reason
    unveil(slapd, person)
    desk.retry(stand.house, case.id, stand.people["tess"])
    stand.work()
    assert (stand.request(made.id).state, title(slapd, person)) == (RequestState.FULFILLED, ["Chief"])
    gives_back(stand, made.name)
    stand.work()
    assert title(slapd, person) == ["Clerk"]
