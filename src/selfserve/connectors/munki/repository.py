"""The manifests of single devices in a repository."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from selfserve.connectors.munki import files, git, plist
from selfserve.connectors.munki.catalogs import Catalogs, Package
from selfserve.connectors.munki.problems import (
    BadNameError,
    NoManifestError,
    RepositoryAwayError,
    RepositoryError,
    RepositoryPlaceError,
)
from selfserve.connectors.munki.settings import Identity, MunkiSettings
from selfserve.languages.messages import msg

_DEVICES = {
    Identity.SERIAL: re.compile(r"[A-Za-z0-9]{4,32}"),
    Identity.HOSTNAME: re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"),
}
_ITEM = re.compile(r"[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]{0,199}")
_TRIES = 5
Edit = Callable[[bytes, plist.Document], bytes | None]
"""From a manifest's bytes and their meaning to the new bytes; None where there is nothing to change."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A device's manifest as read."""

    path: Path
    document: plist.Document

    @property
    def name(self) -> str:
        """What Munki calls it."""
        return self.path.name

    def items(self, key: str) -> list[str]:
        """One of its lists, such as `managed_installs`; empty where it has none."""
        found = self.document.get(key, [])
        if not isinstance(found, list):
            raise RepositoryError(msg("{key} in {name} is no list.", key=key, name=self.name))
        return [str(one) for one in found]


class Repository:
    """One repository folder; thread-safe, and safe against other processes that use this class."""

    def __init__(self, settings: MunkiSettings) -> None:
        self.settings = settings
        self.catalogs = Catalogs(settings.repo / "catalogs")
        self._lock_file = settings.repo / ".selfserve.lock"

    @property
    def folder(self) -> Path:
        """Where the manifests of devices are. Raises RepositoryPlaceError where it is not inside the repository."""
        repo = self.settings.repo
        folder = repo / "manifests" / self.settings.folder
        if not folder.is_dir():
            raise RepositoryAwayError(
                msg("There is no folder manifests/{folder} in {repo}.", folder=self.settings.folder, repo=str(repo))
            )
        if not folder.resolve().is_relative_to(repo.resolve()):
            raise RepositoryPlaceError(msg("The folder of the manifests leads out of the repository."))
        return folder

    def present(self) -> None:
        """Raises RepositoryAwayError where there are no catalogs to look into, as of a share that is not mounted."""
        if not self.catalogs.folder.is_dir():
            raise RepositoryAwayError(msg("There is no folder catalogs in {repo}.", repo=str(self.settings.repo)))

    def device(self, device: str) -> Manifest:
        """The manifest of a device, found by name, upper and lower case alike. Raises NoManifestError, BadNameError."""
        path = self._path(device)
        return Manifest(path, plist.load(files.read(path), path.name))

    def devices(self) -> list[str]:
        """The names of all manifests in the folder."""
        return sorted(one.name for one in self.folder.iterdir() if self._fits(one.name) and one.is_file())

    def package(self, item: str, manifest: Manifest) -> Package | None:
        """The item in the manifest's own catalogs, None where none has it."""
        if not _ITEM.fullmatch(item):
            raise BadNameError(msg("“{item}” cannot be the name of an item.", item=item))
        return self.catalogs.find(item, manifest.items("catalogs"))

    def change(self, device: str, edit: Edit, message: str) -> str | None:
        """Edit a device's manifest alone; the commit's id where there is one, else an empty text; None if nothing
        changed.

        Somebody may edit the file without our lock: where it changed while we worked, the edit is made anew.
        """
        with files.locked(self._lock_file, self.settings.lock_seconds):
            path = self._path(device)
            for _ in range(_TRIES):
                before = files.read(path)
                after = edit(before, plist.load(before, path.name))
                if after is None:
                    return None
                if files.read(path) == before:
                    files.replace(path, after)
                    return self._commit(path, message)
        raise RepositoryAwayError(msg("{name} is being changed by somebody else all the time.", name=path.name))

    def _commit(self, path: Path, message: str) -> str:
        """The change is already in force, so a commit that fails must not turn it into a failure."""
        if not self.settings.git_commit:
            return ""
        try:
            return git.commit(self.settings.repo, path, message)
        except RepositoryError as error:
            return f"not committed: {error}"

    def _path(self, device: str) -> Path:
        if not self._fits(device):
            raise BadNameError(
                msg("“{device}” cannot be the {kind} of a device.", device=device, kind=self.settings.identity.value)
            )
        folder = self.folder
        exact = folder / device
        if exact.exists() or exact.is_symlink():
            return exact
        alike = [one for one in folder.iterdir() if one.name.casefold() == device.casefold()]
        if len(alike) == 1:
            return alike[0]
        raise NoManifestError(msg("The device {device} has no manifest of its own.", device=device))

    def _fits(self, device: str) -> bool:
        return _DEVICES[self.settings.identity].fullmatch(device) is not None
