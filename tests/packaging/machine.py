"""A machine to install on that is this one to the last file, and forgets everything: an overlay over its root.

What is written goes into a folder beside it, so that what a package leaves behind can be read there. Processes end with
the command that started them.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.processes import program

ROOT_NEEDED = "installing with apt and dpkg into an overlay of this machine needs root, which CI has"
_ENTER = """
set -e
mount -t overlay overlay -o "lowerdir=/,upperdir=$UPPER,workdir=$WORK" "$MERGED"
for one in proc sys dev; do mount --rbind "/$one" "$MERGED/$one"; done
mount -t tmpfs tmpfs "$MERGED/run"
mount --rbind /tmp "$MERGED/tmp"
mkdir -p "$MERGED$SHARED"
mount --bind "$SHARED" "$MERGED$SHARED"
exec chroot "$MERGED" "$@"
"""
_PREPARE = """
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/*
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/forgets
"""
"""No packages but a test's, no service started, and nothing written to disk sooner than it must: it is thrown away."""
_STATE = ("var/lib/dpkg/", "var/lib/apt/", "var/cache/", "var/log/", "run/", "tmp/", "proc/", "sys/", "dev/", "root/",
          "var/lib/systemd/deb-systemd-helper-enabled/", "var/lib/systemd/deb-systemd-helper-masked/")  # fmt: skip
"""What apt, dpkg and systemd's helper keep about themselves, whatever they install."""


@dataclass(frozen=True)
class Machine:
    """One such machine. `shared` is a folder of the test that it sees under the same name."""

    folder: Path
    shared: Path

    def run(self, *command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command there, as root; never raises for its exit code."""
        return subprocess.run(self._entering(command), env=self._env(env), capture_output=True, text=True,
                              check=False, timeout=900)  # fmt: skip

    def does(self, *command: str, env: dict[str, str] | None = None) -> str:
        """Run a command there that succeeds; what it said, errors after results."""
        done = self.run(*command, env=env)
        assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    def sh(self, lines: str, env: dict[str, str] | None = None) -> str:
        """Run lines of bash there; every one succeeds."""
        return self.does("bash", "-euo", "pipefail", "-c", lines, env=env)

    def command(self, *words: str) -> list[str]:
        """The words that run a command there from any process of root's, with whatever environment that has."""
        return ["/usr/bin/env", *(f"{name}={value}" for name, value in self._places().items()), *self._entering(words)]

    def apt(self, *words: str) -> subprocess.CompletedProcess[str]:
        """apt-get, asking nobody, starting no service, and as strict as Debian leaves it whatever this machine says."""
        options = ("Dpkg::Use-Pty=0", "APT::Install-Recommends=0", "Acquire::http::Proxy::127.0.0.1=DIRECT",
                   "Acquire::Check-Date=true", "Acquire::Check-Valid-Until=true")  # fmt: skip
        quiet = ("-y", "-q", *(word for option in options for word in ("-o", option)))
        return self.run("apt-get", *quiet, *words, env={"DEBIAN_FRONTEND": "noninteractive"})

    def written(self) -> set[str]:
        """Every file that is there and was not, or is another than before; what package managers keep is left out."""
        upper, found = self.folder / "upper", set()
        for place, folders, files in os.walk(upper):
            for name in (*files, *folders):
                path = Path(place) / name
                inside = path.relative_to(upper).as_posix()
                if not inside.startswith(_STATE) and self._is_news(path, Path("/") / inside):
                    found.add(inside)
        return found

    @staticmethod
    def _is_news(path: Path, before: Path) -> bool:
        now = path.lstat()
        if stat.S_ISDIR(now.st_mode):
            return not before.is_dir()
        if stat.S_ISCHR(now.st_mode) and now.st_rdev == 0:  # overlayfs' mark of something taken away
            return before.exists()
        return not before.is_file() or before.read_bytes() != path.read_bytes()

    def _entering(self, command: tuple[str, ...]) -> list[str]:
        alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        return [program("unshare", "util-linux"), *alone[1:], "sh", "-c", _ENTER, "sh", *command]

    def _env(self, more: dict[str, str] | None) -> dict[str, str]:
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LANG": "C.UTF-8",
            **self._places(),
            **(more or {}),
        }

    def _places(self) -> dict[str, str]:
        own = {name.upper(): str(self.folder / name) for name in ("upper", "work", "merged")}
        return {**own, "SHARED": str(self.shared)}


@contextmanager
def machine(folder: Path, shared: Path) -> Iterator[Machine]:
    """A fresh machine whose only source of packages is what a test gives it; gone afterwards."""
    assert os.geteuid() == 0, f"This test cannot run here: {ROOT_NEEDED}."
    for name in ("upper", "work", "merged"):
        (folder / name).mkdir(parents=True)
    made = Machine(folder, shared)
    made.sh(_PREPARE)
    try:
        yield made
    finally:
        shutil.rmtree(folder)
