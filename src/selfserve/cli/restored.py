"""What putting a backup back ends, and how it is told: to whoever does it, and to the owners of tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from selfserve.api.ended import tell_owners
from selfserve.cli.counted import ended_words
from selfserve.cli.surroundings import say
from selfserve.people import restored
from selfserve.people.restored import Ended
from selfserve.store.database import Database

KeepTokens = Annotated[
    bool,
    typer.Option(
        "--keep-tokens", help="Personal tokens stay in force, those revoked since the backup too: revoke these again."
    ),
]


def end_all(database: Database, now: datetime, *, keep_tokens: bool) -> Ended:
    """Sign everybody out, and end the tokens unless they are kept; their owners are told."""
    with database.write() as session:
        ended = restored.end_all(session, now, actor="cli", keep_tokens=keep_tokens)
        if not keep_tokens:
            tell_owners(session, ended.tokens, now)
    return ended


def tell(ended: Ended, *, keep_tokens: bool) -> None:
    """On the terminal: what ended, which tokens, and what nobody but a human can know."""
    out = ended_words(ended.signed_out)
    say(f"Everybody is signed out. Ended: {out}." if out else "Nobody was signed in.")
    if ended.tokens:
        say("Personal tokens that stay in force:" if keep_tokens else "Personal tokens that were ended:")
    for one in ended.tokens:
        say(f"  {one.login}: {one.label} ({one.id})")
    again = ["unlink again whoever was unlinked since the backup (`selfserve people unlink`)"]
    again += ["revoke again what was revoked since (`selfserve tokens revoke`)"] if keep_tokens and ended.tokens else []
    say(f"The store cannot know it: {', and '.join(again)}.")
