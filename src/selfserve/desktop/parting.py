"""Signing out as the server hears of it."""

from __future__ import annotations

from selfserve.desktop.around import Around
from selfserve.desktop.trouble import Kind, Trouble


def end(around: Around, token: str) -> Trouble | None:
    """Let the token be worth nothing; what kept that from being told."""
    try:
        around.server.sign_out(token)
    except Trouble as trouble:
        return None if trouble.kind is Kind.SIGNED_OUT else trouble
    return None


def end_unheard(around: Around, code: str, verifier: str) -> None:
    """The app closes before it heard what a browser's code gave it: that is asked for once more, and ended."""
    try:
        end(around, around.server.sign_in(code, verifier).token)
    except Trouble:
        return  # it ends by itself, unused


def end_left(around: Around) -> Trouble | None:
    """End what a keyring gives that was to be signed out while it was locked; what kept that from being told."""
    left = around.keeper.left
    trouble = end(around, left) if left else None
    if left and trouble is None:
        around.keeper.parted()
    return trouble


def end_lost(around: Around, token: str | None) -> None:
    """The app closes: end a token that the next start would not find. It would stand among the customer's apps for as
    long as it lives, and a former one that is shown instead would be taken for a thief's."""
    if token and around.keeper.let_go():
        end(around, token)
