"""Envelopes at rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfserve.settings.sealing import CannotOpen, Sealer, new_key, read_key

KEY, OTHER = bytes(range(32)), bytes(32)


@given(st.text(), st.text(max_size=40))
def test_what_is_sealed_opens_in_its_context(secret: str, context: str) -> None:
    """Any text, any context; the text is not in the envelope."""
    sealer = Sealer(KEY)
    envelope = sealer.seal(secret, context)
    assert sealer.open(envelope, context) == secret
    assert envelope != sealer.seal(secret, context)


def test_an_envelope_does_not_open_elsewhere() -> None:
    """Moved to another request's row it stays shut."""
    envelope = Sealer(KEY).seal("temporary", "request:1")
    with pytest.raises(CannotOpen, match="changed, or belongs to something else"):
        Sealer(KEY).open(envelope, "request:2")


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_envelope_does_not_open(place: int, flip: int) -> None:
    """Not one bit of header, nonce or text can change."""
    envelope = bytearray(Sealer(KEY).seal("temporary", "request:1"))
    envelope[place % len(envelope)] ^= flip
    with pytest.raises(CannotOpen):
        Sealer(KEY).open(bytes(envelope), "request:1")


@given(st.binary(max_size=60))
def test_what_is_no_envelope_does_not_open(content: bytes) -> None:
    """Anything may lie in a row."""
    with pytest.raises(CannotOpen):
        Sealer(KEY).open(content, "request:1")


def test_a_former_key_opens_and_the_new_one_seals() -> None:
    """A key is changed without losing what it sealed."""
    envelope = Sealer(OTHER).seal("licence", "seat:1")
    sealer = Sealer(KEY, former=[OTHER])
    assert sealer.open(envelope, "seat:1") == "licence"
    assert not sealer.current(envelope)
    assert sealer.current(sealer.seal("licence", "seat:1"))
    with pytest.raises(CannotOpen, match="not among the configured sealing keys"):
        Sealer(KEY).open(envelope, "seat:1")


def test_a_fingerprint_knows_its_text_and_only_under_its_key() -> None:
    """Nobody tries out licence keys on a stolen table; and a fresh key has fingerprints of its own, as it has seals."""
    mark = Sealer(KEY).fingerprint("LICENCE-1")
    assert mark == Sealer(KEY, [OTHER]).fingerprint("LICENCE-1")
    assert len({mark, Sealer(KEY).fingerprint("LICENCE-2"), Sealer(OTHER, [KEY]).fingerprint("LICENCE-1")}) == 3


@pytest.mark.parametrize("text", ["", "short", "A" * 43, "é" * 44, "AAAA"])
def test_a_key_is_thirty_two_random_bytes(text: str) -> None:
    """A word typed by hand is not taken for a key."""
    with pytest.raises(ValueError, match="32 random bytes as base64"):
        read_key(text)
    assert len(read_key(new_key())) == 32
