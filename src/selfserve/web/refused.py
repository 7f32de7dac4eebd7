"""Refusals as a form shows them."""

from __future__ import annotations

from selfserve.requests.refusals import Refusal, Unfit


def sentences(refusal: Refusal) -> dict[str, str]:
    """A sentence beside each field the refusal names; where it names none, one below all of them."""
    return dict(refusal.errors) if isinstance(refusal, Unfit) else {"": str(refusal)}
