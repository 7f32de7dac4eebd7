"""Signing in and out: the routes below /auth, and the page that offers them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, quote, urlencode

import structlog
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from selfserve.audit.trail import MACHINE, Trail
from selfserve.languages.messages import msg
from selfserve.people import device_tokens
from selfserve.people.identities import NotLinkedError, person_of
from selfserve.people.principal import Principal
from selfserve.settings.identity import Oidc
from selfserve.store.database import Database
from selfserve.store.ids import new_id
from selfserve.web import sessions
from selfserve.web.attempts import Attempt, Attempts
from selfserve.web.backchannel import LONGEST, BackChannel, LogoutTokenError
from selfserve.web.faults import STATUS, TITLE, Fault, SignInError
from selfserve.web.origins import from_here, origin_of, safe_next
from selfserve.web.plain import Plain
from selfserve.web.provider import Proven, Provider
from selfserve.web.sessions import SessionRules, SignedIn

log = structlog.get_logger(__name__)
Ended = Callable[[Iterable[str]], None]
"""Told the ids of sessions that have just ended, so that pages still open on them are cut off."""


@dataclass(frozen=True)
class SignInParts:
    """What sign-in is put together from. `secret_key` seals short-lived browser state; `clock` gives aware UTC."""

    db: Database
    oidc: Oidc
    client_secret: str | None
    public_url: str
    rules: SessionRules
    secret_key: str
    plain: Plain
    clock: Callable[[], datetime]


class SignIn:
    """The ways in and out of one installation."""

    def __init__(self, parts: SignInParts, ended: Ended = lambda sign_in_ids: None) -> None:
        self.parts, self._ended = parts, ended
        self.provider = Provider(parts.oidc, parts.client_secret, f"{parts.public_url}/auth/callback", parts.clock)
        self._attempts = Attempts(parts.secret_key, parts.rules.secure, parts.clock)
        self._back_channel = BackChannel(self.provider, parts.clock)

    def install(self, app: FastAPI) -> None:
        """Add the routes to `app`."""
        for path, endpoint, method in (
            ("/sign-in", self.landing, "GET"),
            ("/auth/login", self.login, "GET"),
            ("/auth/again", self.again, "GET"),
            ("/auth/callback", self.callback, "GET"),
            ("/auth/logout", self.logout, "POST"),
            ("/auth/backchannel", self.back_channel, "POST"),
            ("/auth/bye", self.bye, "GET"),
        ):
            app.add_route(path, endpoint, methods=[method], include_in_schema=False)

    async def landing(self, request: Request) -> Response:
        """The page that says where one is and has one button."""
        wanted = safe_next(request.query_params.get("next", "/"))
        if await self.who(request) is not None:
            return RedirectResponse(wanted, 303)
        sentence = msg("Sign in with your {company} account to go on.", company=self.parts.plain.company)
        why = [msg("The server was put back to a backup, which signed everybody out. Sign in once more.")]
        told = [*(why if await self._restored(request) else []), sentence]
        act = (msg("Sign in"), f"/auth/login?{urlencode({'next': wanted})}")
        return self.parts.plain.page(request.headers, msg("Welcome"), told, act=act)

    async def _restored(self, request: Request) -> bool:
        """Whether whoever comes was inside until a restore of the store."""
        secret = request.cookies.get(self.parts.rules.cookie, "")

        def asked() -> bool:
            with self.parts.db.read() as session:
                return sessions.ended_by_restore(session, secret, self.parts.rules, self.parts.clock())

        return bool(secret) and await asyncio.to_thread(asked)

    async def who(self, request: Request) -> Principal | None:
        """Who the request's cookie belongs to."""
        secret = request.cookies.get(self.parts.rules.cookie, "")
        return await asyncio.to_thread(self._current, secret) if secret else None

    def _current(self, secret: str) -> Principal | None:
        with self.parts.db.read() as session:
            return sessions.current(session, secret, self.parts.rules, self.parts.clock())

    async def login(self, request: Request) -> Response:
        """Off to the provider."""
        return await self._begin(request, "")

    async def again(self, request: Request) -> Response:
        """Off to the provider for a fresh proof, before an act that needs one; the same person has to come back."""
        principal = await self.who(request)
        return await self._begin(request, principal.person_id if principal else "")

    async def _begin(self, request: Request, again: str) -> Response:
        wanted = safe_next(request.query_params.get("next", "/"))
        try:
            url, attempt = await self.provider.begin(wanted, again)
        except SignInError as error:
            return self._page(request, error, wanted)
        response = RedirectResponse(url, 303)
        self._attempts.keep(attempt, response, request.cookies)
        return response

    async def callback(self, request: Request) -> Response:
        """Back from the provider: in, or a page that says why not."""
        answer = dict(request.query_params)
        state = answer.get("state", "")
        attempt = self._attempts.take(state, request.cookies)
        if attempt is None:
            return self._page(request, SignInError(Fault.STALE, "no attempt of this browser"), "/")
        try:
            response = await self._enter(request, attempt, await self.provider.finish(attempt, answer))
        except SignInError as error:
            response = self._page(request, error, attempt.next)
        self._attempts.forget(state, response)
        return response

    async def _enter(self, request: Request, attempt: Attempt, proven: Proven) -> Response:
        before = request.cookies.get(self.parts.rules.cookie, "")
        agent = request.headers.get("user-agent", "")
        try:
            secret, replaced = await asyncio.to_thread(self._open, attempt, proven, before, agent)
        except NotLinkedError as error:
            await asyncio.to_thread(self._tell_refused, proven, error)
            raise SignInError(Fault.NOT_LINKED, f"{error.why} {proven.issuer} {proven.subject}", error.words) from error
        self._ended(replaced)
        response = RedirectResponse(attempt.next, 303)
        self._set_cookie(response, secret, int(self.parts.rules.absolute.total_seconds()))
        return response

    def _open(self, attempt: Attempt, proven: Proven, before: str, agent: str) -> tuple[str, list[str]]:
        oidc, rules, now = self.parts.oidc, self.parts.rules, self.parts.clock()
        if oidc.person_claim == "email" and proven.claims.get("email_verified") is False:
            raise SignInError(Fault.REFUSED, "the provider has not verified the mail address")
        value = proven.subject if oidc.person_claim == "sub" else proven.text(oidc.person_claim)
        by = SignedIn(
            issuer=proven.issuer,
            subject=proven.subject,
            authenticated_at=proven.authenticated_at,
            sid=proven.sid,
            roles=rules.roles.given(proven.texts(oidc.groups_claim)),
            agent=agent,
            id_token=proven.id_token,
        )
        with self.parts.db.write() as session:
            person = person_of(session, proven.issuer, proven.subject, oidc.person_attribute, value, now)
            if attempt.again and person.id != attempt.again:
                raise SignInError(Fault.NOT_AGAIN, "somebody else came back")
            earlier = sessions.current(session, before, rules, now)
            replaced = [earlier.sign_in_id] if earlier else []
            for sign_in_id in replaced:
                sessions.end(session, sign_in_id, now, why="replaced", actor=person.id)
            return sessions.open_session(session, person, by, rules, now)[1], replaced

    def _tell_refused(self, proven: Proven, error: NotLinkedError) -> None:
        told = {"why": error.why, "issuer": proven.issuer, "subject": proven.subject}
        with self.parts.db.write() as session:
            trail = Trail(session, f"sign_in:{new_id()}", fresh=True)
            trail.tell("sign_in.refused", at=self.parts.clock(), actor=error.person_id or MACHINE, data=told)

    async def logout(self, request: Request) -> Response:
        """Out, here and at the provider; only from a page of ours."""
        if not from_here(request.headers, origin_of(self.parts.public_url)):
            title, told = msg("That did not come from here"), [msg("Nothing was changed.")]
            return self.parts.plain.page(request.headers, title, told, status=403)
        secret = request.cookies.get(self.parts.rules.cookie, "")
        ended, id_token = await asyncio.to_thread(self._close, secret)
        back = f"{self.parts.public_url}/auth/bye"
        target = None if id_token is None else await self.provider.sign_out_address(back, id_token)
        response = RedirectResponse(target or "/auth/bye", 303)
        self._set_cookie(response, "", 0)
        self._ended(ended)
        return response

    def _close(self, secret: str) -> tuple[list[str], str | None]:
        """What ended, and what the provider is asked with to sign out as well: None in an app's window, which never
        signed in there."""
        now = self.parts.clock()
        with self.parts.db.write() as session:
            principal = sessions.current(session, secret, self.parts.rules, now)
            if principal is None:
                return [], None
            if principal.device_token_id is not None:
                return self._close_app(session, principal.device_token_id, principal.person_id), None
            id_token = sessions.id_token(session, principal.sign_in_id, secret)
            sessions.end(session, principal.sign_in_id, now, why="signed_out", actor=principal.person_id)
            return [principal.sign_in_id], id_token

    def _close_app(self, session: Session, token_id: str, person_id: str) -> list[str]:
        return device_tokens.end(session, token_id, self.parts.clock(), why="signed_out", actor=person_id) or []

    async def back_channel(self, request: Request) -> Response:
        """The provider tells that somebody signed out."""
        try:
            notice = await self._back_channel.judge(await _logout_token(request))
        except (LogoutTokenError, SignInError) as error:
            log.warning("back_channel.refused", why=str(error))
            return JSONResponse({"error": "invalid_request"}, 400, {"Cache-Control": "no-store"})

        def end() -> list[str]:
            with self.parts.db.write() as session:
                return sessions.end_from_provider(
                    session, notice.issuer, notice.subject, notice.sid, notice.issued_at, self.parts.clock()
                )

        self._ended(await asyncio.to_thread(end))
        return Response(status_code=200, headers={"Cache-Control": "no-store"})

    async def bye(self, request: Request) -> Response:
        """The page after signing out."""
        act = (msg("Sign in again"), "/auth/login")
        return self.parts.plain.page(request.headers, msg("You are signed out"), [msg("See you soon.")], act=act)

    def _page(self, request: Request, error: SignInError, wanted: str) -> Response:
        log.warning("sign_in.failed", fault=error.fault, detail=error.detail)
        act = (msg("Try again"), f"/auth/login?next={quote(wanted, safe='')}")
        title, status = TITLE[error.fault], STATUS[error.fault]
        return self.parts.plain.page(request.headers, title, [error.told], act=act, status=status)

    def _set_cookie(self, response: Response, value: str, seconds: int) -> None:
        rules = self.parts.rules
        response.set_cookie(
            rules.cookie, value, max_age=seconds, path="/", secure=rules.secure, httponly=True, samesite="lax"
        )


async def _logout_token(request: Request) -> str:
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
        raise LogoutTokenError("no form")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > 2 * LONGEST:
            raise LogoutTokenError("longer than any logout token")
    return _form(body)


def _form(body: bytes) -> str:
    try:
        found = parse_qs(body.decode("ascii"), max_num_fields=10).get("logout_token", [])
    except ValueError as error:
        raise LogoutTokenError("no readable form") from error
    if len(found) != 1:
        raise LogoutTokenError("not exactly one logout_token")
    return found[0]
