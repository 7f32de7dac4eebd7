"""What the configuration never lets happen is told before anybody asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.catalog.folders import with_vpn
from tests.catalog.test_deciders import configured

from selfserve.catalog.forbidden import forbidden
from selfserve.catalog.loading import Catalog, load

UNWRITABLE = "items/vpn.yaml:13:19: The group vpn is not among writable_groups, so no catalog item may change it."


@pytest.mark.parametrize(
    ("writable", "group", "told"),
    [
        ([], "vpn", ""),
        (["wiki", "v??-*"], "vpn", UNWRITABLE),
        (["V*"], "vpn", ""),
        (["ou=vpn,ou=groups,dc=example,dc=org"], "vpn", ""),
        (["vpn"], '"cn=vpn,ou=groups,dc=example,dc=org"', ""),
        (
            ["vpn"],
            '"cn=vpn,ou=other,dc=example,dc=org"',
            UNWRITABLE.replace("vpn is", "cn=vpn,ou=other,dc=example,dc=org is"),
        ),
        (["wiki"], '"${customer.login}"', ""),
    ],
)
def test_a_group_the_configuration_forbids_is_told_at_its_place(
    tmp_path: Path, writable: list[str], group: str, told: str
) -> None:
    """Every ask would be declined. Where the directory alone knows, or an answer decides, nothing is said, and nothing
    either while no group is writable: that is told once, of the connector."""
    loaded = load(with_vpn(tmp_path, ("group: vpn", f"group: {group}")), configured(writable))
    assert isinstance(loaded, Catalog), str(loaded)
    assert "\n".join(map(str, forbidden(loaded.draft))) == told


def test_an_attribute_the_configuration_forbids_is_told_at_its_place(tmp_path: Path) -> None:
    """No attribute is writable unless the section says so."""
    path = with_vpn(tmp_path, ("add_member", "set_attribute"), ("group: vpn", "attribute: title, value: x"))
    loaded = load(path, configured(["*"]))
    assert isinstance(loaded, Catalog), str(loaded)
    (told,) = forbidden(loaded.draft)
    assert str(told).startswith("items/vpn.yaml:13:23: title is not among writable_attributes")
