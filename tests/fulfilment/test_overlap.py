"""Several grants want one attribute: whichever ends first, what is left is what they still have, or what was before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.connectors.ldap.conftest import settings_for
from tests.connectors.ldap.faults import before_next
from tests.servers.slapd import Person, Slapd
from tests.stand.house import Stand, build
from tests.stand.shelf import Killed

from selfserve.connectors.ldap import DirectoryClient, LdapConnector
from selfserve.fulfilment import leases
from selfserve.fulfilment.revoke import revoke
from selfserve.requests import acts
from selfserve.requests.reconcile import reconcile
from selfserve.store.database import Database
from selfserve.store.states import GrantState, RequestState
from selfserve.store.tables import Request

ITEM = """\
id: {id}
name: Title
summary: A thing for tests.
category: Access
icon: key-round
owner: techops
runbook: runbooks/shelf.md
escalate: {{after: 15m, to: techops}}
expect: 1m
risk: low
who: "true"
form:
  value: {{type: text, label: Which one?, required: true}}
fulfil:
  - id: title
    use: directory.set_attribute
    with: {{customer: {uid}, attribute: description, value: "${{form.value}}"}}
{more}grant: {{ends: 8h}}
"""
LAMP = '  - id: thing\n    use: shelf.put\n    with: {thing: lamp, customer: "${customer.login}"}\n'


@pytest.fixture(params=[[], ["Before"], ["One", "Two"]], ids=["absent", "one", "two"])
def before(request: pytest.FixtureRequest) -> list[str]:
    """What the attribute has before anybody asks."""
    values: list[str] = request.param
    return values


@pytest.fixture
def person(slapd: Slapd, before: list[str]) -> Person:
    """Whose attribute it is in the directory."""
    return slapd.add_person(description=before) if before else slapd.add_person()


@pytest.fixture
def stand(database: Database, tmp_path: Path, slapd: Slapd, person: Person) -> Iterator[Stand]:
    """A house with a directory, and two items that set one attribute."""
    section = {**settings_for(slapd), "kind": "ldap", "ca_file": str(slapd.ca_file)}
    made = build(database, tmp_path, more={"directory": section})
    for item, more in (("titled", ""), ("bundle", LAMP)):
        (made.catalog / "items" / f"{item}.yaml").write_text(ITEM.format(id=item, uid=person.uid, more=more))
    assert made.house.catalog.refresh(force=True), made.house.catalog.problems
    yield made
    made.house.engine.stop()
    made.house.connectors.close()


def now(slapd: Slapd, person: Person) -> list[str]:
    return sorted(slapd.attributes(person.dn, "description").get("description", []))


def gets(stand: Stand, value: str, item: str = "titled") -> str:
    made = stand.ask("ada", item, {"value": value})
    assert made.state is RequestState.FULFILLED
    stand.clock.forward(seconds=1)
    return made.name


def ends(stand: Stand, name: str) -> None:
    stand.write(acts.give_back, stand.house, name, stand.people["ada"], stand.clock())
    stand.pass_time(minutes=1)
    reconcile(stand.house)
    assert not stand.open_cases(), "nothing is missing, nothing is anybody's to do"


def all_over(stand: Stand) -> bool:
    return {grant.state for grant in stand.grants("ada")} == {GrantState.ENDED}


@pytest.mark.parametrize("order", list(permutations("ABC")), ids="".join)
def test_in_whatever_order_they_end_each_leaves_the_last_or_what_was_before(
    stand: Stand, slapd: Slapd, person: Person, before: list[str], order: tuple[str, ...]
) -> None:
    """Three values, six orders: the one given last of those that live is there; after the last, what was before us."""
    names = {value: gets(stand, value) for value in "ABC"}
    assert now(slapd, person) == ["C"]
    left = list("ABC")
    for value in order:
        ends(stand, names[value])
        left.remove(value)
        assert now(slapd, person) == (left[-1:] or before)
    assert all_over(stand)


@pytest.mark.parametrize("order", list(permutations((0, 1, 2))), ids=str)
def test_a_value_wanted_twice_stays_until_the_last_who_wants_it_has_ended(
    stand: Stand, slapd: Slapd, person: Person, before: list[str], order: tuple[int, ...]
) -> None:
    """Alpha, then Beta, then Alpha again by another item: there is always a value that somebody living wants."""
    values = ["Alpha", "Beta", "Alpha"]
    names = [gets(stand, "Alpha"), gets(stand, "Beta"), gets(stand, "Alpha", "bundle")]
    left = [0, 1, 2]
    for one in order:
        ends(stand, names[one])
        left.remove(one)
        assert now(slapd, person) in ([[values[other]] for other in left] or [before])
    assert all_over(stand)


def test_what_somebody_else_set_in_between_is_what_was_there_before_us(
    stand: Stand, slapd: Slapd, person: Person
) -> None:
    """Theirs came after our first and is not ours: the second brings it back, the first leaves it alone."""
    first = gets(stand, "Alpha")
    with slapd.admin() as admin:
        assert admin.modify(person.dn, {"description": [("MODIFY_REPLACE", ["Theirs"])]})[0]
    second = gets(stand, "Beta")
    ends(stand, first)
    assert now(slapd, person) == ["Beta"]
    ends(stand, second)
    assert now(slapd, person) == ["Theirs"]


def test_what_somebody_else_set_over_ours_is_missing_all_the_same(stand: Stand, slapd: Slapd, person: Person) -> None:
    """The other value of ours is not there either, so it is no excuse."""
    gets(stand, "Alpha")
    gets(stand, "Beta")
    with slapd.admin() as admin:
        assert admin.modify(person.dn, {"description": [("MODIFY_REPLACE", ["Theirs"])]})[0]
    stand.clock.forward(hours=1)
    reconcile(stand.house)
    assert {case.why for case in stand.open_cases()} == {"drift"}


def client(stand: Stand) -> DirectoryClient:
    """The way to the directory, to stand in between."""
    directory = stand.house.connectors.get("directory")
    assert isinstance(directory, LdapConnector)
    return directory.client


def dies_after_writing(stand: Stand, value: str) -> str:
    """The process that brings `value` ends with the directory's answer; returns the request's name."""

    def dies() -> None:
        raise Killed

    before_next(client(stand), "modify", lambda: None, then=dies)
    with pytest.raises(Killed):
        stand.ask("ada", "titled", {"value": value})
    stand.clock.forward(seconds=1)
    with stand.house.database.read() as session:
        return str(session.scalars(sa.select(Request.name).order_by(Request.asked_at.desc()).limit(1)).one())


def test_what_was_there_before_is_known_after_the_process_died_with_it(
    stand: Stand, slapd: Slapd, person: Person, before: list[str]
) -> None:
    """It was stored before the write: another process finds the value there, and takes it back at its end."""
    name = dies_after_writing(stand, "Alpha")
    assert now(slapd, person) == ["Alpha"]
    other = stand.again("two")
    leases.sweep(other.house)
    other.work()
    ends(other, name)
    assert now(slapd, person) == before
    assert all_over(stand)


def test_what_stands_on_a_value_of_one_that_died_knows_what_was_before_both(
    stand: Stand, slapd: Slapd, person: Person, before: list[str]
) -> None:
    """The second finds the first's value, of which nobody knows yet that it is there."""
    first = dies_after_writing(stand, "Alpha")
    second = gets(stand, "Beta")
    other = stand.again("two")
    leases.sweep(other.house)
    other.work()
    ends(other, second)
    assert now(slapd, person) == ["Alpha"]
    ends(other, first)
    assert now(slapd, person) == before
    assert all_over(stand)


def at_once(work: Callable[[], object]) -> None:
    """Another thread does it all, while this one stands between its look and its write."""
    with ThreadPoolExecutor(1) as other:
        other.submit(work).result(timeout=60)


def goes(stand: Stand, name: str) -> None:
    stand.write(acts.give_back, stand.house, name, stand.people["ada"], stand.clock())
    stand.work()


def test_what_is_asked_for_while_another_is_taken_back_is_not_lost(
    stand: Stand, slapd: Slapd, person: Person, before: list[str]
) -> None:
    """The taking back had looked before the new value was there, and writes after it."""
    first = gets(stand, "Alpha")
    asked = list[str]()
    before_next(client(stand), "modify", lambda: at_once(lambda: asked.append(gets(stand, "Beta", "bundle"))))
    ends(stand, first)
    assert now(slapd, person) == ["Beta"]
    ends(stand, asked[0])
    assert now(slapd, person) == before
    assert all_over(stand)


def test_what_is_taken_back_while_another_is_asked_for_does_not_stay_below_it(
    stand: Stand, slapd: Slapd, person: Person, before: list[str]
) -> None:
    """The new value had been decided on while the old one was there, and comes when it has gone."""
    first = gets(stand, "Alpha")
    before_next(client(stand), "modify", lambda: at_once(lambda: goes(stand, first)))
    second = gets(stand, "Beta")
    assert now(slapd, person) == ["Beta"]
    ends(stand, second)
    assert now(slapd, person) == before
    assert all_over(stand)


def test_of_two_asked_for_at_once_one_is_there_and_then_the_other(
    stand: Stand, slapd: Slapd, person: Person, before: list[str]
) -> None:
    """Both looked before either wrote: never both values, and what was before is known to both."""
    asked = list[str]()
    before_next(client(stand), "modify", lambda: at_once(lambda: asked.append(gets(stand, "Beta", "bundle"))))
    first = gets(stand, "Alpha")
    assert now(slapd, person) == ["Alpha"]
    ends(stand, first)
    assert now(slapd, person) == ["Beta"]
    ends(stand, asked[0])
    assert now(slapd, person) == before
    assert all_over(stand)


def test_two_taken_back_at_once_leave_nothing_of_either(
    stand: Stand, slapd: Slapd, person: Person, before: list[str]
) -> None:
    """The first leaves what the second wants, which ends before that is written and so finds nothing of its own."""
    first, second = gets(stand, "Alpha"), gets(stand, "Beta", "bundle")
    before_next(client(stand), "modify", lambda: at_once(lambda: goes(stand, first)))
    ends(stand, second)
    assert now(slapd, person) == before
    assert all_over(stand)


def test_a_taking_back_that_died_over_what_it_left_for_another_knows_it_for_ours(
    stand: Stand, slapd: Slapd, person: Person, before: list[str]
) -> None:
    """The other ended meanwhile and found nothing of its own: what is left is the dead one's to clear away."""
    first, second = gets(stand, "Alpha"), gets(stand, "Beta", "bundle")

    def dies() -> None:
        raise Killed

    before_next(client(stand), "modify", lambda: at_once(lambda: goes(stand, first)), then=dies)
    stand.write(acts.give_back, stand.house, second, stand.people["ada"], stand.clock())
    with pytest.raises(Killed):
        stand.work()
    assert now(slapd, person) == ["Alpha"]
    (run,) = stand.runs(stand.grants("ada")[1].id)
    revoke(stand.again("two").house, run.id)
    assert now(slapd, person) == before
    assert all_over(stand)
