"""The starter configuration and the reference say what the settings are."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from selfserve.settings.environment import variable
from selfserve.settings.keys import sections
from selfserve.settings.loading import load
from selfserve.settings.reference import reference
from selfserve.settings.secrets import CREDENTIAL, references
from selfserve.settings.starter import EXAMPLES, starter, starter_of_service

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"
ALL = [key for _, _, keys in sections() for key in keys]


def test_the_starter_loads(tmp_path: Path) -> None:
    """What `init` writes is valid as it stands."""
    path = tmp_path / "selfserve.toml"
    path.write_text(starter(), encoding="utf-8")
    found = load(path, {})
    assert found.company.name == EXAMPLES["company.name"]
    assert found.connectors["directory"].kind == "ldap"


def test_the_starter_of_a_service_leaves_every_secret_to_systemd(tmp_path: Path) -> None:
    """Each is a credential, those of the connectors as well; the data lies where the service may write."""
    path = tmp_path / "selfserve.toml"
    path.write_text(starter_of_service(), encoding="utf-8")
    found = load(path, {})
    assert {str(ref)[: len(f"file:{CREDENTIAL}")] for _, ref in references(found)} == {f"file:{CREDENTIAL}"}
    assert "file:secrets/" not in starter_of_service()
    assert found.store.folder == Path("/var/lib/selfserve")


def test_every_default_in_the_starter_is_the_default(tmp_path: Path) -> None:
    """With all comments taken away the settings stay the same."""
    path = tmp_path / "selfserve.toml"
    path.write_text(starter(), encoding="utf-8")
    as_written = load(path, {})
    optional = {f"{key.section}.{key.name}" for key in ALL if key.default is None and not key.required}
    lines, section = [], ""
    for line in starter().split("\n# The target systems")[0].splitlines():
        section = found[1] if (found := re.fullmatch(r"\[(.+)\]", line)) else section
        name = found[1] if (found := re.fullmatch(r"# ([a-z_]+) = .*", line)) else ""
        lines.append(line.removeprefix("# ") if name and f"{section}.{name}" not in optional else line)
    path.write_text("\n".join(lines), encoding="utf-8")
    without = as_written.model_dump(exclude={"connectors"})
    assert load(path, {}).model_dump(exclude={"connectors"}) == without
    assert len(tomllib.loads(path.read_text())) == len({key.section.split(".")[0] for key in ALL})


def test_every_key_has_words() -> None:
    """A key that nobody explains is a trap."""
    assert [key.path for key in ALL if len(key.description) < 10] == []
    assert [key.path for key in ALL if key.kind == ""] == []


def test_the_documentation_holds_the_reference() -> None:
    """`make docs` writes it; here it is seen that this was done."""
    text = DOCS.read_text(encoding="utf-8")
    assert reference() in text
    for key in ALL:
        assert f"| `{key.name}` |" in text


def test_every_key_has_a_variable_of_its_own() -> None:
    """No two keys share one."""
    names = [variable(key.path) for key in ALL]
    assert len(set(names)) == len(names)
