"""Who calls the API: a personal token, its scopes, and the person's roles."""

from __future__ import annotations

from fastapi import Request
from fastapi.security import HTTPBearer

from selfserve.api.parts import Parts
from selfserve.api.problems import Unauthenticated
from selfserve.people import tokens
from selfserve.people.principal import TokenPrincipal
from selfserve.people.roles import Role
from selfserve.requests.refusals import NotAllowed

bearer = HTTPBearer(auto_error=False, description="A personal token, made with `selfserve tokens create`.")


def parts_of(request: Request) -> Parts:
    """What this application was built with."""
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


def caller(request: Request, scope: str, role: Role = Role.CUSTOMER) -> TokenPrincipal:
    """The token's person, if the token has `scope` and the person has `role`.

    Called in the route's own thread. Raises Unauthenticated or NotAllowed.
    """
    parts = parts_of(request)
    kind, _, presented = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not presented:
        raise Unauthenticated("Send a personal token: Authorization: Bearer ss_…")
    house = parts.house
    now = house.now()
    with house.database.read() as session:
        principal = tokens.verify(session, presented.strip(), now, parts.roles)
    if principal is None:
        raise Unauthenticated("This token is not valid (any more).")
    if not principal.may(scope):
        raise NotAllowed(f"This token does not have the scope {scope}.")
    if not principal.has(role):
        raise NotAllowed(f"This is for {role} only.")
    if principal.touch_due:
        with house.database.write() as session:
            tokens.touch(session, principal.token_id, now)
    return principal
