"""Every error of the command line is a sentence with the right exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.cli.conftest import Selfserve

from selfserve.cli.program import program


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["bogus"], "No such command 'bogus'. `selfserve --help` shows what there is."),
        (["serve", "--prot"], "No such option: --prot. `selfserve --help` shows what there is."),
        (["db", "backup"], "Missing argument 'file'. `selfserve --help` shows what there is."),
        (["-c", "none.toml", "doctor", "--jsn"], "No such option: --jsn"),
        (["secrets", "set", "hunter2"], "Allowed is a reference to a secret"),
        (["-c", "none.toml", "db", "upgrade"], "none.toml does not exist; `selfserve init` writes one."),
    ],
)
def test_wrong_use_is_one_sentence(
    selfserve: Selfserve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    """On standard error, with exit code 2, without a traceback and without repeating what may be a secret."""
    monkeypatch.chdir(tmp_path)
    ran = selfserve(*arguments)
    assert ran.code == 2
    assert ran.err.startswith(sentence)
    assert len(ran.err.splitlines()) == 1
    assert "hunter2" not in ran.err
    assert ran.out == ""


def test_every_command_has_help(selfserve: Selfserve) -> None:
    """And the front page names them all."""
    front = selfserve("--help")
    assert front.code == 0
    for name in ("init", "doctor", "serve", "worker", "demo", "catalog", "people", "secrets", "tokens", "connectors", "db", "audit"):  # fmt: skip  # noqa: E501
        assert name in front.out
        assert selfserve(name, "--help").code == 0


def test_the_front_page_says_of_a_command_what_it_says_of_itself() -> None:
    """The sentence stands there without the command being imported; nobody finds two different ones."""
    front: Any = typer.main.get_command(program)
    context = front.make_context("selfserve", ["init"])
    for name, listed in front.commands.items():
        _, command, _ = front.resolve_command(context, [name])
        assert (command.help, command.name) == (listed.help, name)


def test_help_is_there_at_once() -> None:
    """Neither the front page nor a mistake in a command's name imports a room with a heavy library below it."""
    seen = (
        "import sys; from selfserve.cli.program import run; run(['--help']); run(['bogus']);"
        "print({'sqlalchemy', 'pydantic_settings', 'nicegui', 'ldap3', 'dbos'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.splitlines()[-1] == "set()"


def test_wrong_settings_are_told_line_by_line(selfserve: Selfserve, folder: Path) -> None:
    """Every command says the same of them."""
    text = (folder / "selfserve.toml").read_text()
    (folder / "selfserve.toml").write_text(text.replace("# port = 8080", "prot = 8080"))
    for command in (["db", "upgrade"], ["catalog", "check"], ["serve"], ["people", "sync"]):
        ran = selfserve(*command)
        assert ran.code == 2
        assert "selfserve.toml: server.prot is not a setting; did you mean server.port?" in ran.err
