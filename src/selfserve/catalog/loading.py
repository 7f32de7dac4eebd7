"""From a folder to a catalog, or to the list of everything that is wrong in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from selfserve.catalog.checks import check
from selfserve.catalog.draft import ActionCatalogue, Draft, PeopleView
from selfserve.catalog.files import LARGEST_RUNBOOK, ContentRefused, Copy, FileRefused, is_inside, read_inside
from selfserve.catalog.items import Item
from selfserve.catalog.policy import Policy
from selfserve.catalog.problems import Problem
from selfserve.catalog.search import SearchIndex
from selfserve.catalog.sources import ModelT, Source, read_source, unreadable
from selfserve.catalog.teams import Team, Teams
from selfserve.languages.books import codes
from selfserve.languages.messages import Spoken


@dataclass(frozen=True, slots=True)
class Catalog:
    """A catalog that passed every check. Frozen: a changed folder makes another one.

    `items` by id in order of file name, `runbooks` text by the path items name, `digests` the version of each item.
    """

    items: Mapping[str, Item]
    teams: Mapping[str, Team]
    policy: Policy
    runbooks: Mapping[str, str]
    digests: Mapping[str, str]
    search: SearchIndex = field(repr=False)
    draft: Draft = field(repr=False, compare=False)

    def runbook(self, item: Item) -> str:
        """The text of the item's runbook (Markdown), in every language that it has."""
        return self.runbooks[item.runbook]

    def desk_team(self, item: Item) -> Team:
        """The team that is called when a machine cannot finish the item."""
        return self.teams[item.escalate.to]


@dataclass(frozen=True, slots=True)
class CatalogBroken:
    """The folder holds no catalog that could be served; `problems` in order of file and line."""

    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def load(
    folder: Path | Copy,
    actions: ActionCatalogue,
    people: PeopleView | None = None,
    *,
    previous: Catalog | None = None,
) -> Catalog | CatalogBroken:
    """The catalog in `folder`, or of a copy, checked against the connectors' `actions` and, where given, the
    directory's `people`.

    Files whose text is that of `previous` are not parsed again. Never raises for what the folder holds.
    """
    problems: list[Problem] = []
    draft = _read(folder, actions, people, previous.draft if previous else None, problems)
    if draft is not None:
        problems.extend(check(draft))
    if draft is None or problems:
        return CatalogBroken(tuple(sorted(set(problems))))
    return _accepted(draft)


def _read(
    folder: Path | Copy,
    actions: ActionCatalogue,
    people: PeopleView | None,
    before: Draft | None,
    problems: list[Problem],
) -> Draft | None:
    """What could be read; None where teams or policy could not, since every check leans on them."""
    known = {source.file: source for source in before.items} if before else {}
    items: list[Source[Item]] = []
    for file in _item_files(folder, problems):
        read = read_source(folder, file, Item, known.get(file))
        if isinstance(read, Source):
            items.append(read)
        else:
            problems.extend(read)
    teams = _one(read_source(folder, "teams.yaml", Teams, before.teams if before else None), problems)
    policy = _one(read_source(folder, "policy.yaml", Policy, before.policy if before else None), problems)
    if teams is None or policy is None:
        return None
    runbooks = dict(_runbooks(folder, items, problems))
    return Draft(tuple(items), teams, policy, MappingProxyType(runbooks), actions, people)


def _one(read: Source[ModelT] | list[Problem], problems: list[Problem]) -> Source[ModelT] | None:
    if isinstance(read, Source):
        return read
    problems.extend(read)
    return None


def _item_files(folder: Path | Copy, problems: list[Problem]) -> Iterator[str]:
    if isinstance(folder, Copy):
        yield from sorted(name for name in folder.texts if name.startswith("items/"))
        return
    try:
        paths = sorted((folder / "items").iterdir())
    except OSError as error:
        problems.append(Problem("items", 1, 1, f"The folder cannot be read: {error.strerror}."))
        return
    for path in paths:
        name = path.name
        if path.is_dir() and any(path.rglob("*.yaml")):
            problems.append(Problem(f"items/{name}", 1, 1, "Items lie in `items` itself, not in folders below it."))
        elif name.endswith(".yml"):
            problems.append(Problem(f"items/{name}", 1, 1, f'Rename this file to "{name[:-4]}.yaml".'))
        elif name.endswith(".yaml") and not name.startswith("."):
            yield f"items/{name}"


def _runbooks(folder: Path | Copy, items: list[Source[Item]], problems: list[Problem]) -> Iterator[tuple[str, str]]:
    """Text of each runbook an item names; written once, it may serve several items."""
    for source in items:
        name = source.model.runbook
        try:
            text = read_inside(folder, name, LARGEST_RUNBOOK)
        except ContentRefused as error:
            problems.append(_told_once(name, error))
            continue
        except FileRefused as error:
            problems.append(source.at_value(("runbook",), f"{error} Every item has a runbook in the catalog folder."))
            continue
        problems.extend(unreadable(name, text))
        if not text.strip():
            problems.append(source.at_value(("runbook",), f"{name} is empty; write what a human does."))
        yield name, Spoken.of(text, _translated(folder, source, problems))


def _translated(folder: Path | Copy, source: Source[Item], problems: list[Problem]) -> dict[str, str]:
    """A runbook in further languages: `name.de.md` beside `name.md`."""
    found: dict[str, str] = {}
    for code in codes():
        name = _in_language(source.model.runbook, code)
        if not is_inside(folder, name):
            continue
        try:
            found[code] = read_inside(folder, name, LARGEST_RUNBOOK)
        except ContentRefused as error:
            problems.append(_told_once(name, error))
        except FileRefused as error:
            problems.append(source.at_value(("runbook",), str(error)))
        else:
            problems.extend(unreadable(name, found[code]))
    return {code: text for code, text in found.items() if text.strip()}


def _told_once(name: str, error: ContentRefused) -> Problem:
    """A problem with a runbook itself, the same for every item that names it."""
    return Problem(name, error.mark.line, error.mark.column, str(error))


def _in_language(runbook: str, code: str) -> str:
    return runbook.removesuffix(".md") + f".{code}.md"


def copy_of(catalog: Catalog) -> Copy:
    """Every file that the catalog was made of, as it was read: loaded again, it is the same catalog."""
    draft = catalog.draft
    texts = {source.file: source.text for source in draft.items}
    texts |= {draft.teams.file: draft.teams.text, draft.policy.file: draft.policy.text}
    for name, text in draft.runbooks.items():
        texts[name] = str(text)
        others = text.others if isinstance(text, Spoken) else {}
        texts.update({_in_language(name, code): other for code, other in others.items()})
    return Copy(MappingProxyType(texts))


def _accepted(draft: Draft) -> Catalog:
    items = {source.model.id: source.model for source in draft.items}
    policy = draft.policy.model
    return Catalog(
        MappingProxyType(items),
        MappingProxyType(draft.teams.model.root),
        policy,
        draft.runbooks,
        MappingProxyType({name: item.digest for name, item in items.items()}),
        SearchIndex(items.values(), policy.synonyms),
        draft,
    )
