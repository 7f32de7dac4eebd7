"""Install and uninstall software on one Mac, through its manifest."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from selfserve.connectors.contract import (
    Action,
    AlreadyDone,
    Blocked,
    ChoicesAway,
    Connector,
    Context,
    Declined,
    Done,
    Failed,
    Finding,
    Level,
    NeedsHuman,
    Observation,
    Option,
    Options,
    Outcome,
    Plan,
    Ports,
    Presence,
    State,
    Todo,
)
from selfserve.connectors.munki import files, git
from selfserve.connectors.munki.changes import Install, Uninstall
from selfserve.connectors.munki.problems import (
    BadNameError,
    NoManifestError,
    RepositoryError,
    RepositoryRightsError,
)
from selfserve.connectors.munki.repository import Manifest, Repository
from selfserve.connectors.munki.settings import NEXT_CHECK, MunkiSettings
from selfserve.languages.messages import msg, msg_n

PAGE = 50
R = TypeVar("R")


class InstallArgs(BaseModel):
    """Arguments of `install` and `uninstall`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: str = Field(min_length=1, max_length=255)
    """Serial number or host name, whichever the repository's manifests are named by."""
    item: str = Field(min_length=1, max_length=200)
    """The item's name in the catalogs."""


class MunkiConnector(Connector):
    """See `MunkiSettings`. What it can see is the manifest: that the Mac did install it, only the Mac knows."""

    kind = "munki"
    Settings = MunkiSettings
    actions: ClassVar[Mapping[str, Action[Any]]] = MappingProxyType(
        {
            "install": Action(
                "install", InstallArgs, msg("Your device installs it"), quick=True, idempotent=True, later=True
            ),
            "uninstall": Action(
                "uninstall", InstallArgs, msg("Your device removes it"), quick=True, idempotent=True, later=True
            ),
        }
    )

    def __init__(self, name: str, settings: MunkiSettings, ports: Ports) -> None:
        super().__init__(name, settings, ports)
        self._repository = Repository(settings)
        into = settings.install_into
        when = NEXT_CHECK if settings.next_check == NEXT_CHECK else settings.next_check
        self._changes = {"install": Install(into, when), "uninstall": Uninstall(when)}

    def check(self) -> list[Finding]:
        """Findings `repo`, `catalogs`, `write-right` and `git`."""
        return [*_finding("repo", self._check_folder), *_finding("catalogs", self._check_catalogs), *self._check_git()]

    def options(self, action: str, field: str, query: str, cursor: str | None = None) -> Options:
        """Items of the catalogs and devices with a manifest, fifty at a time; `cursor` is the last value shown."""
        try:
            found = self._choices(field, query.casefold())
        except RepositoryError as error:
            raise ChoicesAway(_failed(error)) from error
        except OSError as error:
            raise ChoicesAway(_failed(files.told(error, self.settings.repo))) from error
        later = [one for one in found if cursor is None or one.value.casefold() > cursor]
        page = tuple(later[:PAGE])
        return Options(page, page[-1].value.casefold() if len(later) > PAGE else None)

    def resource(self, action: str, args: BaseModel) -> str:
        asked = _args(args)
        return f"{action}:{asked.device.casefold()}:{asked.item}"

    def plan(self, action: str, args: BaseModel) -> Plan:
        asked, change = _args(args), self._changes[action]
        staff = f"{action} {asked.item} in the manifest of {asked.device}."

        def planned() -> Plan:
            manifest = self._repository.device(asked.device)
            refusal = self._refusal(action, asked, manifest)
            # A human can decide between two wishes for one Mac, but not install what the catalogs do not have.
            blocked = Blocked(refusal.reason, for_good=isinstance(refusal, Declined)) if refusal else None
            return Plan(change.tell(self._label(asked, manifest)), staff, blocked)

        def blocked(error: RepositoryError) -> Plan:
            nowhere = isinstance(error, NoManifestError | BadNameError)
            return Plan(change.tell(asked.item), staff, Blocked(error.words, for_good=nowhere, away=not nowhere))

        return _guarded(planned, blocked)

    def apply(self, action: str, args: BaseModel, ctx: Context) -> Outcome:
        return _guarded(lambda: self._apply(action, _args(args), ctx), _failed)

    def observe(self, action: str, args: BaseModel, state: State) -> Observation:
        def unknowable(error: RepositoryError) -> Observation:
            if isinstance(error, NoManifestError | BadNameError):  # what cannot exist is not there
                return Observation(Presence.ABSENT, {"read": str(error)})
            return Observation.failed(_failed(error))

        return _guarded(lambda: self._observe(action, _args(args)), unknowable)

    def undo(self, action: str, args: BaseModel, state: State, ctx: Context) -> Outcome:
        def gone(error: RepositoryError) -> Outcome:
            nowhere = isinstance(error, NoManifestError | BadNameError)
            return AlreadyDone(state, error.words) if nowhere else _failed(error)

        return _guarded(lambda: self._undo(action, _args(args), state, ctx), gone)

    def _apply(self, action: str, asked: InstallArgs, ctx: Context) -> Outcome:
        change, manifest = self._changes[action], self._repository.device(asked.device)
        label = self._label(asked, manifest)
        if change.there(manifest, asked.item):
            return AlreadyDone(change.state(manifest, asked.item), change.tell(label))
        refusal = self._refusal(action, asked, manifest)
        if refusal is not None:
            return refusal
        before: State = {}
        commit = self._repository.change(asked.device, change.edit(asked.item, before), _message(action, asked, ctx))
        if commit is None:
            return AlreadyDone({"manifest": manifest.name}, change.tell(label))
        return Done({**before, "manifest": manifest.name, **({"commit": commit} if commit else {})}, change.tell(label))

    def _undo(self, action: str, asked: InstallArgs, state: State, ctx: Context) -> Outcome:
        change, manifest = self._changes[action], self._repository.device(asked.device)
        message = _message(f"take back {action}", asked, ctx)
        commit = self._repository.change(asked.device, change.back(asked.item, state), message)
        tell = change.tell_back(self._label(asked, manifest))
        return (
            AlreadyDone(state, tell) if commit is None else Done({**state, "commit": commit} if commit else state, tell)
        )

    def _observe(self, action: str, asked: InstallArgs) -> Observation:
        change, manifest = self._changes[action], self._repository.device(asked.device)
        there = change.there(manifest, asked.item)
        evidence = {"manifest": manifest.name, **change.evidence(manifest, asked.item)}
        tell = change.tell(self._label(asked, manifest)) if there else ""
        return Observation(Presence.PRESENT if there else Presence.ABSENT, evidence, tell)

    def _refusal(self, action: str, asked: InstallArgs, manifest: Manifest) -> Declined | NeedsHuman | None:
        package = self._repository.package(asked.item, manifest)
        if package is None:
            return Declined(
                msg(
                    "“{item}” is in none of the catalogs of {name}, so it could not be installed.",
                    item=asked.item,
                    name=manifest.name,
                )
            )
        if action == "uninstall" and not package.uninstallable:
            return Declined(
                msg("“{item}” cannot be removed by Munki (its pkginfo is not uninstallable).", item=asked.item)
            )
        if action == "install" and asked.item in manifest.items("managed_uninstalls"):
            reason = msg(
                "“{item}” stands in managed_uninstalls of {name}: somebody wants it gone.",
                item=asked.item,
                name=manifest.name,
            )
            return NeedsHuman(reason, (Todo(msg("Decide which of the two holds, and edit the manifest.")),))
        return None

    def _label(self, asked: InstallArgs, manifest: Manifest) -> str:
        try:
            package = self._repository.package(asked.item, manifest)
        except RepositoryError:
            return asked.item
        return package.label if package else asked.item

    def _choices(self, field: str, query: str) -> list[Option]:
        if field == "item":
            self._repository.present()
            packages = self._repository.catalogs.all()
            found = [Option(one.name, one.label, one.description[:120]) for one in packages]
        elif field == "device":
            found = [Option(name, name) for name in self._repository.devices()]
        else:
            return []
        fitting = (one for one in found if query in f"{one.value} {one.label}".casefold())
        return sorted(fitting, key=lambda one: one.value.casefold())

    def _check_folder(self) -> str:
        folder = self._repository.folder
        if not os.access(folder, os.W_OK) or not os.access(self.settings.repo, os.W_OK):
            raise RepositoryRightsError(msg("The process may not write to {folder}.", folder=str(folder)))
        count = len(self._repository.devices())
        return msg_n("{count} device has a manifest.", "{count} devices have a manifest.", count)

    def _check_catalogs(self) -> str:
        count = len(self._repository.catalogs.all())
        if not count:
            raise RepositoryError(msg("There are no catalogs with items; makecatalogs has to be run."))
        return msg_n("The catalogs offer {count} item.", "The catalogs offer {count} items.", count)

    def _check_git(self) -> list[Finding]:
        def checkout() -> str:
            if not git.is_checkout(self.settings.repo):
                raise RepositoryError(msg("git_commit is on, but the repository is no git checkout."))
            return msg("Each change is committed.")

        return _finding("git", checkout) if self.settings.git_commit else []


def _finding(name: str, look: Callable[[], str]) -> list[Finding]:
    try:
        return [Finding(Level.INFO, name, look())]
    except RepositoryError as error:
        return [Finding(Level.ERROR, name, error.words)]
    except OSError as error:
        return [Finding(Level.ERROR, name, str(error))]


def _guarded(work: Callable[[], R], otherwise: Callable[[RepositoryError], R]) -> R:
    try:
        return work()
    except RepositoryError as error:
        return otherwise(error)
    except OSError as error:
        return otherwise(files.told(error, Path(str(error.filename or "a file"))))


def _failed(error: RepositoryError) -> Failed:
    return Failed(error.kind, error.words)


def _message(action: str, asked: InstallArgs, ctx: Context) -> str:
    return f"{action} {asked.item} on {asked.device} ({ctx.key})"


def _args(args: BaseModel) -> InstallArgs:
    assert isinstance(args, InstallArgs)
    return args
