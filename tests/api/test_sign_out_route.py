"""`/people/{person}/sign-out` of the API: admins end what somebody has open."""

from __future__ import annotations

import pytest
from tests.api.calls import NOBODY, Api, refused
from tests.desktop.installation import RULES

from selfserve.store.tables import Person
from selfserve.web import sessions
from selfserve.web.sessions import SignedIn


def _signed_in(api: Api, login: str) -> str:
    now = api.stand.clock()
    with api.stand.house.database.write() as session:
        person = session.get_one(Person, api.stand.people[login])
        by = SignedIn("https://idp.example", f"sub-{login}", now)
        return sessions.open_session(session, person, by, RULES, now)[0].id


@pytest.mark.parametrize("named", ["id", "email", "login"])
def test_an_admin_signs_somebody_out(api: Api, named: str) -> None:
    """By id, mail address or login; what ended is told, who did it is in the trail, and personal tokens go on."""
    sign_in_id = _signed_in(api, "ada")
    with api.stand.house.database.read() as session:
        name = getattr(session.get_one(Person, api.stand.people["ada"]), named)
    answer = api.post("cora", f"/people/{name}/sign-out")
    assert (answer.status_code, answer.json()) == (200, {"browsers": 1, "apps": 0, "windows": 0, "codes": 0})
    event = api.stand.event(f"sign_in:{sign_in_id}", "sign_in.ended")
    assert (event.actor, event.data) == (api.stand.people["cora"], {"why": "by_admin"})
    assert api.get("ada", "/me").status_code == 200
    assert api.post("cora", f"/people/{name}/sign-out").json()["browsers"] == 0


def test_nobody_else_may(api: Api) -> None:
    """Not staff, not oneself; an admin's token needs the scope; nobody is nobody."""
    for who in ("ada", "tess", "lea"):
        refused(api.post(who, f"/people/{api.stand.people['ada']}/sign-out"), 403)
    shown = {"Authorization": f"Bearer {api.held('cora', 'people:read')}"}
    refused(api.post(None, f"/people/{api.stand.people['ada']}/sign-out", headers=shown), 403)
    refused(api.post("cora", f"/people/{NOBODY}/sign-out"), 404)
