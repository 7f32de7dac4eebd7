"""`/api/v1/health`: how the installation is, for admins and their monitoring."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel

from selfserve.api.caller import Runs, parts_of
from selfserve.insights import installation, looking
from selfserve.insights.installation import Installation
from selfserve.insights.troubles import Trouble, troubles

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """What is wrong, the worst first, each with what to do; then everything that is known. `well` without troubles."""

    well: bool
    troubles: list[Trouble]
    installation: Installation


class Asked(BaseModel):
    """A look is ordered; what it finds shows at the next reading."""

    asked: bool


@router.get("/health")
def health(request: Request, who: Runs) -> Health:
    """How the installation is, as it was last looked at: nothing is asked of any target here."""
    found = installation.read(parts_of(request).house, parts_of(request).expected)
    wrong = troubles(found)
    return Health(well=not wrong, troubles=wrong, installation=found)


@router.post("/health/look", status_code=202)
def look(request: Request, who: Runs) -> Asked:
    """Have connectors and certificates looked at now, by a worker."""
    looking.ask(parts_of(request).house, who.person_id)
    return Asked(asked=True)
