"""`selfserve connectors`: try the target systems, begin a connector of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from selfserve.cli.checks.finding import Finding, worst
from selfserve.cli.checks.targets import check_target
from selfserve.cli.report import show
from selfserve.cli.stop import FAILED, WRONG, Stop
from selfserve.cli.surroundings import say, surroundings
from selfserve.connectors.contract import Level
from selfserve.connectors.skeleton import BadSkeleton, write_skeleton

commands = typer.Typer(help="Adapters to target systems.", no_args_is_help=True)


@commands.command("check")
def check(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One connector's name; all if left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Try configuration, log-in and rights of the configured connectors; changes nothing in them."""
    around = surroundings(ctx)
    names = sorted(around.settings.connectors)
    if name is not None and name not in names:
        raise Stop(f"There is no section [connectors.{name}]; there is {', '.join(names) or 'none'}.", WRONG)
    findings: list[Finding] = []
    for one in names if name is None else [name]:
        findings += check_target(around, one)
    show(findings, as_json=as_json)
    if worst(findings) is Level.ERROR:
        raise typer.Exit(FAILED)


@commands.command("new")
def new(
    name: Annotated[str, typer.Argument(help="The kind of connector to make: small letters, digits, _.")],
    folder: Annotated[Path | None, typer.Option(help="Where to write; ./selfserve-NAME if left out.")] = None,
) -> None:
    """Write the skeleton of a connector as a package of its own, with its conformance test."""
    place = folder or Path(f"selfserve-{name}")
    try:
        files = write_skeleton(name, place)
    except BadSkeleton as refusal:
        raise Stop(str(refusal), WRONG) from None
    for file in files:
        say(str(file))
    say(f"Next: read {place / 'README.md'}.")
