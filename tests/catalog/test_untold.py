"""What an item that speaks a further language leaves in the first one is named, and refused by nobody."""

from __future__ import annotations

from pathlib import Path

from tests.catalog.folders import folder, good, only, with_vpn

from selfserve.catalog.loading import Catalog
from selfserve.catalog.untold import untold
from selfserve.languages.reader import Reader

GERMAN = """\
expect: 1m
languages:
  de:
    name: VPN-Zugang
"""


def told(catalog: Catalog) -> list[str]:
    """What is said to be missing."""
    return [problem.sentence for problem in untold(catalog.draft)]


def test_whatever_a_reader_would_meet_in_another_language_is_named(tmp_path: Path) -> None:
    """The summary, the runbook and the names around it; an item in one language is asked for nothing."""
    assert told(good(folder(tmp_path / "plain"))) == []
    found = told(good(with_vpn(tmp_path / "german", ("expect: 1m\n", GERMAN))))
    assert "`summary` is not told in de." in found
    assert "The runbook runbooks/vpn.md is not told in de." in found
    assert "`name` is not told in de." not in found
    assert any(sentence.startswith("The name of the team ") for sentence in found)


def test_the_sentence_for_a_mistake_is_named_until_it_is_told(tmp_path: Path) -> None:
    """It is read by whoever has just done something wrong: in their language, or it helps nobody."""
    form = "form:\n  code: {type: text, label: Code, pattern: '[0-9]+', mistake: Digits only.}\n"
    german = GERMAN + "    form:\n      code: {label: Code%s}\n"
    for more, named in (("", True), (", mistake: Nur Ziffern.", False)):
        catalog = good(with_vpn(tmp_path / f"named-{named}", ("expect: 1m\n", form + german % more)))
        assert ("The question code: its `mistake` is not told in de." in told(catalog)) is named


def test_a_checklist_counts_with_its_lines(tmp_path: Path) -> None:
    """Its summary and what is to be done and taken back."""
    checklist = "{summary: Do it, todo: [{text: One}], take_back: [{text: Back}], languages: {de: {summary: Tu es}}}"
    text = (folder(tmp_path / "x") / "items" / "vpn.yaml").read_text()
    start, end = text.index("fulfil:"), text.index("grant:")
    made = f"fulfil:\n  - id: hand\n    use: human.checklist\n    with: {checklist}\n"
    changed = (text[:start] + made + text[end:]).replace("expect: 1m\n", GERMAN)
    (tmp_path / "x" / "items" / "vpn.yaml").write_text(changed)
    found = told(good(tmp_path / "x"))
    assert "The step hand: its `todo` is not told in de." in found
    assert "The step hand: its `take_back` is not told in de." in found
    assert "The step hand: its `summary` is not told in de." not in found


def test_a_runbook_stands_in_further_languages_beside_itself(tmp_path: Path) -> None:
    """`name.de.md`; it is looked through for hidden signs like the first."""
    german = folder(tmp_path) / "runbooks" / "vpn.de.md"
    german.write_text("# VPN\nRuf an.\n")
    text = good(tmp_path).runbooks["runbooks/vpn.md"]
    assert (text, Reader("de").tell(text)) == ("# VPN\nCall.\n", "# VPN\nRuf an.\n")
    german.write_text("# VPN\nTippe \u200b.\n")
    assert only(tmp_path).startswith("runbooks/vpn.de.md:2:")


def test_a_team_is_called_by_its_name_in_each_language(tmp_path: Path) -> None:
    """And a language that nobody reads here is refused."""
    path = folder(tmp_path)
    teams = (path / "teams.yaml").read_text()
    assert "{name: " in teams
    (path / "teams.yaml").write_text(teams.replace("{name: ", "{languages: {de: Anders}, name: ", 1))
    team = next(iter(good(path).teams.values()))
    assert Reader("de").tell(team.name) == "Anders"
    (path / "teams.yaml").write_text(teams.replace("{name: ", "{languages: {xx: Anders}, name: ", 1))
    assert 'Nobody reads "xx" here' in only(path)
