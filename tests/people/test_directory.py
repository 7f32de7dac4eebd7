"""Looking people up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from tests.people.company import NOON, add

from selfserve.people import directory
from selfserve.store.database import Database


@contextmanager
def counted(db: Database) -> Iterator[list[str]]:
    """The statements the store is sent meanwhile."""
    seen: list[str] = []

    def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(db.engine, "before_cursor_execute", note)


def test_login_and_mail_are_found_in_any_letter_case(db: Database) -> None:
    """Directories and mail systems compare both without case, so do we."""
    with db.write() as session:
        ana = add(session, "Ana", email="ana@example.test")
        for found in (directory.by_login(session, "aNA"), directory.by_email(session, " ANA@Example.test ")):
            assert found is ana


def test_an_ambiguous_name_finds_nobody(db: Database) -> None:
    """Two entries that share a login or an address are never guessed between; one who left does not count."""
    with db.write() as session:
        first = add(session, "sam", email="sam@example.test")
        second = add(session, "SAM", key="other", email="sam@example.test")
        assert directory.by_login(session, "sam") is None
        assert directory.by_email(session, "sam@example.test") is None
        second.gone_at = NOON
        session.flush()
        assert directory.by_login(session, "sam") is first


def test_an_empty_address_finds_nobody(db: Database) -> None:
    """People without a mail address must not be found by having none."""
    with db.write() as session:
        add(session, "bot", email="")
        assert directory.by_email(session, "") is None


def test_people_below_somebody_are_found_at_any_depth(db: Database) -> None:
    """Who may be asked for: everybody present below, found by name; those right below without a name."""
    with db.write() as session:
        cora = add(session, "cora", name="Cora Lind")
        mara = add(session, "mara", name="Mara Lind", manager_id=cora.id)
        ben = add(session, "ben", name="Ben Ode", manager_id=mara.id)
        add(session, "gone", name="Ben Gone", manager_id=mara.id, gone_at=NOON)
        add(session, "eli", name="Ben Other")
        session.flush()

        def names(who: str, query: str) -> list[str]:
            return [one.name for one in directory.led_by(session, who, query)]

        assert names(cora.id, "") == ["Mara Lind"]
        assert names(cora.id, "ben") == ["Ben Ode"]
        assert names(mara.id, "lind") == []
        assert directory.leads(session, mara.id)
        assert not directory.leads(session, ben.id)


@pytest.mark.parametrize("columns", [{"disabled": True}, {"gone_at": NOON}])
def test_disabled_and_gone_people_are_not_present(db: Database, columns: dict[str, object]) -> None:
    """Present is who may sign in, ask and decide."""
    with db.write() as session:
        row = add(session, "ex", groups=["all"], **columns)
        assert directory.person(session, row.id) is row
        assert directory.present(session, row.id) is None
        assert directory.members_of_group(session, "all") == []
        assert directory.search(session, "ex") == []


def test_the_manager_chain_ends_at_the_top_and_in_circles(db: Database) -> None:
    """A directory where people lead each other in a circle must not hang an approval."""
    with db.write() as session:
        top, low, self_led = add(session, "top"), add(session, "low"), add(session, "self")
        low.manager_id = top.id
        self_led.manager_id = self_led.id
        assert list(directory.manager_chain(session, low)) == [top]
        assert list(directory.manager_chain(session, self_led)) == [self_led]
        top.manager_id = low.id
        assert list(directory.manager_chain(session, low)) == [top, low]


def test_facts_are_what_rules_see_in_two_queries(db: Database) -> None:
    """Rules are evaluated on every page, so facts stay cheap; an absent manager is shown as none."""
    with db.write() as session:
        boss = add(session, "boss")
        row = add(session, "ana", groups=["b", "a"], department="Design", manager_id=boss.id)
    with db.read() as session, counted(db) as statements:
        facts = directory.facts(session, row)
    assert (facts["groups"], facts["manager"], facts["department"]) == (["a", "b"], "boss@example.test", "Design")
    assert len(statements) <= 2
    with db.write() as session:
        session.get_one(type(boss), boss.id).disabled = True
        session.flush()
        assert directory.facts(session, row)["manager"] == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"human": "7"}, {"human": "7"}, True),
        ({"human": ""}, {"human": ""}, False),
        ({"email": "x@example.test"}, {"email": "x@example.test"}, True),
        ({"email": ""}, {"email": ""}, False),
        ({"human": "7"}, {"human": "8"}, False),
    ],
)
def test_two_accounts_of_one_human_are_known_as_one(
    db: Database, one: dict[str, str], other: dict[str, str], same: bool
) -> None:
    """A shared employee number or address makes one human; having neither makes nobody one."""
    with db.write() as session:
        first, second = add(session, "first", **one), add(session, "second", **other)
        assert directory.same_human(session, first.id, second.id) is same


def test_search_takes_words_in_any_order_and_no_wildcards(db: Database) -> None:
    """Every word must fit somewhere; `%` and `_` are plain signs."""
    with db.write() as session:
        ana = add(session, "ana", name="Ana María Lopez")
        add(session, "bob", name="Bob Ana-Stone")
        assert directory.search(session, "lopez ANA") == [ana]
        assert next(iter(directory.search(session, "ana"))) is ana
        assert directory.search(session, "%") == []
        assert directory.search(session, "a_a") == []
        assert directory.search(session, "   ") == []
        assert len(directory.search(session, "a", limit=1)) == 1
