"""Which sentences the code says, and the translators' files brought up to date with them.

`python -m tests.languages.gathering` writes what is new into every language's file, to be translated, and drops what
nobody says any more.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from selfserve.languages.books import FOLDER, SOURCE, codes, written

ROOM = Path(__file__).parents[2] / "src" / "selfserve"
METHODS = [("cli/**.py", "ignore"), ("desktop/**.py", "ignore"), ("**.py", "python")]
"""The terminal speaks English: it is for admins and their programs. The app has a table of its own."""
KEYWORDS = {"say": None, "msg": None, "say_n": (1, 2), "msg_n": (1, 2)}
"""The functions whose first argument is a sentence, of the last two the first two: one and many."""


def said() -> Catalog:
    """Every sentence of the code with where it stands."""
    found = Catalog()
    for file, line, message, _, _ in extract_from_dir(ROOM, method_map=METHODS, keywords=KEYWORDS):
        found.add(message, locations=[(file.replace("\\", "/"), line)])
    return found


def renew(code: str) -> None:
    """Bring one language's file up to date."""
    book, template = written(code), said()
    book.update(template, no_fuzzy_matching=True, update_header_comment=False)
    book.obsolete.clear()
    for message in book:
        message.locations = [(file, 0) for file in dict.fromkeys(file for file, _ in message.locations)]
    with (FOLDER / f"{code}.po").open("wb") as file:
        write_po(
            file, book, width=120, sort_by_file=True, include_lineno=False, omit_header=False, ignore_obsolete=True
        )


if __name__ == "__main__":
    for code in codes():
        if code != SOURCE:
            renew(code)
