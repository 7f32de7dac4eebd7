"""What may start the app: a brand is chosen once and before a link, or never; a link brings no argument along."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from selfserve.desktop import __main__ as program
from selfserve.desktop import brand
from selfserve.packaging.templates import template
from tests.desktop.session import PYTHON, brand_of, vendored

LINK = "selfserve://items/vpn-access"
Started = Callable[..., tuple[str, str] | int]


@pytest.fixture
def ours(tmp_path: Path) -> str:
    """The company's brand."""
    return str(brand_of(_made(tmp_path / "ours"), "https://help.example.com"))


@pytest.fixture
def evil(tmp_path: Path) -> str:
    """Somebody else's, on a server of theirs."""
    return str(brand_of(_made(tmp_path / "evil"), "https://evil.example.org"))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The server and the link the app would run with, or the exit code."""
    ran: list[tuple[str, str]] = []

    def run(chosen: brand.Brand, link: str) -> int:
        ran.append((chosen.server, link))
        return 0

    monkeypatch.setattr(program, "run", run)

    def start(*arguments: str, fixed: str = "") -> tuple[str, str] | int:
        ran.clear()
        try:
            code = program.main(arguments, fixed)
        except SystemExit as stop:
            code = int(stop.code or 0)
        return ran[0] if ran else code

    return start


def test_the_whole_selfserve_takes_the_place_of_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends it in order, such as Ctrl-C, is not the end of a parent that then kills it."""
    began: list[list[str]] = []

    def begin(_: str, command: list[str]) -> int:
        began.append(command)
        return 0

    monkeypatch.setattr(os, "execv", begin)
    monkeypatch.setattr(subprocess, "call", lambda _: pytest.fail("it is a child"))
    assert program.main(["--local"]) == 0
    assert began[0][-2:] == ["desktop", "--local"]


def windows(command: str) -> list[str]:
    """A command line as Windows' own rule takes it apart (CommandLineToArgvW), for lines without \\\\\\"."""
    words, word, quoted, begun = [], "", False, False
    for sign in command:
        if sign == '"':
            quoted, begun = not quoted, True
        elif sign == " " and not quoted:
            words += [word] if begun else []
            word, begun = "", False
        else:
            word, begun = word + sign, True
    return [*words, word] if begun else words


def test_a_link_that_ends_its_quotation_brings_no_brand(started: Started, ours: str, evil: str) -> None:
    """Windows puts a link into the registered command as it is, quotation marks included."""
    link = f'selfserve://x" --brand "{evil}'
    for command in (f'app.exe -- "{link}"', f'app.exe "{link}"'):
        assert started(*windows(command)[1:], fixed=ours) == program.WRONG
        assert started("--brand", ours, *windows(command)[1:]) == program.WRONG
    assert started(*windows(f'app.exe -- "{LINK}"')[1:], fixed=ours) == ("https://help.example.com", LINK)


@pytest.mark.parametrize("more", [("--brand",), ("--bra",), ("--brand=",)])
def test_a_packaged_app_has_one_brand(
    started: Started, ours: str, evil: str, more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an argument nor a variable chooses another, nor starts a server."""
    monkeypatch.setenv(brand.VARIABLE, evil)
    asked = (f"{more[0]}{evil}",) if more[0].endswith("=") else (*more, evil)
    assert started(*asked, fixed=ours) == program.WRONG
    assert started(LINK, *asked, fixed=ours) == program.WRONG
    assert started("--local", fixed=ours) == program.WRONG
    assert started(fixed=ours) == ("https://help.example.com", "")


def test_a_brand_is_chosen_once_and_before_a_link(started: Started, ours: str, evil: str) -> None:
    """By whoever starts the app from its sources; what follows is refused and not taken last."""
    assert started("--brand", ours, LINK) == ("https://help.example.com", LINK)
    assert started("--brand", ours, "--", LINK) == ("https://help.example.com", LINK)
    for bad in (
        ("--brand", ours, "--brand", evil), ("--brand", "", "--brand", evil), ("--brand", ours, LINK, "--brand", evil),
        (LINK, "--brand", evil), ("--brand", ours, "--", LINK, "--brand", evil), ("--bran", evil),
    ):  # fmt: skip
        assert started(*bad) == program.WRONG, bad


@pytest.mark.parametrize("given", [(), ("--",), ("--", "")])
def test_a_start_without_a_link_is_one(started: Started, ours: str, given: tuple[str, ...]) -> None:
    """A desktop leaves nothing where the link would be; what looks like an option after `--` is a bad link."""
    assert started(*given, fixed=ours) == ("https://help.example.com", "")
    assert started("--", "--brand", fixed=ours) == ("https://help.example.com", "--brand")


def test_the_packages_starter_takes_no_brand(tmp_path: Path, evil: str) -> None:
    """As apt installs it, but for its place."""
    library = vendored(tmp_path / "library")
    text = template("app.launcher", {"PACKAGE": "x"}).replace("/usr/lib/x", str(library))
    (tmp_path / "starter").write_text(text.replace("/usr/share/x", str(tmp_path)))
    for arguments in (("--brand", evil), (LINK, "--brand", evil)):
        command = [PYTHON, "-I", str(tmp_path / "starter"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={}, timeout=60)
        assert (done.returncode, "unrecognized arguments" in done.stderr) == (program.WRONG, True), done.stderr
    frozen = template("app.start", {})
    assert "argv" not in frozen
    compile(frozen, "start.py", "exec")
