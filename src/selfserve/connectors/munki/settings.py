"""Where the Munki repository is, and how devices and changes are named in it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from selfserve.languages.messages import msg


class Identity(StrEnum):
    """What a device's manifest is called: Munki looks for the full host name, the short one, then the serial number."""

    SERIAL = "serial"
    HOSTNAME = "hostname"


class InstallInto(StrEnum):
    """`managed_installs` installs by itself; `optional_installs` offers it in Managed Software Center."""

    MANAGED = "managed_installs"
    OPTIONAL = "optional_installs"


NEXT_CHECK = msg("usually within an hour")


class MunkiSettings(BaseModel):
    """One repository (https://github.com/munki/munki/wiki/Manifests)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repo: Path
    """The folder that holds `manifests` and `catalogs`."""
    identity: Identity = Identity.SERIAL
    folder: str = Field(default="", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$|^$")
    """Sub-folder of `manifests` with the manifests of single devices, where they are not in `manifests` itself."""
    install_into: InstallInto = InstallInto.MANAGED
    git_commit: bool = False
    """Commit each change, where the repository is a git checkout."""
    next_check: str = str(NEXT_CHECK)
    """When a Mac looks for changes, in words for customers."""
    lock_seconds: float = Field(default=5.0, gt=0, le=60)
    """How long to wait for somebody else who is changing the repository."""
