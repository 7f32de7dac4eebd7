"""`/mail/off/…`: ends digests without a sign-in, by a mail program's one click (RFC 8058) or by a person's press.

A look alone changes nothing: what checks mails for bad links follows every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from selfserve.languages.messages import msg
from selfserve.notify.unsubscribe import PATH, Unsubscribing
from selfserve.people import directory, preferences
from selfserve.store.database import Database
from selfserve.web.plain import Plain

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class MailOff:
    """The page and what it does. `off` knows the addresses that mails name."""

    database: Database
    off: Unsubscribing
    plain: Plain

    def install(self, app: FastAPI) -> None:
        """Answer below `/mail/off/`; to be called before the pages take every other path."""
        app.add_api_route(f"{PATH}{{token:path}}", self.ask, methods=["GET"], include_in_schema=False)
        app.add_api_route(f"{PATH}{{token:path}}", self.end, methods=["POST"], include_in_schema=False)

    async def ask(self, request: Request, token: str) -> Response:
        """Whether they mean it, with a button."""
        if self.off.person(token) is None:
            return self._unknown(request)
        told = [msg("You still get a mail about what needs you, and everything else you find here.")]
        return self.plain.page(
            request.headers, msg("End these digests?"), told, act=(msg("End them"), request.url.path), post=True
        )

    async def end(self, request: Request, token: str) -> Response:
        """No more digests for this person; nothing else changes, however often it is called."""
        person_id = self.off.person(token)
        if person_id is None or not await run_in_threadpool(self._end, person_id):
            return self._unknown(request)
        log.info("digests_ended", person=person_id)
        told = [
            msg(
                "From now on you get a mail only about what needs you. Everything else you find here, whenever you "
                "look."
            )
        ]
        return self.plain.page(request.headers, msg("No more digests"), told, act=(msg("Choose your mails"), "/mine"))

    def _end(self, person_id: str) -> bool:
        with self.database.write() as session:
            if directory.present(session, person_id) is None:
                return False
            preferences.end_digests(session, person_id)
            return True

    def _unknown(self, request: Request) -> Response:
        told = [msg("The address is not complete, or was changed. You choose your mails under “Yours”.")]
        title = msg("This way out is not one of ours")
        return self.plain.page(request.headers, title, told, act=(msg("Choose your mails"), "/mine"), status=404)
