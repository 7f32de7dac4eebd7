"""Who decides: hard cases 3 and 4, all but delegation."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from tests.people.company import NOON, Team, add

from selfserve.catalog.approvals import Approver
from selfserve.people.teams import UnknownApproverError, approvers, members
from selfserve.store.database import Database
from selfserve.store.tables import Person


def test_a_team_is_its_present_members_by_address_and_by_group(db: Database) -> None:
    """A team has listed members or a directory group; who is disabled or gone is not on it."""
    with db.write() as session:
        ana, bob = add(session, "ana", groups=["ops"]), add(session, "bob")
        add(session, "off", disabled=True, groups=["ops"])
        add(session, "left", gone_at=NOON)
        listed = Team(members=["BOB@example.test", "left@example.test", "nobody@example.test"])
        assert members(session, listed) == [bob]
        assert members(session, Team(group="ops")) == [ana]
        assert members(session, Team()) == []


def test_hard_case_4_the_customer_never_decides(db: Database) -> None:
    """Not as the only member, not in a group, not as their own manager: the list is empty and the caller falls back."""
    with db.write() as session:
        ana = add(session, "ana", groups=["ops"])
        ana.manager_id = ana.id
        session.flush()
        by = ["manager", "team:solo", "group:ops"]
        assert approvers(session, by, ana, {"solo": Team(members=["ana@example.test"])}) == []


def test_hard_case_4_who_leads_themselves_is_led_by_the_next_above(db: Database) -> None:
    """A second account as manager, then an absent one, then a real one: the real one is asked."""
    with db.write() as session:
        top = add(session, "top")
        away = add(session, "away", disabled=True, manager_id=top.id)
        second = add(session, "ana-admin", human="17", manager_id=away.id)
        ana = add(session, "ana", human="17", manager_id=second.id)
        assert approvers(session, ["manager"], ana, {}) == [(top, "manager")]


def test_hard_case_4_a_second_account_never_decides(db: Database) -> None:
    """Another account of the same human, in a team or in a group, is the customer too."""
    with db.write() as session:
        ana = add(session, "ana", human="17")
        add(session, "ana-admin", human="17", groups=["ops"])
        bob = add(session, "bob", groups=["ops"])
        assert approvers(session, ["group:ops"], ana, {}) == [(bob, "group:ops")]


def test_who_asked_for_the_customer_is_barred_as_well(db: Database) -> None:
    """Asking on behalf of somebody must not make one their approver."""
    with db.write() as session:
        boss = add(session, "boss")
        ana = add(session, "ana", manager_id=boss.id)
        assert approvers(session, ["manager"], ana, {}, exclude=[boss]) == []


def test_one_human_is_asked_once_for_the_first_reason(db: Database) -> None:
    """Two accounts or two reasons make one approver, so that a quorum counts humans."""
    with db.write() as session:
        boss = add(session, "boss", human="1", groups=["ops"])
        add(session, "boss-admin", human="1", groups=["ops"])
        ana = add(session, "ana", manager_id=boss.id)
        assert approvers(session, ["manager", "group:ops"], ana, {}) == [(boss, "manager")]


def test_hard_case_3_an_approver_who_left_is_not_asked(db: Database) -> None:
    """Resolved anew, a disabled approver is gone from the list; an emptied group leaves nobody."""
    with db.write() as session:
        boss = add(session, "boss", groups=["ops"])
        ana = add(session, "ana", manager_id=boss.id)
        boss.disabled = True
        session.flush()
        assert approvers(session, ["manager", "group:ops"], ana, {}) == []


@pytest.mark.parametrize("word", ["team:unknown", "person:ana", "", "group:"])
def test_hard_case_3_a_word_that_cannot_be_looked_up_fails_closed(db: Database, word: str) -> None:
    """A deleted team is an error for staff, never "nobody needs to approve"."""
    with db.write() as session:
        ana = add(session, "ana")
        with pytest.raises(UnknownApproverError, match="neither manager, a known team nor a group"):
            approvers(session, [word], ana, {})


def test_hard_case_3_a_failing_store_fails_closed(sqlite_store: Database) -> None:
    """A look-up that raises is raised on, not read as an empty list."""
    with sqlite_store.write() as session:
        ana = add(session, "ana")
    with sqlite_store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE person_group RENAME TO moved"))
    with sqlite_store.read() as session, pytest.raises(OperationalError):
        approvers(session, ["group:ops"], session.get_one(Person, ana.id), {})


def test_the_catalogs_own_words_are_understood(db: Database) -> None:
    """What the catalog parses is what is resolved here."""
    with db.write() as session:
        boss = add(session, "boss", groups=["ops"])
        ana = add(session, "ana", manager_id=boss.id)
        by = [Approver.parse("manager"), Approver.parse("group:ops")]
        assert approvers(session, by, ana, {}) == [(boss, "manager")]
