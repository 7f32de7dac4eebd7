"""An argument that is worked out when a step runs is of a kind that its action takes, whatever is answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.catalog.folders import VPN, good, only, with_vpn

CUSTOMER = '"${customer.login}"'
CHECKLIST = """\
use: human.checklist
    with:
      summary: SUMMARY
      todo:
        - {text: "Call", secret: SECRET}
"""
STEP = VPN[VPN.index("use: ") : VPN.index("escalate:")]


def asked(root: Path, field: str, value: str = "${form.g}") -> Path:
    """The good catalog, with a question `g` whose answer is the customer of its one step."""
    return with_vpn(root, (CUSTOMER, f'"{value}"'), ("fulfil:", f"form:\n  g: {{label: G, {field}}}\nfulfil:"))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("${1 + 1}", "a number"),
        ("${now}", "a time"),
        ("${now - now}", "a duration"),
        ("${customer.groups}", "a list"),
        ("${customer.login == 'x'}", "true or false"),
        ("${device == null || !device.proven ? null : device.serial}", "nothing (null)"),
        ("${customer.login == 'sample' ? 1.5 : 2.5}", "a number"),
    ],
)
def test_an_expression_of_another_kind_is_refused(tmp_path: Path, value: str, kind: str) -> None:
    """In one sentence at its character: which action, what the argument is to be, and what this gives."""
    found = only(with_vpn(tmp_path, (CUSTOMER, f'"{value}"')))
    assert found == (
        f'items/vpn.yaml:13:37: "directory.add_member" refuses this: This is to be a text. It gives {kind}.'
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("type: number, min: 1, max: 5", "a number"),
        ("type: number, decimals: 2", "a number"),
        ("type: date, max: 9d", "a time"),
        ("type: yesno", "true or false"),
        ("type: duration, min: 1h, max: 8h", "a duration"),
    ],
)
def test_an_answer_of_another_kind_is_refused(tmp_path: Path, field: str, kind: str) -> None:
    """Required or not: a day is no login."""
    found = only(asked(tmp_path, f"{field}, required: true"))
    assert found.endswith(f'"directory.add_member" refuses this: This is to be a text. It gives {kind}.')


def test_an_answer_that_may_be_left_empty_is_refused_where_something_is_needed(tmp_path: Path) -> None:
    """Which answer it is, and what to write."""
    found = only(asked(tmp_path / "a", "type: text"))
    assert found.endswith(
        "This is to be a text. It is nothing (null) when form.g is left empty; ask for it (`required: true`)."
    )
    good(asked(tmp_path / "b", "type: text, required: true"))
    good(asked(tmp_path / "c", "type: text, default: x"))
    good(asked(tmp_path / "d", "type: text", "${form.g == null ? customer.login : form.g}"))
    good(asked(tmp_path / "e", "type: number, decimals: 1", "${form.g == null ? '' : string(form.g)}"))


def test_a_text_around_it_takes_every_kind_but_a_mapping(tmp_path: Path) -> None:
    """Days, spans, numbers, lists and nothing at all are written as people write them."""
    for number, value in enumerate(("${now}", "${now - now}", "${1 + 1}", "${customer.groups}", "${null}", "${true}")):
        good(with_vpn(tmp_path / str(number), (CUSTOMER, f'"x-{value}"')))
    found = only(with_vpn(tmp_path / "map", (CUSTOMER, "\"x-${{'a': 1}}\"")))
    assert found == "items/vpn.yaml:13:39: This does not work: dict cannot stand inside a text."


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        ("${now}", "This is to be true or false. It gives a time."),
        ("${customer.department}", "This is to be true or false. It gives a text."),
        ("${form.g}", "This is to be true or false. It gives a text."),
        ("${form.c}", "It is nothing (null) when form.c is left empty"),
    ],
)
def test_the_kind_is_that_of_the_arguments_own_model(tmp_path: Path, secret: str, sentence: str) -> None:
    """An argument deep in a list is no other case, nor is one that wants true or false."""
    step = CHECKLIST.replace("SUMMARY", "Call").replace("SECRET", f'"{secret}"')
    form = "form:\n  g: {type: text, label: G}\n  c: {type: choice, label: C, options: ['yes', 'no']}\nfulfil:"
    assert sentence in only(with_vpn(tmp_path, (STEP, step), ("fulfil:", form)))


def test_what_only_a_sample_is_refused_for_is_let_through(tmp_path: Path) -> None:
    """Its spelling and its length: an answer that is bound to a pattern may well be a number, or a yes."""
    step = CHECKLIST.replace("SUMMARY", '"${form.g}"').replace("SECRET", '"${form.g}"')
    form = "form:\n  g: {type: text, label: G, pattern: 'yes|no', required: true}\nfulfil:"
    good(with_vpn(tmp_path, (STEP, step), ("fulfil:", form)))
    choice = "form:\n  g: {type: choice, label: G, options: ['yes', 'no'], required: true}\nfulfil:"
    good(with_vpn(tmp_path / "choice", (STEP, step), ("fulfil:", choice)))


def test_a_choice_that_does_not_fit_is_refused_for_its_one_option(tmp_path: Path) -> None:
    """Every option is tried."""
    step = CHECKLIST.replace("SUMMARY", "Call").replace("SECRET", '"${form.g}"')
    choice = "form:\n  g: {type: choice, label: G, options: ['yes', 'perhaps'], required: true}\nfulfil:"
    assert "This is to be true or false. It gives a text." in only(
        with_vpn(tmp_path, (STEP, step), ("fulfil:", choice))
    )


@pytest.mark.parametrize(
    "said", ["device != null && device.encrypted", "device != null", "[device].exists(one, one != null)"]
)
def test_what_a_machine_is_to_do_is_never_chosen_by_what_a_device_says_of_itself(tmp_path: Path, said: str) -> None:
    """In arguments of a machine's action a device is null until it is proven; who writes one should know."""
    found = only(with_vpn(tmp_path, (CUSTOMER, f"\"${{{said} ? 'a' : 'b'}}\"")))
    assert "may tell anything: here it is null until device management vouches for it." in found
