"""A new connector as a package of its own, with a conformance test that passes, to be changed step by step."""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from pathlib import Path

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_TEMPLATES = {
    "pyproject.toml.txt": "pyproject.toml",
    "README.md.txt": "README.md",
    "connector.py.txt": "src/selfserve_{name}/connector.py",
    "init.py.txt": "src/selfserve_{name}/__init__.py",
    "test_conformance.py.txt": "tests/test_{name}_conformance.py",
}


class BadSkeleton(ValueError):  # noqa: N818 (a fact told in a sentence)
    """The name is no name for a connector, or something is there already; the text is one sentence."""


def write_skeleton(name: str, folder: Path) -> list[Path]:
    """Write the package of a connector of kind `name` into `folder`; the files written.

    Raises BadSkeleton, and then writes nothing, where the name is bad or taken, or one of the files exists.
    """
    _check_name(name)
    made = {folder / place.format(name=name): _text(template, name) for template, place in _TEMPLATES.items()}
    there = [path for path in made if path.exists() or path.is_symlink()]
    if there:
        raise BadSkeleton(f"{there[0]} exists already; nothing was written.")
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    return list(made)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise BadSkeleton(f"{name!r} is no name for a connector: 2 to 40 small letters, digits and _, a letter first.")
    if name in ("ldap", "seats", "munki", "human"):
        raise BadSkeleton(f"There is a connector {name} already; choose another name.")


def _text(template: str, name: str) -> str:
    source = (files("selfserve.connectors") / "skeleton_files" / template).read_text(encoding="utf-8")
    return source.replace("@name@", name).replace("@Name@", "".join(part.capitalize() for part in name.split("_")))
