"""`selfserve catalog`: check the catalog, help an editor, see what an item would do."""

from __future__ import annotations

from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from selfserve.catalog import schema
from selfserve.catalog.checks.deciders import perhaps_deciders
from selfserve.catalog.forbidden import forbidden
from selfserve.catalog.loading import Catalog, CatalogBroken, load
from selfserve.catalog.problems import Problem
from selfserve.catalog.untold import untold
from selfserve.cli.checks.settings import section_problems
from selfserve.cli.plan import plan
from selfserve.cli.stop import FAILED, Stop
from selfserve.cli.surroundings import Surroundings, say, say_json, surroundings, warn
from selfserve.connectors.declared import DeclaredActions
from selfserve.connectors.kinds import kinds_of
from selfserve.people.groups import PresentPeople
from selfserve.settings.secrets import SecretUnavailable

commands = typer.Typer(help="The catalog: items, teams, policy, runbooks.", no_args_is_help=True)


class Kind(StrEnum):
    """Which file of the catalog."""

    ITEM = "item"
    TEAMS = "teams"
    POLICY = "policy"


def declared(around: Surroundings) -> DeclaredActions:
    """What the configured connectors can do; without a configuration, what all installed kinds can do."""
    if not around.config.exists():
        return DeclaredActions.installed()
    sections = around.settings.connector_sections
    return DeclaredActions.of(kinds_of(sections), sections=sections, place=around.settings.place)


def checked(around: Surroundings, folder: Path | None = None) -> tuple[Catalog | CatalogBroken, str]:
    """The catalog in `folder` (or the configured one) held against the configured connectors, and against people where
    some were read from the directory; beside it a clause that says why it was not, empty where it was."""
    with ExitStack() as ends:
        found = _people(around, ends)
        people, why = (None, found) if isinstance(found, str) else (found, "")
        return load(folder or around.settings.catalog.folder, declared(around), people), why


def _people(around: Surroundings, ends: ExitStack) -> PresentPeople | str:
    """Who is there, or why that cannot be told here."""
    if not around.config.exists():
        return "there is no configuration"
    if not around.store_exists:
        return "there is no store yet"
    try:
        people = PresentPeople(ends.enter_context(around.database()))
        return people if people.any() else "nobody was read from the directory yet"
    except (Stop, SecretUnavailable) as trouble:
        return str(trouble).rstrip(".")


def _wrong_sections(around: Surroundings) -> list[str]:
    """What is wrong in the connectors' sections, a sentence for each key: against such a section no item can be
    held."""
    if not around.config.exists():
        return []
    return [problem for name in sorted(around.settings.connectors) for problem in section_problems(around, name)]


@commands.command("check")
def check(
    ctx: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="The catalog's folder; the configured one if left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Find everything that is wrong in the catalog, never possible with this configuration, or untold in a language,
    with file, line and column."""
    around = surroundings(ctx)
    found, unseen = checked(around, folder)
    doubts: list[Problem] = []
    if isinstance(found, CatalogBroken):
        problems = found.problems
    else:
        problems = tuple(sorted((*untold(found.draft), *forbidden(found.draft))))
        doubts = sorted(perhaps_deciders(found.draft))
    if as_json:
        say_json([{"file": p.file, "line": p.line, "column": p.column, "sentence": p.sentence} for p in problems])
    for problem in () if as_json else problems:
        warn(str(problem))
    for doubt in doubts:
        warn(f"{doubt} (a warning)")
    for wrong in _wrong_sections(around):
        warn(f"What this connector allows was not looked at: {wrong}")
    if unseen:
        warn(f"Whether people can act for teams and approvals was not looked at: {unseen}.")
    if problems:
        raise Stop(f"The catalog has {len(problems)} problem{'s' * (len(problems) > 1)}.", FAILED)
    if not as_json and isinstance(found, Catalog):
        say(f"The catalog is right: {len(found.items)} items, {len(found.teams)} teams.")


commands.command("plan")(plan)


@commands.command("schema")
def show_schema(kind: Annotated[Kind, typer.Argument(help="Which file.")] = Kind.ITEM) -> None:
    """Print the JSON Schema of a catalog file, for editors."""
    say_json(
        {Kind.ITEM: schema.item_schema, Kind.TEAMS: schema.teams_schema, Kind.POLICY: schema.policy_schema}[kind]()
    )
