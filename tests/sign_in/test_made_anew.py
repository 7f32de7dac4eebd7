"""An entry of the directory deleted and made anew: the same human comes in again, nobody else takes their place."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.people.branch import Branch, new_branch
from tests.people.company import NOON, add
from tests.people.conftest import client_of
from tests.servers.slapd import Slapd
from tests.sign_in.site import Site

from selfserve.audit.seal import verify as verify_trail
from selfserve.people.figures import SyncFigures
from selfserve.people.identities import NotLinkedError, Why, person_of, unlink
from selfserve.people.sync import sync
from selfserve.store.database import Database
from selfserve.store.tables import AuditEvent, Identity, Person

ISSUER = "https://idp"


@pytest.fixture
def branch(slapd: Slapd) -> Branch:
    """A branch of the directory where Ana is, and Bob, who never leaves."""
    made = new_branch(slapd)
    made.person("bob")
    made.person("ana", employeeNumber="e-7")
    return made


@pytest.fixture
def there(home: Site, branch: Branch, slapd: Slapd) -> Site:
    """An installation that reads that branch, and on which Ana has signed in."""
    with home.db.write() as session:
        session.execute(sa.delete(Person))
    read(home, branch, slapd)
    assert home.enter().status_code == 303
    return home


def read(home: Site, branch: Branch, slapd: Slapd) -> SyncFigures:
    """Bring people to what the directory shows, a minute later than before."""
    home.clock.ahead += timedelta(minutes=1)
    with closing(client_of(slapd)) as client:
        return sync(home.db, client, branch.mapping(), home.clock(), full=True)


def anew(branch: Branch, **attributes: str) -> None:
    """Ana's entry is deleted and added again: all of it but the `entryUUID` as it was, unless `attributes` differ."""
    branch.delete(f"uid=ana,{branch.people}")
    branch.person("ana", **attributes)


def whose(db: Database) -> list[Person]:
    """The persons whom accounts are linked to."""
    with db.read() as session:
        return list(session.scalars(sa.select(Person).join(Identity, Identity.person_id == Person.id)))


@pytest.mark.parametrize("between", [True, False])
def test_the_same_human_comes_in_by_an_entry_made_anew(
    there: Site, branch: Branch, slapd: Slapd, between: bool
) -> None:
    """Hired again, or re-created by a tool between two readings: the employee number tells that it is she. Her former
    session stays ended, and the trail has both ends of the link that moved."""
    (before,) = whose(there.db)
    if between:
        branch.delete(f"uid=ana,{branch.people}")
        read(there, branch, slapd)
        answer = there.enter()
        assert answer.status_code == 403
        assert "you are not in the company&#x27;s directory any more" in answer.text
        branch.person("ana", employeeNumber="e-7")
    else:
        anew(branch, employeeNumber="e-7")
    read(there, branch, slapd)
    assert there.me() is None
    assert there.enter().status_code == 303
    (after,) = whose(there.db)
    assert (after.login, after.gone_at) == ("ana", None)
    assert after.id != before.id
    assert [row.person_id for row in there.rows() if row.ended_at is None] == [after.id]
    with there.db.snapshot() as session:
        events = session.scalars(sa.select(AuditEvent).where(AuditEvent.kind.startswith("identity."))).all()
        assert [(one.kind, one.stream) for one in events[1:]] == [
            ("identity.unlinked", f"person:{before.id}"),
            ("identity.linked", f"person:{after.id}"),
        ]
        assert events[-1].data["former"] == before.id
        assert verify_trail(session).breaks == []


@pytest.mark.parametrize("number", [None, "e-8"])
def test_whoever_is_given_a_login_and_address_is_not_who_left_with_them(
    there: Site, branch: Branch, slapd: Slapd, number: str | None
) -> None:
    """Who left may still have the account at the provider: it brings nobody into the place of the new colleague, and
    what is said of it is true."""
    (before,) = whose(there.db)
    anew(branch, **({"employeeNumber": number} if number else {}))
    read(there, branch, slapd)
    answer = there.enter()
    assert answer.status_code == 403
    assert "from somebody who is not in the company&#x27;s directory any more" in answer.text
    assert "selfserve people unlink ana" in answer.text
    assert "disabled" not in answer.text
    assert [one.id for one in whose(there.db)] == [before.id]
    assert [row for row in there.rows() if row.ended_at is None] == []
    assert there.kinds()[-1] == "sign_in.refused"


def test_two_entries_that_fit_are_none(there: Site, branch: Branch, slapd: Slapd) -> None:
    """Nobody is guessed, made anew or not."""
    anew(branch, employeeNumber="e-7")
    branch.person("ana2", mail="ana@example.test", employeeNumber="e-7")
    read(there, branch, slapd)
    answer = there.enter()
    assert answer.status_code == 403
    assert "more than one person" in answer.text


def test_a_disabled_entry_made_anew_stays_out(there: Site, branch: Branch, slapd: Slapd) -> None:
    """It is there, and disabled; that is what is said."""
    anew(branch, employeeNumber="e-7", pwdAccountLockedTime="000001010000Z")
    read(there, branch, slapd)
    answer = there.enter()
    assert answer.status_code == 403
    assert "disabled in the company&#x27;s directory" in answer.text


def test_a_disabled_person_brings_no_account_to_another_of_theirs(db: Database) -> None:
    """Only an entry that is gone lets its account go: a disabled one is there, and final."""
    with db.write() as session:
        add(session, "ana", human="e-7", disabled=True, email="old@example.test")
        session.flush()
        link = session.scalars(sa.select(Person.id)).one()
        session.add(Identity(issuer=ISSUER, subject="one", person_id=link, linked_at=NOON))
        add(session, "ana2", human="e-7", email="ana@example.test")
    assert refused(db, "one") is Why.ABSENT


def test_an_entry_that_has_another_account_keeps_that(db: Database) -> None:
    """Who came in by a new account has it; the former one is refused until somebody unlinks."""
    former_and_new(db)
    with db.write() as session:
        assert person_of(session, ISSUER, "two", "email", "ana@example.test", NOON).gone_at is None
    assert refused(db, "one") is Why.OTHER_ACCOUNT


def test_both_accounts_at_once_link_one(db: Database) -> None:
    """The former account and a new one, and the former one twice, at the same moment, on each store."""
    former_and_new(db)
    results: list[str] = []
    together = threading.Barrier(3)

    def come(subject: str) -> None:
        together.wait()
        try:
            with db.write() as session:
                person = person_of(session, ISSUER, subject, "email", "ana@example.test", NOON)
                results.append(f"{subject} {person.gone_at is None}")
        except NotLinkedError as error:
            results.append(f"{subject} {error.why}")

    threads = [threading.Thread(target=come, args=(subject,)) for subject in ("one", "one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) in (
        ["one True", "one True", "two other_account"],
        ["one other_account", "one other_account", "two True"],
    )


@pytest.mark.parametrize("filler", ["", "0", "000", "n/a", "-"])
def test_what_fills_an_empty_field_is_nobodys_number(db: Database, filler: str) -> None:
    """A directory has it with everybody whose number nobody knows."""
    former_and_new(db, human=filler)
    assert refused(db, "one") is Why.FORMER


def test_a_number_that_others_have_as_well_proves_nothing(db: Database) -> None:
    """Whoever else has it may be a namesake of a filler; a disabled entry is there as well. Once it is theirs alone,
    the account follows."""
    former_and_new(db)
    with db.write() as session:
        other = add(session, "bob", key="k3", human="e-7", disabled=True).id
    assert refused(db, "one") is Why.FORMER
    with db.write() as session:
        session.get_one(Person, other).gone_at = NOON
    with db.write() as session:
        assert person_of(session, ISSUER, "one", "email", "ana@example.test", NOON).gone_at is None


@pytest.mark.parametrize("other", ["present", "left as well", "none"])
def test_who_left_is_named_so_that_nobody_else_is_unlinked(db: Database, other: str) -> None:
    """By the id where their login is somebody else's today, or was another one's who left; else by the login."""
    former = former_and_new(db, human="", left_as="anna")
    with db.write() as session:
        if other != "none":
            third = add(session, "anna", key="k3", email="third@example.test", gone_at=None)
            session.flush()
            session.add(Identity(issuer=ISSUER, subject="three", person_id=third.id, linked_at=NOON))
            third.gone_at = NOON if other == "left as well" else None
    with pytest.raises(NotLinkedError) as caught, db.write() as session:
        person_of(session, ISSUER, "one", "email", "ana@example.test", NOON)
    named = "anna" if other == "none" else former
    assert f"`selfserve people unlink {named}`" in str(caught.value)


def test_unlinking_and_signing_in_hold_what_they_want_in_one_order(db: Database) -> None:
    """First the person, then the identity: two at once wait for each other's end, and never for each other."""
    former = former_and_new(db)
    asked: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(" ".join(statement.split()))

    with db.write() as session:
        engine = session.get_bind()
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            unlink(session, former, NOON, "cli")
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)
    people = next(at for at, one in enumerate(asked) if one.startswith("SELECT person.id"))
    assert people < next(at for at, one in enumerate(asked) if one.startswith("DELETE FROM identity"))


def former_and_new(db: Database, human: str = "e-7", left_as: str = "ana") -> str:
    """An entry that is gone and linked, whose id comes back, and one of the same human that is there and is not."""
    with db.write() as session:
        former = add(session, left_as, key="k1", human=human, gone_at=NOON)
        session.add(Identity(issuer=ISSUER, subject="one", person_id=former.id, linked_at=NOON))
        add(session, "ana", key="k2", human=human)
        return former.id


def refused(db: Database, subject: str) -> Why:
    """Why an account leads to nobody."""
    with pytest.raises(NotLinkedError) as caught, db.write() as session:
        person_of(session, ISSUER, subject, "email", "ana@example.test", NOON)
    return caught.value.why
