"""One window a customer: links reach the running app, and nobody else's account does."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import queue
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from errno import EMFILE, ENFILE
from pathlib import Path

import pytest

from selfserve.desktop import __main__ as program
from selfserve.desktop.__main__ import run_on
from selfserve.desktop.brand import Brand
from selfserve.desktop.instance import Elsewhere, Instance, Silent, folder_of, single
from selfserve.desktop.links import REFUSED, path_of
from selfserve.desktop.lock import Lock
from selfserve.desktop.meeting import LONGEST, peer_of
from tests.desktop.session import until

WAYS = pytest.mark.parametrize("platform", ["linux", "win32"])
"""The socket of Unix, and the port with a secret that stands in where there is none."""


@WAYS
def test_a_second_start_hands_its_link_over(tmp_path: Path, platform: str) -> None:
    """And ends; the first hears it, an empty one too."""
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    first = single(tmp_path / "app", "", heard.put, platform)
    for link in ("selfserve://items/vpn", ""):
        with pytest.raises(Elsewhere):
            single(tmp_path / "app", link, heard.put, platform)
        assert heard.get(timeout=5) == link
    first.close()
    single(tmp_path / "app", "", heard.put, platform).close()


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("selfserve://items/vpn", "selfserve://items/vpn"),
        ("", ""),
        ("selfserve://items/\udcff", REFUSED),
        ("selfserve://mine\nx", REFUSED),
        ("selfserve://mine\n", REFUSED),
        ("selfserve://mine\0", REFUSED),
        ("selfserve://items/" + "ä" * 600, REFUSED),
        ("https://evil.example", REFUSED),
    ],
)
def test_a_link_is_judged_before_it_is_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str, told: str
) -> None:
    """Whatever it consists of, the running app hears of it, and says that it opens nothing where it names no page."""
    monkeypatch.setattr(os, "environ", {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)})
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    first = single(tmp_path / "a.b.c", "", heard.put)
    try:
        assert run_on("a.b.c", nullcontext(Brand("A", "a.b.c", "https://a.example")), link, name="A") == 0
        assert heard.get(timeout=5) == told
    finally:
        first.close()
    assert path_of(REFUSED, Brand.scheme) is None


@WAYS
def test_what_a_dead_app_left_is_no_hindrance(tmp_path: Path, platform: str) -> None:
    """Killed without a word: the next start is the first again."""
    folder = tmp_path / "app"
    code = (
        "import os,sys\nfrom pathlib import Path\nfrom selfserve.desktop.instance import single\n"
        "single(Path(sys.argv[1]), '', print, sys.argv[2])\nos._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(folder), platform], check=True)
    assert any(folder.iterdir())
    single(folder, "", print, platform).close()


@WAYS
def test_whoever_opened_the_lock_just_before_it_was_given_up_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """The running app ends between a later start's opening and its locking: there is one all the same, which a third
    start finds."""
    folder, heard = tmp_path / "app", queue.SimpleQueue[str]()
    first, flock = [single(folder, "", print, platform)], fcntl.flock

    def ends_first(file: int, how: int) -> None:
        if first:
            first.pop().close()
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", ends_first)
    second = single(folder, "", heard.put, platform)
    with pytest.raises(Elsewhere):
        single(folder, "selfserve://mine", print, platform)
    assert heard.get(timeout=5) == "selfserve://mine"
    second.close()
    assert list(folder.iterdir()) == []


def test_where_no_lock_holds_it_says_so_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file system that gives a file another number at each look would have it begin again for ever."""
    looks: list[Path] = []

    def restless(_: Lock, file: int) -> bool:
        looks.append(tmp_path)
        return len(looks) > 5000

    monkeypatch.setattr(Lock, "_lies_there", restless)
    monkeypatch.setattr(os, "environ", {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)})
    assert run_on("a.b.c", nullcontext(Brand("A", "a.b.c", "https://a.example")), "", name="A") == 3
    told = f"The app cannot keep its place in {tmp_path / 'a.b.c'}: No locks available.\n"
    assert capsys.readouterr().err == told


@WAYS
def test_of_many_starts_at_once_one_is_the_app(tmp_path: Path, platform: str) -> None:
    """However they meet, in one moment or as another ends; the links of the others reach it, or the one that ends."""
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    ones: queue.SimpleQueue[Instance] = queue.SimpleQueue()
    for _ in range(20):
        ending, gate = single(tmp_path / "app", "", heard.put, platform), threading.Barrier(5)

        def start(link: str, gate: threading.Barrier = gate) -> None:
            gate.wait()
            with contextlib.suppress(Elsewhere):
                ones.put(single(tmp_path / "app", link, heard.put, platform))

        starts = [threading.Thread(target=start, args=(f"selfserve://{number}",)) for number in range(4)]
        for each in starts:
            each.start()
        gate.wait()
        ending.close()
        for each in starts:
            each.join()
        assert ones.qsize() == 1
        ones.get().close()
    assert heard.qsize() == 20 * 3
    assert list((tmp_path / "app").iterdir()) == []


@WAYS
def test_a_link_that_the_running_app_is_slow_to_take_is_opened_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], platform: str
) -> None:
    """As it was stopped for longer than a start waits: that start says so, and nothing of it is lost."""
    monkeypatch.setattr("selfserve.desktop.meeting.PATIENCE", 0.2)
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    goes_on = threading.Event()

    def came(link: str) -> None:
        goes_on.wait(30)
        heard.put(link)

    first = single(tmp_path / "a.b.c", "", came, platform)
    monkeypatch.setattr(os, "environ", {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)})
    monkeypatch.setattr(
        "selfserve.desktop.instance.single", lambda folder, link, came: single(folder, link, came, platform)
    )
    for link in ("selfserve://items/vpn", "selfserve://mine"):
        assert run_on("a.b.c", nullcontext(Brand("A", "a.b.c", "https://a.example")), link, name="A") == 3
    told = "A runs already, but does not answer. Wait a moment, or end it, and start it again.\n"
    assert capsys.readouterr().err == 2 * told
    goes_on.set()
    assert [heard.get(timeout=5) for _ in range(2)] == ["selfserve://items/vpn", "selfserve://mine"]
    first.close()


def test_once_its_window_is_gone_a_link_is_left_to_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server of `--local` takes a while to end: a start meanwhile waits for that, and opens its link itself."""
    monkeypatch.setattr(os, "environ", {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)})
    monkeypatch.setattr(program, "_no_window", lambda *_: "")
    swallowed: list[str] = []

    def opened(_: Brand, link: str, came: list[Callable[[str], None]], waiting: list[str], gone: object) -> int:
        came.append(swallowed.append)
        return 0

    monkeypatch.setattr(program, "_opened", opened)
    waits, ended = threading.Event(), threading.Event()
    became: queue.SimpleQueue[Instance | None] = queue.SimpleQueue()

    def pause(seconds: float) -> None:
        waits.set()
        ended.wait(seconds)

    monkeypatch.setattr(time, "sleep", pause)

    def start() -> None:
        try:
            became.put(single(tmp_path / "a.b.c", "selfserve://mine", print))
        except (Elsewhere, Silent):
            became.put(None)

    @contextlib.contextmanager
    def server() -> Iterator[Brand]:
        yield Brand("A", "a.b.c", "https://a.example")
        threading.Thread(target=start).start()
        assert waits.wait(10), "it was not heard by anybody"
        ended.set()

    assert run_on("a.b.c", server(), "", name="A") == 0
    one = became.get(timeout=10)
    assert swallowed == []
    assert one is not None
    one.close()


@WAYS
def test_a_link_reaches_the_app_after_a_moment_in_which_nothing_could_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """As with too many open files: it goes on listening, and ends only when it is closed."""
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    failures, accept = [EMFILE, EMFILE, ENFILE], socket.socket.accept

    def failing(listener: socket.socket) -> tuple[socket.socket, object]:
        if failures:
            raise OSError(failures.pop(), "Too many open files")
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", failing)
    first = single(tmp_path / "app", "", heard.put, platform)
    with pytest.raises(Elsewhere):
        single(tmp_path / "app", "selfserve://mine", heard.put, platform)
    assert (heard.get(timeout=5), failures) == ("selfserve://mine", [])
    first.close()
    until(lambda: "instance" not in [one.name for one in threading.enumerate()], "it listens still", 10)


@WAYS
def test_others_cannot_reach_the_folder(tmp_path: Path, platform: str) -> None:
    """Only its customer may look into it; what lies there is theirs alone."""
    folder = tmp_path / "app"
    first = single(folder, "", print, platform)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    secret = folder / "app.json"
    assert platform == "linux" or stat.S_IMODE(secret.stat().st_mode) == 0o600
    first.close()


def test_another_account_is_not_listened_to(tmp_path: Path) -> None:
    """The kernel says who is at the other end: somebody else's link is heard by nobody."""
    heard: list[str] = []
    folder = tmp_path / "app"
    first = single(folder, "", heard.append, "linux")
    for path in (tmp_path, *tmp_path.parents):  # so that the stranger gets as far as the socket at all
        if path.stat().st_uid == os.getuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o011)
    folder.chmod(0o711)
    (folder / "app.sock").chmod(0o777)
    code = (
        "import os,socket,sys\nos.setgid(65534); os.setuid(65534)\n"
        "s=socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1])\n"
        "s.sendall(b'selfserve://items/vpn\\n'); print(s.recv(10))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / "app.sock")], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.stdout.strip() in ("b''", ""), done
    assert "Permission denied" not in done.stderr
    assert heard == []
    first.close()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """Who prepared it could listen to us."""
    folder = tmp_path / "app"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    with pytest.raises(PermissionError):
        single(folder, "", print, "linux")


def _foreign(folder: Path) -> None:
    folder.mkdir()
    os.chown(folder, 65534, 65534)


@pytest.mark.parametrize(
    ("run", "prepare", "reason"),
    [
        ("run", _foreign, "it belongs to somebody else"),
        ("run", Path.touch, "File exists"),
        ("r" * 120, Path.mkdir, "AF_UNIX path too long"),
    ],
)
def test_where_it_cannot_meet_the_folder_that_failed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    run: str, prepare: Callable[[Path], None], reason: str,
) -> None:  # fmt: skip
    """As after `su`, whose environment is still the other account's; not the one where nothing is wrong."""
    runtime = tmp_path / run
    runtime.mkdir()
    prepare(runtime / "a.b.c")
    monkeypatch.setattr(os, "environ", {"XDG_RUNTIME_DIR": str(runtime), "HOME": str(tmp_path)})
    assert run_on("a.b.c", nullcontext(Brand("A", "a.b.c", "https://a.example")), "", name="A") == 3
    assert capsys.readouterr().err == f"The app cannot keep its place in {runtime / 'a.b.c'}: {reason}.\n"


def test_an_account_without_a_home_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in the environment nor among the accounts: as in a container under a number nobody has."""

    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(os, "environ", {"LANG": "de_DE.UTF-8"})
    monkeypatch.setattr(Path, "home", nowhere)
    assert run_on("a.b.c", nullcontext(Brand("A", "a.b.c", "https://a.example")), "", name="A") == 3
    told = "Dieses Konto hat keinen Ordner für eigene Dateien, die App kann sich also nichts merken; setz HOME.\n"
    assert capsys.readouterr().err == told


def test_the_port_wants_the_secret(tmp_path: Path) -> None:
    """Any account can reach a port of this machine; without the secret nothing is heard."""
    heard: list[str] = []
    first = single(tmp_path / "app", "", heard.append, "win32")
    told = json.loads((tmp_path / "app" / "app.json").read_text())
    for line in (b"selfserve://x\n", b"wrong selfserve://x\n", b" \n", b"\xff\n", b"x" * 5000, b""):
        with socket.create_connection(("127.0.0.1", told["port"]), 5) as caller:
            with contextlib.suppress(OSError):  # it may have hung up already
                caller.sendall(line)
                caller.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                assert caller.recv(10) == b""
    assert heard == []
    first.close()


def test_long_links_are_cut(tmp_path: Path) -> None:
    """Nothing endless is taken in."""
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    first = single(tmp_path / "app", "", heard.put, "linux")
    with pytest.raises(Elsewhere):
        single(tmp_path / "app", "x" * 9000, heard.put, "linux")
    assert len(heard.get(timeout=5)) == LONGEST
    first.close()


def test_the_kernel_names_the_other_end() -> None:
    """Ourselves, here."""
    one, other = socket.socketpair()
    with one, other:
        assert peer_of(one) == os.getuid()


def test_instances_meet_in_the_sessions_own_folder(tmp_path: Path) -> None:
    """XDG_RUNTIME_DIR where there is one: it is the customer's alone, and gone with the session."""
    assert folder_of("a.b.c", tmp_path, {"XDG_RUNTIME_DIR": "/run/user/7"}, "linux") == Path("/run/user/7/a.b.c")
    assert folder_of("a.b.c", tmp_path, {}, "linux") == tmp_path
    assert folder_of("a.b.c", tmp_path, {"XDG_RUNTIME_DIR": "relative"}, "linux") == tmp_path


def test_the_longest_name_that_a_brand_may_have_fits_into_a_socket(tmp_path: Path) -> None:
    """By a name of its own for each, in the session's folder and, on macOS, in that of the longest usual account."""
    home = Path("/Users/some.body-with-a-long-name/Library/Application Support")
    name = "com." + ".".join(["a" * 31] * 3)
    for longest in (name, f"{name[:-1]}b"):
        assert len(longest) == 99
        session = folder_of(longest, tmp_path, {"XDG_RUNTIME_DIR": "/run/user/1234567890"}, "linux")
        assert len(str(session / "app.sock")) < 100
        assert len(str(folder_of(longest, home / longest, {}, "darwin") / "app.sock")) < 104
    one, other = (folder_of(each, tmp_path / each, {}, "linux") for each in (name, f"{name[:-1]}b"))
    assert one != other
    assert one.parent == tmp_path
