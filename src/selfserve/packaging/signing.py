"""Signs with OpenPGP by gpg, with a key that is given by reference and never lies in a file of ours."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from selfserve.packaging.problems import CannotPackage

HERE = "gpg:"
"""A reference of this form names a key of the caller's own gpg, on a card or behind a passphrase as may be."""


@dataclass(frozen=True)
class Signer:
    """Signs as one key; `home` is gpg's folder, None for the caller's own. From `ends` on machines refuse what it
    signed; None for never."""

    key: str
    home: Path | None
    ends: datetime | None = None
    by_part: bool = False
    """Whether what ends first is the part of the key that gpg signs with."""

    @property
    def prolonging(self) -> str:
        """The command that gives it two years more, where it is kept."""
        parts = " '*'" if self.by_part else ""
        return f"gpg --quick-set-expire {self.key} 2y{parts}"

    def check(self, now: datetime) -> None:
        """Raises CannotPackage where the key has ended."""
        if self.ends and self.ends <= now:
            raise CannotPackage(
                f"The signing key {self.key} ended on {self.ends:%Y-%m-%d}, and machines refuse the repository. "
                f"Prolong it where you keep it ({self.prolonging}), run this again, and bring the tree's public key to "
                "each machine anew."
            )

    def clearsigned(self, text: str) -> bytes:
        """The text with its signature around it, as InRelease holds it."""
        return self._gpg(["--clear-sign"], text)

    def detached(self, text: str) -> bytes:
        """The signature alone, as Release.gpg holds it."""
        return self._gpg(["--armor", "--detach-sign"], text)

    def verified(self, place: Path) -> str:
        """The text of a file with its signature around it; raises CannotPackage unless this key alone signed it."""
        done = _run(self.home, ["--status-fd", "2", "--decrypt"], place.read_bytes())
        told = [line.split() for line in done.stderr.decode(errors="replace").splitlines()]
        told = [words[1:] for words in told if words[:1] == ["[GNUPG:]"]]
        valid = [words[-1] for words in told if words[0] == "VALIDSIG"]  # last is the primary key's fingerprint
        texts = [words for words in told if words[0] == "PLAINTEXT"]
        if done.returncode or valid != [self.key] or len(texts) > 1:
            raise CannotPackage(
                f"{place} is not signed by this key ({self.key}): somebody altered the tree, or it is another key's. "
                "Write a new tree, and name every package that it shall hold."
            )
        return done.stdout.decode()

    def public(self) -> bytes:
        """The public key, as `Signed-By` wants it in a file."""
        return _gpg(self.home, ["--export-options", "export-minimal", "--export", self.key])

    def _gpg(self, how: list[str], text: str) -> bytes:
        return _gpg(self.home, ["--digest-algo", "SHA512", "--local-user", self.key, *how], text.encode())


@contextmanager
def signer(reference: str, resolve: Callable[[str], str]) -> Iterator[Signer]:
    """A signer for `gpg:FINGERPRINT`, or for the secret key that `resolve` finds behind another reference.

    Such a key is put into a folder of its own that is gone afterwards. Raises CannotPackage.
    """
    if not shutil.which("gpg"):
        raise CannotPackage("gpg is missing here, and an unsigned repository is none; install the package gnupg.")
    if reference.startswith(HERE):
        key = reference.removeprefix(HERE)
        yield _only(None, ["--list-secret-keys", key], f"gpg knows no secret key {key!r}")
        return
    secret = resolve(reference)
    with tempfile.TemporaryDirectory(prefix="selfserve-gpg-") as folder:  # 0700, as gpg wants it
        home = Path(folder)
        try:
            _gpg(home, ["--import"], secret.encode())
            yield _only(home, ["--list-secret-keys"], f"{reference} holds no secret key")
        finally:
            subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], capture_output=True, check=False)


def _only(home: Path | None, listing: list[str], trouble: str) -> Signer:
    """The one key that is listed; `trouble` begins the sentence where it is not one."""
    try:
        lines = _gpg(home, ["--with-colons", *listing]).decode().splitlines()
    except CannotPackage:
        lines = []
    kinds = [line.split(":") for line in lines]
    prints = [after[9] for one, after in pairwise(kinds) if one[0] == "sec" and after[0] == "fpr"]
    if len(prints) != 1:
        raise CannotPackage(f"{trouble}, or several: {len(prints)} found; name one by its fingerprint.")
    main = _end(next(one for one in kinds if one[0] == "sec"))
    signing = [one for one in kinds if one[0] == "ssb" and "s" in one[11] and one[1] not in ("e", "r", "d", "i")]
    part = (
        _end(max(signing, key=lambda one: int(one[5]))) if signing else None
    )  # gpg signs with the newest that is good
    ends = min((one for one in (main, part) if one), default=None)
    return Signer(prints[0], home, ends, by_part=ends != main)


def _end(listed: list[str]) -> datetime | None:
    return datetime.fromtimestamp(int(listed[6]), UTC) if listed[6] else None


def _gpg(home: Path | None, arguments: list[str], given: bytes = b"") -> bytes:
    done = _run(home, arguments, given)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise CannotPackage(f"gpg refused: {said[-1].removeprefix('gpg: ')}.")
    return done.stdout


def _run(home: Path | None, arguments: list[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    at = ["--homedir", str(home), "--pinentry-mode", "loopback", "--passphrase", ""] if home else []
    command = ["gpg", "--batch", "--yes", "--quiet", "--no-tty", *at, *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False)
