"""What rides along is what the lock names, to the last byte."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from selfserve.packaging.about import about
from selfserve.packaging.locked import APP, SERVER, check, fetch, pins, read_pins
from selfserve.packaging.problems import CannotPackage
from selfserve.packaging.server_files import TO_BUILD, wanted
from selfserve.packaging.unpacking import of_archive, unpacked

LOCK = """\
proxy-tools==0.1.0 \\
    --hash=sha256:{sum}
other[extra]==2.0 ; sys_platform == 'win32' \\
    --hash=sha256:{a} \\
    --hash=sha256:{b}
"""


def test_a_lock_is_read_line_by_line() -> None:
    """Names, versions, sums, and the line as pip wants it."""
    first, second = read_pins(LOCK.format(sum="0" * 64, a="a" * 64, b="b" * 64))
    assert (first.name, first.version, first.sums) == ("proxy-tools", "0.1.0", ("0" * 64,))
    assert (second.name, len(second.sums)) == ("other", 2)
    assert second.line.startswith("other[extra]==2.0 ; sys_platform")


@pytest.mark.parametrize("lock", [SERVER, APP])
def test_every_line_of_the_locks_is_read(lock: str) -> None:
    """Each with at least one sum."""
    found = pins(lock)
    assert len(found) > 60
    assert all(pin.sums for pin in found.values())


def test_the_server_carries_nothing_that_only_builds(wheels: list[Path]) -> None:
    """And all the rest, as wheels."""
    names = {pin.name for pin in wanted()}
    assert not names & TO_BUILD
    assert set(pins(SERVER)) >= TO_BUILD
    assert {wheel.suffix for wheel in wheels} == {".whl"}


def test_an_archive_that_is_another_is_refused(tmp_path: Path) -> None:
    """Whoever answered for the registry."""
    (pin,) = read_pins(LOCK.format(sum="0" * 64, a="", b=""))[:1]
    archive = tmp_path / "proxy_tools-0.1.0.tar.gz"
    archive.write_bytes(b"bent")
    with pytest.raises(CannotPackage, match="is not what the lock names"):
        check(archive, [pin])


def test_pip_refuses_another_sum_as_well() -> None:
    """Before anything of the archive is opened."""
    (pin,) = read_pins(LOCK.format(sum="0" * 64, a="", b=""))[:1]
    with pytest.raises(CannotPackage, match="pip could not fetch"):
        fetch([pin])


def _wheel(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name.replace("__", "/"), content)
    return path


def test_a_wheels_data_goes_where_it_belongs_and_its_scripts_nowhere(tmp_path: Path) -> None:
    """`purelib` and `platlib` are site-packages; scripts and headers are not ours to install."""
    wheel = _wheel(
        tmp_path / "a-1-py3-none-any.whl",
        **{
            "a__b.py": "1",
            "a-1.data__purelib__c.py": "2",
            "a-1.data__scripts__run": "3",
            "a-1.data__headers__x.h": "4",
        },
    )
    assert unpacked(wheel) == {"a/b.py": b"1", "c.py": b"2"}


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd"])
def test_an_archive_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    """A path out of the folder is refused, whatever archive has it."""
    wheel = tmp_path / "a-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as writing:
        writing.writestr(name, "x")
    with pytest.raises(CannotPackage, match="no place inside"):
        of_archive(wheel, "usr/lib/x" if name.startswith(".") else "usr/lib/x/")


def test_links_of_a_source_archive_are_left_out(tmp_path: Path) -> None:
    """A link would lead to the machine that builds."""
    archive = tmp_path / "a-1.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        link = tarfile.TarInfo("a-1/a/passwd")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        plain = tarfile.TarInfo("a-1/a/b.py")
        plain.size = 1
        tar.addfile(plain, io.BytesIO(b"1"))
    assert unpacked(archive) == {"a/b.py": b"1"}


def test_an_archive_tells_what_it_is(tmp_path: Path) -> None:
    """Name, version and licence; one without metadata is refused."""
    told = about(
        _wheel(
            tmp_path / "a-1-py3-none-any.whl", **{"a-1.dist-info__METADATA": "Name: A_b\nVersion: 1\nLicense: MIT\n"}
        )
    )
    assert (told.purl, told.licence, told.expression) == ("pkg:pypi/a-b@1", "MIT", "")
    with pytest.raises(CannotPackage, match="does not tell what it is"):
        about(_wheel(tmp_path / "b-1-py3-none-any.whl", **{"b.py": ""}))
