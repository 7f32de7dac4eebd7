"""Who is at the other end of a connection within this machine, by the kernel's lists."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from selfserve.desktop import peers
from tests.desktop.session import PYTHON

NOBODY = 65534
"""An account of every machine that is not ours."""
ACCOUNTS = [os.getuid(), *([NOBODY] if os.getuid() == 0 else [])]
"""Whose programs can be started here: root's can be anybody's."""
CALLER = "import socket,sys;here=socket.create_connection(('127.0.0.1',int(sys.argv[1])));sys.stdin.read()"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_account_of_a_caller_is_told(listener: socket.socket, account: int) -> None:
    """Of a program that is there; one that has gone is a stranger, not root."""
    here = listener.getsockname()[1]
    command = [PYTHON, "-I", "-c", CALLER, str(here)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, user=account, cwd="/") as caller:
        accepted, (_, there) = listener.accept()
        with accepted:
            assert peers.owner(there, here, platform="linux") == account
            assert peers.owner(there, here + 1, platform="linux") == peers.STRANGER
            caller.communicate()
            assert peers.owner(there, here, platform="linux") == peers.STRANGER


def test_a_caller_by_both_families_is_found(listener: socket.socket) -> None:
    """A program may reach 127.0.0.1 by a socket of IPv6."""
    here = listener.getsockname()[1]
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as caller:
        caller.connect(("::ffff:127.0.0.1", here))
        assert peers.owner(caller.getsockname()[1], here, platform="linux") == os.getuid()


@pytest.mark.parametrize("content", ["", "sl\n", "sl\n1: 0100007F:0001\n", "sl\n" + "x " * 12 + "\n"])
def test_a_list_that_cannot_be_read_names_nobody(tmp_path: Path, content: str) -> None:
    """Empty or bent: a stranger, never us; where there is no list, nothing is told."""
    assert peers.owner(1, 2, (tmp_path / "tcp", tmp_path / "none"), "linux") is None
    (tmp_path / "tcp").write_text(content)
    assert peers.owner(1, 2, (tmp_path / "tcp", tmp_path / "none"), "linux") == peers.STRANGER


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_do_not_tell(platform: str) -> None:
    """They say nothing of other people's programs."""
    assert peers.owner(1, 2, platform=platform) is None
