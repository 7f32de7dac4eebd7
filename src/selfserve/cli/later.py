"""Commands that are imported when they are called: the front page shows a name and a sentence of each, and is there at
once."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

PLACES: dict[str, str] = {}
"""Where each command lies below this package, as `file:name`, by what it is called on the command line."""


class Later(TyperGroup):
    """The front page. What it lists are stand-ins; the command itself takes its place as soon as it is named."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The name, the command, and the rest of the words."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, _found(str(name)), rest


def offer(program: typer.Typer, name: str, place: str, sentence: str) -> None:
    """List a command on the front page of `program`; it lies at `place`, a function or a group of commands."""
    PLACES[name] = place
    program.command(name, help=sentence)(_stand_in)


def _stand_in() -> None:
    """Never called."""


def _found(name: str) -> Any:
    file, _, inside = PLACES[name].partition(":")
    found = getattr(import_module(f"selfserve.cli.{file}"), inside)
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = name
        return group
    alone = typer.Typer()
    alone.command(name)(found)
    return get_group(alone).commands[name]
