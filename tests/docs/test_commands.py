"""Every command in the documentation is one that the program takes as it is written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.docs.pages import ROOT, pages, shell_lines
from typer._click.exceptions import MissingParameter, NoArgsIsHelpError

from selfserve.cli.program import program

MAKE = {line.split(":")[0] for line in (ROOT / "Makefile").read_text().splitlines() if re.match(r"[a-z]+:.*##", line)}
STAND_INS = {"REFERENCE": "file:secrets/x", "PATH": "selfserve.toml", "FOLDER": "folder", "…": "x"}
"""What a reader puts in for a word in capital letters; an ellipsis stands for any words."""


def _commands(line: str) -> list[list[str]]:
    """The words of each call of the program in a shell line, whatever is around it; `<FILE` is for the shell."""
    inner = re.findall(r"\$\((selfserve [^)]*)\)", line) or re.split(r"&&|;|\|", line)
    found = [shlex.split(one, comments=True) for one in inner if re.match(r"\s*selfserve\b", one)]
    return [[word for word in words[1:] if not re.match(r"<\w|</", word)] for words in found]


def _in_prose(text: str) -> list[str]:
    """Commands in running text: `selfserve catalog check`; a lone name of a group is no command."""
    prose = re.sub(r"(?ms)^```.*?^```", "", text)
    return [" ".join(one.split()) for one in re.findall(r"`(selfserve [^`]+)`", prose)]


def parsed(words: list[str]) -> None:
    """Walk the words through the program's own parser, group by group, without running anything."""
    command: Any = typer.main.get_command(program)
    arguments, context = [STAND_INS.get(word, word) for word in words], None
    while True:
        context = command.make_context(command.name or "selfserve", list(arguments), parent=context)
        if not hasattr(command, "resolve_command"):
            return
        rest = [*context._protected_args, *context.args]
        if not rest:
            raise NoArgsIsHelpError(context)
        _, command, arguments = command.resolve_command(context, rest)


def _all(lines: Callable[[str], list[str]]) -> list[Any]:
    return [
        pytest.param(words, id=f"{page.name}: selfserve {' '.join(words)}"[:90])
        for page in pages()
        for line in lines(page.read_text(encoding="utf-8"))
        for words in _commands(line)
    ]


TO_TYPE, NAMED = _all(shell_lines), _all(_in_prose)


@pytest.mark.parametrize("words", TO_TYPE)
def test_every_command_to_type_is_taken_as_written(words: list[str]) -> None:
    """Names, options and the number of words; nothing is run."""
    parsed(words)


@pytest.mark.parametrize("words", NAMED)
def test_every_command_that_is_named_exists(words: list[str]) -> None:
    """In running text the rest of a command may be left out, but what is there is right."""
    with suppress(MissingParameter, NoArgsIsHelpError):
        parsed(words)


def test_commands_are_found_where_there_are_some() -> None:
    """A search that finds none would pass everything."""
    assert len(TO_TYPE) > 10
    assert len(NAMED) > 15


@pytest.mark.parametrize(
    "line", ["selfserve serv", "selfserve demo --hurry", "selfserve tokens create", "selfserve x y"]
)
def test_a_command_that_does_not_exist_is_seen(line: str) -> None:
    """The check can fail."""
    with pytest.raises(typer.TyperException):
        parsed(shlex.split(line)[1:])


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_exists(page: Path) -> None:
    """`make test` is a command as well."""
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?m)^make ([a-z]+)", text) + re.findall(r"`make ([a-z]+)", text)
    assert set(named) <= MAKE
