"""Sentences keep what makes them in another language, in one column."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from selfserve.languages.messages import Message, Spoken, kept, msg
from selfserve.languages.reader import Reader
from selfserve.store.words import BESIDE, Words

TABLE = sa.Table("said", sa.MetaData(), sa.Column("words", Words))


def _through(words: str) -> str:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        TABLE.create(connection)
        connection.execute(sa.insert(TABLE).values(words=words))
        found: str = connection.execute(sa.select(TABLE.c.words)).scalar_one()
    engine.dispose()
    return found


def test_a_sentence_is_told_in_german_after_it_was_stored() -> None:
    """English to programs, and whatever its reader speaks to people."""
    back = _through(msg("in {span}", span=msg("a moment")))
    assert back == "in a moment"
    assert isinstance(back, Message)
    assert Reader("de").tell(back) == "noch einen Augenblick"
    assert Reader("de").tell(_through(Spoken.of("Room", {"de": "Raum"}))) == "Raum"


@pytest.mark.parametrize(
    "words",
    ["", "plain", f"with{BESIDE}", f"x{BESIDE}{{", f'x{BESIDE}{{"text":"y","values":{{}}}}', f"x{BESIDE}[1]"],
)
def test_what_is_no_sentence_of_ours_stays_as_it_was(words: str) -> None:
    """Plain text, and what was tampered with."""
    back = _through(words)
    assert back == words
    assert kept(back) is None
