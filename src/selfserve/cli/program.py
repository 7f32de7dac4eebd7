"""All commands as one program, and how its errors are told."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from selfserve.cli import (
    audit,
    catalog,
    connectors,
    db,
    desktop,
    doctor,
    init,
    package,
    people,
    running,
    secrets,
    tokens,
)
from selfserve.cli.stop import FAILED, WRONG, Stop
from selfserve.cli.store_trouble import in_a_sentence
from selfserve.cli.surroundings import Surroundings, say, warn
from selfserve.connectors.problems import ConnectorProblem
from selfserve.settings.loading import FILE
from selfserve.settings.problems import SettingsInvalid
from selfserve.settings.secrets import SecretUnavailable

program = typer.Typer(
    name="selfserve",
    help="Customers of a TechOps team help themselves.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
program.command("init")(init.init)
program.command("doctor")(doctor.doctor)
program.command("serve")(running.serve)
program.command("worker")(running.worker)
program.command("demo")(running.demo)
program.command("desktop")(desktop.desktop)
program.command("package")(package.package)
program.command("package-repo")(package.repository)
for name, group in {
    "catalog": catalog.commands,
    "people": people.commands,
    "secrets": secrets.commands,
    "tokens": tokens.commands,
    "connectors": connectors.commands,
    "db": db.commands,
    "audit": audit.commands,
}.items():
    program.add_typer(group, name=name)


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
    except (SettingsInvalid, SecretUnavailable, ConnectorProblem) as problem:
        warn(str(problem))
        return WRONG
    except typer.TyperException as mistake:
        return _misused(mistake)
    except (typer.Abort, KeyboardInterrupt):
        warn("Stopped.")
        return 130
    except (SQLAlchemyError, sqlite3.Error) as trouble:
        warn(in_a_sentence(trouble))
        return FAILED
    except OSError as error:
        warn(f"{error.filename or 'selfserve'}: {(error.strerror or str(error)).lower()}.")
        return FAILED


def _misused(mistake: typer.TyperException) -> int:
    """Wrong use; no arguments at all ask for help, which is not wrong."""
    message = mistake.format_message().strip()
    if type(mistake).__name__ == "NoArgsIsHelpError":
        say(message)
        return WRONG
    warn(f"{message.rstrip('.')}. `selfserve --help` shows what there is.")
    return mistake.exit_code
