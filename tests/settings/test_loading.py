"""Settings from file and environment, and the sentence for each mistake."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.settings.samples import MINIMAL, settings

from selfserve.settings.loading import load
from selfserve.settings.problems import SettingsInvalid
from selfserve.settings.references import SecretRef


def write(folder: Path, text: str) -> Path:
    path = folder / "selfserve.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str, environ: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsInvalid) as caught:
        load(write(folder, text), environ or {})
    return caught.value.problems


def test_the_least_is_three_sections(tmp_path: Path) -> None:
    """Address, provider and directory suffice; paths start at the file's folder."""
    found = load(write(tmp_path, MINIMAL), {})
    assert found.server.port == 8080
    assert found.server.hosts == ("help.example.com",)
    assert found.catalog.folder == tmp_path / "catalog"
    assert found.store.address() == f"sqlite:///{tmp_path}/data/selfserve.db"
    assert found.folder == tmp_path


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """One key is overridden, its neighbours in the file stay; lists are JSON."""
    text = MINIMAL + '\n[mail]\nhost = "mail.example.com"\nport = 25\n'
    environ = {
        "SELFSERVE__MAIL__PORT": "465",
        "SELFSERVE__ROLES__STAFF": '["techops"]',
        "SELFSERVE__WORKER__POLL": "500ms",
        "SELFSERVE__CONNECTORS__DIRECTORY__KIND": "ldap",
        "PATH": "ignored",
    }
    found = load(write(tmp_path, text), environ)
    assert (found.mail.host, found.mail.port) == ("mail.example.com", 465)
    assert found.roles.staff == ("techops",)
    assert found.worker.poll == timedelta(milliseconds=500)
    assert found.connectors["directory"].kind == "ldap"


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        (
            '[worker]\nconcurrency = "many"',
            "selfserve.toml: worker.concurrency is 'many'; allowed is a whole number from 1 to 64.",
        ),
        (
            "[worker]\nconcurrency = 65",
            "selfserve.toml: worker.concurrency is 65; allowed is a whole number from 1 to 64.",
        ),
        ("[worker]\nenabled = 3", "selfserve.toml: worker.enabled is 3; allowed is true or false."),
        (
            "[worker]\npoll = 5",
            "selfserve.toml: worker.poll is 5; allowed is a length of time such as 30s, 15m, 8h or 30d.",
        ),
        ('[mail]\ntls = "ssl"', "selfserve.toml: mail.tls is 'ssl'; allowed is starttls, tls or none."),
        (
            '[mail]\nsender = "a@b>\\nBcc: x"',
            "selfserve.toml: mail.sender is 'a@b>\nBcc: x'; allowed is a mail address such as help@example.com.",
        ),
        (
            '[company]\nzone = "Mars/Base"',
            (
                "selfserve.toml: company.zone is 'Mars/Base'; "
                "allowed is an IANA time zone such as Europe/Berlin or America/New_York."
            ),
        ),
        ('[brand]\naccent = "blue"', "selfserve.toml: brand.accent is 'blue'; allowed is a colour such as #1f4fd8."),
        (
            '[brand.links]\n"Call 4357" = "javascript:alert(1)"',
            (
                "selfserve.toml: brand.links.Call 4357 is 'javascript:alert(1)'; allowed is an address such as "
                "https://help.example.com, mailto:help@example.com or tel:+4930123456."
            ),
        ),
        ("[brand]\nlinks = 3", "selfserve.toml: brand.links is 3; allowed is a section."),
        ('[mail]\nhots = "x"', "selfserve.toml: mail.hots is not a setting; did you mean mail.host?"),
        ("[mial]\nport = 1", "selfserve.toml: mial is not a setting; did you mean mail?"),
        ("mail = 3", "selfserve.toml: mail is 3; allowed is a section."),
        ('[roles]\nstaff = "techops"', "selfserve.toml: roles.staff is 'techops'; allowed is a list."),
        ("[connectors.x]\nkind = 1", "selfserve.toml: connectors.x.kind is 1; allowed is text."),
        (
            '[connectors.x]\nkind = "ldap"',
            (
                "selfserve.toml: directory.connector is not set; "
                "allowed is the name of a section [connectors.NAME]; there is no 'directory'."
            ),
        ),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, section: str, sentence: str) -> None:
    """File, key, what was found, what is allowed."""
    text = section + MINIMAL if "=" in section.splitlines()[0] else MINIMAL + section
    assert problems(tmp_path, text) == (sentence,)


def test_what_is_missing_is_explained(tmp_path: Path) -> None:
    """The sentence says what the key is for."""
    assert problems(tmp_path, MINIMAL.replace('client_id = "selfserve"', "")) == (
        "selfserve.toml: oidc.client_id is missing; it is: The client id that the provider gave this installation.",
    )


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Nobody mends a file error by error."""
    found = problems(tmp_path, '[server]\npublic_url = "help"\nport = 0\n')
    assert [sentence.split(" is ")[0] for sentence in found] == [
        "selfserve.toml: server.public_url",
        "selfserve.toml: server.port",
        "selfserve.toml: oidc",
        "selfserve.toml: directory",
    ]


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    """Nobody searches the file for what is not in it."""
    assert problems(tmp_path, MINIMAL, {"SELFSERVE__SERVER__PORT": "http"}) == (
        (
            "the environment variable SELFSERVE__SERVER__PORT: server.port is 'http'; "
            "allowed is a whole number from 1 to 65535."
        ),
    )
    assert problems(tmp_path, MINIMAL, {"SELFSERVE__SERVER__PROT": "80"}) == (
        "the environment variable SELFSERVE__SERVER__PROT: server.prot is not a setting; did you mean server.port?",
    )


@pytest.mark.parametrize(
    "section",
    [
        '[mail]\npassword = "hunter2hunter2"',
        '[store]\nurl = "postgresql+psycopg://role:hunter2hunter2@db/x"',
        '[store]\nurl = "mysql://role:hunter2hunter2@db/x"',
        '[mail]\npassword = ["hunter2hunter2"]',
    ],
)
def test_a_secret_given_by_value_is_refused_and_not_repeated(tmp_path: Path, section: str) -> None:
    """What may be a secret never stands in an error."""
    (sentence,) = problems(tmp_path, MINIMAL + section)
    assert "hunter2" not in sentence
    assert "that is not shown here; allowed is" in sentence


def test_broken_toml_is_named_with_line_and_column(tmp_path: Path) -> None:
    """A syntax error leads to its place."""
    (sentence,) = problems(tmp_path, "[server]\nport = = 3\n")
    assert sentence == "selfserve.toml is not TOML: invalid value (at line 2, column 8)."


def test_a_missing_file_says_what_writes_one(tmp_path: Path) -> None:
    """The next step is in the sentence."""
    with pytest.raises(SettingsInvalid, match=r"does not exist; `selfserve init` writes one\.$"):
        load(tmp_path / "selfserve.toml", {})


def test_a_file_in_another_encoding_is_said(tmp_path: Path) -> None:
    """Latin-1 is not read as something else."""
    path = tmp_path / "selfserve.toml"
    path.write_bytes("# für".encode("latin-1"))
    with pytest.raises(SettingsInvalid, match=r"selfserve\.toml: byte 4 is not UTF-8 text\."):
        load(path, {})


def test_a_file_that_an_editor_of_windows_saved_is_read_or_said(tmp_path: Path) -> None:
    """With a byte order mark and its line ends it is the same file; UTF-16 is not guessed."""
    path = tmp_path / "selfserve.toml"
    path.write_bytes(MINIMAL.replace("\n", "\r\n").encode("utf-8-sig"))
    saved = load(path, {}).model_dump()
    assert saved == load(write(tmp_path, MINIMAL), {}).model_dump()
    path.write_bytes(MINIMAL.encode("utf-16"))
    with pytest.raises(SettingsInvalid, match=r"selfserve\.toml is not UTF-8 text but UTF-16; save it as UTF-8\."):
        load(path, {})


@pytest.mark.parametrize(
    ("sections", "allowed"),
    [
        ({"server": {"public_url": "http://help.example.com"}}, "plain http only on this machine"),
        ({"oidc": {"issuer": "http://127.0.0.1:9000"}}, "allow_http_loopback = true"),
        ({"oidc": {"issuer": "http://login.example.com", "allow_http_loopback": True}}, "http only on this machine"),
        ({"oidc": {"scopes": ["profile"]}}, "a list that contains openid"),
        ({"oidc": {"session_idle": "2d"}}, "not above session_absolute"),
        ({"oidc": {"algorithms": ["none"]}}, "RS256"),
        ({"oidc": {"algorithms": ["HS256"]}}, "RS256"),
        ({"server": {"trusted_proxies": ["10.0.0.0/33"]}}, "IP addresses or networks"),
        ({"store": {"url": "sqlite://"}}, "a store in memory would be forgotten"),
    ],
)
def test_what_would_be_unsafe_is_refused(sections: dict[str, dict[str, object]], allowed: str) -> None:
    """Plain http across a network, unsigned tokens, a store that forgets."""
    with pytest.raises(ValueError, match=allowed):
        settings(**sections)


def test_a_trial_on_this_machine_may_use_plain_http() -> None:
    """Loopback needs no certificate."""
    found = settings(
        server={"public_url": "http://127.0.0.1:8080/"},
        oidc={"issuer": "http://127.0.0.1:9000/realm", "allow_http_loopback": True},
    )
    assert found.server.public_url == "http://127.0.0.1:8080"
    assert not found.server.https


def test_the_database_password_is_put_in_only_when_opening() -> None:
    """It is a reference in the settings, quoted where it goes into the URL."""
    found = settings(store={"url": "postgresql+psycopg://role@db/x", "password": "env:PG"})
    assert found.store.password == SecretRef("env", "PG")
    assert found.store.address("p@ss/w:rd") == "postgresql+psycopg://role:p%40ss%2Fw%3Ard@db/x"
    assert "p@ss" not in repr(found)
