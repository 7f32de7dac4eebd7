"""A small NiceGUI application behind our walls, as a process of its own: NiceGUI's state is one per process.

usage: small_app.py STORE_URL ISSUER (prints its address once it listens)
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI
from nicegui import ui
from starlette.requests import Request

from selfserve.people.roles import RoleRules
from selfserve.settings.identity import Oidc
from selfserve.store.database import Database
from selfserve.web.headers import SecurityHeaders, mark_scripts
from selfserve.web.install import RECONNECT
from selfserve.web.plain import Plain
from selfserve.web.sessions import SessionRules
from selfserve.web.sign_in import SignIn, SignInParts
from selfserve.web.sockets import Sockets
from selfserve.web.walls import OPEN, Wall, WallRules

PICTURE = '<img src=x onerror="window.pwned=1">'
HOSTILE = f"{PICTURE}<script>window.pwned=2</script>"


def pages() -> None:
    """A counter that shows who it counts for, hostile text in every place, and a page for nobody in particular."""

    @ui.page("/")
    def index(request: Request) -> None:
        ui.label(f"Hello {request.state.principal.name}")
        count = ui.label("0").classes("count")
        ui.button("Add", on_click=lambda: count.set_text(str(int(count.text) + 1)))
        ui.button("Script", on_click=lambda: ui.run_javascript('document.title = "ran"'))
        ui.label(HOSTILE)
        ui.html(PICTURE)
        ui.markdown(f"{PICTURE} [link](javascript:window.pwned=3)")
        ui.add_body_html("<script>window.pwned = 4</script>")
        with ui.element("form").props("method=post action=/auth/logout"):
            ui.button("Sign out").props("type=submit")

    @ui.page("/open")
    def nobody() -> None:
        said = ui.label("0").classes("count")
        ui.button("Add", on_click=lambda: said.set_text(str(int(said.text) + 1)))


def sweeping(sockets: Sockets) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Looks for ended sessions many times a second, so that no test waits long."""

    async def sweep() -> None:
        while True:
            await asyncio.sleep(0.2)
            await sockets.sweep()

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(sweep())
        yield
        task.cancel()

    return life


def main(store: str, issuer: str) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    app, db = FastAPI(), Database(store)
    rules = SessionRules(RoleRules(), secure=False)
    oidc = Oidc(issuer=issuer, client_id="selfserve", allow_http_loopback=True)
    plain = Plain("Self-service", "Fernhill", "Call 555-0100.")
    parts = SignInParts(
        db, oidc, "client-secret-of-the-tests-0123456789", address, rules, "k" * 40, plain, lambda: datetime.now(UTC)
    )
    walls = WallRules(address, frozenset({"127.0.0.1"}), open_paths=(*OPEN, "/open"))

    sockets = Sockets(db, rules, address, parts.clock)
    sign_in = SignIn(parts, sockets.ended)
    app.router.lifespan_context = sweeping(sockets)
    sign_in.install(app)
    mark_scripts()
    sockets.install()
    pages()
    # As the product has it: a browser takes more than half a minute to miss a server that only falls silent.
    ui.run_with(app, storage_secret="s" * 40, reconnect_timeout=RECONNECT, show_welcome_message=False)
    app.add_middleware(Wall, rules=walls, session_rules=rules, db=db, plain=plain, clock=parts.clock)
    app.add_middleware(SecurityHeaders, https=False, form_targets=lambda: sign_in.provider.origins)
    print(json.dumps({"address": address}), flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False, proxy_headers=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
