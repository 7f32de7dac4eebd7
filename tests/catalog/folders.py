"""Small catalog folders for tests: a good one, and files laid over it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from tests.catalog.stand import all_actions

from selfserve.catalog.draft import PeopleView
from selfserve.catalog.loading import Catalog, CatalogBroken, load
from selfserve.catalog.problems import Problem

HOUSE = Path(__file__).parents[2] / "catalog"

TEAMS = """\
techops: {name: TechOps, mail: techops@example.org, members: [a@example.org, b@example.org], promise: 1h}
design: {name: Design, mail: design@example.org, group: design, promise: 4h, rises_to: techops}
"""
POLICY = """\
techops: techops
categories:
  - {name: Access, icon: key, tint: green}
risk:
  low: {}
  medium: {end: true, max_grant: 90d}
  high: {end: true, max_grant: 8h, approval: true}
approvals: {fallback: techops}
"""
VPN = """\
id: vpn
name: VPN
summary: Reach internal systems.
category: Access
icon: shield-check
owner: techops
runbook: runbooks/vpn.md
risk: low
who: 'true'
fulfil:
  - id: member
    use: directory.add_member
    with: {group: vpn, customer: "${customer.login}"}
grant: {ends: 90d}
escalate: {after: 15m, to: techops}
expect: 1m
"""


def folder(root: Path, **files: str) -> Path:
    """A good catalog below `root`; `files` are laid over it, `__` standing for `/` and `_yaml` for `.yaml`."""
    written = {"teams.yaml": TEAMS, "policy.yaml": POLICY, "items/vpn.yaml": VPN, "runbooks/vpn.md": "# VPN\nCall.\n"}
    for name, text in files.items():
        written[name.replace("__", "/").replace("_yaml", ".yaml").replace("_md", ".md")] = dedent(text)
    for name, text in written.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def with_vpn(root: Path, *changes: tuple[str, str]) -> Path:
    """A good catalog with replacements made in its one item."""
    text = VPN
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return folder(root, items__vpn_yaml=text)


def good(path: Path, people: PeopleView | None = None) -> Catalog:
    """The catalog in `path`, which must be good."""
    loaded = load(path, all_actions(), people)
    assert isinstance(loaded, Catalog), str(loaded)
    return loaded


def broken(path: Path, people: PeopleView | None = None) -> tuple[Problem, ...]:
    """What is wrong in `path`, which must be something."""
    loaded = load(path, all_actions(), people)
    assert isinstance(loaded, CatalogBroken)
    return loaded.problems


def only(path: Path, people: PeopleView | None = None) -> str:
    """The one problem of `path`, as `file:line:column: sentence`."""
    problems = broken(path, people)
    assert len(problems) == 1, "\n".join(map(str, problems))
    return str(problems[0])
