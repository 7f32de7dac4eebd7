"""A store that is a file is for its owner: made so, and looked at again where it was there before."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa

from selfserve.locks import only_one, schema_alone
from selfserve.store.database import Database
from selfserve.store.rights import open_to_others


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store in use, so that it has its side files, made where everybody may look by default."""
    before = os.umask(0)
    try:
        path = tmp_path / "data" / "selfserve.db"
        database = Database(f"sqlite:///{path}")
        with database.engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE one (two)"))
            lock = only_one(database)
            with schema_alone(database):
                assert {one.name for one in path.parent.iterdir()} >= {"selfserve.db", "selfserve.db-wal"}
            assert lock is not None
            lock.close()
            for one in path.parent.iterdir():
                assert one.stat().st_mode & 0o777 == 0o600, one
        database.close()
    finally:
        os.umask(before)
    return path


def test_what_we_make_is_for_its_owner(store: Path) -> None:
    """Whatever the umask says; then there is nothing to tell."""
    assert store.parent.stat().st_mode & 0o777 == 0o700
    assert open_to_others(store, store.parent) == ""


@pytest.mark.parametrize("name", ["selfserve.db", "selfserve.db-wal", "selfserve.db-shm", "selfserve.db.before-2026"])
def test_a_file_of_the_store_that_others_may_read_is_told(store: Path, name: str) -> None:
    """With the command that mends it, which works as it stands."""
    other = store.with_name(name)
    other.touch()
    other.chmod(0o640)
    store.parent.chmod(0o750)
    told = open_to_others(store, store.parent)
    assert f"chmod 600 {shlex.quote(str(other))}" in told
    subprocess.run(["bash", "-c", told.split("`")[1]], check=True)
    assert open_to_others(store, store.parent) == ""
    assert other.stat().st_mode & 0o777 == 0o600


def test_a_data_folder_that_others_may_enter_is_told(store: Path) -> None:
    """Backups and exports are put there, and by whoever makes them."""
    store.parent.chmod(0o755)
    assert open_to_others(store, store.parent) == (
        f"Others on this machine may look into the store; run `chmod 700 {store.parent}`."
    )


def test_a_folder_of_the_owner_keeps_its_files(store: Path) -> None:
    """Nobody else gets as far as the file."""
    store.chmod(0o644)
    assert open_to_others(store, store.parent) == ""


def test_a_folder_that_is_not_ours_is_not_judged(store: Path, tmp_path: Path) -> None:
    """A store at an address of its own may lie where others have business; the file counts."""
    store.parent.chmod(0o755)
    assert open_to_others(store, tmp_path / "elsewhere") == ""
    store.chmod(0o604)
    assert "chmod 700" not in open_to_others(store, tmp_path / "elsewhere")
    assert f"chmod 600 {store}" in open_to_others(store, tmp_path / "elsewhere")


def test_no_store_is_nothing_to_tell(tmp_path: Path) -> None:
    """Looking makes none."""
    assert open_to_others(tmp_path / "selfserve.db", tmp_path) == ""
    assert list(tmp_path.iterdir()) == []
