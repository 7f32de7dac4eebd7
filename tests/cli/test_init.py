"""`selfserve init` begins an installation and overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Selfserve

from selfserve.settings.sealing import read_key


def test_what_init_writes_is_right(selfserve: Selfserve, folder: Path) -> None:
    """The configuration loads, the catalog passes its check, the keys are fresh and closed to others."""
    checked = selfserve("catalog", "check")
    assert checked.code == 0
    assert checked.err == "Whether people can act for teams and approvals was not looked at: there is no store yet.\n"
    assert checked.out.startswith("The catalog is right: ")
    assert read_key((folder / "secrets/sealing-key").read_text().strip())
    for key in ("secret-key", "sealing-key"):
        assert (folder / "secrets" / key).stat().st_mode & 0o077 == 0
    assert (folder / "secrets/.gitignore").read_text() == "*\n"


def test_two_installations_share_no_key(selfserve: Selfserve, tmp_path: Path) -> None:
    """Keys are made, not shipped."""
    for name in ("a", "b"):
        assert selfserve("init", str(tmp_path / name)).code == 0
    for key in ("secret-key", "sealing-key"):
        assert (tmp_path / "a/secrets" / key).read_text() != (tmp_path / "b/secrets" / key).read_text()


@pytest.mark.parametrize("there", ["selfserve.toml", "catalog/items/mine.yaml", "secrets/mine"])
def test_nothing_is_overwritten(selfserve: Selfserve, tmp_path: Path, there: str) -> None:
    """Whatever of it exists already, all stays as it was."""
    (tmp_path / there).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / there).write_text("mine")
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    ran = selfserve("init", str(tmp_path))
    assert ran.code == 2
    assert "overwrites nothing" in ran.err
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


def test_for_the_service_the_keys_lie_where_systemd_reads_them(selfserve: Selfserve, tmp_path: Path) -> None:
    """In the folder that its unit names, closed to the service's own account; the settings name the credentials."""
    assert selfserve("init", "--service", str(tmp_path / "etc")).code == 0
    assert (tmp_path / "etc/secrets").stat().st_mode & 0o777 == 0o700
    told = (tmp_path / "etc/selfserve.toml").read_text()
    assert 'secret_key = "file:${CREDENTIALS_DIRECTORY}/secrets_secret-key"' in told
    assert read_key((tmp_path / "etc/secrets/sealing-key").read_text().strip())
