"""The key under which something is sent: said once, or nobody knows which one was meant."""

from __future__ import annotations

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request


def _said_once(request: Request) -> None:
    if len(request.headers.getlist("idempotency-key")) > 1:
        raise HTTPException(422, "The header Idempotency-Key was sent twice; send it once.")


KEY_ONCE = Depends(_said_once)
"""Refuses (422) a request that brings more than one Idempotency-Key: kept under one of them, the other would give
something new."""
