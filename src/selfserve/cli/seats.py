"""`selfserve seats`: seats that are held with no grant behind them, and the way to free one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from selfserve.cli.house import resting
from selfserve.cli.stop import WRONG, Stop
from selfserve.cli.surroundings import say, say_json, surroundings
from selfserve.fulfilment.unclaimed import StillClaimed, Unclaimed, free, unclaimed
from selfserve.people import directory

commands = typer.Typer(help="Seats and licence keys that are held and nobody's any more.", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """Seats and licence keys that are held and nobody's any more."""


@commands.command("unclaimed")
def listed(ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """Show the seats that are held with no grant and no open request behind them."""
    with surroundings(ctx).database() as database, database.read() as session:
        found = unclaimed(session)
        shown = _shown(session, found)
        rows = [_row(one, shown[one.holder]) for one in found]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        since = f" since {row['since']}" if row["since"] else ""
        say(f"{row['pool']}: seat {row['seat']} is held by {row['shown']}{since}.")
    if not rows:
        say("Every seat that is held has a grant or a request behind it.")


def _row(seat: Unclaimed, shown: str) -> dict[str, object]:
    since = seat.since.isoformat(timespec="minutes") if seat.since else None
    return {"pool": seat.pool, "seat": seat.number, "holder": seat.holder, "shown": shown, "since": since}


def _shown(session: Session, found: Sequence[Unclaimed]) -> dict[str, str]:
    """What each holder is shown as: their login, with the id where that is another one's as well."""
    names = {one.holder: _name(session, one.holder) for one in found}
    times = Counter(name.casefold() for name in names.values())
    return {
        holder: name if times[name.casefold()] == 1 or name == holder else f"{name} ({holder})"
        for holder, name in names.items()
    }


def _name(session: Session, holder: str) -> str:
    try:
        found = directory.last_named(session, holder)
    except directory.Several:
        return holder
    return found.login if found is not None else holder


@commands.command("free")
def freed(
    ctx: typer.Context,
    pool: Annotated[str, typer.Argument(help="The pool, as `seats unclaimed` shows it.")],
    who: Annotated[str, typer.Argument(metavar="HOLDER", help="Who holds it, as `seats unclaimed` shows them.")],
) -> None:
    """Free a seat that `seats unclaimed` shows: the next in line gets it. It is never one that a grant rests on."""
    with resting(surroundings(ctx)) as app:
        with app.house.database.read() as session:
            found = unclaimed(session)
            shown, word = _shown(session, found), who.strip()
            called = {one.holder: (one.holder, shown[one.holder], _name(session, one.holder)) for one in found}
            meant = {one.holder for one in found if one.pool == pool and word in called[one.holder]}
        if len(meant) > 1:
            those = ", ".join(sorted(meant))
            raise Stop(
                f"{word!r} is the name of {len(meant)} who hold seats of {pool!r}. Name one by the id: {those}.", WRONG
            )
        if not meant:
            raise Stop(f"`selfserve seats unclaimed` shows no one seat of {pool!r} that {who!r} holds.", WRONG)
        try:
            free(app.house, pool, meant.pop(), "cli")
        except StillClaimed as claimed:
            raise Stop(f"Nothing was freed. {claimed}", WRONG) from None
    say(f"The seat of {who} in {pool} is freed.")
