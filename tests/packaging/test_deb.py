"""The package format, as dpkg reads it."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.servers.processes import program

from selfserve.packaging.deb import Deb, control_of, fields_of
from selfserve.packaging.moment import VARIABLE, moment
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.tree import File, laid, ordered

WHEN = datetime(2026, 11, 30, tzinfo=UTC)
FIELDS = {
    "Package": "hello", "Version": "1-1", "Architecture": "all", "Maintainer": "Ada <ada@fernhill.example>",
    "Description": "says hello\n To everybody.",
}  # fmt: skip
FILES = (
    File("usr/bin/hello", b"#!/bin/sh\n", 0o755),
    File("etc/hello.conf", b"loud\n"),
    File("usr/share/hello/odd", b"x"),
)


def _dpkg_deb(*words: str | Path) -> str:
    return subprocess.run([program("dpkg-deb", "dpkg"), *words], check=True, capture_output=True, text=True).stdout


def test_dpkg_reads_what_was_written(tmp_path: Path) -> None:
    """Fields, scripts, files with their modes, owned by root, at the moment named."""
    package = tmp_path / "hello.deb"
    package.write_bytes(Deb(FIELDS, FILES, {"postinst": "#!/bin/sh\n"}).written(WHEN))
    assert _dpkg_deb("--field", package, "Version", "Installed-Size") == "Version: 1-1\nInstalled-Size: 8\n"
    assert _dpkg_deb("--ctrl-tarfile", package)
    assert "-rwxr-xr-x root/root        10 2026-11-30 00:00 ./usr/bin/hello" in _dpkg_deb("--contents", package)
    (tmp_path / "control").mkdir()
    _dpkg_deb("--control", package, tmp_path / "control")
    assert (tmp_path / "control" / "conffiles").read_text() == "/etc/hello.conf\n"
    assert (tmp_path / "control" / "postinst").stat().st_mode & 0o111
    assert "usr/bin/hello" in (tmp_path / "control" / "md5sums").read_text()


def test_we_read_what_was_written() -> None:
    """With the description's folded lines."""
    found = control_of(Deb(FIELDS, FILES, {}).written(WHEN))
    assert found["Description"] == FIELDS["Description"]
    assert list(found) == [*FIELDS, "Installed-Size"]


def test_order_of_files_changes_nothing() -> None:
    """A folder's listing has no order of its own."""
    assert Deb(FIELDS, FILES, {}).written(WHEN) == Deb(FIELDS, FILES[::-1], {}).written(WHEN)


@given(st.binary(max_size=300))
def test_what_is_no_package_is_refused(content: bytes) -> None:
    """Whatever lies there under the name of one."""
    with pytest.raises(CannotPackage, match="not a Debian package"):
        control_of(content)
    with pytest.raises(CannotPackage, match="not a Debian package"):
        control_of(b"!<arch>\n" + content)


@pytest.mark.parametrize("cut", [70, 200, 300])
def test_a_package_that_was_cut_off_is_refused(cut: int) -> None:
    """A download that broke."""
    with pytest.raises(CannotPackage, match="not a Debian package"):
        control_of(Deb(FIELDS, FILES, {}).written(WHEN)[:cut])


@pytest.mark.parametrize("path", ["/etc/passwd", "usr/../../etc/passwd", "", "usr//bin/x", "./x"])
def test_no_file_leaves_the_package(path: str) -> None:
    """An archive that names a path outside of itself does not get it into ours."""
    with pytest.raises(CannotPackage, match="no place inside a package"):
        File(path, b"")


def test_two_files_do_not_share_a_place() -> None:
    """Whichever came last would win unseen."""
    with pytest.raises(CannotPackage, match="usr/bin/hello"):
        ordered([FILES[0], File("usr/bin/hello", b"other")])


def test_a_field_stays_one_line() -> None:
    """A line break in a brand would add fields of its own."""
    with pytest.raises(CannotPackage, match="Maintainer"):
        Deb({**FIELDS, "Maintainer": "x\nEssential: yes"}, FILES, {}).written(WHEN)


def test_files_are_laid_out_where_nothing_lies(tmp_path: Path) -> None:
    """What is there already is neither taken away nor rides along."""
    (tmp_path / "out").mkdir()
    laid(FILES, tmp_path / "out")
    assert (tmp_path / "out" / "usr" / "bin" / "hello").stat().st_mode & 0o777 == 0o755
    before = sorted((tmp_path / "out").rglob("*"))
    with pytest.raises(CannotPackage, match="holds something already"):
        laid([File("other", b"x")], tmp_path / "out")
    assert sorted((tmp_path / "out").rglob("*")) == before


def test_folded_lines_belong_to_their_field() -> None:
    """As deb-control says."""
    assert fields_of("A: b\n c\nD: e\n") == {"A": "b\n c", "D": "e"}


@pytest.mark.parametrize("told", ["tomorrow", "-1", "1.5", "99999999999", "٣"])
def test_a_moment_that_is_none_is_refused(told: str) -> None:
    """Instead of falling back to a clock."""
    with pytest.raises(CannotPackage, match=VARIABLE):
        moment({VARIABLE: told})


def test_without_a_moment_it_is_always_the_same() -> None:
    """Builds of two people who name none agree."""
    assert moment({}) == moment({VARIABLE: ""})
    assert moment({VARIABLE: "0"}) == datetime(1970, 1, 1, tzinfo=UTC)
