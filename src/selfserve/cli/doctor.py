"""`selfserve doctor`: looks at everything an installation needs, the network included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from selfserve.cli.checks.catalog import check_catalog
from selfserve.cli.checks.finding import Finding, failure, worst
from selfserve.cli.checks.mail import check_mail
from selfserve.cli.checks.people import check_people
from selfserve.cli.checks.provider import check_provider
from selfserve.cli.checks.seats import check_seats
from selfserve.cli.checks.secrets import check_secrets
from selfserve.cli.checks.settings import check_settings
from selfserve.cli.checks.store import check_disk, check_rights, check_store
from selfserve.cli.checks.targets import check_targets
from selfserve.cli.report import show
from selfserve.cli.stop import FAILED
from selfserve.cli.surroundings import Surroundings, surroundings
from selfserve.connectors.contract import Level
from selfserve.settings.problems import SettingsInvalid


def doctor(ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """Check settings, secrets, store, catalog, connectors, sign-in, mail, clock and disk."""
    findings = list(examine(surroundings(ctx)))
    show(findings, as_json=as_json)
    if worst(findings) is Level.ERROR:
        raise typer.Exit(FAILED)


def examine(around: Surroundings) -> Iterator[Finding]:
    """Every finding, in the order in which things build on each other; without settings there is nothing to look at."""
    try:
        _ = around.settings
    except SettingsInvalid as error:
        yield from (failure("settings", problem) for problem in error.problems)
        return
    right = list(check_settings(around))
    yield from right
    told = {one.text for one in right}
    yield from (one for one in _rest(around) if one.text not in told)


def _rest(around: Surroundings) -> Iterator[Finding]:
    """All that builds on the settings."""
    yield from check_secrets(around)
    yield from check_disk(around)
    yield from check_store(around)
    yield from check_rights(around)
    yield from check_catalog(around)
    yield from check_targets(around)
    yield from check_seats(around)
    yield from check_people(around)
    yield from check_provider(around.settings.oidc, around.now())
    yield from check_mail(around)
