"""What a catalog is refused for, each in one sentence at its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.catalog.folders import POLICY, TEAMS, VPN, broken, folder, good, only, with_vpn
from tests.catalog.stand import Groups, all_actions

from selfserve.catalog.others import for_others

UNTIL = "form:\n  until: {type: date, label: Until when?, max: 30d}\nfulfil:"
NEEDED = UNTIL.replace("30d", "30d, required: true")
DEFAULT = UNTIL.replace("30d", "30d, default: 7d")


@pytest.mark.parametrize(
    ("rule", "column", "words"),
    [
        ('customer.departement == "x"', 6, 'did you mean "customer.department"?'),
        ('costumer.department == "x"', 6, 'There is no "costumer" in a rule. Did you mean "customer"?'),
        ('customer["eMail"] == "x"', 6, 'There is no "customer.eMail"'),
        ('"x" in customer', 13, 'Say what of "customer" is meant'),
        ("customer[item.id] == 1", 6, "a name that is computed cannot be checked"),
        ("form.until > now", 6, "Nobody has answered the form yet"),
        ("customer.groups.exists(customer, true)", 29, '"customer" is taken'),
        ('customer.groups.any(g, g == "x")', 22, 'There is no function "any" in a rule'),
        ('customer.name.startswith("A")', 20, 'Did you mean "startsWith"?'),
        ('now > timestamp("2027-13-01")', 12, "is no timestamp"),
        ('now - duration("90d") > now', 12, 'write duration("2160h")'),
        ("customer.name", 6, "This gives a text; here it must give true or false."),
        ("customer.name > 3", 6, "This rule always fails"),
        ('customer.name.matches("(")', 6, "This rule always fails"),
        ("device.proven", 6, "This fails when no device is known; write `device != null && …`."),
        ('device != null && device.platform == "macos"', 6, "Ask for device.proven as well, or narrow the item"),
        ("[device].exists(one, one != null && one.encrypted)", 7, "null until device management vouches for it"),
        ("now.getHour() > 8", 10, 'Did you mean "getHours"?'),
        ("now.hour > 8", 6, 'There is no "now.hour"'),
    ],
)
def test_a_rule_that_could_not_hold_is_refused(tmp_path: Path, rule: str, column: int, words: str) -> None:
    """Unknown names, functions and texts, and rules that fail when tried, at their character."""
    found = only(with_vpn(tmp_path, ("who: 'true'", f"who: '{rule}'")))
    assert found.startswith(f"items/vpn.yaml:9:{column + 1}: ")
    assert words in found


@pytest.mark.parametrize(
    "rule",
    [
        'customer.department in ["A", "B"] || customer.groups.exists(g, g.startsWith("x"))',
        'device != null && device.proven && device.platform == "macos"',
        "now.getHours() >= 8 && size(customer.groups) > 2",
        'item.risk == "low" && has(customer.title) && customer.title.matches("^Head")',
        'now > timestamp("2026-01-01T00:00:00Z") + duration("36h")',
    ],
)
def test_a_rule_that_holds_is_accepted(tmp_path: Path, rule: str) -> None:
    """The checks do not stand in the way of what CEL can say."""
    good(with_vpn(tmp_path, ("who: 'true'", f"who: '{rule}'")))


def test_a_rule_over_an_answer_that_may_be_empty_is_refused(tmp_path: Path) -> None:
    """Else it would deny, to everybody's surprise, whoever leaves the field out."""
    stage = '\napprove:\n  - {when: form.until - now > duration("24h"), by: [manager]}\nfulfil:'
    found = only(with_vpn(tmp_path, ("fulfil:", UNTIL.removesuffix("\nfulfil:") + stage)))
    assert "This fails when form.until is left empty" in found
    for form in (NEEDED, DEFAULT):
        good(with_vpn(tmp_path, ("fulfil:", form.removesuffix("\nfulfil:") + stage)))


def test_an_unknown_field_is_told_with_the_nearest(tmp_path: Path) -> None:
    """Or with all there are."""
    form = UNTIL.replace("fulfil:", "approve:\n  - {when: form.untill == now, by: [manager]}\nfulfil:")
    assert 'The form has no field "untill". Did you mean "until"?' in only(with_vpn(tmp_path, ("fulfil:", form)))


def test_an_unknown_field_in_a_template_is_found_inside_of_the_text(tmp_path: Path) -> None:
    """The column is that of the name, behind the quote and the words before it."""
    path = with_vpn(tmp_path, ('"${customer.login}"', '"x-${form.login}"'))
    assert only(path).startswith("items/vpn.yaml:13:39: The item has no form")


TEAM = ("owner: techops", "owner: design")


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("id: vpn", "id: vpn2"), 1, 'its id is "vpn", not "vpn2"'),
        (
            ("category: Access", "category: Acess"),
            4,
            'There is no category "Acess" in policy.yaml. Did you mean "Access"?',
        ),
        (("owner: techops", "owner: techop"), 6, 'There is no team "techop" in teams.yaml. Did you mean "techops"?'),
        (("to: techops", "to: nobody"), 15, 'There is no team "nobody"'),
        (
            ("directory.add_member", "directory.add_membre"),
            12,
            'has no action "add_membre". Did you mean "add_member"?',
        ),
        (("directory.add_member", "directry.add_member"), 12, 'no connector "directry". Did you mean "directory"?'),
        (("{group: vpn, ", "{gruop: vpn, group: a, "), 13, 'has no argument "gruop". Did you mean "group"?'),
        (("{group: vpn, ", "{"), 13, "`group` is missing."),
        (("group: vpn,", "group: [vpn],"), 13, "refuses this: This is to be a text."),
        (("grant: {ends: 90d}\n", ""), 10, "say until when"),
    ],
)
def test_names_that_lead_nowhere_are_refused(tmp_path: Path, change: tuple[str, str], line: int, words: str) -> None:
    """Ids, categories, teams, connectors, actions and arguments."""
    found = only(with_vpn(tmp_path, change))
    assert found.startswith(f"items/vpn.yaml:{line}:")
    assert words in found


CHECKLIST = """\
use: human.checklist
    with:
      summary: "${customer.name}"
      todo:
        - {text: "Call ${customer.name}", secret: SECRET}
"""
STEP = VPN[VPN.index("use: ") : VPN.index("escalate:")]


def test_an_argument_only_known_later_is_not_guessed_at(tmp_path: Path) -> None:
    """A static value is checked by the action's own model, one from an expression when the step runs."""
    good(with_vpn(tmp_path / "a", (STEP, CHECKLIST.replace("SECRET", '"${device != null}"'))))
    found = only(with_vpn(tmp_path / "b", (STEP, CHECKLIST.replace("SECRET", "perhaps"))))
    assert found == 'items/vpn.yaml:16:51: "human.checklist" refuses this: This is to be true or false.'


def test_a_checklist_names_each_field_once(tmp_path: Path) -> None:
    """The second is told, in its line: what is typed into one of them would be in both, sealed or not."""
    twins = CHECKLIST.partition("        - ")[0] + (
        "        - {text: The code, field: code, secret: true}\n        - {text: Its number, field: code}\n"
    )
    found = only(with_vpn(tmp_path, (STEP, twins)))
    assert found == (
        'items/vpn.yaml:17:37: "human.checklist" refuses this: '
        'The field "code" stands in line 1 of this checklist already; give it another name.'
    )


def test_quick_is_not_wished_for(tmp_path: Path) -> None:
    """An action that takes its time cannot be declared quick by an item."""
    step = 'use: post.send\n    quick: true\n    with: {address: "${customer.location}"}'
    old = 'use: directory.add_member\n    with: {group: vpn, customer: "${customer.login}"}'
    no_grant = ("grant: {ends: 90d}\n", "")
    assert '"post.send" is not quick; leave `quick` out.' in only(with_vpn(tmp_path, (old, step), no_grant))


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ('use: directory.reset_password, with: {customer: "${customer.login}"}', "gives a secret"),
        ('use: human.checklist, with: {summary: x, todo: [{text: y, field: z, secret: true}]}', "gives a secret"),
        ('use: post.shred, with: {address: x}', "may destroy"),
    ],
)  # fmt: skip
def test_nobody_else_is_let_ask_for_a_secret_or_a_loss(tmp_path: Path, step: str, words: str) -> None:
    """`for_others: manager` is refused where a step gives a secret or destroys; left out, it follows from the steps."""
    vpn = (
        VPN.partition("fulfil:")[0]
        + f"fulfil: [{{id: one, {step}}}]\nescalate: {{after: 1h, to: techops}}\nexpect: 1m\n"
    )
    told = only(folder(tmp_path / "a", items__vpn_yaml=vpn + "for_others: manager\n"))
    assert words in told
    assert told.startswith(f"items/vpn.yaml:{vpn.count(chr(10)) + 1}:13:")
    item = good(folder(tmp_path / "b", items__vpn_yaml=vpn)).items["vpn"]
    assert for_others(item, all_actions()) == "nobody"


def test_managers_may_ask_for_what_is_neither_secret_nor_a_loss(tmp_path: Path) -> None:
    """A membership: by itself, by word, and not where the item says nobody."""
    found = {
        said: for_others(good(folder(tmp_path / said, items__vpn_yaml=VPN + line)).items["vpn"], all_actions())
        for said, line in (("nothing", ""), ("manager", "for_others: manager\n"), ("nobody", "for_others: nobody\n"))
    }
    assert found == {"nothing": "manager", "manager": "manager", "nobody": "nobody"}


def test_two_items_with_one_id_are_refused(tmp_path: Path) -> None:
    """The second is told where the first is."""
    assert 'The id "vpn" is taken by items/vpn.yaml.' in only(folder(tmp_path, items__wpn_yaml=VPN))


@pytest.mark.parametrize("size", [0, 1])
def test_an_owner_of_fewer_than_two_is_refused(tmp_path: Path, size: int) -> None:
    """No item may hang on one person, as the directory knows them."""
    path = with_vpn(tmp_path, TEAM)
    assert f'The team "design" has {size} present members' in only(path, Groups(design=size))
    good(path, Groups(design=2))


def test_a_listed_team_is_counted_without_a_directory(tmp_path: Path) -> None:
    """The same address twice is one person."""
    teams = TEAMS.replace("group: design", "members: [a@example.org, A@EXAMPLE.org]")
    path = folder(tmp_path, teams_yaml=teams, items__vpn_yaml=VPN.replace(*TEAM))
    assert 'The team "design" has 1 present members' in only(path)


def test_a_listed_member_who_left_is_not_counted(tmp_path: Path) -> None:
    """The address still stands in teams.yaml; the person can do nothing any more."""
    problems = broken(with_vpn(tmp_path), Groups("b@example.org", design=2))
    assert {one.sentence.partition(";")[0] for one in problems} == {'The team "techops" has 1 present members'}
    good(with_vpn(tmp_path), Groups(design=2))


def approve(by: str) -> tuple[str, str]:
    return ("fulfil:", f"approve:\n  - by: {by}\nfulfil:")


def test_an_approval_that_nobody_can_give_is_refused(tmp_path: Path) -> None:
    """An empty team or group decides nothing; one that is peopled among the named is enough."""
    assert 'the team "design" has no present members' in only(with_vpn(tmp_path, approve("[team:design]")), Groups())
    assert 'the group "board" is empty' in only(with_vpn(tmp_path, approve("[group:board]")), Groups(board=0))
    assert 'There is no team "x"' in only(with_vpn(tmp_path, approve("[manager, team:x]")))
    good(with_vpn(tmp_path, approve("[manager, team:design, group:board]")), Groups())
    good(with_vpn(tmp_path, approve("[group:board]")), Groups(board=1))
    good(with_vpn(tmp_path, approve("[group:board]")))


def test_an_approver_is_a_manager_a_team_or_a_group(tmp_path: Path) -> None:
    """Anything else is refused with what can be written."""
    assert '"boss" is no approver; write manager, team:NAME' in only(with_vpn(tmp_path, approve("[boss]")))


def test_a_stage_that_is_never_reached_is_refused(tmp_path: Path) -> None:
    """Behind one that always applies, nothing applies."""
    path = with_vpn(tmp_path, ("fulfil:", "approve:\n  - by: [manager]\n  - by: [team:techops]\nfulfil:"))
    assert only(path).startswith("items/vpn.yaml:12:5: This stage is never reached")


def test_a_reminder_after_the_end_is_refused(tmp_path: Path) -> None:
    """Within a stage, and against the policy's own times."""
    both = ("fulfil:", "approve:\n  - {by: [manager], remind: 2d, expire: 1d}\nfulfil:")
    assert "`expire` comes after `remind`" in only(with_vpn(tmp_path, both))
    one = ("fulfil:", "approve:\n  - {by: [manager], expire: 1h}\nfulfil:")
    assert "The reminder would come after" in only(with_vpn(tmp_path, one))


@pytest.mark.parametrize(
    ("risk", "changes", "words"),
    [
        ("medium", [("ends: 90d", "ends: never")], "Risk medium needs an end; this may never end."),
        ("medium", [("ends: 90d", "ends: 91d")], "Risk medium allows 90 days at most; this can last 13 weeks."),
        ("medium", [("fulfil:", UNTIL), ("ends: 90d", "ends: form.until")], "this may never end"),
        ("medium", [("fulfil:", DEFAULT.replace(", max: 30d", "")), ("ends: 90d", "ends: form.until")], "at most"),
        ("high", [("ends: 90d", "ends: 8h")], "Risk high needs an approval; add `approve`."),
        (
            "high",
            [("ends: 90d", "ends: 8h"), ("fulfil:", "approve:\n  - {when: 'now > now', by: [manager]}\nfulfil:")],
            "in every case",
        ),
        ("high", [("fulfil:", "approve:\n  - by: [manager]\nfulfil:")], "Risk high allows 8 hours at most"),
    ],
)
def test_risk_demands_an_end_and_an_approval(
    tmp_path: Path, risk: str, changes: list[tuple[str, str]], words: str
) -> None:
    """What the policy demands is demanded of what the form lets through, not of what one hopes for."""
    assert words in only(with_vpn(tmp_path, ("risk: low", f"risk: {risk}"), *changes))


CHOICE = "form:\n  long: {type: choice, label: A, options: [8h, 2000h], required: true}\nfulfil:"
YES = "form:\n  keep: {type: yesno, label: Keep it}\nfulfil:"


@pytest.mark.parametrize(
    ("form", "end", "words"),
    [(CHOICE, "duration(form.long)", "this can last"), (YES, 'form.keep ? duration("8h") : null', "may never end")],
)
def test_an_end_is_measured_for_every_choice(tmp_path: Path, form: str, end: str, words: str) -> None:
    """Not only for the first of the options, or for yes."""
    changes = [("risk: low", "risk: medium"), ("fulfil:", form), ("ends: 90d", f"ends: '{end}'")]
    path = with_vpn(tmp_path, *changes)
    (path / "policy.yaml").write_text(POLICY.replace("max_grant: 90d", "max_grant: 30d"), encoding="utf-8")
    assert words in only(path)


def test_risk_is_content_with_what_it_demands(tmp_path: Path) -> None:
    """An end from a required day, or from one with a default, is an end."""
    for form in (NEEDED, DEFAULT):
        changes = [("fulfil:", form), ("ends: 90d", "ends: form.until")]
        good(with_vpn(tmp_path, ("risk: low", "risk: medium"), *changes))


DAYS = "form:\n  days: {type: number, label: A, max: 9, required: true}\n  until: {type: date, label: A}\nfulfil:"
HOURS = 'duration(string(form.days * 24) + "h")'


@pytest.mark.parametrize(
    ("end", "column", "advice"),
    [
        (f"now + {HOURS}", 16, f"Write {HOURS}."),
        ('form.days > 3 ? now + duration("8h") : now + duration("1h")', 32, 'like duration("720h").'),
        ('form.until == null ? now + duration("8h") : form.until', 37, 'like duration("720h").'),
    ],
)
def test_an_end_that_counts_from_the_asking_is_refused(tmp_path: Path, end: str, column: int, advice: str) -> None:
    """Hard case 6: the clock starts at delivery, so a waiting line uses nothing up; what to write instead is said."""
    (problem,) = broken(with_vpn(tmp_path, ("fulfil:", DAYS), ("ends: 90d", f"ends: '{end}'")))
    assert (problem.file, problem.line, problem.column) == ("items/vpn.yaml", 17, column)
    assert "counts from the asking" in problem.sentence
    assert problem.sentence.endswith(advice)


@pytest.mark.parametrize("end", [HOURS, 'form.until == null ? duration("8h") : form.until', "form.until", "null"])
def test_an_end_by_duration_or_by_day_counts_from_delivery(tmp_path: Path, end: str) -> None:
    """A day that was named is a day, whenever it was asked for."""
    good(with_vpn(tmp_path, ("fulfil:", DAYS), ("ends: 90d", f"ends: '{end}'")))


def test_a_grant_about_nothing_is_refused(tmp_path: Path) -> None:
    """What is done once is not held."""
    path = with_vpn(tmp_path, ("directory.add_member", "directory.unlock"), ("group: vpn, ", ""))
    assert "leave `grant` out" in only(path)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("{type: number, label: A, min: 5, max: 2}", "`min` is larger than `max`"),
        ("{type: date, label: A, max: 7d, default: 30d}", "The default would be refused: Choose 8 July 2026"),
        ("{type: choice, label: A, options: [a, b], default: c}", "The default would be refused"),
        ("{type: choice, label: A, options: [a, a]}", "wo options have the same value"),
        ("{type: choice, label: A, options: [a]}", "At least 2 of these are needed."),
        ("{type: text, label: A, pattern: '('}", "not a regular expression"),
        ("{type: text, label: A, pattern: 'a+', default: b}", "The default would be refused"),
        (
            "{type: options, label: A, from: directory.add_member.gruop}",
            'has no argument "gruop". Did you mean "group"?',
        ),
        ("{type: options, label: A, from: directory.add.group}", 'There is no action "directory.add"'),
        ("{type: yesno, label: A, max: 3}", '"max" has no place here.'),
    ],
)
def test_a_field_that_nobody_could_fill_in_is_refused(tmp_path: Path, field: str, words: str) -> None:
    """Limits, defaults, options, patterns and live choices."""
    assert words in only(with_vpn(tmp_path, ("fulfil:", f"form:\n  a: {field}\nfulfil:")))


@pytest.mark.parametrize(
    ("teams", "policy", "words"),
    [
        (TEAMS.replace("rises_to: techops", "rises_to: techop"), POLICY, 'teams.yaml:2:88: There is no team "techop".'),
        (TEAMS.replace("promise: 1h", "promise: 1h, rises_to: techops"), POLICY, "Work would rise in a circle"),
        (TEAMS.replace("group: design, ", ""), POLICY, "either `group` or `members`"),
        (TEAMS, POLICY.replace("fallback: techops", "fallback: nobody"), 'There is no team "nobody".'),
        (TEAMS, POLICY.replace("techops: techops", "techops: x"), 'policy.yaml:1:10: There is no team "x".'),
        (TEAMS, POLICY.replace("medium: {end: true, max_grant: 90d}", "medium: {}"), "need `end: true`"),
        (TEAMS, POLICY.replace(", approval: true", ""), "High risk needs `approval: true`"),
        (TEAMS, POLICY.replace("low: {}", "low: {max_grant: 1d}"), "`max_grant` needs `end: true`"),
    ],
)
def test_teams_and_policy_are_held_together(tmp_path: Path, teams: str, policy: str, words: str) -> None:
    """What leads nowhere, in a circle, or below the floor that the product keeps."""
    assert words in only(folder(tmp_path, teams_yaml=teams, policy_yaml=policy))


def test_categories_are_told_apart(tmp_path: Path) -> None:
    """Two shelves of one name would be one."""
    policy = POLICY.replace("tint: green}", "tint: green}\n  - {name: Access, icon: key, tint: red}")
    assert 'The category "Access" stands here twice.' in only(folder(tmp_path, policy_yaml=policy))


def test_only_what_lasts_is_given(tmp_path: Path) -> None:
    """An item does not promise that one has from now on what is over at once, or comes later by itself."""
    old = 'use: directory.add_member\n    with: {group: vpn, customer: "${customer.login}"}'
    gives = "\n    gives: access to the VPN"
    good(with_vpn(tmp_path / "held", (old, old + gives)))
    step = 'use: directory.unlock\n    with: {customer: "${customer.login}"}'
    found = only(with_vpn(tmp_path / "once", (old, step + gives), ("grant: {ends: 90d}\n", "")))
    assert '"directory.unlock" leaves nothing that one has from then on' in found


@pytest.mark.parametrize(
    "written", ["0d", "-5d", "+5d", "999999999999999d", "1.5h", "030d", "30 days", "1d12h", "5y", "30D"]
)
def test_an_end_that_was_meant_as_a_duration_is_told_what_a_duration_is(tmp_path: Path, written: str) -> None:
    """In one sentence at its place, never as an expression that does not read."""
    found = only(with_vpn(tmp_path, ("ends: 90d", f"ends: {written}")))
    place, _, sentence = found.partition(": ")
    assert place == "items/vpn.yaml:14:15"
    assert sentence == (
        f'"{written}" is not an end; write never, a duration above zero and up to ten years such as 30d, '
        "or a CEL expression like form.until."
    )
