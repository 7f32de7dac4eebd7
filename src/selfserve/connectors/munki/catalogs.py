"""What a repository's catalogs offer: a manifest may name anything, so we look before we write."""

from __future__ import annotations

import plistlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.parsers.expat import ExpatError

from selfserve.connectors.munki import files
from selfserve.connectors.munki.problems import NoManifestError, RepositoryError
from selfserve.languages.messages import msg

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Package:
    """One item of a catalog; `label` is what customers read."""

    name: str
    version: str
    label: str
    uninstallable: bool
    description: str = ""

    def called(self, name: str) -> bool:
        """True for `Firefox` and for `Firefox-128.0`, as manifests may name it."""
        return name in (self.name, f"{self.name}-{self.version}")


class Catalogs:
    """The catalogs of one repository, read anew when their files change; thread-safe."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._lock = folder, threading.Lock()
        self._read: dict[str, tuple[Stamp, tuple[Package, ...]]] = {}

    def find(self, item: str, names: Iterable[str]) -> Package | None:
        """The item in the first catalog that has it, None where none has. Raises RepositoryError where none can be
        read."""
        seen = False
        for name in names:
            packages = self._packages(name)
            seen = seen or packages is not None
            for package in packages or ():
                if package.called(item):
                    return package
        if not seen:
            raise RepositoryError(msg("None of the manifest's catalogs exists; makecatalogs has to be run."))
        return None

    def all(self) -> list[Package]:
        """Each item once, by name, from every catalog."""
        found: dict[str, Package] = {}
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            if not path.name.startswith("."):
                for package in self._packages(path.name) or ():
                    found.setdefault(package.name, package)
        return [found[name] for name in sorted(found, key=str.casefold)]

    def _packages(self, name: str) -> tuple[Package, ...] | None:
        path = self.folder / name
        if "/" in name or name.startswith("."):
            return None
        try:
            facts = path.lstat()
            stamp = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
            with self._lock:
                known = self._read.get(name)
            if known and known[0] == stamp:
                return known[1]
            packages = _parse(files.read(path), name)
        except (FileNotFoundError, NoManifestError):
            return None
        except OSError as error:
            raise files.told(error, path) from error
        with self._lock:
            self._read[name] = (stamp, packages)
        return packages


def _parse(content: bytes, name: str) -> tuple[Package, ...]:
    try:
        entries = plistlib.loads(content)
    except (plistlib.InvalidFileException, ExpatError, ValueError, AttributeError) as error:
        raise RepositoryError(
            msg("The catalog {name} is no readable property list ({error}).", name=name, error=str(error))
        ) from error
    if not isinstance(entries, list):
        raise RepositoryError(msg("The catalog {name} is a property list, but no list of items.", name=name))
    return tuple(_package(one) for one in entries if isinstance(one, dict) and isinstance(one.get("name"), str))


def _package(entry: dict[str, object]) -> Package:
    name = str(entry["name"])
    return Package(
        name,
        str(entry.get("version", "")),
        str(entry.get("display_name") or name),
        bool(entry.get("uninstallable")),
        str(entry.get("description", "")),
    )
