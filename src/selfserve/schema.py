"""The store as this build needs it: there, with the tables of the house and of the engine.

A start only looks. What changes a store is asked for: `selfserve db upgrade`, or a house that keeps its own store (the
demo, the app on a server of its own). So an upgrade of the program waits for its admin's backup (docs/decisions/0010).
"""

from __future__ import annotations

from selfserve.fulfilment.engine import Engine, EngineBehindError
from selfserve.locks import StoreTaken, only_one, schema_alone
from selfserve.store import migrations
from selfserve.store.database import Database

ENGINE_BEHIND = "The store's tables of the engine are of an older build; run `selfserve db upgrade`."


class CannotStart(Exception):  # noqa: N818  (said to whoever started it, in a sentence)
    """Why the installation does not start, and what to do about it."""


class StoreUnfit(CannotStart):
    """The store is not there, or of another build: trying again is no use before somebody has done something."""


def check(database: Database, engine: Engine) -> None:
    """Raises StoreUnfit, with the command that helps, where the store is not as this build needs it; changes nothing.

    Waits for whoever brings it up at the moment, and then finds it done.
    """
    with schema_alone(database):
        if wrong := migrations.wrong(database.engine):
            raise StoreUnfit(wrong)
        try:
            engine.verify()
        except EngineBehindError:
            raise StoreUnfit(ENGINE_BEHIND) from None


def bring_up(database: Database, engine: Engine) -> None:
    """Bring the store to this build's version; one already there is left alone. Raises StoreUnfit.

    Of several that try at once one does it, and the others find it done.
    """
    with schema_alone(database):
        _bring_up(database, engine)


def bring_up_unused(database: Database, engine: Engine) -> None:
    """The same, where nobody works on a store that is a file; raises CannotStart where somebody does.

    Where it has nothing to change, who works on it is not in the way. PostgreSQL is for many, who are not asked.
    """
    with schema_alone(database):
        if not migrations.wrong(database.engine) and not engine.behind():
            return
        try:
            lock = only_one(database)
        except StoreTaken:
            raise CannotStart(f"Another process works on {database.url.database}; stop it first.") from None
        try:
            _bring_up(database, engine)
        finally:
            if lock is not None:
                lock.close()


def _bring_up(database: Database, engine: Engine) -> None:
    try:
        migrations.upgrade(database.engine)
    except migrations.UnknownVersionError as unknown:
        raise StoreUnfit(str(unknown)) from unknown
    engine.prepare()
