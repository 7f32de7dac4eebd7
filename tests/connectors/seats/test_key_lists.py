"""Lists of licence keys as people save them: no key is two by a sign that nobody sees."""

from __future__ import annotations

import pytest

from selfserve.connectors.problems import BadSection
from selfserve.connectors.seats import Pool, SeatsConnector, SeatsSettings
from selfserve.connectors.sections import read_section


def pool(keys: str) -> Pool:
    """The pool of a section whose reference leads to `keys`."""
    section = {"kind": "seats", "pools": {"ide": {"label": "IDE", "keys": "file:secrets/ide"}}}
    read = read_section("seats", section, SeatsConnector, lambda _: keys, None, lambda _: "selfserve.toml")
    assert isinstance(read, SeatsSettings)
    return read.pools["ide"]


def test_a_list_saved_by_an_editor_of_windows_has_the_same_keys() -> None:
    """Its byte order mark, its line ends and the spaces around are no part of a key."""
    assert pool("\ufeffLIC-1\r\n\r\n  LIC-2\u00a0\r\nLIC-3").key_list == ["LIC-1", "LIC-2", "LIC-3"]


def test_an_inner_space_is_part_of_a_key() -> None:
    """A name and a number, say."""
    assert pool("Fern GmbH 4711\nÄ-1").key_list == ["Fern GmbH 4711", "Ä-1"]


@pytest.mark.parametrize(
    "sign", ["\ufeff", "\u200b", "\u00a0", "\u2028", "\x85", "\x0c", "\t", "\x00", "\u3164", "\ufe0f", "\u202e"]
)
def test_a_key_with_a_sign_that_nobody_sees_is_refused(sign: str) -> None:
    """In one sentence with file and line, and without the key: it would be a second one that looks the same."""
    with pytest.raises(BadSection) as caught:
        pool(f"LIC-1\r\n\nLIC{sign}-2\nLIC-3")
    assert str(caught.value) == (
        "selfserve.toml, file:secrets/ide: connectors.seats.pools.ide.keys has a sign that nobody can see "
        f"(U+{ord(sign):04X}) in line 3, so that two keys could look the same; type that line anew."
    )
