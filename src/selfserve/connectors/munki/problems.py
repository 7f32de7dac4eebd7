"""What can be wrong with a repository, as types whose text a person reads."""

from __future__ import annotations

from selfserve.connectors.contract import FailureKind


class RepositoryError(Exception):
    """One file of the repository (a manifest, a catalog) is not as it must be; nothing was changed.

    Whoever does not need that file is served all the same.
    """

    kind = FailureKind.PERMANENT

    @property
    def words(self) -> str:
        """The sentence, as it was made."""
        return self.args[0] if self.args and isinstance(self.args[0], str) else str(self)


class RepositoryPlaceError(RepositoryError):
    """The section of the configuration points at no repository that may be used, whichever device is asked for."""

    kind = FailureKind.CONFIG


class RepositoryAwayError(RepositoryError):
    """The folder is not there (a share that is not mounted), or somebody else holds it for too long."""

    kind = FailureKind.TRANSIENT


class RepositoryRightsError(RepositoryError):
    """The process may not read or write in the folder, so no device can be served."""

    kind = FailureKind.AUTH


class FileRightsError(RepositoryError):
    """The process may not read this one file."""

    kind = FailureKind.FORBIDDEN


class NoManifestError(RepositoryError):
    """The device has no manifest of its own; making one would take it out of the manifest it falls back to."""

    kind = FailureKind.NOT_FOUND


class BadNameError(RepositoryError):
    """The name cannot be that of a device or an item."""

    kind = FailureKind.PERMANENT
