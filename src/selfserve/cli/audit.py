"""`selfserve audit`: prove that the trail is whole, and hand it out."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import sqlalchemy as sa
import typer

from selfserve.audit import seal
from selfserve.cli.stop import FAILED, Stop
from selfserve.cli.surroundings import say, surroundings, warn
from selfserve.store.tables import AuditEvent

commands = typer.Typer(help="The trail of everything that happened.", no_args_is_help=True)

_DAYS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


@commands.command("verify")
def verify(ctx: typer.Context) -> None:
    """Recompute every chain and every seal."""
    with surroundings(ctx).database() as database, database.snapshot() as session:
        verdict = seal.verify(session)
    for one in verdict.breaks:
        warn(one)
    if verdict.breaks:
        count = len(verdict.breaks)
        raise Stop(f"The trail is broken in {count} place{'s' * (count > 1)}.", FAILED)
    say(f"The trail is whole: {verdict.events} events under {verdict.seals} seals.")


@commands.command("export")
def export(
    ctx: typer.Context,
    since: Annotated[datetime | None, typer.Option("--from", formats=_DAYS, help="Events from then on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=_DAYS, help="Events before then (UTC).")] = None,
) -> None:
    """Write events as JSON lines, oldest first, each with its hashes."""
    wanted = sa.select(AuditEvent).order_by(AuditEvent.at, AuditEvent.id).execution_options(yield_per=1000)
    if since is not None:
        wanted = wanted.where(AuditEvent.at >= since.replace(tzinfo=UTC))
    if until is not None:
        wanted = wanted.where(AuditEvent.at < until.replace(tzinfo=UTC))
    with surroundings(ctx).database() as database, database.snapshot() as session:
        for event in session.scalars(wanted):
            sys.stdout.write(json.dumps(_as_json(event), ensure_ascii=False) + "\n")


def _as_json(event: AuditEvent) -> dict[str, object]:
    names = ("id", "stream", "number", "actor", "kind", "data", "tell", "previous", "hash", "seal_id")
    return {"at": event.at.isoformat(), **{name: getattr(event, name) for name in names}}
