"""What can be wrong with a repository, as types whose text a person reads."""

from __future__ import annotations

from selfserve.connectors.contract import FailureKind


class RepositoryError(Exception):
    """The repository cannot be read or written as it must be; nothing was changed."""

    kind = FailureKind.CONFIG


class RepositoryAwayError(RepositoryError):
    """The folder is not there (a share that is not mounted), or somebody else holds it for too long."""

    kind = FailureKind.TRANSIENT


class RepositoryRightsError(RepositoryError):
    """The process may not read or write there."""

    kind = FailureKind.AUTH


class NoManifestError(RepositoryError):
    """The device has no manifest of its own; making one would take it out of the manifest it falls back to."""

    kind = FailureKind.NOT_FOUND


class BadNameError(RepositoryError):
    """The name cannot be that of a device or an item."""

    kind = FailureKind.PERMANENT
