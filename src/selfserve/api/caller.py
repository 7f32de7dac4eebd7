"""Who calls the API: a personal token, its scopes, and the person's roles."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from selfserve.api.parts import Parts
from selfserve.api.problems import Unauthenticated
from selfserve.people import tokens
from selfserve.people.principal import TokenPrincipal
from selfserve.people.roles import Role
from selfserve.requests.refusals import NotAllowed, Unfit

bearer = HTTPBearer(auto_error=False, description="A personal token, made with `selfserve tokens create`.")


def parts_of(request: Request) -> Parts:
    """What this application was built with."""
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


def signed(
    request: Request,
    scopes: SecurityScopes,
    shown: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> TokenPrincipal:
    """The token's person, if the token has the route's scopes. Raises Unauthenticated or NotAllowed.

    A dependency, not a call inside the route: who may not come in learns nothing about what is wrong with their body.
    """
    if shown is None or not shown.credentials:
        raise Unauthenticated("Send a personal token: Authorization: Bearer ss_…")
    house, now = parts_of(request).house, parts_of(request).house.now()
    with house.database.read() as session:
        principal = tokens.verify(session, shown.credentials.strip(), now, parts_of(request).roles)
    if principal is None:
        raise Unauthenticated("This token is not valid (any more).")
    if principal.touch_due:
        parts_of(request).seen.note(principal.token_id, now)
    for scope in scopes.scopes:
        if not principal.may(scope):
            raise NotAllowed(f"This token does not have the scope {scope}.")
    _nothing_misspelt(request)
    return principal


def _nothing_misspelt(request: Request) -> None:
    """A parameter that the route does not have, or that came twice, is told: a filter passed over shows too much."""
    route = request.scope["route"]
    known = {param.alias for param in route.dependant.query_params}
    given = [name for name, _ in request.query_params.multi_items()]
    wrong = {name[:60]: "Give this once." for name in given if given.count(name) > 1}
    wrong |= {name[:60]: "There is no such parameter here." for name in given if name not in known}
    if wrong:
        raise Unfit(wrong)


async def customer(who: Annotated[TokenPrincipal, Depends(signed)]) -> TokenPrincipal:
    """Somebody who is served here; NotAllowed where a group decides who that is and the person is not in it."""
    return _with(who, Role.CUSTOMER)


async def staff(who: Annotated[TokenPrincipal, Depends(signed)]) -> TokenPrincipal:
    """Somebody of the staff."""
    return _with(who, Role.STAFF)


async def auditor(who: Annotated[TokenPrincipal, Depends(signed)]) -> TokenPrincipal:
    """Somebody who reads the trail."""
    return _with(who, Role.AUDITOR)


async def admin(who: Annotated[TokenPrincipal, Depends(signed)]) -> TokenPrincipal:
    """Somebody who runs the installation."""
    return _with(who, Role.ADMIN)


def _with(who: TokenPrincipal, role: Role) -> TokenPrincipal:
    if not who.has(role):
        raise NotAllowed(f"This is for {role} only.")
    return who


def may_read_all(who: TokenPrincipal) -> bool:
    """Whether others' requests are this person's business: staff's and auditors'."""
    return who.has(Role.STAFF) or who.has(Role.AUDITOR)


async def reader(who: Annotated[TokenPrincipal, Depends(signed)]) -> TokenPrincipal:
    """Somebody with a request of their own, or with everybody's."""
    return who if may_read_all(who) else _with(who, Role.CUSTOMER)


# These only look at the principal, so they are coroutines: the framework gives every plain one a thread.
Knows = Annotated[TokenPrincipal, Security(signed)]
Browses = Annotated[TokenPrincipal, Security(customer, scopes=["catalog:read"])]
Reads = Annotated[TokenPrincipal, Security(reader, scopes=["requests:read"])]
Asks = Annotated[TokenPrincipal, Security(customer, scopes=["requests:write"])]
Decides = Annotated[TokenPrincipal, Security(customer, scopes=["approvals:write"])]
Helps = Annotated[TokenPrincipal, Security(staff, scopes=["desk:write"])]
LooksUp = Annotated[TokenPrincipal, Security(staff, scopes=["people:read"])]
Runs = Annotated[TokenPrincipal, Security(admin, scopes=["admin"])]
Audits = Annotated[TokenPrincipal, Security(auditor, scopes=["audit:read"])]
