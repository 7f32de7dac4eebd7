"""On Windows the token stays on the machine it was made for."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest
from keyring.backends import Windows

from selfserve.desktop.keep import Keeper, State
from selfserve.desktop.roaming import stay

LOCAL_MACHINE, ENTERPRISE = 2, 3


class NotFound(Exception):  # noqa: N818  (pywintypes.error)
    """As pywin32 says that there is no such credential."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.winerror, self.funcname = 1168, name


class Vault(SimpleNamespace):
    """The Credential Manager, as `win32cred` shows it (wincred.h)."""

    CRED_TYPE_GENERIC, CRED_PERSIST_SESSION, CRED_PERSIST_LOCAL_MACHINE, CRED_PERSIST_ENTERPRISE = 1, 1, 2, 3

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, dict[str, Any]] = {}

    def CredRead(self, *, Type: int, TargetName: str) -> dict[str, Any]:  # noqa: N802, N803
        """One that was kept."""
        assert Type == self.CRED_TYPE_GENERIC
        if TargetName not in self.kept:
            raise NotFound("CredRead")
        return self.kept[TargetName]

    def CredWrite(self, credential: dict[str, Any], flags: int) -> None:  # noqa: N802
        """Keep one."""
        assert flags == 0
        blob = credential["CredentialBlob"].encode("utf-16")
        self.kept[credential["TargetName"]] = {**credential, "CredentialBlob": blob}

    def CredDelete(self, *, Type: int, TargetName: str) -> None:  # noqa: N802, N803
        """Keep it no more."""
        if self.kept.pop(TargetName, None) is None:
            raise NotFound("CredDelete")


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Vault:
    """A Credential Manager for keyring's own backend."""
    made = Vault()
    monkeypatch.setattr(Windows, "win32cred", made, raising=False)
    monkeypatch.setattr(Windows, "pywintypes", SimpleNamespace(error=NotFound), raising=False)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return made


def keeper() -> Keeper:
    """A keeper on keyring's backend for Windows."""
    ring: Any = Windows.WinVaultKeyring  # it has no types
    return Keeper("com.example.fernhill", "https://help.example.com", ring())


def test_a_token_does_not_roam(vault: Vault) -> None:
    """Also one that roamed before, and whatever the environment says; it is found again and forgotten whole."""
    keeper().write("sd_former")
    assert {one["Persist"] for one in vault.kept.values()} == {ENTERPRISE}  # what keyring does unless it is told
    os.environ["KEYRING_PROPERTY_PERSIST"] = "enterprise"
    stay(os.environ, "win32")
    ours = keeper()
    ours.write("sd_token")
    assert ours.state is State.GOOD
    assert {one["Persist"] for one in vault.kept.values()} == {LOCAL_MACHINE}
    assert keeper().read() == "sd_token"
    keeper().forget()
    assert vault.kept == {}


def test_other_systems_are_told_nothing() -> None:
    """Their keyrings have no such property."""
    environ: dict[str, str] = {}
    for platform in ("linux", "darwin"):
        stay(environ, platform)
    assert environ == {}
