"""From a folder to a catalog: every error with file, line and column, and nothing outside of the folder."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.catalog.folders import HOUSE, VPN, broken, folder, good, only, with_vpn
from tests.catalog.stand import all_actions

from selfserve.catalog.checks.placed import PlacedRule, rules_of
from selfserve.catalog.items import Item
from selfserve.catalog.loading import Catalog, CatalogBroken, copy_of, load
from selfserve.catalog.sources import Source, parse_source
from selfserve.languages.messages import kept


def test_a_good_folder_becomes_a_catalog(tmp_path: Path) -> None:
    """Items, teams, policy, runbook texts and digests are all there, and cannot be changed."""
    catalog = good(folder(tmp_path))
    item = catalog.items["vpn"]
    assert catalog.runbook(item).startswith("# VPN")
    assert catalog.desk_team(item).name == "TechOps"
    assert len(catalog.digests["vpn"]) == 64
    with pytest.raises(TypeError):
        catalog.items["other"] = item  # type: ignore[index]


def test_the_digest_tells_meanings_apart_not_writings(tmp_path: Path) -> None:
    """A comment makes no new version; another word does."""
    first = good(folder(tmp_path / "a")).digests["vpn"]
    spaced = good(with_vpn(tmp_path / "b", ("name: VPN", "# spoken V-P-N\nname:   VPN"))).digests["vpn"]
    other = good(with_vpn(tmp_path / "c", ("name: VPN", "name: V.P.N."))).digests["vpn"]
    assert first == spaced != other


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("name: VPN", "nmae: VPN", 'items/vpn.yaml:2:1: "nmae" is not a known key; did you mean "name"?'),
        ("name: VPN", "name: [VPN]", "items/vpn.yaml:2:7: This is to be a text."),
        (
            "risk: low",
            "risk: tiny",
            "items/vpn.yaml:8:7: \"tiny\" is not allowed here; write 'low', 'medium' or 'high'.",
        ),
        ("expect: 1m", "expect: soon", 'items/vpn.yaml:16:9: "soon" is not a duration'),
        (
            "expect: 1m",
            "expect: 1m\nform: {a: {type: colour, label: A}}",
            'vpn.yaml:17:11: "colour" is not a kind of field',
        ),
        (
            "expect: 1m",
            "expect: 1m\nform:\n  a: {type: text, lable: A}",
            'items/vpn.yaml:18:19: "lable" is not a known key',
        ),
        ("who: 'true'", "who: 'true &&'", "items/vpn.yaml:9:14: This is not a CEL expression"),
        ("who: 'true'", "who: |\n  true &&\n  (1", "items/vpn.yaml:11:5: This is not a CEL expression"),
        ("customer.login}", "customer.}", "items/vpn.yaml:13:46: This is not a CEL expression"),
        ("ends: 90d", "ends: 90d +", "items/vpn.yaml:14:17: This is not a CEL expression"),
        ("{ends: 90d}", "{ends: 99999d}", 'items/vpn.yaml:14:15: "99999d" is longer than ten years.'),
        ("fulfil:", "approve: []\nfulfil: []\nx:", "items/vpn.yaml:11:9: At least 1 of these are needed."),
        (
            "id: vpn",
            "id: VPN",
            'items/vpn.yaml:1:5: "VPN" cannot stand here; use lower-case letters, digits and single',
        ),
        (
            "runbooks/vpn.md",
            "../vpn.md",
            'items/vpn.yaml:7:10: "../vpn.md" cannot stand here; write a path in the catalog',
        ),
        (
            "directory.add_member",
            "add_member",
            'items/vpn.yaml:12:10: "add_member" cannot stand here; write connector.action.',
        ),
        ("name: VPN", 'name: "a\\tb"', "write one line, without tabs and line breaks."),
        (
            "expect: 1m",
            "expect: 1m\nform: {Bad: {type: text, label: A}}",
            '"Bad" cannot stand here; use lower-case letters',
        ),
        ("id: member", "id: member\n    use: x.y", 'items/vpn.yaml:13:5: "use" stands here twice; first in line 12.'),
    ],
)
def test_every_error_names_file_line_and_column(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """Whoever wrote it is led to the character, in one sentence."""
    found = [str(one) for one in broken(with_vpn(tmp_path, (old, new)))]
    assert any(problem in one for one in found), found


def test_missing_keys_are_told_each(tmp_path: Path) -> None:
    """Leaving out three keys gives three sentences."""
    path = with_vpn(tmp_path, ("name: VPN\n", ""), ("who: 'true'\n", ""), ("escalate: {after: 15m, to: techops}\n", ""))
    assert [problem.sentence for problem in broken(path)] == [
        "`escalate` is missing.",
        "`name` is missing.",
        "`who` is missing.",
    ]


def test_all_files_are_told_at_once(tmp_path: Path) -> None:
    """One look shows everything that is to be mended, in order of file and line."""
    path = folder(tmp_path, items__vpn_yaml="a: [", items__b_yaml="x: 1", teams_yaml="t: 1", policy_yaml="")
    files = [problem.file for problem in broken(path)]
    assert files == sorted(files)
    assert set(files) == {"items/vpn.yaml", "items/b.yaml", "teams.yaml", "policy.yaml"}


def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    """Not a traceback."""
    assert {problem.file for problem in broken(tmp_path / "nowhere")} == {"items", "teams.yaml", "policy.yaml"}


def test_quorum_and_chains_are_not_there_yet(tmp_path: Path) -> None:
    """A quorum of two is refused with a sentence, not silently taken for one."""
    path = with_vpn(tmp_path, ("fulfil:", "approve:\n  - {by: [manager], quorum: 2}\nfulfil:"))
    assert only(path) == "items/vpn.yaml:11:29: `quorum` is 1: one person of `by` decides."


@pytest.mark.parametrize("name", ["runbooks/../../secret.md", "runbooks/gone.md", "runbooks", "runbooks/link.md"])
def test_a_runbook_outside_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    """By path or by symbolic link, nothing but the folder is read."""
    (tmp_path / "secret.md").write_text("the secret")
    path = with_vpn(tmp_path / "catalog", ("runbooks/vpn.md", name))
    (path / "runbooks" / "link.md").symlink_to(tmp_path / "secret.md")
    found = broken(path)
    assert [problem.line for problem in found] == [7]
    assert "secret\n" not in str(found)


def test_an_item_that_is_a_link_to_elsewhere_is_refused(tmp_path: Path) -> None:
    """Items are read from the folder alone."""
    path = folder(tmp_path / "catalog")
    outside = tmp_path / "other.yaml"
    outside.write_text(VPN.replace("id: vpn", "id: other"))
    (path / "items" / "other.yaml").symlink_to(outside)
    assert only(path) == "items/other.yaml:1:1: items/other.yaml leads out of the catalog folder."


def test_links_inside_of_the_folder_are_followed(tmp_path: Path) -> None:
    """So is a catalog mounted from a ConfigMap laid out."""
    path = folder(tmp_path)
    (path / "..data").mkdir()
    (path / "items" / "vpn.yaml").rename(path / "..data" / "vpn.yaml")
    (path / "items" / "vpn.yaml").symlink_to(path / "..data" / "vpn.yaml")
    assert list(good(path).items) == ["vpn"]


def test_a_pipe_does_not_hang_the_loader(tmp_path: Path) -> None:
    """What is no plain file is not opened."""
    path = folder(tmp_path)
    os.mkfifo(path / "items" / "pipe.yaml")
    assert only(path) == "items/pipe.yaml:1:1: items/pipe.yaml is not a file."


@pytest.mark.parametrize("start", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize(
    ("content", "at"), [(b"id: \xffpn", "1:5"), (b"id: vpn\nname: \xc3\xbc\xc3\xbc\xe9", "2:9"), (b"id: a\xc3", "1:6")]
)
def test_what_is_no_utf_8_is_told_where_it_stands(tmp_path: Path, start: bytes, content: bytes, at: str) -> None:
    """By line and sign, as an editor counts them; a mark of the byte order at the front is no sign."""
    path = folder(tmp_path)
    (path / "items/vpn.yaml").write_bytes(start + content)
    assert only(path) == f"items/vpn.yaml:{at}: items/vpn.yaml is not UTF-8 text."


@pytest.mark.parametrize("name", ["runbooks/vpn.md", "runbooks/vpn.de.md"])
@pytest.mark.parametrize(
    ("content", "said"), [(b"# VPN\nF\xfcr", "2:2: {} is not"), (b"#" * 300_000, "1:1: {} is larger")]
)
def test_a_runbook_that_is_no_text_is_told_once(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """Where it stands in the runbook, however many items name that."""
    path = folder(tmp_path, items__wiki_yaml=VPN.replace("id: vpn", "id: wiki"))
    (path / name).write_bytes(content)
    assert only(path).startswith(f"{name}:{said.format(name)}")


@pytest.mark.parametrize(("content", "words"), [(b"\xff\xfe\x00", "not UTF-8"), (b"#" * 70_000, "larger than 64 KiB")])
def test_a_file_that_is_no_text_or_endless_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    """Before anything is made of it."""
    path = folder(tmp_path)
    (path / "items" / "x.yaml").write_bytes(content)
    assert words in only(path)


def test_a_yml_file_is_not_overlooked(tmp_path: Path) -> None:
    """An item that would never show up is told."""
    assert only(folder(tmp_path, **{"items__wiki.yml": VPN})) == 'items/wiki.yml:1:1: Rename this file to "wiki.yaml".'


def test_an_item_in_a_folder_of_its_own_is_not_overlooked(tmp_path: Path) -> None:
    """An item that would never show up is told."""
    assert only(folder(tmp_path, items__access__wiki_yaml=VPN)).startswith("items/access:1:1: Items lie in `items`")


def test_editors_droppings_are_overlooked(tmp_path: Path) -> None:
    """Backups, swap files and notes beside the items change nothing."""
    names = {"items__vpn.yaml~": "{", "items__.vpn.yaml.swp": "{", "items__.#vpn_yaml": "{", "items__README.md": "x"}
    assert list(good(folder(tmp_path, **names)).items) == ["vpn"]


def test_unchanged_files_are_not_parsed_again(tmp_path: Path) -> None:
    """With ten thousand items, one edit costs one file."""
    path = folder(tmp_path)
    first = good(path)
    again = load(path, all_actions(), previous=first)
    assert not isinstance(again, CatalogBroken)
    assert again.items["vpn"] is first.items["vpn"]


def test_the_rules_of_unchanged_files_are_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a file that was edited are."""
    path = folder(tmp_path)
    tried = list[str]()

    def noted(source: Source[Item]) -> Iterator[PlacedRule]:
        tried.append(source.file)
        return rules_of(source)

    monkeypatch.setattr(import_module("selfserve.catalog.checks.rules"), "rules_of", noted)
    first = load(path, all_actions())
    assert isinstance(first, Catalog)
    assert tried
    tried.clear()
    assert isinstance(load(path, all_actions(), previous=first), Catalog)
    assert tried == []
    edited = path / "items" / "vpn.yaml"
    edited.write_text(edited.read_text() + "# again\n")
    load(path, all_actions(), previous=first)
    assert tried == ["items/vpn.yaml"]


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.data())
def test_a_mangled_item_is_read_or_refused_with_places(data: st.DataObject) -> None:
    """Whatever is cut, doubled or put in, the loader answers with problems inside the file, and never raises."""
    start = data.draw(st.integers(0, len(VPN)))
    end = data.draw(st.integers(start, min(len(VPN), start + 30)))
    junk = data.draw(st.text(alphabet="ab: -[]{}'\"\n$&*!|1", max_size=12))
    text = VPN[:start] + junk + VPN[end:]
    read = parse_source("items/vpn.yaml", text, Item)
    if not isinstance(read, Source):
        assert read
        for problem in read:
            assert 1 <= problem.line <= text.count("\n") + 2
            assert problem.sentence.endswith((".", "?"))


def test_a_copy_of_the_files_is_the_same_catalog() -> None:
    """Items, teams, policy, and runbooks in every language; loaded from texts alone, it is equal."""
    first = load(HOUSE, all_actions())
    assert isinstance(first, Catalog)
    copy = copy_of(first)
    again = load(copy, all_actions())
    assert isinstance(again, Catalog)
    assert (again.digests, again.teams, again.policy) == (first.digests, first.teams, first.policy)
    assert {name: kept(text) for name, text in again.runbooks.items()} == {
        name: kept(text) for name, text in first.runbooks.items()
    }
    assert again.runbooks == first.runbooks
    assert copy_of(again).digest == copy.digest
    on_disk = {str(path.relative_to(HOUSE)) for path in HOUSE.rglob("*.*") if path.suffix in (".yaml", ".md")}
    assert copy.texts.keys() <= on_disk
    assert any(name.endswith(".de.md") for name in copy.texts)
