"""What a customer's machine says about itself: read as a stranger's words, kept as a claim, never as a fact."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.catalog.facts import DeviceFacts
from selfserve.store.tables import DeviceToken

Platform = Literal["linux", "macos", "windows"]
Said = Annotated[
    str, StringConstraints(max_length=120, pattern=r"^[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]*$")
]
"""One line that hides and turns nothing; empty where the machine does not know."""


class MachineFacts(BaseModel):
    """What the app sends: texts are empty and the rest is null where the machine does not tell.

    `free` and `total` are bytes of the disk with the customer's files, `uptime` seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    platform: Platform
    name: Said = ""
    serial: Said = ""
    model: Said = ""
    system: Said = ""
    version: Said = ""
    build: Said = ""
    encrypted: bool | None = None
    free: Annotated[int, Field(ge=0, le=1 << 60)] | None = None
    total: Annotated[int, Field(ge=0, le=1 << 60)] | None = None
    uptime: Annotated[int, Field(ge=0, le=1 << 40)] | None = None
    network: Said = ""


def keep(session: Session, token_id: str, told: MachineFacts, now: datetime) -> None:
    """Keep what the machine of a live app said, in the place of what it said before; the trail tells that, not what."""
    _set(session, token_id, told.model_dump(), now)


def forget(session: Session, token_id: str, now: datetime) -> None:
    """Forget what the machine said: its customer does not let it any more."""
    _set(session, token_id, None, now)


def _set(session: Session, token_id: str, facts: dict[str, object] | None, now: datetime) -> None:
    row = session.scalar(sa.select(DeviceToken).where(DeviceToken.id == token_id, DeviceToken.ended_at.is_(None)))
    if row is None or (row.facts is None and facts is None):
        return
    kind = "device.told" if row.facts is None else "device.untold" if facts is None else ""
    row.facts, row.facts_at = facts, None if facts is None else now
    if kind:
        Trail(session, f"device:{token_id}").tell(kind, at=now, actor=row.person_id)


def of_app(session: Session, token_id: str | None) -> MachineFacts | None:
    """What the machine of an app that is signed in last said; None for a browser, and where nothing may be said."""
    if token_id is None:
        return None
    facts = session.scalar(
        sa.select(DeviceToken.facts).where(DeviceToken.id == token_id, DeviceToken.ended_at.is_(None))
    )
    return None if facts is None else MachineFacts.model_validate(facts)


def claim(facts: MachineFacts | None) -> DeviceFacts | None:
    """As rules see it. `proven` is false and nobody owns it: a machine's word about itself proves neither."""
    if facts is None:
        return None
    return {
        "serial": facts.serial,
        "name": facts.name,
        "model": facts.model,
        "platform": facts.platform,
        "version": facts.version,
        "encrypted": facts.encrypted is True,
        "owner": "",
        "proven": False,
    }
