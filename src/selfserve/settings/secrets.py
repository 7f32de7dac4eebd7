"""Resolves references to secrets, and keeps new ones."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from keyring.backend import KeyringBackend
from pydantic import BaseModel

from selfserve.settings.keyrings import NoKeyring, accepted_keyring, read_keyring, write_keyring
from selfserve.settings.references import NotAReference, SecretRef
from selfserve.settings.texts import NotText, decoded

if TYPE_CHECKING:
    from selfserve.settings.model import Settings

LARGEST = 64 * 1024
"""Bytes; a certificate's private key fits many times."""
CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""The variable in which systemd tells a service where its credentials are (systemd.exec(5), LoadCredential)."""
CREDENTIAL = f"${{{CREDENTIALS}}}/"
"""How a `file:` reference to one begins; the only variable that such a reference may hold."""
FOLDER = "secrets"
"""The folder beside the configuration in which `keep` writes; the service gets its NAME as credential secrets_NAME."""


class SecretUnavailable(Exception):  # noqa: N818 - unavailable is what it is
    """A secret cannot be read or kept; the text is one sentence that names the reference and never the value."""


class SecretSource:
    """Gives secrets for references.

    `folder` is where relative `file:` paths start, `environ` where `env:` looks, `keyring` gives the backend for
    `keyring:` when one is asked for.
    """

    def __init__(
        self, folder: Path, environ: Mapping[str, str], keyring: Callable[[], KeyringBackend] = accepted_keyring
    ) -> None:
        self._folder, self._environ, self._keyring = folder, environ, keyring

    def resolve(self, ref: SecretRef | str) -> str:
        """The secret that `ref` leads to; raises SecretUnavailable with what to do."""
        ref = referred(ref) if isinstance(ref, str) else ref
        value = {"env": self._from_environment, "file": self._from_file, "keyring": self._from_keyring}[ref.place](ref)
        if not value:
            raise SecretUnavailable(f"{ref} is empty.")
        return value

    def keep(self, ref: SecretRef, value: str) -> None:
        """Put `value` where `ref` points and read it back; raises SecretUnavailable."""
        self.writable(ref)
        if not value or len(value.encode()) > LARGEST:
            raise SecretUnavailable(f"{ref} was not set: a secret has between 1 and {LARGEST} bytes.")
        if ref.place == "file":
            self._to_file(ref, value)
        else:
            self._to_keyring(ref, value)
        if self.resolve(ref) != value.rstrip("\r\n"):
            raise SecretUnavailable(f"{ref} did not give back what was written.")

    def writable(self, ref: SecretRef) -> None:
        """Raises SecretUnavailable where `keep` would not write, so that nobody types a secret for nothing."""
        if ref.place == "env":
            raise SecretUnavailable(f"{ref} cannot be set from here; set {ref.name} in the service's own environment.")
        if ref.place == "keyring":
            return
        if ref.name.startswith(CREDENTIAL):
            raise SecretUnavailable(f"{ref} is handed over by systemd; {_to_do(ref)} instead.")
        if "$" in ref.name:
            raise SecretUnavailable(f"{ref} holds a variable; write file:{FOLDER}/NAME in full.")
        place = self._folder / ref.name
        inside = place.parent.resolve().is_relative_to((self._folder / FOLDER).resolve())
        if not inside or ".." in place.parts:
            raise SecretUnavailable(
                f"{ref} was not set: it is not in the folder {self._folder / FOLDER}; allowed is file:{FOLDER}/NAME."
            )

    def _from_environment(self, ref: SecretRef) -> str:
        value = self._environ.get(ref.name)
        if value is None:
            raise SecretUnavailable(f"{ref} is not set; set the environment variable {ref.name}.")
        return value

    def _from_keyring(self, ref: SecretRef) -> str:
        try:
            value = read_keyring(self._keyring(), ref.name)
        except NoKeyring as error:
            raise SecretUnavailable(f"{ref} cannot be read: {error}.") from None
        if value is None:
            raise SecretUnavailable(f"{ref} is not in the keyring; run `selfserve secrets set {ref}`.")
        return value

    def _to_keyring(self, ref: SecretRef, value: str) -> None:
        try:
            write_keyring(self._keyring(), ref.name, value.rstrip("\r\n"))
        except NoKeyring as error:
            raise SecretUnavailable(f"{ref} was not set: {error}.") from None

    def _from_file(self, ref: SecretRef) -> str:
        path = self._place(ref)
        try:
            with path.open("rb") as file:
                found = os.fstat(file.fileno())
                _refuse_open_doors(ref, found)
                content = file.read(LARGEST + 1)
        except FileNotFoundError:
            raise SecretUnavailable(f"{ref} does not exist; {_to_do(ref)}.") from None
        except OSError as error:
            raise SecretUnavailable(f"{ref} cannot be read: {_why(error)}.") from None
        if len(content) > LARGEST:
            raise SecretUnavailable(f"{ref} is larger than {LARGEST} bytes, which is no secret.")
        try:
            return decoded(content).rstrip("\r\n")
        except NotText as error:
            raise SecretUnavailable(f"{ref} {error}.") from None
        except UnicodeDecodeError:
            raise SecretUnavailable(f"{ref} is not UTF-8 text.") from None

    def _place(self, ref: SecretRef) -> Path:
        """Where a `file:` reference leads; a credential is a file right inside of the folder that systemd made."""
        if not ref.name.startswith(CREDENTIAL):
            return self._folder / ref.name
        name, folder = ref.name.removeprefix(CREDENTIAL), self._environ.get(CREDENTIALS)
        if name in ("", ".", "..") or "/" in name:
            raise SecretUnavailable(f"{ref} is no credential; allowed is file:{CREDENTIAL}NAME.")
        if not folder:
            raise SecretUnavailable(f"{ref} is there for the service alone; run this as root: `sudo selfserve`.")
        return Path(folder) / name

    def _to_file(self, ref: SecretRef, value: str) -> None:
        path = self._folder / ref.name
        fresh = path.with_name(f".{path.name}.new")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(value.rstrip("\r\n") + "\n")
            fresh.replace(path)
        except OSError as error:
            raise SecretUnavailable(f"{ref} cannot be written: {_why(error)}.") from None


def _to_do(ref: SecretRef) -> str:
    """What makes a `file:` reference good: a command that can be typed as it stands, where there is one."""
    credential = ref.name.removeprefix(f"{CREDENTIAL}{FOLDER}_")
    if credential != ref.name:
        return f"run `selfserve secrets set file:{FOLDER}/{credential}`"
    if ref.name.startswith(CREDENTIAL):
        return "set the file that LoadCredential names"
    if ref.name.startswith(f"{FOLDER}/"):
        return f"run `selfserve secrets set {ref}`"
    return "write that file, for the service's account alone to read"


def _refuse_open_doors(ref: SecretRef, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise SecretUnavailable(f"{ref} is not a file.")
    if os.name == "posix" and found.st_mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
        raise SecretUnavailable(f"{ref} is open to others on this machine; `chmod 600` it and change the secret.")


def _why(error: OSError) -> str:
    return (error.strerror or "for an unknown reason").lower()


def referred(text: str) -> SecretRef:
    """The reference that `text` is, wherever it leads; raises SecretUnavailable where it is the secret itself."""
    try:
        return SecretRef.parse(text)
    except NotAReference as error:
        raise SecretUnavailable(f"A secret is given by value; allowed is {error}.") from None


def references(model: BaseModel, above: str = "") -> Iterator[tuple[str, SecretRef]]:
    """Every reference in the settings, each with its dotted key."""
    for name in type(model).model_fields:
        key, value = f"{above}{name}", getattr(model, name)
        if isinstance(value, SecretRef):
            yield key, value
        elif isinstance(value, BaseModel):
            yield from references(value, f"{key}.")
        elif isinstance(value, tuple):
            yield from ((f"{key}[{n}]", one) for n, one in enumerate(value, 1) if isinstance(one, SecretRef))


def all_references(settings: Settings) -> Iterator[tuple[str, SecretRef]]:
    """The same, and what looks like one in the connectors' sections, whose models only the connectors know."""
    yield from references(settings)
    for name, section in settings.connector_sections.items():
        yield from _looks_like_one(f"connectors.{name}", section)


def _looks_like_one(key: str, value: object) -> Iterator[tuple[str, SecretRef]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _looks_like_one(f"{key}.{name}", inner)
    elif isinstance(value, str) and not value.startswith("file://"):
        try:
            yield key, SecretRef.parse(value)
        except NotAReference:
            return
