"""What OpenLDAP 2.5 answers, the embedded directory answers too.

Every test runs against both. Where they differ, the difference is in DIFFERENCES with its reason, and nowhere else.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import ldap3
import pytest
from ldap3 import BASE, LEVEL, MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE, SUBTREE
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn

from selfserve.demo.directory import ber
from tests.demo.conftest import PASSWORD, POLICY, Directory, change_password, reply
from tests.demo.raw import UNBIND, Wire, answers, bind_request, raw_search

DIFFERENCES: dict[str, tuple[Any, Any, str]] = {
    "rename": (0, 53, "Nothing in the product renames an entry; refused in words, not done half."),
    "generated": (19, 0, "slapd makes up eight characters, which its own policy of ten refuses; ours are long enough."),
    "class": (65, 0, "Which class allows which attribute is not enforced; what a class requires is."),
}
"""Name -> result code of slapd, result code of the embedded directory, why."""

ADMIN_LOCK = "000001010000Z"


def differs(directory: Directory, name: str) -> Any:
    """The result code this directory is known to give."""
    return DIFFERENCES[name][0 if directory.kind == "slapd" else 1]


# Connections and binds


def test_ldaps_binds_with_a_checked_certificate(directory: Directory) -> None:
    """TLS from the first byte, name and authority checked by the client."""
    with directory.bind(directory.svc_dn, directory.svc_password, tls=True) as service:
        assert service.bound


def test_start_tls_turns_a_plain_connection_into_a_safe_one(directory: Directory) -> None:
    """After StartTLS the same connection goes on over TLS, and a bind on it works."""
    plain = ber.sequence(ber.integer(1), ber.tlv(0x77, ber.tlv(0x80, b"1.3.6.1.4.1.1466.20037")))
    context = ssl.create_default_context(cafile=str(directory.ca_file))
    with socket.create_connection(("127.0.0.1", directory.port), 5) as wire:
        wire.sendall(plain)
        assert answers(wire.recv(4096)) == [(1, "extendedResp", 0, "")]
        with context.wrap_socket(wire, server_hostname="localhost") as safe:
            safe.sendall(bind_request(2, directory.svc_dn, directory.svc_password.encode()))
            assert answers(safe.recv(4096)) == [(2, "bindResponse", 0, "")]
            safe.sendall(UNBIND)


def test_wrong_password_and_unknown_name_are_refused_alike(directory: Directory) -> None:
    """Nobody learns from the code whether a name exists."""
    wrong = directory.login(directory.add_person().dn, "wrong")
    unknown = directory.login(f"uid=ghost,{directory.people}", "wrong")
    assert (wrong.code, wrong.text) == (unknown.code, unknown.text) == (49, "")


def test_name_without_password_is_no_login(directory: Directory) -> None:
    """The unauthenticated bind of RFC 4513 is refused: it must never look like a success."""
    with Wire(directory.port) as wire:
        assert wire.ask(bind_request(1, directory.add_person().dn, b"")) == [(1, "bindResponse", 53, "")]


def test_only_version_three_is_spoken(directory: Directory) -> None:
    """LDAPv2 of RFC 3494 is history: protocolError."""
    with Wire(directory.port) as wire:
        request = bind_request(1, directory.svc_dn, directory.svc_password.encode(), 2)
        assert wire.ask(request) == [(1, "bindResponse", 2, "")]


def test_malformed_name_is_refused_as_such(directory: Directory) -> None:
    """A bind under something that is no name says so."""
    assert directory.login("nonsense", "wrong").code == 34


def test_entry_without_password_cannot_sign_in(directory: Directory) -> None:
    """A group is no account."""
    assert directory.login(directory.add_group(), "wrong").code == 49


def test_bind_names_are_compared_without_case_and_spaces(directory: Directory) -> None:
    """`UID=…, OU=People` is the same account."""
    person = directory.add_person()
    assert directory.login(person.dn.upper().replace(",", " , "), person.password).code == 0


def test_password_is_compared_by_bytes(directory: Directory) -> None:
    """No normalisation: the composed and the decomposed umlaut are two passwords (RFC 4513 leaves it to clients)."""
    person = directory.add_person(password="Grün-und-blau-1")
    assert directory.login(person.dn, "Grün-und-blau-1").code == 0
    assert directory.login(person.dn, "Gru\u0308n-und-blau-1").code == 49


def test_who_am_i_names_the_bound_entry(directory: Directory) -> None:
    """RFC 4532: `dn:` and the name; nothing for nobody."""
    with directory.service() as service:
        assert service.extended("1.3.6.1.4.1.4203.1.11.3")[1]["responseValue"] == f"dn:{directory.svc_dn}".encode()
    with directory.bind() as nobody:
        assert nobody.extended("1.3.6.1.4.1.4203.1.11.3")[1]["responseValue"] == b""


def test_unknown_extended_operation_is_refused(directory: Directory) -> None:
    """RFC 4511: protocolError."""
    with directory.service() as service:
        assert reply(service.extended("1.2.3.4")).code == 2


# Access rules


def test_nobody_reads_nothing(directory: Directory) -> None:
    """Without a bind, people and groups are not even there."""
    person = directory.add_person()
    with directory.bind() as nobody:
        assert reply(nobody.search(person.dn, "(objectClass=*)", BASE)).code == 32
        assert reply(nobody.search(directory.base, "(objectClass=*)", SUBTREE)).found == []
        assert reply(nobody.compare(person.dn, "uid", person.uid)).code == 32


def test_nobody_writes_nothing(directory: Directory) -> None:
    """Every write without a bind asks for one."""
    person = directory.add_person()
    with directory.bind() as nobody:
        assert reply(nobody.modify(person.dn, {"title": [(MODIFY_REPLACE, ["x"])]})).code == 8
        assert reply(nobody.add(f"uid=new,{directory.people}", "inetOrgPerson", {"cn": "n", "sn": "n"})).code == 8
        assert reply(nobody.delete(person.dn)).code == 8
        assert change_password(nobody, person.dn, "New-Passw0rd-1").code == 8


def test_customers_change_nothing_but_their_password(directory: Directory) -> None:
    """Neither their title nor their lock nor anybody's entry."""
    person, other = directory.add_person(), directory.add_person()
    with directory.bind(person.dn, person.password) as me:
        assert reply(me.modify(person.dn, {"title": [(MODIFY_REPLACE, ["Boss"])]})).code == 50
        assert reply(me.modify(person.dn, {"pwdAccountLockedTime": [(MODIFY_DELETE, [])]})).code == 50
        assert reply(me.modify(other.dn, {"userPassword": [(MODIFY_REPLACE, ["New-Passw0rd-1"])]})).code == 50
        assert change_password(me, other.dn, "New-Passw0rd-1").code == 50
        assert reply(me.add(f"uid=new,{directory.people}", "inetOrgPerson", {"cn": "n", "sn": "n"})).code == 50
        assert reply(me.delete(person.dn)).code == 50


def test_service_writes_only_people_and_groups(directory: Directory) -> None:
    """Its own entry and the branches themselves are out of its reach."""
    with directory.service() as service:
        assert reply(service.modify(directory.svc_dn, {"description": [(MODIFY_ADD, ["x"])]})).code == 50
        assert reply(service.delete(directory.svc_dn)).code == 50
        assert reply(service.delete(directory.people)).code == 50
        assert reply(service.add(f"cn=new,{directory.base}", "device", {"cn": "new"})).code == 50


def test_passwords_are_never_shown_nor_compared(directory: Directory) -> None:
    """Neither by name nor by `+`, neither by filter nor by compare, not even to the service account."""
    person = directory.add_person()
    shown = {name.lower() for name in directory.read(person.dn)}
    assert not shown & {"userpassword", "pwdhistory"}
    assert directory.read(person.dn, "userPassword") == {}
    assert directory.find("(userPassword=*)") == directory.find("(!(userPassword=*))") == []
    with directory.service() as service:
        assert reply(service.compare(person.dn, "userPassword", PASSWORD)).code == 50


# Search


@pytest.mark.parametrize("name", ["Müller, Jörg (ext.)", "star*", "a)(uid=*", "back\\slash", "a#b+c;d<e>f=g", "ﬁnal ½"])
def test_any_name_is_found_by_itself_alone(directory: Directory, name: str) -> None:
    """An escaped value is a value, never a pattern or a part of the filter."""
    person, other = directory.add_person(name), directory.add_person("somebody else")
    found = directory.find(f"(cn={escape_filter_chars(name)})")
    assert person.dn in found
    assert other.dn not in found


def test_unescaped_star_is_a_pattern(directory: Directory) -> None:
    """The counterpart: bare, it finds everything that starts so."""
    title = f"star-{directory.add_person().uid}"
    people = {directory.add_person(title=title + end).dn for end in ("*", "dust")}
    assert set(directory.find(f"(title={title}*)")) == people
    assert len(directory.find(f"(title={title}{escape_filter_chars('*')})")) == 1


def test_shared_mail_finds_both(directory: Directory) -> None:
    """Nothing here makes a value unique; the client has to look."""
    mail = f"{directory.add_person().uid}@shared.test"
    assert len({directory.add_person(mail=mail).dn for _ in range(2)} & set(directory.find(f"(mail={mail})"))) == 2


def test_values_match_without_case_and_extra_spaces(directory: Directory) -> None:
    """caseIgnoreMatch of RFC 4517."""
    person = directory.add_person("Ada  Königin")
    assert person.dn in directory.find("(cn=ADA KÖNIGIN)")
    assert person.dn in directory.find("(cn=\\20ada   königin\\20)")


FILTERS = [
    ("(title=Alpha Tester)", "a"), ("(title=alpha*)", "a"), ("(title=*tester)", "ab"), ("(title=*pha*est*)", "a"),
    ("(title=a*a*r)", "a"), ("(title=*)", "ab"), ("(!(title=*))", "c"), ("(!(title=alpha*))", "bc"),
    ("(&(title=*)(l=Berlin))", "b"), ("(|(title=alpha*)(l=Berlin))", "ab"),
    ("(&(|(l=Berlin)(l=Bonn))(!(title=*)))", "c"),
    ("(title:caseIgnoreMatch:=ALPHA TESTER)", "a"), ("(title:=alpha tester)", "a"), ("(ou:dn:=PEOPLE)", "abc"),
    ("(title:1.2.3.4:=alpha tester)", ""), ("(nonsense=x)", ""), ("(!(nonsense=x))", ""), ("(nonsense=*)", ""),
    ("(|(nonsense=x)(title=alpha*))", "a"), ("(&(!(nonsense=x))(title=alpha*))", ""),
    ("(objectClass=person)", "abc"), ("(objectClass=TOP)", "abc"), ("(objectClass=groupOfNames)", ""),
    ("(modifyTimestamp>=20200101000000Z)", "abc"), ("(modifyTimestamp<=20200101000000Z)", ""),
    ("(createTimestamp>=20200101000000.5Z)", "abc"), ("(modifyTimestamp>=nonsense)", ""),
    ("(!(modifyTimestamp>=nonsense))", ""), ("(title>=A)", ""), ("(entryUUID=*)", "abc"),
    ("(modifyTimestamp=*)", "abc"),
    ("(|(title=*)(!(title=*)))", "abc"), ("(!(pwdAccountLockedTime=*))", "abc"), ("(|(nonsense=*)(!(nonsense=*)))", ""),
    ("(pwdAccountLockedTime=*)", ""), ("(manager=nonsense)", ""), ("(manager=uid*)", ""),
]  # fmt: skip


@pytest.mark.parametrize(("question", "expected"), FILTERS)
def test_filters_select_as_in_openldap(directory: Directory, question: str, expected: str) -> None:
    """All forms of RFC 4515, with Undefined where an attribute, a rule or a value makes no sense."""
    people = {
        "a": directory.add_person(title="Alpha Tester", l="Hamburg").dn,
        "b": directory.add_person(title="Beta  Tester", l="Berlin").dn,
        "c": directory.add_person(l="Bonn").dn,
    }
    anyone = "".join(f"(uid={dn.split(',')[0].removeprefix('uid=')})" for dn in people.values())
    found = directory.find(f"(&(|{anyone}){question})")
    assert "".join(sorted(who for who, dn in people.items() if dn in found)) == expected


def test_empty_and_is_true_and_empty_or_is_false(directory: Directory) -> None:
    """The absolute filters of RFC 4526, which ldap3 cannot write."""
    person = directory.add_person()
    assert raw_search(directory, person.dn, b"\xa0\x00") == [person.dn]
    assert raw_search(directory, person.dn, b"\xa1\x00") == []


def test_manager_matches_by_name_not_by_spelling(directory: Directory) -> None:
    """DN-valued attributes compare as names."""
    chief = directory.add_person()
    person = directory.add_person(manager=chief.dn)
    assert directory.find(f"(manager={chief.dn.upper().replace(',', ', ')})") == [person.dn]


def test_entry_is_found_by_its_own_name(directory: Directory) -> None:
    """entryDN of RFC 5020, as a filter and as an attribute."""
    person = directory.add_person()
    assert directory.find(f"(entryDN={person.dn})") == [person.dn]
    assert directory.read(person.dn, "entryDN") == {"entryDN": [person.dn]}


def test_scopes_look_as_deep_as_they_say(directory: Directory) -> None:
    """Base, one level, subtree."""
    person = directory.add_person()
    question = f"(|(ou=people)(uid={person.uid}))"
    assert directory.find(question, search_scope=BASE) == [directory.people]
    assert directory.find(question, search_scope=LEVEL) == [person.dn]
    assert set(directory.find(question, search_scope=SUBTREE)) == {directory.people, person.dn}


def test_missing_base_names_the_deepest_parent(directory: Directory) -> None:
    """noSuchObject with what was found on the way."""
    with directory.service() as service:
        answer = reply(service.search(f"uid=ghost,{directory.people}", "(objectClass=*)", BASE))
        assert (answer.code, answer.result["dn"]) == (32, directory.people)
        assert reply(service.search("dc=elsewhere", "(objectClass=*)", BASE)).code == 32
        assert reply(service.search("nonsense", "(objectClass=*)", BASE)).code == 34


def test_attributes_are_returned_as_asked(directory: Directory) -> None:
    """By name in any case, none by 1.1, operational ones only by name or `+`."""
    person = directory.add_person(title="Tester")
    assert {name.lower() for name in directory.read(person.dn, "TITLE")} == {"title"}
    assert directory.read(person.dn, "1.1") == {}
    assert "entryUUID" not in directory.read(person.dn, "*")
    assert {"entryUUID", "createTimestamp", "modifyTimestamp"} <= set(directory.read(person.dn, "+"))
    assert "title" not in directory.read(person.dn, "+")


def test_types_only_leaves_values_out(directory: Directory) -> None:
    """Names without values."""
    person = directory.add_person(title="Tester")
    with directory.service() as service:
        answer = reply(service.search(person.dn, "(objectClass=*)", BASE, attributes=["title"], types_only=True))
    assert {name: values or [] for name, values in answer.found[0]["raw_attributes"].items()} == {"title": []}


def test_clients_size_limit_cuts_and_says_so(directory: Directory) -> None:
    """sizeLimitExceeded together with what fits."""
    title = directory.add_person().uid
    for _ in range(4):
        directory.add_person(title=title, password=None)
    with directory.service() as service:
        answer = reply(service.search(directory.people, f"(title={title})", size_limit=3))
    assert (answer.code, len(answer.found)) == (4, 3)


def test_pages_add_up_to_the_whole(directory: Directory) -> None:
    """RFC 2696: every entry once, in pages of the size asked for, an empty cookie at the end."""
    title = directory.add_person().uid
    everyone = {directory.add_person(title=title, password=None).dn for _ in range(11)}
    sizes: list[int] = []
    found: list[str] = []
    cookie = b""
    with directory.service() as service:
        while not sizes or cookie:
            options = {"paged_size": 4, "paged_cookie": cookie}
            answer = reply(service.search(directory.people, f"(title={title})", **options))
            sizes.append(len(answer.found))
            found += answer.names
            cookie = answer.result["controls"]["1.2.840.113556.1.4.319"]["value"]["cookie"]
    assert sizes == [4, 4, 3]
    assert len(found) == 11
    assert set(found) == everyone


def test_invented_cookie_is_refused(directory: Directory) -> None:
    """Pages go on only where the directory itself stopped."""
    with directory.service() as service:
        options = {"paged_size": 4, "paged_cookie": b"invented"}
        assert reply(service.search(directory.people, "(uid=*)", **options)).code == 2


def test_unknown_control_matters_only_where_critical(directory: Directory) -> None:
    """RFC 4511, section 4.1.11."""
    with directory.service() as service:
        for critical, code in ((True, 12), (False, 0)):
            options = {"search_scope": BASE, "controls": [("1.2.3.4", critical, None)]}
            assert reply(service.search(directory.people, "(objectClass=*)", **options)).code == code


def test_root_entry_tells_anyone_what_is_offered(directory: Directory) -> None:
    """Suffix, paging, password policy, Password Modify, Who am I, StartTLS."""
    with directory.bind() as nobody:
        answer = reply(nobody.search("", "(objectClass=*)", BASE, attributes=["+"]))
    root = {name: [one.decode() for one in values] for name, values in answer.found[0]["raw_attributes"].items()}
    assert root["namingContexts"] == [directory.base]
    assert {"1.2.840.113556.1.4.319", POLICY} <= set(root["supportedControl"])
    extensions = {"1.3.6.1.4.1.4203.1.11.1", "1.3.6.1.4.1.4203.1.11.3", "1.3.6.1.4.1.1466.20037"}
    assert extensions <= set(root["supportedExtension"])


def test_compare_tells_true_false_and_absent(directory: Directory) -> None:
    """RFC 4511, section 4.10, without case."""
    person = directory.add_person()
    with directory.service() as service:
        assert reply(service.compare(person.dn, "uid", person.uid.upper())).code == 6
        assert reply(service.compare(person.dn, "uid", "other")).code == 5
        assert reply(service.compare(person.dn, "title", "x")).code == 16
        assert reply(service.compare(person.dn, "nonsense", "x")).code == 17
        assert reply(service.compare(f"uid=ghost,{directory.people}", "uid", "x")).code == 32
        assert reply(service.compare(directory.add_group(person.dn), "member", person.dn.upper())).code == 6


# Add, delete, modify


def test_added_entry_gets_its_naming_attribute_and_stamps(directory: Directory) -> None:
    """Left-out uid is filled in; id, times and author are the directory's."""
    uid = f"n{directory.add_person().uid}"
    dn = f"uid={uid},{directory.people}"
    with directory.service() as service:
        assert reply(service.add(dn, "inetOrgPerson", {"cn": "New", "sn": "New"})).code == 0
    entry = directory.read(dn)
    assert entry["uid"] == [uid]
    assert entry["creatorsName"] == entry["modifiersName"] == [directory.svc_dn]
    assert entry["createTimestamp"] == entry["modifyTimestamp"]
    assert len(entry["entryUUID"][0]) == 36


@pytest.mark.parametrize(
    ("rdn", "branch", "object_class", "attributes", "code"),
    [
        ("uid=incomplete", "people", "inetOrgPerson", {"cn": "x"}, 65),
        ("cn=empty", "groups", "groupOfNames", {}, 65),
        ("cn=dangling", "groups", "groupOfNames", {"member": "uid=ghost,dc=nowhere"}, 19),
        ("cn=broken", "groups", "groupOfNames", {"member": "nonsense"}, 21),
        ("uid=made-up", "people", "noSuchClass", {"cn": "x", "sn": "x"}, 21),
        ("uid=unknown", "people", "inetOrgPerson", {"cn": "x", "sn": "x", "nonsense": "x"}, 17),
        ("uid=short", "people", "inetOrgPerson", {"cn": "x", "sn": "x", "userPassword": "short"}, 19),
        ("uid=forged", "people", "inetOrgPerson", {"cn": "x", "sn": "x", "memberOf": "cn=a,dc=nowhere"}, 19),
        ("uid=orphan,ou=none", "people", "inetOrgPerson", {"cn": "x", "sn": "x"}, 32),
    ],
)
def test_impossible_entry_is_refused(
    directory: Directory, rdn: str, branch: str, object_class: str, attributes: dict[str, str], code: int
) -> None:
    """With the code that says what is wrong, and nothing stored."""
    dn = f"{rdn},{getattr(directory, branch)}"
    with directory.service() as service:
        assert reply(service.add(dn, object_class, attributes)).code == code
        assert reply(service.search(dn, "(objectClass=*)", BASE)).code == 32


def test_adding_twice_is_refused(directory: Directory) -> None:
    """entryAlreadyExists, however the name is spelt."""
    person = directory.add_person()
    with directory.service() as service:
        assert reply(service.add(person.dn.upper(), "inetOrgPerson", {"cn": "n", "sn": "n"})).code == 68


def test_deleting_twice_tells_it_is_gone(directory: Directory) -> None:
    """noSuchObject the second time."""
    person = directory.add_person()
    with directory.service() as service:
        assert [reply(service.delete(person.dn)).code for _ in range(2)] == [0, 32]


def test_deleted_person_leaves_groups_and_reports(directory: Directory) -> None:
    """No group and no manager attribute names somebody who is gone; a group is never left empty."""
    gone, stays = directory.add_person(), directory.add_person()
    both, alone = directory.add_group(gone.dn, stays.dn), directory.add_group(gone.dn)
    report = directory.add_person(manager=gone.dn)
    with directory.service() as service:
        assert reply(service.delete(gone.dn)).code == 0
    # slapd's refint overlay tidies up in a task of its own, a moment after its answer.
    assert _soon(lambda: directory.read(both, "member") == {"member": [stays.dn]})
    assert _soon(lambda: gone.dn not in directory.read(alone, "member")["member"])
    assert len(directory.read(alone, "member")["member"]) == 1
    assert _soon(lambda: gone.dn not in directory.read(report.dn, "manager").get("manager", []))


def _soon(seen: Callable[[], bool]) -> bool:
    """True as soon as `seen` is; False after five seconds of looking."""
    give_up = time.monotonic() + 5
    while not seen():
        if time.monotonic() > give_up:
            return False
    return True


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": [(MODIFY_REPLACE, ["a", "A"])]}, 20),
        ({"preferredLanguage": [(MODIFY_REPLACE, ["de", "en"])]}, 19),
        ({"memberOf": [(MODIFY_ADD, ["cn=x,dc=y"])]}, 19),
        ({"modifyTimestamp": [(MODIFY_REPLACE, ["20260101000000Z"])]}, 19),
        ({"nonsense": [(MODIFY_REPLACE, ["x"])]}, 17),
        ({"manager": [(MODIFY_REPLACE, ["nonsense"])]}, 21),
        ({"pwdAccountLockedTime": [(MODIFY_REPLACE, ["yesterday"])]}, 21),
        ({"sn": [(MODIFY_DELETE, [])]}, 65),
        ({"uid": [(MODIFY_REPLACE, ["other"])]}, 64),
        ({"title": [(MODIFY_DELETE, [])]}, 16),
        ({"cn": [(MODIFY_DELETE, ["not there"])]}, 16),
        ({"title": [(MODIFY_ADD, [])]}, 2),
        ({"title": [(MODIFY_ADD, ["kept?"])], "sn": [(MODIFY_DELETE, [])]}, 65),
    ],
)
def test_impossible_change_changes_nothing(directory: Directory, change: dict[str, Any], code: int) -> None:
    """The right code, and the entry is as before: a modify is done whole or not at all."""
    person = directory.add_person()
    before = directory.read(person.dn, "*")
    with directory.service() as service:
        assert reply(service.modify(person.dn, change)).code == code
    assert directory.read(person.dn, "*") == before


def test_attribute_is_set_added_and_removed(directory: Directory) -> None:
    """Add, replace, delete by value, delete whole; replacing by nothing is removing."""
    dn = directory.add_person().dn
    steps: list[tuple[list[tuple[str, list[str]]], set[str]]] = [
        ([(MODIFY_ADD, ["one", "two"])], {"one", "two"}), ([(MODIFY_DELETE, ["ONE"])], {"two"}),
        ([(MODIFY_REPLACE, ["three"])], {"three"}), ([(MODIFY_REPLACE, [])], set()), ([(MODIFY_REPLACE, [])], set()),
    ]  # fmt: skip
    for change, left in steps:
        assert directory.modify(dn, title=change).code == 0
        assert set(directory.read(dn, "title").get("title", [])) == left


def test_increment_of_text_is_refused(directory: Directory) -> None:
    """RFC 4525 is for numbers."""
    person = directory.add_person(title="1")
    with directory.service() as service:
        assert reply(service.modify(person.dn, {"title": [(ldap3.MODIFY_INCREMENT, ["1"])]})).code == 19


def test_renaming_is_done_or_refused_in_words(directory: Directory) -> None:
    """A known difference."""
    person = directory.add_person()
    with directory.service() as service:
        answer = reply(service.modify_dn(person.dn, f"uid=r{person.uid}"))
    assert answer.code == differs(directory, "rename")


def test_attribute_foreign_to_the_class(directory: Directory) -> None:
    """A known difference."""
    answer = directory.modify(directory.add_group(), mail=[(MODIFY_ADD, ["group@example.test"])])
    assert answer.code == differs(directory, "class")


# Groups


def test_membership_shows_on_both_sides(directory: Directory) -> None:
    """memberOf follows member at once, in filters too."""
    person, group = directory.add_person(), directory.add_group()
    assert directory.modify(group, member=[(MODIFY_ADD, [person.dn])]).code == 0
    assert directory.read(person.dn, "memberOf") == {"memberOf": [group]}
    assert directory.find(f"(memberOf={group})") == [person.dn]
    assert directory.find(f"(member={person.dn})", directory.groups) == [group]
    assert directory.modify(group, member=[(MODIFY_DELETE, [person.dn])]).code == 0
    assert directory.read(person.dn, "memberOf") == {}


def test_member_is_added_once(directory: Directory) -> None:
    """attributeOrValueExists the second time, however the name is spelt."""
    person, group = directory.add_person(), directory.add_group()
    spellings = [person.dn, person.dn, person.dn.upper().replace(",", ", ")]
    assert [directory.modify(group, member=[(MODIFY_ADD, [one])]).code for one in spellings] == [0, 20, 20]


def test_member_is_removed_once(directory: Directory) -> None:
    """noSuchAttribute the second time."""
    person = directory.add_person()
    group = directory.add_group(person.dn, directory.svc_dn)
    assert [directory.modify(group, member=[(MODIFY_DELETE, [person.dn])]).code for _ in range(2)] == [0, 16]


def test_ghost_cannot_join(directory: Directory) -> None:
    """memberof-dangling: constraintViolation."""
    ghost = f"uid=ghost,{directory.people}"
    assert directory.modify(directory.add_group(), member=[(MODIFY_ADD, [ghost])]).code == 19


def test_last_member_stays(directory: Directory) -> None:
    """groupOfNames must not be empty: objectClassViolation."""
    person = directory.add_person()
    assert directory.modify(directory.add_group(person.dn), member=[(MODIFY_DELETE, [person.dn])]).code == 65


def test_eight_at_once_make_one_membership(directory: Directory) -> None:
    """Of eight connections that add the same member at the same time one succeeds, seven are told it is done."""
    person, group = directory.add_person(), directory.add_group()
    start = Barrier(8)

    def add(_: int) -> int:
        with directory.service() as service:
            start.wait(10)
            return reply(service.modify(group, {"member": [(MODIFY_ADD, [person.dn])]})).code

    with ThreadPoolExecutor(8) as workers:
        assert sorted(workers.map(add, range(8))) == [0] + [20] * 7
    assert directory.read(person.dn, "memberOf") == {"memberOf": [group]}


def test_missing_group_is_told(directory: Directory) -> None:
    """noSuchObject."""
    missing = f"cn=missing,{directory.groups}"
    assert directory.modify(missing, member=[(MODIFY_ADD, [directory.svc_dn])]).code == 32


@pytest.mark.parametrize("name", ["Müller, Jörg (ext.)", "a+b", " outer ", "#hash", 'quo"te', "semi;colon", "back\\"])
def test_odd_names_join_groups(directory: Directory, name: str) -> None:
    """A DN with every kind of escape is one member, found again by another spelling of the same name."""
    uid = directory.add_person().uid
    dn = f"cn={escape_rdn(name)}+uid={uid},{directory.people}"
    hexed = "".join(f"\\{byte:02x}" for byte in name.encode())
    with directory.service() as service:
        assert reply(service.add(dn, "inetOrgPerson", {"cn": name, "uid": uid, "sn": "n"})).code == 0
    group = directory.add_group(dn)
    other_spelling = f"UID={uid} + CN={hexed}, {directory.people}"
    assert directory.modify(group, member=[(MODIFY_ADD, [other_spelling])]).code == 20
    assert len(directory.find(f"(member={escape_filter_chars(other_spelling)})", directory.groups)) == 1


# Passwords, policy, locks


def test_service_resets_and_the_new_password_works_at_once(directory: Directory) -> None:
    """Password Modify by the service account: old refused, new accepted, nothing else to be done first."""
    person = directory.add_person()
    with directory.service() as service:
        assert change_password(service, person.dn, "Neues-Passw0rt-ä").code == 0
    assert directory.login(person.dn, person.password).code == 49
    again = directory.login(person.dn, "Neues-Passw0rt-ä")
    assert (again.code, again.policy) == (0, None)
    assert directory.find(f"(uid={person.uid})") == [person.dn]


def test_reset_works_for_an_odd_name(directory: Directory) -> None:
    """Umlaut, comma and parentheses in the DN of the request."""
    dn = f"cn=Müller\\, Jörg (ext.)+uid={directory.add_person().uid},{directory.people}"
    with directory.service() as service:
        assert reply(service.add(dn, "inetOrgPerson", {"sn": "Müller"})).code == 0
        assert change_password(service, dn, "Neues-Passw0rt-1").code == 0
    assert directory.login(dn, "Neues-Passw0rt-1").code == 0


def test_short_password_is_refused_with_the_reason(directory: Directory) -> None:
    """constraintViolation, and the policy control says passwordTooShort."""
    person = directory.add_person()
    with directory.service() as service:
        answer = change_password(service, person.dn, "short")
    assert (answer.code, answer.policy) == (19, 6)


def test_old_passwords_are_refused_with_the_reason(directory: Directory) -> None:
    """The present one and those in history, for the service account too; the fourth back may be used again."""
    person = directory.add_person()
    with directory.service() as service:
        for number in range(3):
            assert change_password(service, person.dn, f"Next-Passw0rd-{number}").code == 0
        for refused in ("Next-Passw0rd-2", "Next-Passw0rd-1", "Next-Passw0rd-0", person.password):
            answer = change_password(service, person.dn, refused)
            assert (answer.code, answer.policy) == (19, 8)
        assert change_password(service, person.dn, "Next-Passw0rd-3").code == 0
        assert change_password(service, person.dn, person.password).code == 0


def test_missing_and_malformed_targets_are_told(directory: Directory) -> None:
    """noSuchObject and invalidAttributeSyntax."""
    with directory.service() as service:
        assert change_password(service, f"uid=ghost,{directory.people}", "New-Passw0rd-1").code == 32
        assert change_password(service, "nonsense", "New-Passw0rd-1").code == 21


def test_generated_password(directory: Directory) -> None:
    """A known difference; where one is made up, it is returned and it works."""
    person = directory.add_person()
    with directory.service() as service:
        answer = change_password(service, person.dn, None)
    assert answer.code == differs(directory, "generated")
    if answer.code == 0:
        assert directory.login(person.dn, answer.result["responseValue"][4:]).code == 0


def test_customer_changes_their_own_password(directory: Directory) -> None:
    """With the old one checked where it is given; without a name in the request it is one's own."""
    person = directory.add_person()
    with directory.bind(person.dn, person.password) as me:
        wrong = change_password(me, person.dn, "Second-Passw0rd-2", "not the old one")
        assert (wrong.code, wrong.text) == (53, "unwilling to verify old password")
        assert change_password(me, None, "Second-Passw0rd-2", person.password).code == 0
        assert reply(me.modify(person.dn, {"userPassword": [(MODIFY_REPLACE, ["Third-Passw0rd-3"])]})).code == 0
    assert directory.login(person.dn, "Third-Passw0rd-3").code == 0


def test_password_set_by_modify_obeys_the_policy(directory: Directory) -> None:
    """The other way to set a password is no way around."""
    person = directory.add_person()
    short = directory.modify(person.dn, userPassword=[(MODIFY_REPLACE, ["short"])])
    assert (short.code, short.policy) == (19, 6)
    assert directory.modify(person.dn, userPassword=[(MODIFY_REPLACE, ["Fourth-Passw0rd-4"])]).code == 0
    assert directory.login(person.dn, "Fourth-Passw0rd-4").code == 0


def test_removed_password_ends_sign_in_and_is_remembered(directory: Directory) -> None:
    """Delete and add is no way around the history either; a wrong old value is refused."""
    person = directory.add_person()
    swap = [(MODIFY_DELETE, ["not the old one"]), (MODIFY_ADD, ["Fifth-Passw0rd-5"])]
    assert directory.modify(person.dn, userPassword=swap).code == 53
    assert directory.modify(person.dn, userPassword=[(MODIFY_DELETE, [])]).code == 0
    assert directory.login(person.dn, person.password).code == 49
    assert directory.modify(person.dn, userPassword=[(MODIFY_ADD, ["Fifth-Passw0rd-5"])]).code == 0
    assert directory.login(person.dn, "Fifth-Passw0rd-5").code == 0


def test_change_is_demanded_where_it_was_marked(directory: Directory) -> None:
    """pwdReset: the bind says changeAfterReset, and only a new password ends it."""
    person = directory.add_person()
    assert directory.modify(person.dn, pwdReset=[(MODIFY_REPLACE, ["TRUE"])]).code == 0
    first = directory.login(person.dn, person.password)
    assert (first.code, first.policy) == (0, 2)
    with directory.bind(person.dn, person.password) as me:
        assert reply(me.search(directory.people, f"(uid={person.uid})")).code == 50
        assert change_password(me, None, "Sixth-Passw0rd-6", person.password).code == 0
        assert reply(me.search(directory.people, f"(uid={person.uid})")).names == [person.dn]
    assert directory.login(person.dn, "Sixth-Passw0rd-6").policy is None


def _lock(directory: Directory, dn: str) -> list[int | None]:
    """What four wrong sign-ins are told; each of the first three is seen to be counted before the next is made."""
    return [_slip(directory, dn, count) for count in (1, 2, 3)] + [directory.login(dn, "wrong").policy]


def _slip(directory: Directory, dn: str, count: int) -> int | None:
    """What a wrong sign-in is told that is the `count`th to be counted: only the count locks, however busy slapd is."""
    policy = directory.login(dn, "wrong").policy
    assert _soon(lambda: len(directory.read(dn).get("pwdFailureTime", [])) == count), f"slip {count} was not counted"
    return policy


def test_three_failures_lock_and_the_right_password_is_refused(directory: Directory) -> None:
    """The fourth try and every later one is told accountLocked."""
    person = directory.add_person()
    assert _lock(directory, person.dn) == [None, None, None, 1]
    answer = directory.login(person.dn, person.password)
    assert (answer.code, answer.policy) == (49, 1)
    assert {"pwdAccountLockedTime", "pwdFailureTime"} <= set(directory.read(person.dn))
    assert person.dn in directory.find("(pwdAccountLockedTime=*)")


def test_success_forgives_earlier_failures(directory: Directory) -> None:
    """Two slips, a success, two slips: not locked."""
    person = directory.add_person()
    for password in ("wrong", "wrong", person.password, "wrong", "wrong", person.password):
        answer = directory.login(person.dn, password)
    assert answer.code == 0


def test_unlock_by_delete_forgives_failures_and_keeps_the_password(directory: Directory) -> None:
    """The lock goes, two more slips do not lock, the old password works."""
    person = directory.add_person()
    _lock(directory, person.dn)
    assert directory.modify(person.dn, pwdAccountLockedTime=[(MODIFY_DELETE, [])]).code == 0
    assert not {"pwdAccountLockedTime", "pwdFailureTime"} & set(directory.read(person.dn))
    assert directory.login(person.dn, person.password).code == 0


def test_unlock_twice_tells_it_was_done(directory: Directory) -> None:
    """noSuchAttribute: already unlocked."""
    person = directory.add_person()
    assert directory.modify(person.dn, pwdAccountLockedTime=[(MODIFY_DELETE, [])]).code == 16


def test_unlock_by_replace_leaves_one_slip_from_the_next_lock(directory: Directory) -> None:
    """The trap: the failure count stays, so one typo locks again."""
    person = directory.add_person()
    _lock(directory, person.dn)
    assert directory.modify(person.dn, pwdAccountLockedTime=[(MODIFY_REPLACE, [])]).code == 0
    left = directory.read(person.dn)
    assert "pwdAccountLockedTime" not in left
    assert len(left["pwdFailureTime"]) == 3
    assert directory.login(person.dn, "one typo").code == 49
    assert _soon(lambda: "pwdAccountLockedTime" in directory.read(person.dn))


def test_reset_ends_even_the_admins_lock(directory: Directory) -> None:
    """The trap the product must not fall into: a reset brings back who was locked for good."""
    person = directory.add_person()
    assert directory.modify(person.dn, pwdAccountLockedTime=[(MODIFY_REPLACE, [ADMIN_LOCK])]).code == 0
    assert directory.login(person.dn, person.password).policy == 1
    assert directory.read(person.dn, "pwdAccountLockedTime") == {"pwdAccountLockedTime": [ADMIN_LOCK]}
    with directory.service() as service:
        assert change_password(service, person.dn, "Back-Passw0rd-1").code == 0
    assert directory.login(person.dn, "Back-Passw0rd-1").code == 0


def test_change_is_seen_by_its_timestamp(directory: Directory) -> None:
    """People sync asks for what changed since: a modified entry is in the answer, its author named."""
    person = directory.add_person()
    stamp = directory.read(person.dn, "modifyTimestamp")["modifyTimestamp"][0]
    assert directory.modify(person.dn, title=[(MODIFY_REPLACE, ["Changed"])]).code == 0
    assert person.dn in directory.find(f"(modifyTimestamp>={stamp})")
    assert directory.read(person.dn, "modifiersName") == {"modifiersName": [directory.svc_dn]}
