"""References to secrets, and what they lead to."""

from __future__ import annotations

from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from tests.settings.samples import settings

from selfserve.settings import keyrings
from selfserve.settings.keyrings import NoKeyring, accepted_keyring
from selfserve.settings.references import SecretRef
from selfserve.settings.secrets import SecretSource, SecretUnavailable, references


class MemoryKeyring(KeyringBackend):
    """Keeps secrets for one test; forgets them when `forgetful`."""

    priority = 1

    def __init__(self, *, forgetful: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.forgetful = forgetful

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if not self.forgetful:
            self.kept[service, username] = password


class ChainOf(MemoryKeyring):
    """Several keyrings as one, as keyring's chainer does it."""

    def __init__(self, backends: list[KeyringBackend]) -> None:
        super().__init__()
        self.backends = backends


def _null() -> KeyringBackend:
    return null.Keyring()  # type: ignore[no-untyped-call]


def _fail() -> KeyringBackend:
    return fail.Keyring()  # type: ignore[no-untyped-call]


def source(folder: Path, environ: dict[str, str] | None = None, keyring: KeyringBackend | None = None) -> SecretSource:
    return SecretSource(folder, environ or {}, lambda: keyring or MemoryKeyring())


@pytest.mark.parametrize("text", ["hunter2", "", "env:", "env:A B", "file: x", "vault:x", "env:1A", "keyring:a\nb"])
def test_only_references_are_read_and_nothing_else_is_repeated(text: str) -> None:
    """A plain value is refused without being shown."""
    with pytest.raises(ValueError, match="never the secret itself") as caught:
        SecretRef.parse(text)
    assert "hunter2" not in str(caught.value)


def test_a_plain_value_is_refused_where_a_secret_is_needed(tmp_path: Path) -> None:
    """The source takes references only."""
    with pytest.raises(SecretUnavailable, match="given by value") as caught:
        source(tmp_path).resolve("hunter2")
    assert "hunter2" not in str(caught.value)


def test_the_environment_gives_a_secret(tmp_path: Path) -> None:
    """Set, not set, and empty are told apart."""
    given = source(tmp_path, {"A": "value", "EMPTY": ""})
    assert given.resolve("env:A") == "value"
    with pytest.raises(SecretUnavailable, match="env:B is not set; set the environment variable B"):
        given.resolve("env:B")
    with pytest.raises(SecretUnavailable, match="env:EMPTY is empty"):
        given.resolve("env:EMPTY")


def test_a_file_gives_a_secret_without_its_line_end(tmp_path: Path) -> None:
    """Relative paths start at the configuration; other white space belongs to the secret."""
    source(tmp_path).keep(SecretRef("file", "secrets/a"), " two words \n")
    assert (tmp_path / "secrets/a").read_text() == " two words \n"
    assert (tmp_path / "secrets/a").stat().st_mode & 0o777 == 0o600
    assert source(tmp_path).resolve("file:secrets/a") == " two words "


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o620, 0o602])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """Everyone on the machine has read it already, so the sentence says to change the secret."""
    path = tmp_path / "a"
    path.write_text("value")
    path.chmod(mode)
    with pytest.raises(
        SecretUnavailable, match="is open to others on this machine; `chmod 600` it and change the secret"
    ):
        source(tmp_path).resolve("file:a")


def test_what_is_no_secret_file_is_said(tmp_path: Path) -> None:
    """Missing, a folder, not text, too large: one sentence each."""
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    (tmp_path / "binary").write_bytes(b"\xc3\x28")
    (tmp_path / "wide").write_bytes("key".encode("utf-16"))
    for name in ("large", "binary", "wide"):
        (tmp_path / name).chmod(0o600)
    given = source(tmp_path)
    for name, words in {
        "secrets/none": "does not exist; run `selfserve secrets set file:secrets/none`",
        "none": "does not exist; write that file",
        "large": "which is no secret",
        "binary": r"is not UTF-8 text\.",
        "wide": "is not UTF-8 text but UTF-16; save it as UTF-8",
        ".": "is a directory",
    }.items():
        with pytest.raises(SecretUnavailable, match=words):
            given.resolve(f"file:{name}")


def test_the_mark_that_editors_put_before_a_text_is_no_part_of_a_secret(tmp_path: Path) -> None:
    """Notepad and Windows PowerShell 5 write one; inside of a text it is left as it is."""
    path = tmp_path / "a"
    path.write_bytes(b"\xef\xbb\xbfvalue\r\n")
    path.chmod(0o600)
    assert source(tmp_path).resolve("file:a") == "value"


def test_a_keyring_is_read_back_after_a_write(tmp_path: Path) -> None:
    """One that forgets is found out at once."""
    faithful = MemoryKeyring()
    given = source(tmp_path, keyring=faithful)
    given.keep(SecretRef("keyring", "mail"), "value")
    assert given.resolve("keyring:mail") == "value"
    with pytest.raises(SecretUnavailable, match="did not give back what was written"):
        source(tmp_path, keyring=MemoryKeyring(forgetful=True)).keep(SecretRef("keyring", "mail"), "value")
    with pytest.raises(SecretUnavailable, match="keyring:other is not in the keyring"):
        given.resolve("keyring:other")


@pytest.mark.parametrize("backend", [_fail(), _null(), MemoryKeyring()])
def test_a_keyring_is_accepted_by_name_only(backend: KeyringBackend) -> None:
    """No keyring, the null one and unknown ones (plain-text files) are refused with what to use instead."""
    with pytest.raises(NoKeyring, match="on a server use env:NAME or file:PATH"):
        accepted_keyring(backend)


def test_an_accepted_keyring_is_found_inside_a_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several installed ones the safe one is used, wherever it stands."""
    safe = MemoryKeyring()
    chain = ChainOf([_null(), safe])
    name = f"{MemoryKeyring.__module__}.{MemoryKeyring.__qualname__}"
    monkeypatch.setitem(keyrings.ACCEPTED, name, "for this test")
    assert accepted_keyring(chain) is safe


def test_an_environment_variable_cannot_be_set_from_here(tmp_path: Path) -> None:
    """It would be gone with this process."""
    with pytest.raises(SecretUnavailable, match="cannot be set from here"):
        source(tmp_path).keep(SecretRef("env", "A"), "value")


def test_every_reference_in_the_settings_is_listed() -> None:
    """`secrets check` and `doctor` miss none."""
    found = settings(
        server={"former_sealing_keys": ["file:old"]}, mail={"password": "env:MAIL"}, oidc={"client_secret": "keyring:x"}
    )
    assert {key: str(ref) for key, ref in references(found)} == {
        "server.secret_key": "file:secrets/secret-key",
        "server.sealing_key": "file:secrets/sealing-key",
        "server.former_sealing_keys[1]": "file:old",
        "mail.password": "env:MAIL",
        "oidc.client_secret": "keyring:x",
    }


def test_a_credential_of_the_service_is_read(tmp_path: Path) -> None:
    """Where systemd put it, whatever the folder of the settings is."""
    (tmp_path / "secrets_key").write_text("opened\n")
    (tmp_path / "secrets_key").chmod(0o400)
    found = source(Path("/nowhere"), {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert found.resolve("file:${CREDENTIALS_DIRECTORY}/secrets_key") == "opened"


def test_outside_of_the_service_a_credential_is_told_to_be_its_own(tmp_path: Path) -> None:
    """With the command that has it."""
    with pytest.raises(SecretUnavailable, match="for the service alone; run this as root: `sudo selfserve`"):
        source(tmp_path).resolve("file:${CREDENTIALS_DIRECTORY}/secrets_key")


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc/shadow"])
def test_a_credential_lies_right_inside_of_its_folder(tmp_path: Path, name: str) -> None:
    """No way out of it, and no other variable is put in anywhere."""
    found = source(tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path), "HOME": str(tmp_path)})
    with pytest.raises(SecretUnavailable, match=r"is no credential|cannot be read|does not exist"):
        found.resolve("file:${CREDENTIALS_DIRECTORY}/" + name)
    (tmp_path / "x").write_text("secret")
    with pytest.raises(SecretUnavailable, match="does not exist"):
        found.resolve("file:${HOME}/x")


def test_a_credential_is_set_where_systemd_reads_it(tmp_path: Path) -> None:
    """What systemd made for the service is not written to; what to type works in any shell, variables or none."""
    found = source(tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    ref = SecretRef.parse("file:${CREDENTIALS_DIRECTORY}/secrets_key")
    with pytest.raises(SecretUnavailable, match="by systemd; run `selfserve secrets set file:secrets/key` instead"):
        found.keep(ref, "value")
    with pytest.raises(SecretUnavailable, match=r"does not exist; run `selfserve secrets set file:secrets/key`\.$"):
        found.resolve(ref)
    with pytest.raises(SecretUnavailable, match=r"does not exist; set the file that LoadCredential names\.$"):
        found.resolve("file:${CREDENTIALS_DIRECTORY}/another")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("/secrets_key", "is not in the folder"),
        ("key", "is not in the folder"),
        ("secrets/../key", "is not in the folder"),
        ("secrets/..", "is not in the folder"),
        ("secrets/a/../../key", "is not in the folder"),
        ("away/key", "is not in the folder"),
        ("secrets/led/key", "is not in the folder"),
        ("${HOME}/secrets/key", "holds a variable"),
        ("secrets/$NAME", "holds a variable"),
    ],
)
def test_a_secret_is_written_into_the_folder_of_secrets_alone(tmp_path: Path, name: str, why: str) -> None:
    """A variable that is empty in a shell would put it into the root of the machine, where nobody looks for it."""
    (tmp_path / "house" / "secrets").mkdir(parents=True)
    (tmp_path / "house" / "secrets" / "led").symlink_to(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SecretUnavailable, match=why) as caught:
        source(tmp_path / "house").keep(SecretRef("file", name), "hunter2")
    assert "hunter2" not in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/secrets_key").exists()
