"""All commands as one program, and how its errors are told."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from selfserve.cli.later import Later, offer
from selfserve.cli.stop import WRONG, Stop
from selfserve.cli.surroundings import Surroundings, say, warn
from selfserve.settings.file import FILE

program = typer.Typer(
    name="selfserve",
    cls=Later,
    help="Customers of a TechOps team help themselves.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _place, _sentence in (
    ("init", "init:init", "Write a commented configuration, fresh keys and a starter catalog; overwrites nothing."),
    ("doctor", "doctor:doctor", "Check settings, secrets, store, catalog, connectors, sign-in, mail, clock and disk."),
    ("serve", "running:serve", "Serve pages and REST, and do the work."),
    ("worker", "running:worker", "Do the work, without pages."),
    ("demo", "running:demo",
     "Run everything on this machine with a sample company: provider, directory, licences, software repository."),
    ("desktop", "desktop:desktop",
     "Open the app: a window on the company's server, or with `--local` on one of its own."),
    ("package", "package:package", "Build the app with a company's brand, and the server: all that this platform can."),
    ("package-repo", "package:repository",
     "Make a signed apt repository of packages: a tree of files for any web server."),
    ("catalog", "catalog:commands", "The catalog: items, teams, policy, runbooks."),
    ("people", "people:commands", "People from the directory."),
    ("secrets", "secrets:commands", "Secrets: where they lie, and whether they can be read."),
    ("tokens", "tokens:commands", "Personal tokens for the REST API."),
    ("seats", "seats:commands", "Seats and licence keys that are held and nobody's any more."),
    ("connectors", "connectors:commands", "Adapters to target systems."),
    ("db", "db:commands", "The store: versions and backups."),
    ("audit", "audit:commands", "The trail of everything that happened."),
):  # fmt: skip
    offer(program, _name, _place, _sentence)


def _tell_version(wanted: bool) -> None:
    if wanted:
        say(f"selfserve {version('selfserve')}")
        raise typer.Exit


@program.callback()
def options(
    ctx: typer.Context,
    config: Annotated[
        Path, typer.Option("--config", "-c", envvar="SELFSERVE_CONFIG", help="The configuration file.")
    ] = Path(FILE),
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Customers of a TechOps team help themselves."""
    ctx.obj = Surroundings(config)


def run(arguments: Sequence[str]) -> int:
    """Run one command; every error is a sentence on standard error. Returns the exit code."""
    try:
        return int(program(args=list(arguments), prog_name="selfserve", standalone_mode=False) or 0)
    except Stop as stop:
        warn(str(stop))
        return stop.code
    except typer.TyperException as mistake:
        return _misused(mistake)
    except (typer.Abort, KeyboardInterrupt):
        warn("Stopped.")
        return 130
    except Exception as trouble:
        return _failed(trouble)


def _failed(trouble: Exception) -> int:
    from selfserve.cli.troubles import told

    known = told(trouble)
    if known is None:
        raise trouble
    sentence, code = known
    warn(sentence)
    return code


def _misused(mistake: typer.TyperException) -> int:
    """Wrong use; no arguments at all ask for help, which is not wrong."""
    message = mistake.format_message().strip()
    if type(mistake).__name__ == "NoArgsIsHelpError":
        say(message)
        return WRONG
    warn(f"{message.rstrip('.')}. `selfserve --help` shows what there is.")
    return mistake.exit_code
