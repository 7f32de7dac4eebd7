"""A mistake in a connector's section is told like every other one: file, key, what was found, what is allowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Selfserve

MISTAKES = {
    "a misspelled key": (
        ("bind_password =", "bind_pasword ="),
        [
            "bind_password is missing.",
            "bind_pasword is not a setting; did you mean connectors.directory.bind_password?",
        ],
    ),
    "a number that is too small": (
        ("people_base =", "page_size = -1\npeople_base ="),
        ["page_size is -1; allowed is a whole number from 10 to 5000."],
    ),
    "a kind that is not there": (
        ('kind = "ldap"', 'kind = "ldaps"'),
        ["kind: there is no kind of connector 'ldaps': did you mean ldap?"],
    ),
    "an address in clear": (
        ("ldaps://ldap.", "ldap://ldap."),
        [
            (
                "urls is ['ldap://ldap.example.com']; allowed is ldaps://, or start_tls = true; ldap:// alone would "
                "send passwords in clear."
            )
        ],
    ),
    "a password in an address": (
        ("ldaps://ldap.", "http://me:hush@ldap."),
        [
            (
                "urls is a list that is not shown here; allowed is a list of addresses of the form ldaps://host[:port] "
                "or ldap://host[:port]."
            )
        ],
    ),
    "a secret that is a number": (
        ("bind_password = ", "bind_password = 4711 # "),
        ["bind_password is a number that is not shown here; allowed is text."],
    ),
    "a secret by value": (
        ("bind_password = ", 'bind_password = "hush" # '),
        [
            (
                "bind_password: A secret is given by value; allowed is a reference to a secret (keyring:NAME, env:NAME "
                "or file:PATH), never the secret itself."
            )
        ],
    ),
    "a base that is none": (
        ('people_base = "ou=', 'people_base = "ou'),
        [
            (
                "people_base is 'oupeople,dc=example,dc=com'; allowed is a distinguished name like "
                "ou=people,dc=example,dc=org."
            )
        ],
    ),
}


@pytest.mark.parametrize(("change", "sentences"), MISTAKES.values(), ids=MISTAKES)
def test_a_wrong_key_of_a_connector_is_told_with_its_file(
    selfserve: Selfserve, folder: Path, change: tuple[str, str], sentences: list[str]
) -> None:
    """Doctor says so where it speaks of the settings, once; so does whatever would have started."""
    config = folder / "selfserve.toml"
    assert change[0] in config.read_text(), config.read_text()
    config.write_text(config.read_text().replace(*change))
    wanted = [f"selfserve.toml: connectors.directory.{sentence}" for sentence in sentences]
    found = json.loads(selfserve("doctor", "--json").out)["checks"]
    assert [one["text"] for one in found if one["area"] == "settings"] == wanted
    assert [one["text"] for one in found].count(wanted[0]) == 1
    lines = selfserve("serve").err.splitlines()
    assert [line for line in lines if line in wanted] == wanted
    assert "hush" not in "".join(lines)


def test_a_section_that_is_set_in_the_environment_is_told_by_its_variable(
    selfserve: Selfserve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with every other setting: there is nothing to mend in the file."""
    monkeypatch.setenv("SELFSERVE__CONNECTORS__DIRECTORY__PAGE_SIZE", "1")
    found = json.loads(selfserve("doctor", "--json").out)["checks"]
    (told,) = [one["text"] for one in found if one["area"] == "settings"]
    assert told.startswith("the environment variable SELFSERVE__CONNECTORS__DIRECTORY__PAGE_SIZE: connectors.directory")
