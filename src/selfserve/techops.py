"""Tells the house's own team what it should know of the installation: once, in the app and by mail."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from selfserve.catalog.keeping import Unserved
from selfserve.catalog.live import stamp
from selfserve.catalog.problems import Problem
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg, msg_n, together
from selfserve.notify import notices
from selfserve.people import directory
from selfserve.people.roles import Role, RoleRules
from selfserve.people.teams import members
from selfserve.settings.model import Settings

_NUMBERS = re.compile(r"\d+")
SHOWN = 20
"""Problems of a catalog that stand in one notice; the rest show when those are mended."""


HEALTH = "/health"
"""Where all of it stands: only admins may go there, so it leads nobody else."""


def tell(session: Session, house: House, roles: RoleRules, *, now: datetime, event: str, title: str, body: str) -> bool:
    """A mail to the team's mailbox and a notice in the app for each of its members; False where it was told before.

    `body` says all that there is to do. Who is an admin by a group of the directory is led to `HEALTH`.
    """
    catalog = house.catalog.current
    team = catalog.teams[catalog.policy.techops]
    fresh = notices.tell(session, now=now, event=event, mailbox=team.mail, title=title, body=body, urgent=True)
    for person in members(session, team):
        path = HEALTH if Role.ADMIN in roles.roles(directory.groups_of(session, person.id)) else ""
        notices.tell(session, now=now, event=event, person_id=person.id, title=title, body=body, path=path, mail=False)
    return fresh


def tell_catalog_broken(house: House, settings: Settings, problems: tuple[Problem, ...], held: Unserved) -> bool:
    """An edit of the catalog cannot be served: what is wrong with it, that the last good version stays, and what else
    of the edit waits with it, so that nobody takes a rule for changed or an item for gone.

    Every process notices the same edit; it is told once, and again when the same mistake is made a second time.
    """
    lines = [str(problem) for problem in problems]
    event = f"catalog:broken:{_digest(*lines, str(sorted(stamp(settings.catalog.folder).items())))}"
    shown, more = "\n".join(lines[:SHOWN]), len(lines) - SHOWN
    body = msg("The last good version is served until this is mended:\n{problems}", problems=shown)
    if more > 0:
        body = msg_n("{words}\n… and {count} more.", "{words}\n… and {count} more.", more, words=body)
    wrong = {problem.file for problem in problems}
    if edited := [file for file in held.edited if file not in wrong]:
        body = msg(
            "{words}\nEdited too, but not served until this is mended: {files}", words=body, files=_shown(edited)
        )
    if held.gone:
        body = msg(
            "{words}\nNot there any more, but served until this is mended: {files}", words=body, files=_shown(held.gone)
        )
    with house.database.write() as session:
        title = msg("The catalog has a mistake, so the last edit is not served")
        roles = RoleRules.of(settings.roles.model_dump())
        return tell(session, house, roles, now=house.now(), event=event, title=title, body=body)


def _shown(files: Sequence[str]) -> str:
    return ", ".join([*files[:SHOWN], "…"] if len(files) > SHOWN else files)


def tell_sync_alarms(house: House, roles: RoleRules, alarms: list[str]) -> bool:
    """A look into the directory changed nobody, since it did not look right; told once a day for the same reason."""
    now, reasons = house.now(), _digest(*(_NUMBERS.sub("#", alarm) for alarm in alarms))
    with house.database.write() as session:
        return tell(
            session,
            house,
            roles,
            now=now,
            event=f"people:alarm:{now:%Y-%m-%d}:{reasons}",
            title=msg("The directory was read with doubts"),
            body=together(alarms),
        )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
