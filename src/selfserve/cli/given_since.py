"""`selfserve db given-since`: after a restore, what the former store gave that the restored one does not know; seats
among it are held for who has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from selfserve.cli.backups import copy, version_of
from selfserve.cli.stop import WRONG, Stop
from selfserve.cli.surroundings import Surroundings, out, say, say_json, surroundings
from selfserve.connectors.kinds import kinds_of
from selfserve.connectors.registry import Registry
from selfserve.fulfilment.given_since import Given
from selfserve.fulfilment.given_since import given_since as between
from selfserve.fulfilment.seats_since import SeatSince, hold_given_since
from selfserve.store import migrations
from selfserve.store.database import Database

SEATS = "seats"
"""The kind of connector whose effects lie in our own store: what was given there since is gone with it."""
WHAT_TO_DO = (
    "Take each out of its system by hand first. Who still needs it asks for it afterwards: asked for before, it counts "
    "as there before us, and would stay for ever."
)
WHAT_OF_SEATS = (
    "Nobody else gets them. Who still needs theirs asks for it again and is shown the same; what nobody needs any "
    "more, `selfserve seats free` frees."
)


def given_since(
    ctx: typer.Context,
    former: Annotated[
        str,
        typer.Argument(help="The file that `restore` kept, or the URL of a PostgreSQL database with the former store."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """After a restore, list what was given since the backup and is not known to this store. Seats of pools among it are
    held for who has them, so that no licence key is given twice; nothing else is changed."""
    around = surroundings(ctx)
    with (
        around.database() as restored,
        _opened(around, former) as before,
        around.store_errors(),
        before.read() as then,
    ):
        with restored.read() as now:
            found = between(then, now)
        with restored.write() as now:
            seats = hold_given_since(then, now, around.now(), "cli")
    left = [one for one, leaves in zip(found, map(_leaves(around), found), strict=True) if leaves]
    if as_json:
        say_json({"given": [vars(one) for one in left], "seats": [vars(one) for one in seats]})
        return
    if left:
        _show(left)
        say(f"Given since the backup, and not known to this store: {len(left)}. {WHAT_TO_DO}")
    if seats:
        _say_seats(seats)
    if not left and not seats:
        say("Nothing was given since the backup that this store does not know.")


@contextmanager
def _opened(around: Surroundings, former: str) -> Iterator[Database]:
    """The former store, at the version of this build: of a file a copy, so that it stays as it is."""
    if former.startswith("postgresql"):
        yield from _of_server(around, former)
        return
    version_of(Path(former), former)
    folder = around.settings.store.folder  # where the service's account may write, and there is room for a store
    with TemporaryDirectory(prefix="former-", dir=folder if folder.is_dir() else None) as place:
        file = Path(place) / "store.db"
        copy(Path(former), file)
        database = Database(f"sqlite:///{file}")
        try:
            migrations.upgrade(database.engine)
            yield database
        finally:
            database.close()


def _of_server(around: Surroundings, url: str) -> Iterator[Database]:
    store = around.settings.store
    password = around.secrets.resolve(store.password) if store.password else None
    database = Database(store.model_copy(update={"url": url}).address(password))
    try:
        with around.store_errors():
            found = migrations.current(database.engine)
        if found != migrations.head():
            raise Stop(
                f"The former store is at version {found}, this build needs {migrations.head()}. "
                "Bring it there with `selfserve db upgrade` and settings whose store.url names it.",
                WRONG,
            )
        yield database
    finally:
        database.close()


def _leaves(around: Surroundings) -> Callable[[Given], bool]:
    """Whether an effect is still there: not what leaves nothing to take back, nor what lay in the former store only."""
    kinds, actions = kinds_of(around.settings.connector_sections), Registry.kinds()

    def leaves(one: Given) -> bool:
        kind = kinds.get(one.connector, one.connector)
        action = actions.get(kind, {}).get(one.action)
        return kind != SEATS and (action is None or action.lasting)

    return leaves


def _say_seats(seats: Sequence[SeatSince]) -> None:
    held, twice = [one for one in seats if not one.taken_by], [one for one in seats if one.taken_by]
    for one in held:
        say(f"{one.pool}: seat {one.number} was given to {one.holder}, and is held for them.")
    if held:
        say(f"Seats and licence keys given since the backup, and held: {len(held)}. {WHAT_OF_SEATS}")
    for one in twice:
        both = f"was given to {one.holder}, and now to {one.taken_by} too"
        say(f"{one.pool}: the licence key of seat {one.number} {both}.")
    if twice:
        say(f"Licence keys that two people have: {len(twice)}. Give one of the two another.")


def _show(given: list[Given]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("person", "item", "request", "in its system", "until (UTC)"):
        table.add_column(name, overflow="fold")
    for one in given:
        until = f"{one.until:%Y-%m-%d %H:%M}" if one.until else "no end"
        shown = (f"{one.name} ({one.login})", one.item, one.request, _effect(one), until)
        table.add_row(*map(Text, shown))
    out().print(table)


def _effect(one: Given) -> str:
    args = ", ".join(f"{name} {_word(value)}" for name, value in one.args.items())
    return f"{one.connector}.{one.action}: {args}" if args else f"{one.connector}.{one.action}"


def _word(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
