"""Rules that decide: a device's word about itself, unproven, changes nothing that they answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.folders import good, with_vpn
from tests.catalog.test_rules import CONTEXT

from selfserve.catalog.deciding import DecidingRule
from selfserve.catalog.grants import Ends
from selfserve.catalog.rules import Rule, RuleFailed

CLAIM: dict[str, Any] = {
    "serial": "C02FERN01", "name": "Ada's Mac", "model": "MacBook Pro", "platform": "macos", "version": "15.2",
    "encrypted": True, "owner": "", "proven": False,
}  # fmt: skip

ATOMS = st.sampled_from(
    [
        *(
            "true",
            "false",
            "device == null",
            "device != null",
            "device.proven",
            "device.encrypted",
            "has(device.proven)",
        ),
        *('device["encrypted"]', 'device.platform == "macos"', 'device.serial != ""', "size(device) == 8"),
        *("type(device) == type(null)", "[device].exists(one, one != null && one.encrypted)"),
        *("[device].all(one, one == null)", '"encrypted" in device', 'device in [null, "x"]', "[device] != [null]"),
        *('{"it": device}.it != null', "[device].map(one, one != null)[0]", 'customer.department == "Design"'),
    ]
)


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        inner.map(lambda one: f"!({one})"),
        st.builds("({}) && ({})".format, inner, inner),
        st.builds("({}) || ({})".format, inner, inner),
        st.builds("({}) == ({})".format, inner, inner),
        st.builds("({}) ? ({}) : ({})".format, inner, inner, inner),
    )


RULES = st.recursive(ATOMS, _joined, max_leaves=6)
CLAIMS = st.builds(
    lambda encrypted, platform, serial, owner: {
        **CLAIM, "encrypted": encrypted, "platform": platform, "serial": serial, "owner": owner
    },
    st.booleans(), st.sampled_from(["linux", "macos", "windows"]), st.text(max_size=5), st.text(max_size=5),
)  # fmt: skip


@given(RULES, CLAIMS)
def test_an_unproven_claim_never_turns_a_no_into_a_yes(text: str, claim: dict[str, Any]) -> None:
    """Nor a yes into a no: for every rule it is as though nothing had been said."""
    rule = DecidingRule.compile(text)
    said, silent = rule.allows({**CONTEXT, "device": claim}), rule.allows({**CONTEXT, "device": None})
    assert said == silent


@given(RULES)
def test_a_proven_device_is_read_as_it_is(text: str) -> None:
    """Once device management vouches for it, a rule that decides answers as any other."""
    context = {**CONTEXT, "device": {**CLAIM, "proven": True}}
    assert DecidingRule.compile(text).allows(context) == Rule.compile(text).allows(context)


@pytest.mark.parametrize("proven", [False, None, 1, "true"])
def test_only_a_plain_true_is_proof(proven: object) -> None:
    """What was stored by another version, or says nothing of it, proves nothing."""
    device = {**CLAIM, "proven": proven}
    for known in (device, {"encrypted": True}):
        assert not DecidingRule.compile("device != null").allows({**CONTEXT, "device": known})


def test_an_end_is_no_later_by_a_claim() -> None:
    """How long somebody holds something is access too."""
    ends = Ends.parse('device != null && device.encrypted ? duration("8760h") : duration("1h")')
    told = ends.resolve({**CONTEXT, "device": CLAIM})
    assert told == ends.resolve({**CONTEXT, "device": None})
    never = Ends.parse("device.encrypted ? null : now")
    with pytest.raises(RuleFailed):
        never.resolve({**CONTEXT, "device": CLAIM})


def test_all_that_decides_in_an_item_is_such_a_rule(tmp_path: Any) -> None:
    """`who`, each `when` and `ends`, also of an item that was pinned and is read again; what shows it is not."""
    stage = "visible: 'device == null || device.encrypted'\napprove:\n  - {when: 'true', by: [manager]}\nfulfil:"
    until = "grant: {ends: 'duration(\"1h\")'}"
    item = good(with_vpn(tmp_path, ("fulfil:", stage), ("grant: {ends: 90d}", until))).items["vpn"]
    again = type(item).model_validate_json(item.canonical())
    for one in (item, again):
        assert one.visible is not None
        assert one.grant is not None
        deciding = (one.who, one.approve[0].when, one.grant.ends.rule)
        assert all(isinstance(rule, DecidingRule) for rule in deciding)
        assert not isinstance(one.visible, DecidingRule)
