"""What commands work with: the settings, secrets and store of the installation, the clock, the terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from selfserve.cli.stop import WRONG, Stop

# The rooms below are imported where they are first needed: that takes a second, and help needs none of them.
if TYPE_CHECKING:
    from selfserve.settings.model import Settings
    from selfserve.settings.secrets import SecretSource
    from selfserve.store.database import Database


@dataclass
class Surroundings:
    """Made once a run; settings are read when a command first asks for them."""

    config: Path
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @cached_property
    def settings(self) -> Settings:
        """The installation's settings; raises SettingsInvalid."""
        from selfserve.settings.loading import load

        return load(self.config, self.environ)

    @cached_property
    def secrets(self) -> SecretSource:
        """Where its secrets come from."""
        from selfserve.settings.secrets import SecretSource

        return SecretSource(self.settings.folder, self.environ)

    @property
    def store_address(self) -> str:
        """The URL of the store, password included: not for printing."""
        store = self.settings.store
        return store.address(self.secrets.resolve(store.password) if store.password else None)

    @property
    def store_exists(self) -> bool:
        """False for an SQLite store that nothing was written to yet; opening would make the file."""
        return not self.store_missing

    @property
    def store_missing(self) -> str:
        """That there is no store yet, in the sentence that every command says; "" where there is one."""
        from selfserve.store import migrations

        return migrations.missing(self.settings.store.address())

    @contextmanager
    def any_database(self) -> Iterator[Database]:
        """The store, whatever its version."""
        from selfserve.store.database import Database

        database = Database(self.store_address)
        try:
            with self.store_errors():
                yield database
        finally:
            database.close()

    @property
    def store_ready(self) -> bool:
        """True for a store that answers and is at the version of this build; looking makes none."""
        from selfserve.settings.secrets import SecretUnavailable
        from selfserve.store import migrations

        if not self.store_exists:
            return False
        try:
            with self.any_database() as database:
                return not migrations.wrong(database.engine)
        except (Stop, SecretUnavailable):
            return False

    @contextmanager
    def store_errors(self) -> Iterator[None]:
        """Tells what is wrong with the store in one sentence."""
        from sqlalchemy.exc import SQLAlchemyError

        from selfserve.cli.store_trouble import in_a_sentence

        try:
            yield
        except SQLAlchemyError as error:
            raise Stop(in_a_sentence(error)) from error

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The store, at the version this build knows; raises Stop with the command that helps where it is not."""
        from selfserve.store import migrations

        if missing := self.store_missing:
            raise Stop(missing, WRONG)
        with self.any_database() as database:
            if wrong := migrations.wrong(database.engine):
                raise Stop(wrong, WRONG)
            yield database


def surroundings(ctx: typer.Context) -> Surroundings:
    """What the program's options made."""
    found = ctx.find_object(Surroundings)
    assert found is not None, "the program's callback makes it"
    return found


def out() -> Console:
    """Where results go."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=True)


def say(sentence: str) -> None:
    """One line of result; the text is not read as markup."""
    out().print(sentence, markup=False)


def warn(sentence: str) -> None:
    """One line on standard error."""
    Console(file=sys.stderr, highlight=False, soft_wrap=True).print(sentence, markup=False)


def say_json(value: Any) -> None:
    """A result for machines."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")
