"""`selfserve secrets`: kept by reference, never shown, never an argument."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Selfserve


def test_a_secret_is_read_from_standard_input(selfserve: Selfserve, folder: Path) -> None:
    """It is kept where the reference points and told nowhere."""
    ran = selfserve("secrets", "set", "file:secrets/mail", stdin="hunter2\n")
    assert (ran.code, ran.out) == (0, "file:secrets/mail is set, and reads back.\n")
    assert (folder / "secrets/mail").read_text() == "hunter2\n"
    assert (folder / "secrets/mail").stat().st_mode & 0o777 == 0o600


def test_check_names_what_cannot_be_read(selfserve: Selfserve, folder: Path) -> None:
    """Of the settings and of the connectors, each with its key; no value is shown."""
    assert selfserve("secrets", "check").code == 0
    (folder / "secrets/directory-password").unlink()
    (folder / "secrets/secret-key").chmod(0o644)
    ran = selfserve("secrets", "check")
    assert ran.code == 1
    assert "connectors.directory.bind_password: file:secrets/directory-password does not exist" in ran.err
    assert "server.secret_key: file:secrets/secret-key is open to others" in ran.err
    assert "2 secrets cannot be read." in ran.err
    assert "a secret for this test" not in ran.out + ran.err


def test_doctor_counts_every_secret_that_check_lists(selfserve: Selfserve, folder: Path) -> None:
    """Those of connectors stand in sections that only the connectors know, and count all the same."""
    listed = selfserve("secrets", "check").out.splitlines()
    assert any("connectors.directory.bind_password" in line for line in listed)

    def told() -> list[str]:
        checks = json.loads(selfserve("doctor", "--json").out)["checks"]
        return [one["text"] for one in checks if one["area"] == "secrets"]

    assert told() == [f"All {len(listed)} secrets of the settings can be read."]
    (folder / "secrets/directory-password").unlink()
    (said,) = told()
    assert said.startswith("connectors.directory.bind_password: file:secrets/directory-password does not exist")


@pytest.mark.parametrize("stdin", ["", "\n"])
def test_an_empty_secret_is_refused(selfserve: Selfserve, folder: Path, stdin: str) -> None:
    """An empty password would be an anonymous log-in."""
    ran = selfserve("secrets", "set", "file:secrets/mail", stdin=stdin)
    assert ran.code == 2
    assert "was not set" in ran.err


def test_nobody_types_a_secret_that_is_not_kept(selfserve: Selfserve, folder: Path) -> None:
    """What an empty variable makes of a reference is refused before the value is read."""
    ran = selfserve("secrets", "set", "file:/secrets_oidc-client-secret", stdin="")
    assert (ran.code, ran.out) == (2, "")
    assert "it is not in the folder" in ran.err
    assert ran.err.endswith("allowed is file:secrets/NAME.\n")
