"""People from a real directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.people.branch import ADMIN_LOCK, Branch

from selfserve.audit.seal import verify as verify_trail
from selfserve.connectors.ldap.client import DirectoryClient
from selfserve.connectors.ldap.entry import Entry
from selfserve.connectors.ldap.errors import DirectoryError
from selfserve.languages.reader import Reader
from selfserve.people import directory, doubts, tokens
from selfserve.people.figures import SyncFigures, alarms_of
from selfserve.people.roles import RoleRules
from selfserve.people.sync import sync
from selfserve.store.database import Database
from selfserve.store.tables import ApiToken, AuditEvent, Person, SyncMark

NOW = datetime.now(UTC)
"""The directory stamps with its own clock, so these tests begin at the real moment and go on from there."""


class Counting:
    """The product's client, with every search counted by filter."""

    def __init__(self, client: DirectoryClient) -> None:
        self.client = client
        self.asked: list[str] = []
        self.seen = 0

    def search_paged(self, base: str, where: str, attributes: Sequence[str] = ()) -> Iterator[Entry]:
        self.asked.append(where)
        for entry in self.client.search_paged(base, where, attributes):
            self.seen += 1
            yield entry


def logins(db: Database, *, present: bool = True) -> set[str]:
    with db.read() as session:
        return {row.login for row in session.scalars(sa.select(Person)) if row.present is present}


def person_of(db: Database, login: str) -> Person:
    with db.read() as session:
        return session.scalars(sa.select(Person).where(Person.login == login)).one()


def groups(db: Database, login: str) -> set[str]:
    with db.read() as session:
        found = directory.by_login(session, login)
        assert found is not None
        return set(directory.groups_of(session, found.id))


def kinds(db: Database) -> list[str]:
    with db.read() as session:
        return list(session.scalars(sa.select(AuditEvent.kind).order_by(AuditEvent.id)))


def test_a_full_reading_brings_people_managers_and_groups(
    db: Database, client: DirectoryClient, branch: Branch
) -> None:
    """Every mapped attribute arrives, managers are linked, groups go by their short name."""
    boss = branch.person("boss")
    ana = branch.person(
        "ana", cn="Ana  María", givenName="Ana", departmentNumber="Design", title="Lead", l="Berlin",
        employeeType="intern", preferredLanguage="de", employeeNumber="17", manager=boss, mail="Ana@Example.test",
    )  # fmt: skip
    branch.group("design", ana, boss)
    figures = sync(db, client, branch.mapping(), NOW)
    assert (figures.full, figures.read, figures.added, figures.joined, figures.managers) == (True, 2, 2, 2, 1)
    with db.snapshot() as session:
        row = directory.by_login(session, "ana")
        assert row is not None
        told = (row.name, row.given_name, row.department, row.title, row.location, row.employee_type)
        assert told == ("Ana María", "Ana", "Design", "Lead", "Berlin", "intern")
        assert (row.language, row.human, row.email, row.dn) == ("de", "17", "ana@example.test", ana)
        assert [above.login for above in directory.manager_chain(session, row)] == ["boss"]
        assert verify_trail(session).breaks == []
    assert groups(db, "ana") == {"design"}


def test_signs_that_turn_or_hide_text_stay_in_the_directory(
    db: Database, client: DirectoryClient, branch: Branch
) -> None:
    """What people read of a person turns nothing around it: direction marks, zero-width signs and fillers are left out,
    accents and joiners that writing needs are not; where nothing is left of a name, the login stands for it."""
    branch.person(
        "mei", cn="Mei \u202eTanaka\u2066", givenName="Me\u200bi", departmentNumber="De\u202esign",
        title="\u2067Lead \u202c", l="Ber\u200elin", employeeType="in\ufefftern",
    )  # fmt: skip
    branch.person("nazanin", cn="ناز\u200cنین", givenName="\u0416o\u0308", sn="\u202e")
    branch.person("unseen", cn="\u202e\u200b", title="\u3164")
    sync(db, client, branch.mapping(), NOW)
    with db.read() as session:
        told = {
            row.login: (row.name, row.given_name, row.department, row.title, row.location, row.employee_type)
            for row in session.scalars(sa.select(Person))
        }
    assert told == {
        "mei": ("Mei Tanaka", "Mei", "Design", "Lead", "Berlin", "intern"),
        "nazanin": ("ناز\u200cنین", "\u0416\u00f6", "", "", "", ""),
        "unseen": ("unseen", "", "", "", "", ""),
    }
    assert sync(db, client, branch.mapping(), NOW + timedelta(minutes=5), full=True).changed == 0


def test_a_second_reading_reads_only_what_changed(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """Changes are asked for by the server's own stamps; without a change nothing is written and nothing told."""
    branch.person("ana")
    sync(db, client, branch.mapping(), NOW)
    before = kinds(db)
    counting = Counting(client)
    figures = sync(db, counting, branch.mapping(), NOW + timedelta(minutes=5))
    assert not figures.full
    assert not figures.effective
    assert "modifyTimestamp>=" in counting.asked[0]
    assert kinds(db) == before


def test_a_change_arrives_and_keeps_the_person(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """A renamed entry with another login is the same person with the same id: the key decides."""
    dn = branch.person("ana", departmentNumber="Design")
    sync(db, client, branch.mapping(), NOW)
    with db.read() as session:
        person_id = directory.by_login(session, "ana").id  # type: ignore[union-attr]
    moved = branch.rename(dn, "uid=anna")
    branch.set(moved, departmentNumber="Product")
    figures = sync(db, client, branch.mapping(), NOW + timedelta(minutes=1))
    assert (figures.full, figures.added, figures.changed) == (False, 0, 1)
    with db.read() as session:
        row = session.get_one(Person, person_id)
        assert (row.login, row.dn, row.department) == ("anna", moved, "Product")
    assert "person.login_changed" in kinds(db)


def test_a_change_that_is_told_late_is_not_missed(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """A replica may show an entry minutes after its stamp: the last minutes are read again each time."""
    dn = branch.person("ana")
    sync(db, client, branch.mapping(), NOW)
    branch.set(dn, title="Lead")
    with db.write() as session:
        mark = session.get_one(SyncMark, "directory")
        mark.stamp = (NOW + timedelta(minutes=8)).strftime("%Y%m%d%H%M%SZ")
    figures = sync(db, client, branch.mapping(), NOW + timedelta(minutes=9))
    assert (figures.full, figures.changed) == (False, 1)


def test_a_stamp_from_the_future_does_not_blind(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """One entry stamped by a broken clock must not hide every change until that day."""

    class Skewed(Counting):
        def search_paged(self, base: str, where: str, attributes: Sequence[str] = ()) -> Iterator[Entry]:
            for entry in super().search_paged(base, where, attributes):
                yield Entry(entry.dn, {**entry.attributes, "modifytimestamp": (b"20990101000000Z",)})

    branch.person("ana")
    sync(db, Skewed(client), branch.mapping(), NOW)
    with db.read() as session:
        assert session.get_one(SyncMark, "directory").stamp == ""
    assert sync(db, client, branch.mapping(), NOW + timedelta(minutes=1)).full


def test_joining_and_leaving_a_group_is_seen_between_full_readings(
    db: Database, client: DirectoryClient, branch: Branch
) -> None:
    """The group's entry changes, the person's does not: both are looked at."""
    ana, bob = branch.person("ana"), branch.person("bob")
    group = branch.group("design", ana)
    sync(db, client, branch.mapping(), NOW)
    branch.set(group, member=[bob])
    figures = sync(db, client, branch.mapping(), NOW + timedelta(minutes=1))
    assert (figures.full, figures.joined, figures.left) == (False, 1, 1)
    assert (groups(db, "ana"), groups(db, "bob")) == (set(), {"design"})


def test_a_group_that_vanished_or_was_renamed_gives_nothing_any_more(
    db: Database, client: DirectoryClient, branch: Branch
) -> None:
    """A role must not outlive its group until the next full reading."""
    ana = branch.person("ana")
    kept, gone = branch.group("kept", ana), branch.group("gone", ana)
    sync(db, client, branch.mapping(), NOW)
    branch.delete(gone)
    branch.rename(kept, "cn=renamed")
    sync(db, client, branch.mapping(), NOW + timedelta(minutes=1))
    assert groups(db, "ana") == {"renamed"}


def test_groups_inside_groups_count(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """Whoever is in a group is in the groups that group is in, in circles too, and leaves them the same way."""
    ana = branch.person("ana")
    inner = branch.group("inner", ana)
    outer = branch.group("outer", inner)
    branch.set(inner, member=[ana, outer])
    sync(db, client, branch.mapping(), NOW)
    assert groups(db, "ana") == {"inner", "outer"}
    branch.set(outer, member=[branch.slapd.svc_dn])
    figures = sync(db, client, branch.mapping(), NOW + timedelta(minutes=1))
    assert not figures.full
    assert groups(db, "ana") == {"inner"}


def test_two_groups_of_one_name_give_no_right_by_it(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """Founding a group of a powerful name in another branch must not make its members powerful."""
    ana, eve = branch.person("ana"), branch.person("eve")
    real = branch.group("admins", ana)
    below = f"ou=projects,{branch.groups}"
    branch.slapd.add_entry(below, "organizationalUnit", {"ou": "projects"})
    branch.group("Admins", eve, below=below)
    figures = sync(db, client, branch.mapping(), NOW)
    assert [name.lower() for name in figures.same_group_name] == ["admins"]
    assert "admins" not in groups(db, "eve") | groups(db, "ana")
    assert groups(db, "ana") == {real}


def test_groups_without_member_of_are_read_from_their_own_entries(
    db: Database, client: DirectoryClient, branch: Branch
) -> None:
    """A directory that keeps no memberOf (here: groupOfUniqueNames) is read from the groups' side, changes too."""
    ana, bob = branch.person("ana"), branch.person("bob")
    group = branch.group("unique", ana, kind="groupOfUniqueNames")
    mapping = branch.mapping(group_filter="(objectClass=groupOfUniqueNames)", group_member="uniqueMember")
    sync(db, client, mapping, NOW)
    assert (groups(db, "ana"), groups(db, "bob")) == ({"unique"}, set())
    branch.set(group, uniqueMember=[bob])
    figures = sync(db, client, mapping, NOW + timedelta(minutes=1))
    assert (figures.full, groups(db, "ana"), groups(db, "bob")) == (False, set(), {"unique"})


def test_a_disabled_person_loses_everything_at_once(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """The admin lock of the password policy is seen as a change; tokens end in the same transaction."""
    dn = branch.person("ana", userPassword="Start-Passw0rd!")
    branch.person("bob")
    branch.person("cem")
    sync(db, client, branch.mapping(), NOW)
    with db.write() as session:
        ana = directory.by_login(session, "ana")
        assert ana is not None
        _, clear = tokens.create(session, ana, "laptop", ["admin"], timedelta(days=1), NOW)
    branch.set(dn, pwdAccountLockedTime=ADMIN_LOCK)
    figures = sync(db, client, branch.mapping(), NOW + timedelta(minutes=1))
    assert (figures.full, figures.disabled, figures.tokens_revoked) == (False, 1, 1)
    assert logins(db) == {"bob", "cem"}
    with db.read() as session:
        assert tokens.verify(session, clear, NOW, RoleRules()) is None
        assert session.scalars(sa.select(ApiToken)).one().revoked_at is not None
    branch.set(dn, pwdAccountLockedTime=None)
    assert sync(db, client, branch.mapping(), NOW + timedelta(minutes=2)).enabled == 1
    assert {"person.disabled", "token.revoked", "person.enabled"} <= set(kinds(db))


def test_a_temporary_lock_is_no_disabling(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """Too many wrong passwords lock somebody out for a while; they are still here, and may ask for the unlock."""
    dn = branch.person("ana", userPassword="Start-Passw0rd!")
    for _ in range(3):
        assert not branch.slapd.accepts(dn, "wrong-password")
    assert "pwdAccountLockedTime" in branch.slapd.attributes(dn)
    sync(db, client, branch.mapping(), NOW)
    assert logins(db) == {"ana"}


@pytest.mark.parametrize(("value", "present"), [("514", False), ("512", True), ("66050", False), ("what", False)])
def test_bits_of_a_number_disable(
    db: Database, client: DirectoryClient, branch: Branch, value: str, present: bool
) -> None:
    """As in userAccountControl & 2; a number that is none is read as disabled."""
    branch.person("ana", employeeType=value)
    sync(db, client, branch.mapping(disabled={"attribute": "employeeType", "bits": 2}), NOW)
    assert logins(db, present=present) == {"ana"}


@pytest.mark.parametrize("full", [True, False], ids=["full", "changes"])
def test_who_left_is_seen_by_the_next_reading_and_comes_back(
    db: Database, client: DirectoryClient, branch: Branch, *, full: bool
) -> None:
    """Whichever reading it is, a deleted entry is gone with its groups; the key seen again is the same person again."""
    ana, bob = branch.person("ana"), branch.person("bob")
    branch.person("cem")
    branch.group("design", ana, bob)
    sync(db, client, branch.mapping(), NOW)
    branch.delete(ana)
    figures = sync(db, client, branch.mapping(), NOW + timedelta(minutes=1), full=full)
    assert (figures.full, figures.gone) == (full, 1)
    assert (logins(db), logins(db, present=False)) == ({"bob", "cem"}, {"ana"})
    with db.write() as session:
        session.execute(sa.update(Person).where(Person.login == "bob").values(gone_at=NOW))
    late = replace(branch.mapping(), overlap=timedelta(hours=-1))
    back = sync(db, client, late, NOW + timedelta(hours=2), full=full)
    assert back.returned == 1
    assert logins(db) == {"bob", "cem"}
    assert groups(db, "bob") == {"design"}


def test_who_was_deleted_is_cut_off_at_the_next_reading_of_changes(
    db: Database, client: DirectoryClient, branch: Branch
) -> None:
    """No later than `directory.every`: their token is worth nothing, and they decide nothing any more."""
    ana = branch.person("ana")
    branch.person("bob")
    sync(db, client, branch.mapping(), NOW)
    with db.write() as session:
        found = directory.by_login(session, "ana")
        assert found is not None
        _, clear = tokens.create(session, found, "laptop", ["requests:read"], timedelta(days=1), NOW)
    branch.delete(ana)
    figures = sync(db, client, branch.mapping(), NOW + timedelta(minutes=1))
    assert (figures.full, figures.gone, figures.tokens_revoked) == (False, 1, 1)
    assert "person.gone" in kinds(db)
    with db.write() as session:
        assert tokens.verify(session, clear, NOW + timedelta(minutes=1), RoleRules()) is None


def test_a_list_of_too_few_removes_nobody(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """A server that shows next to nobody must not send the company home between two full readings either."""

    class Short(Counting):
        def search_paged(self, base: str, where: str, attributes: Sequence[str] = ()) -> Iterator[Entry]:
            found = super().search_paged(base, where, attributes)
            yield from list(found)[:1] if list(attributes) == ["entryUUID"] else found

    for login in ("ana", "bob", "cem"):
        branch.person(login)
    sync(db, client, branch.mapping(), NOW)
    late = replace(branch.mapping(), overlap=timedelta(hours=-1))
    figures = sync(db, Short(client), late, NOW + timedelta(hours=2))
    assert (figures.full, figures.refused, figures.gone) == (False, True, 0)
    assert "only 1 of 3 people" in figures.alarms[0]
    assert len(logins(db)) == 3
    again = sync(db, client, branch.mapping(), NOW + timedelta(hours=2, minutes=5))
    assert (again.full, again.refused, again.gone) == (True, False, 0)


def test_who_came_in_a_moment_ago_is_not_gone_for_a_list_that_is_behind(
    db: Database, client: DirectoryClient, branch: Branch
) -> None:
    """Two searches may be answered by two replicas."""

    class Behind(Counting):
        def search_paged(self, base: str, where: str, attributes: Sequence[str] = ()) -> Iterator[Entry]:
            found = super().search_paged(base, where, attributes)
            behind = list(attributes) == ["entryUUID"]
            yield from (entry for entry in found if not (behind and entry.dn.startswith("uid=new")))

    for login in ("ana", "bob", "cem"):
        branch.person(login)
    sync(db, client, branch.mapping(), NOW)
    branch.person("new")
    figures = sync(db, Behind(client), branch.mapping(), NOW + timedelta(minutes=1))
    assert (figures.full, figures.added, figures.gone) == (False, 1, 0)


def test_changes_list_every_key_and_nothing_else(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """What a quiet look costs: one search for changes, one for groups, and one that brings keys alone."""
    branch.person("ana")
    branch.person("bob")
    sync(db, client, branch.mapping(), NOW)
    counting = Counting(client)
    late = replace(branch.mapping(), overlap=timedelta(hours=-1))
    sync(db, counting, late, NOW + timedelta(hours=2))
    assert len(counting.asked) == 3
    assert counting.asked.count("(objectClass=inetOrgPerson)") == 1


def test_an_entry_made_anew_under_an_old_name_is_somebody_else(
    db: Database, client: DirectoryClient, branch: Branch
) -> None:
    """The key decides, not the name: the new person starts without anything of the old one."""
    old = branch.person("ana")
    branch.person("bob")
    sync(db, client, branch.mapping(), NOW)
    branch.delete(old)
    branch.group("design", branch.person("ana"))
    figures = sync(db, client, branch.mapping(), NOW + timedelta(minutes=1), full=True)
    assert (figures.added, figures.gone) == (1, 1)
    assert groups(db, "ana") == {"design"}


def test_a_directory_that_shows_too_few_changes_nobody(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """A wrong filter or lost right must not send the company home; the next reading is a full one again."""
    for login in ("ana", "bob", "cem", "dia", "eli"):
        branch.person(login, employeeType="staff" if login in ("ana", "bob") else "x")
    sync(db, client, branch.mapping(), NOW)
    narrowed = branch.mapping(filter="(employeeType=staff)")
    figures = sync(db, client, narrowed, NOW + timedelta(days=1))
    assert figures.refused
    assert "only 2 of 5 people" in figures.alarms[0]
    with db.read() as session:
        (stored,) = alarms_of(session.scalars(sa.select(SyncMark.figures)).one())
    assert stored == figures.alarms[0]
    assert Reader("de").tell(stored).startswith("Das Verzeichnis zeigt nur 2 von 5 Personen als anwesend")
    assert len(logins(db)) == 5
    assert kinds(db)[-1] == "people.refused"
    again = sync(db, client, branch.mapping(), NOW + timedelta(days=1, minutes=5))
    assert again.full
    assert not again.refused
    accepted = sync(db, client, narrowed, NOW + timedelta(days=2), full=True, accept_shrink=True)
    assert (accepted.refused, accepted.gone) == (False, 3)


def test_disabling_half_the_company_at_once_is_refused(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """A rule that suddenly reads nearly everyone as disabled would end every session and token."""
    for login in ("ana", "bob", "cem"):
        branch.person(login, employeeType="2")
    sync(db, client, branch.mapping(), NOW)
    broken = branch.mapping(disabled={"attribute": "employeeType", "bits": 2})
    figures = sync(db, client, broken, NOW + timedelta(minutes=1), full=False)
    assert figures.refused
    assert len(logins(db)) == 3


def test_groups_that_all_vanish_are_kept_with_an_alarm(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """A service account that may no longer read groups must not take every role away."""
    branch.group("design", branch.person("ana"))
    sync(db, client, branch.mapping(), NOW)
    figures = sync(db, client, branch.mapping(group_filter="(cn=none)"), NOW + timedelta(days=1))
    assert "shows no groups any more" in figures.alarms[0]
    assert groups(db, "ana") == {"design"}


@pytest.mark.parametrize("full", [True, False])
def test_what_may_not_be_read_any_more_is_kept_with_an_alarm(
    db: Database, client: DirectoryClient, branch: Branch, full: bool
) -> None:
    """A service account that lost the right to read an attribute takes it from nobody, and enables nobody; once it may
    be read, what is gone is gone."""
    boss = branch.person("boss", title="Boss", employeeNumber="1")
    ana = branch.person("ana", title="Chief", employeeNumber="17", manager=boss)
    ben = branch.person("ben", pwdAccountLockedTime=ADMIN_LOCK)
    sync(db, client, branch.mapping(), NOW)
    for one in (boss, ana, ben):
        branch.slapd.veil(one)
    figures = sync(db, client, branch.mapping(), NOW + timedelta(minutes=1), full=full)
    assert [alarm.split(" of anybody")[0].rpartition(" ")[2] for alarm in figures.alarms] == [
        "pwdAccountLockedTime", "employeeNumber", "manager", "title",
    ]  # fmt: skip
    row = person_of(db, "ana")
    assert (row.title, row.human, row.manager_id) == ("Chief", "17", person_of(db, "boss").id)
    assert person_of(db, "ben").disabled
    assert logins(db) == {"ana", "boss"}

    branch.set(ana, employeeType=None, title=None, manager=None)
    branch.set(ben, employeeType=None, pwdAccountLockedTime=None)
    branch.set(boss, employeeType=None)
    assert sync(db, client, branch.mapping(), NOW + timedelta(minutes=2), full=full).alarms == []
    row = person_of(db, "ana")
    assert (row.title, row.human, row.manager_id) == ("", "17", None)
    assert not person_of(db, "ben").disabled


def test_odd_entries_are_told_and_never_stop_a_reading(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """No address, an address twice, a login twice, an address too long to keep: figures name them, the rest arrives."""
    branch.person("ana", mail=None)
    branch.person("bob", mail="same@example.test")
    branch.person("cem", mail="SAME@example.test")
    branch.person("dia", uid=["dia", "other"])
    branch.person("long", mail="x" * 400 + "@example.test")
    figures = sync(db, client, branch.mapping(), NOW)
    assert (figures.without_mail, figures.same_mail) == (1, ["same@example.test"])
    assert len(figures.unfit) == 1
    assert "email is longer than 320" in figures.unfit[0]
    assert figures.added == 4


def test_what_is_odd_is_told_of_everybody_after_each_reading(
    db: Database, client: DirectoryClient, branch: Branch
) -> None:
    """A reading of changes meets only one of the two who share an address, and tells it all the same; then no more."""
    branch.person("ana", mail="ana@example.test")
    bob = branch.person("bob", mail="bob@example.test")
    branch.person("cem", mail=None)
    assert doubts.counted(sync(db, client, branch.mapping(), NOW).as_json()) == {
        "present": 3, "without_mail": 1, "same_login": 0, "same_mail": 0
    }  # fmt: skip
    branch.set(bob, mail="ana@example.test")
    met = sync(db, client, branch.mapping(), NOW + timedelta(minutes=5), full=False)
    assert (met.same_mail, met.without_mail) == (["ana@example.test"], 1)
    without, shared = doubts.sentences(met.as_json())
    assert without == "One person has no mail address, so no mail reaches them."
    assert shared.endswith("finds none of them and counts as one human: ana@example.test.")
    branch.set(bob, mail="bob@example.test")
    assert sync(db, client, branch.mapping(), NOW + timedelta(minutes=10), full=False).same_mail == []


def test_many_oddities_are_named_by_a_few() -> None:
    """A directory where half of all logins occur twice does not fill the screen."""
    figures = SyncFigures(full=True, same_login=[f"twin{number}" for number in range(30)])
    (sentence,) = doubts.sentences(figures.as_json())
    assert sentence.endswith(": twin0; twin1; twin2; twin3; twin4; and 25 more.")


def test_names_of_every_kind_arrive(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """Hard case 20's names in DNs: comma, parentheses, star, backslash, umlaut, as people, managers and members."""
    odd = [r"Müller\, Jörg (ext.)", "star*", "a)(uid=*", r"back\\slash", "Åse"]
    dns: list[str] = []
    for number, rdn in enumerate(odd):
        dn = f"cn={rdn},{branch.people}"
        entry: dict[str, str | list[str]] = {"uid": f"odd{number}", "sn": "odd", "mail": f"odd{number}@example.test"}
        branch.slapd.add_entry(dn, "inetOrgPerson", {**entry, **({"manager": dns[-1]} if dns else {})})
        dns.append(dn)
    group = branch.group("odd", *dns)
    sync(db, client, branch.mapping(), NOW)
    assert all(groups(db, f"odd{number}") == {"odd"} for number in range(len(odd)))
    with db.read() as session:
        chain = [row.login for row in directory.manager_chain(session, directory.by_login(session, "odd4"))]  # type: ignore[arg-type]
    assert chain == ["odd3", "odd2", "odd1", "odd0"]
    branch.set(group, member=dns[1:3])
    sync(db, client, branch.mapping(), NOW + timedelta(minutes=1))
    assert [number for number in range(len(odd)) if groups(db, f"odd{number}")] == [1, 2]


def test_a_manager_change_and_its_removal_are_seen(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """The manager is set to what the directory shows, also to nobody."""
    boss, chief = branch.person("boss"), branch.person("chief")
    ana = branch.person("ana", manager=boss)
    sync(db, client, branch.mapping(), NOW)
    for manager, expected in ((chief, ["chief"]), (None, [])):
        branch.set(ana, manager=manager)
        assert sync(db, client, branch.mapping(), NOW + timedelta(minutes=1)).managers == 1
        with db.read() as session:
            row = directory.by_login(session, "ana")
            assert row is not None
            assert [above.login for above in directory.manager_chain(session, row)] == expected


def test_a_reading_that_breaks_off_changes_nothing(db: Database, client: DirectoryClient, branch: Branch) -> None:
    """Half a list is never taken for the whole one."""

    class Breaking(Counting):
        def search_paged(self, base: str, where: str, attributes: Sequence[str] = ()) -> Iterator[Entry]:
            for entry in super().search_paged(base, where, attributes):
                yield entry
                if self.seen == 2:
                    raise DirectoryError("the server went away")

    for login in ("ana", "bob", "cem"):
        branch.person(login)
    sync(db, client, branch.mapping(), NOW)
    branch.set(f"uid=ana,{branch.people}", title="Lead")
    with pytest.raises(DirectoryError):
        sync(db, Breaking(client), branch.mapping(), NOW + timedelta(days=2))
    assert len(logins(db)) == 3
    with db.read() as session:
        assert directory.by_login(session, "ana").title == ""  # type: ignore[union-attr]


def test_a_directory_that_hides_stamps_is_read_in_full_and_says_so(
    db: Database, client: DirectoryClient, branch: Branch
) -> None:
    """Without stamps changes cannot be asked for; an admin is told what to allow."""

    class Hiding(Counting):
        def search_paged(self, base: str, where: str, attributes: Sequence[str] = ()) -> Iterator[Entry]:
            for entry in super().search_paged(base, where, attributes):
                yield Entry(entry.dn, {name: v for name, v in entry.attributes.items() if name != "modifytimestamp"})

    branch.person("ana")
    assert "shows no modifyTimestamp" in sync(db, Hiding(client), branch.mapping(), NOW).alarms[0]
    assert sync(db, client, branch.mapping(), NOW + timedelta(minutes=1)).full
