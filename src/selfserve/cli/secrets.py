"""`selfserve secrets`: keep a secret where a reference points, and try all references."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from selfserve.cli.stop import FAILED, WRONG, Stop
from selfserve.cli.surroundings import say, surroundings, warn
from selfserve.settings.loading import load
from selfserve.settings.references import NotAReference, SecretRef
from selfserve.settings.secrets import SecretSource, SecretUnavailable, all_references
from selfserve.settings.texts import MARK

commands = typer.Typer(help="Secrets: where they lie, and whether they can be read.", no_args_is_help=True)


@commands.command("set")
def keep(
    ctx: typer.Context,
    reference: Annotated[str, typer.Argument(help="file:PATH or keyring:NAME; relative to the configuration file.")],
) -> None:
    """Keep a secret. The value is asked for, or read from standard input; it is never an argument."""
    try:
        ref = SecretRef.parse(reference)
    except NotAReference as error:
        raise Stop(f"Allowed is {error}.", WRONG) from None
    around = surroundings(ctx)
    source = SecretSource(around.config.absolute().parent, around.environ)
    source.writable(ref)
    source.keep(ref, _value(ref))
    say(f"{ref} is set, and reads back.")


def _value(ref: SecretRef) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(f"Value of {ref}", hide_input=True, confirmation_prompt=True))
    return sys.stdin.read().removeprefix(MARK).rstrip("\r\n")


@commands.command("check")
def check(ctx: typer.Context) -> None:
    """Read every secret that the settings refer to, and say which cannot be read."""
    around = surroundings(ctx)
    settings = load(around.config, around.environ)
    missing = 0
    for key, ref in all_references(settings):
        try:
            around.secrets.resolve(ref)
            say(f"ok    {key} = {ref}")
        except SecretUnavailable as problem:
            missing += 1
            warn(f"fail  {key}: {problem}")
    if missing:
        raise Stop(f"{missing} secret{'s' * (missing > 1)} cannot be read.", FAILED)
