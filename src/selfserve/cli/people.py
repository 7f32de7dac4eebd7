"""`selfserve people`: read people from the directory now, and sign somebody out."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from selfserve.cli.counted import ended_words, number
from selfserve.cli.stop import FAILED, WRONG, Stop
from selfserve.cli.surroundings import Surroundings, say, say_json, surroundings, warn
from selfserve.cli.tokens import find
from selfserve.connectors.contract import Ports
from selfserve.connectors.ldap.connector import LdapConnector
from selfserve.connectors.ldap.errors import DirectoryError
from selfserve.connectors.registry import Registry
from selfserve.people import directory, doubts, identities, signing_out
from selfserve.people.figures import SyncFigures
from selfserve.people.mapping import PeopleMapping
from selfserve.people.sync import sync
from selfserve.store.tables import Person

commands = typer.Typer(help="People from the directory.", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """People from the directory."""


@commands.command("sync")
def sync_now(
    ctx: typer.Context,
    full: Annotated[bool, typer.Option("--full", help="Read everything, not only what changed.")] = False,
    accept_shrink: Annotated[
        bool, typer.Option("--accept-shrink", help="Accept that most people are gone from the directory.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Bring people, managers and groups to what the directory shows."""
    figures = _sync(surroundings(ctx), full=full, accept_shrink=accept_shrink)
    if as_json:
        say_json(figures.as_json())
    else:
        _tell(figures)
    for alarm in figures.alarms:
        warn(alarm)
    if figures.refused:
        raise Stop("Nothing was changed.", FAILED)


def _tell(figures: SyncFigures) -> None:
    say(
        f"Read {figures.read} people: {figures.added} new, {figures.changed} changed, {figures.gone} gone, "
        f"{figures.disabled} disabled; {figures.groups} groups, {figures.joined} joined, {figures.left} left."
    )
    if figures.sessions_ended or figures.tokens_revoked:
        say(f"Who left or was disabled had something open: {_open(figures)}.")
    for sentence in doubts.sentences(figures.as_json()):
        say(sentence)


def _open(figures: SyncFigures) -> str:
    sessions, tokens = figures.sessions_ended, figures.tokens_revoked
    return f"{sessions} session{'s' * (sessions != 1)} and {tokens} token{'s' * (tokens != 1)} were ended"


@commands.command("unlink")
def unlink(
    ctx: typer.Context, who: Annotated[str, typer.Argument(metavar="PERSON", help="Login, mail address or id.")]
) -> None:
    """Forget who a person is at the identity provider, and sign them out; their next sign-in links them anew.

    Where the one in the directory is known by no account, one who left under that name is forgotten.
    """
    around = surroundings(ctx)
    with around.database() as database, database.write() as session:
        person, left = _meant(session, who)
        kept = left if person is not None and identities.linked(session, person.id) else []
        if len(left) > 1 and not kept:
            raise Stop(
                f"Several left under the name {who!r}: {'; '.join(map(_gone, left))}. Name one by the id.", WRONG
            )
        of = [one for one in (person, *left) if one is not None and one not in kept]
        said = [_unlinked(one, identities.unlink(session, one.id, around.now(), "cli")) for one in of]
        said += [f"{_gone(one)}, is known by an account still; to forget that, name them by the id." for one in kept]
    for sentence in said:
        say(sentence)


def _meant(session: Session, who: str) -> tuple[Person | None, list[Person]]:
    """The one in the directory, and who left under that name and is still known by an account; for an id its bearer
    alone. Raises Stop for nobody and where several in the directory are meant."""
    person = directory.named(session, who)
    left = [] if person is not None and person.id == who else identities.left(session, who)
    if person is None and (not left or directory.means_several(session, who)):
        return find(session, who), []
    return person, left


def _unlinked(person: Person, done: identities.Unlinked) -> str:
    name = person.name if person.gone_at is None else f"{_gone(person)},"
    known = number(done.identities, "identity", "identities")
    told = f"{name} had {known}, forgotten now." if done.identities else f"{name} had none."
    return f"{told}\nEnded: {ended_words(done.ended)}." if done.ended else told


def _gone(person: Person) -> str:
    return f"{person.name} ({person.id}), gone from the directory since {person.gone_at:%Y-%m-%d}"


@commands.command("sign-out")
def sign_out(
    ctx: typer.Context, who: Annotated[str, typer.Argument(metavar="PERSON", help="Login or mail address.")]
) -> None:
    """Sign a person out everywhere: browsers, apps and their windows. They may sign in again."""
    around = surroundings(ctx)
    with around.database() as database, database.write() as session:
        person = find(session, who)
        ended = signing_out.sign_out(session, [person.id], around.now(), why="by_admin", actor="cli")
    told = f"{person.name} is signed out. Ended: {ended_words(ended)}."
    say(told if ended else f"{person.name} was signed in nowhere.")


def _sync(around: Surroundings, *, full: bool, accept_shrink: bool) -> SyncFigures:
    settings = around.settings
    name = settings.directory.connector
    sections = {key: one for key, one in settings.connector_sections.items() if key == name}
    if not sections:
        raise Stop(f"There is no section [connectors.{name}], which directory.connector names.", WRONG)
    registry = Registry.build(
        sections,
        Ports(now=around.now),
        resolve=around.secrets.resolve,
        folder=settings.folder,
        place=settings.place,
    )
    try:
        source = registry.get(name)
        if not isinstance(source, LdapConnector):
            raise Stop(f"connectors.{name} is of kind {source.kind}; people are read by one of kind ldap.", WRONG)
        with around.database() as database:
            return sync(
                database,
                source.client,
                PeopleMapping(settings.directory),
                around.now(),
                full=full or None,
                accept_shrink=accept_shrink,
            )
    except DirectoryError as error:
        raise Stop(f"The directory cannot be read: {error}", FAILED) from None
    finally:
        registry.close()
