"""`selfserve tokens`: personal tokens for the REST API."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from selfserve.cli.stop import WRONG, Stop
from selfserve.cli.surroundings import out, say, say_json, surroundings, warn
from selfserve.people import directory, tokens
from selfserve.settings.durations import parse_duration
from selfserve.store.tables import Person

commands = typer.Typer(help="Personal tokens for the REST API.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(metavar="PERSON", help="Login, mail address or id.")]


def find(session: Session, who: str) -> Person:
    """The one person meant; raises Stop for nobody and for several."""
    found = directory.named(session, who)
    if found is None:
        raise Stop(f"There is no one person called {who!r}; run `selfserve people sync` if they are new.", WRONG)
    return found


@commands.command("create")
def create(
    ctx: typer.Context,
    who: Who,
    label: Annotated[str, typer.Option(help="What it is for; once per person.")],
    scope: Annotated[list[str], typer.Option(help=f"What it may do, repeatable: {', '.join(tokens.SCOPES)}.")],
    lasts: Annotated[str, typer.Option(help="How long, at most 366d.")] = "90d",
) -> None:
    """Make a token. It is printed once and stored only as a hash."""
    around = surroundings(ctx)
    try:
        length = parse_duration(lasts)
    except ValueError as error:
        raise Stop(f"--lasts is {lasts!r}; allowed is {error}.", WRONG) from None
    with around.database() as database, database.write() as session:
        try:
            row, clear = tokens.create(session, find(session, who), label, scope, length, around.now())
        except tokens.TokenRefusedError as refusal:
            raise Stop(f"No token was made: {refusal}.", WRONG) from None
        warn(f"Token {row.id} lasts until {row.ends_at:%Y-%m-%d}. It is shown only now:")
        say(clear)


@commands.command("list")
def listed(
    ctx: typer.Context, who: Who, as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False
) -> None:
    """Show a person's tokens, without the tokens themselves."""
    around = surroundings(ctx)
    with around.database() as database, database.read() as session:
        rows = [
            {
                "id": row.id,
                "label": row.label,
                "scopes": row.scopes,
                "ends_at": row.ends_at.isoformat(timespec="minutes"),
                "seen_at": row.seen_at.isoformat(timespec="minutes") if row.seen_at else None,
                "state": "revoked" if row.revoked_at else "ended" if row.ends_at <= around.now() else "live",
            }
            for row in tokens.listed(session, find(session, who).id)
        ]
    if as_json:
        say_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("id", no_wrap=True, min_width=max((len(str(row["id"])) for row in rows), default=0))  # for pasting
    for name in ("label", "scopes", "ends", "last used", "state"):
        table.add_column(name, overflow="fold")
    for one in rows:
        scopes = ", ".join(one["scopes"] or [])
        shown = (one["id"], one["label"], scopes, one["ends_at"], one["seen_at"] or "never", one["state"])
        table.add_row(*(Text(str(word)) for word in shown))
    out().print(table)


@commands.command("revoke")
def revoke(ctx: typer.Context, token_id: Annotated[str, typer.Argument(help="As `tokens list` shows it.")]) -> None:
    """End a token now."""
    around = surroundings(ctx)
    with around.database() as database, database.write() as session:
        ended = tokens.revoke(session, token_id, around.now(), "cli")
    if not ended:
        raise Stop(f"There is no live token {token_id!r}.", WRONG)
    say(f"Token {token_id} is revoked.")
