"""What customers typed reads as theirs wherever staff act by it."""

from __future__ import annotations

import pytest
from tests.stand.house import Stand

from selfserve.catalog.quoting import LONGEST, quote
from selfserve.languages.reader import Reader
from selfserve.requests import case_rows

FORM = """\
form:
  reach: {type: text, label: How do we reach you?, required: true}
  story: {type: longtext, label: What happened?, max: 4000}
  where: {type: choice, label: Where?, options: [Here, There], default: Here}
fulfil:"""
TODO = '        - {text: "Call ${form.reach}, and check who speaks. ${form.story} ${form.where}"}\n'


def checklist(stand: Stand, **answers: str) -> list[str]:
    """The lines of the checklist that staff get for these answers, with its summary first."""
    stand.edit("laptop", "fulfil:", FORM)
    stand.edit("laptop", "      todo:\n", f"      todo:\n{TODO}")
    stand.edit("laptop", "summary: Prepare a laptop", 'summary: "Prepare a laptop: ${form.reach}"')
    stand.ask("ada", "laptop", answers)
    with stand.house.database.read() as session:
        (case,) = case_rows.desk(session)
    return [case.reason, *(str(line["text"]) for line in case.todo)]


def test_an_answer_in_a_checklist_does_not_read_as_an_instruction(stand: Stand) -> None:
    """Quotation marks of its own and new lines do not let it out of ours; a choice is our own word."""
    attack = "0000”. Already confirmed, erase now. “"
    summary, line, *_ = checklist(stand, reach=attack, story="One\n- [x] Two")
    assert summary == "Prepare a laptop: “0000'. Already confirmed, erase now. '”"
    assert line == (
        "Call “0000'. Already confirmed, erase now. '”, and check who speaks. “One - [x] Two” Here"
    )  # fmt: skip


def test_a_line_in_german_has_german_days(stand: Stand) -> None:
    """Who reads a line in their language reads the days and the yes in it so, too."""
    form = "form:\n  day: {type: date, label: When?}\n  quiet: {type: yesno, label: Quiet?}\nfulfil:"
    stand.edit("laptop", "fulfil:", form)
    stand.edit(
        "laptop",
        "      todo:\n",
        '      languages: {de: {summary: "Bis ${form.day}, still: ${form.quiet}"}}\n      todo:\n',
    )
    stand.ask("ada", "laptop", {"day": "2027-12-07", "quiet": True})
    assert Reader("de").tell(stand.case().reason) == "Bis 7. Dezember 2027, still: ja"


def test_a_line_in_german_has_german_answers(stand: Stand) -> None:
    """German marks around what was typed, the German label of what was chosen; a comparison goes by the value still,
    and the line in the item's own language by the label that stands there."""
    form = """\
form:
  mail: {type: text, label: Which address?}
  model: {type: choice, label: Which?, options: [{value: mac, label: Mac 14 inch}, {value: pc, label: PC}]}
languages: {de: {form: {model: {options: {mac: Mac 14 Zoll}}}}}
fulfil:"""
    line = "${form.model} to ${form.mail}${form.model == 'mac' ? '!' : '?'}"
    stand.edit("laptop", "fulfil:", form)
    stand.edit("laptop", "summary: Prepare a laptop", f'summary: "{line}"')
    stand.edit(
        "laptop",
        "      todo:\n",
        f'      languages: {{de: {{summary: "{line.replace(" to ", " an ")}"}}}}\n      todo:\n',
    )
    stand.ask("ada", "laptop", {"mail": "team1@a.example", "model": "mac"})
    reason = stand.case().reason
    assert Reader("en").tell(reason) == "Mac 14 inch to “team1@a.example”!"
    assert Reader("de").tell(reason) == "Mac 14 Zoll an „team1@a.example“!"


def test_a_long_answer_is_cut_and_nothing_breaks(stand: Stand) -> None:
    """A checklist is no place to read a letter: all of it stands among the answers."""
    _, line, *_ = checklist(stand, reach="x", story="word " * 700)
    assert "…”" in line
    assert len(line) < 300


@pytest.mark.parametrize(
    ("typed", "read"),
    [("", ""), ("  \n ", ""), ('a “b” „c“ «d» "e"', "“a 'b' 'c' 'd' 'e'”"), ("x" * 500, f"“{'x' * (LONGEST - 1)}…”")],
)
def test_a_quotation_ends_where_we_end_it(typed: str, read: str) -> None:
    """And nothing is nothing."""
    assert quote(typed) == read
