"""The key that signs a repository has an end, mostly: it is told in time, and machines need the prolonged one."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.demo.process import MAIN, environment
from tests.packaging.conftest import Key, make_key, prolonged
from tests.packaging.machine import Machine
from tests.packaging.serving import served

from selfserve.packaging.signing import signer

NOW = datetime.now(UTC)


def published(tree: Path, key: Key, app: Path, *more: str, url: str = "https://apt.fernhill.example") -> str:
    """What `package-repo` says, whether it succeeds or not: its exit code, then its words in one line."""
    command = [*MAIN, "package-repo", str(app), "--out", str(tree), "--name", "fernhill"]
    signed = ["--key", f"file:{key.file}", "--url", url]
    done = subprocess.run(
        [*command, *signed, *more], env=environment(), capture_output=True, text=True, check=False, timeout=300
    )
    return f"{done.returncode} {' '.join((done.stdout + done.stderr).split())}"


@pytest.mark.parametrize(
    ("lasts", "more", "says", "warns"),
    [
        (timedelta(days=400), (), True, False),
        (timedelta(days=400), ("--days", "90"), True, False),
        (timedelta(days=400), ("--days", "500"), True, True),
        (timedelta(days=80), (), True, True),
        (None, ("--days", "90"), False, False),
    ],
)
def test_who_publishes_reads_when_the_key_ends(
    tmp_path: Path, app: Path, lasts: timedelta | None, more: tuple[str, ...], *, says: bool, warns: bool
) -> None:
    """Each time; and what to do, once there is little time left to reach every machine, or within the tree's own."""
    key = make_key(tmp_path, "ending", NOW + lasts if lasts else None)
    said = published(tmp_path / "tree", key, app, *more)
    assert said.startswith("0 "), said
    assert (f"The key ends on {NOW + (lasts or timedelta()):%Y-%m-%d}" in said) == says, said
    assert (f"Prolong it (gpg --quick-set-expire {key.fingerprint} 2y)" in said) == warns, said


def test_what_signs_for_the_key_may_end_before_it(tmp_path: Path) -> None:
    """gpg signs with the newest part that is for signing: machines refuse what that one signed once it has ended."""
    key = make_key(tmp_path, "ending", NOW + timedelta(days=400), part="30d")
    with signer(f"file:{key.file}", lambda _: key.file.read_text()) as signing:
        assert signing.key == key.fingerprint
        assert signing.ends is not None
        assert signing.prolonging == f"gpg --quick-set-expire {key.fingerprint} 2y '*'"
        assert timedelta(days=29) < signing.ends - NOW < timedelta(days=31)


@pytest.mark.needs_root
def test_a_key_that_has_ended_is_prolonged_and_brought_to_machines_again(
    tmp_path: Path, app: Path, fresh: Machine
) -> None:
    """Nothing is published with it, in a sentence that says what to do; machines refuse until they have it anew."""
    key = make_key(tmp_path, "ending", NOW - timedelta(days=1))
    tree = fresh.shared / "repository"
    tree.mkdir()
    with served(tree) as url:
        said = published(tree, key, app, url=url)
        assert said.startswith(f"1 The signing key {key.fingerprint} ended on {NOW - timedelta(days=1):%Y-%m-%d}"), said
        assert "bring the tree's public key to each machine anew" in said
        assert list(tree.iterdir()) == []

        (fresh.shared / "former.gpg").write_bytes(key.public)
        assert published(tree, prolonged(key), app, url=url).startswith("0 ")
        install = "install -D -m 644 {} /etc/apt/keyrings/fernhill.gpg"
        fresh.sh(f"install -m 644 {tree}/fernhill.sources /etc/apt/sources.list.d/")
        fresh.sh(install.format(fresh.shared / "former.gpg"))
        refused = fresh.apt("update", "--error-on=any")
        assert "EXPKEYSIG" in refused.stdout + refused.stderr
        fresh.sh(install.format(tree / "fernhill.gpg"))
        taken = fresh.apt("update", "--error-on=any")
        assert taken.returncode == 0, taken.stderr
