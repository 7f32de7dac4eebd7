"""`selfserve desktop`: the app, on the company's server, or with a server of its own on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from selfserve.cli.house import build, refused
from selfserve.cli.stop import FAILED, WRONG, Stop
from selfserve.cli.surroundings import surroundings
from selfserve.settings.loading import FILE
from selfserve.settings.server import LOOPBACK
from selfserve.telemetry import logs

LOCAL = "local.selfserve.app"
"""The id of the app on a server of its own."""


def desktop(
    ctx: typer.Context,
    link: Annotated[str, typer.Argument(help="What to open, such as selfserve://items/vpn-access.")] = "",
    brand: Annotated[str, typer.Option(help="Whose app this is: a brand.toml.")] = "",
    local: Annotated[bool, typer.Option("--local", help="Server and window in one, on this machine only.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="With --local: keep the sample company's installation in this folder.")
    ] = None,
) -> None:
    """Open the app: a window on the company's server, or with `--local` on one of its own."""
    if find_spec("webview") is None:
        raise Stop("The window needs pywebview: pip install 'selfserve[desktop]'.", WRONG)
    from selfserve.desktop import __main__ as app
    from selfserve.desktop.brand import BrandError, of_environment

    if not local:
        try:
            raise typer.Exit(app.run(of_environment(brand), link))
        except BrandError as error:
            raise Stop(str(error), WRONG) from None
    raise typer.Exit(app.run_on(LOCAL, _server(ctx, data), link, name="selfserve"))


@contextmanager
def _server(ctx: typer.Context, data: Path | None) -> Iterator[Any]:
    """A running server: of the configuration where there is one, else the demo's sample company; the app's brand."""
    from selfserve.catalog.live import CatalogUnusable
    from selfserve.desktop.brand import Brand
    from selfserve.schema import CannotStart

    logs.configure(sys.stderr, level="WARNING")
    with ExitStack() as stack:
        try:
            own = data is None and _configured(ctx)
            settings = stack.enter_context(_own(ctx) if own else _sample(data))
        except CannotStart as refusal:
            raise refused(refusal) from None
        except CatalogUnusable as broken:
            raise Stop(f"{broken}\nThe catalog cannot be used; mend it first.", WRONG) from None
        yield Brand(settings.brand.name, LOCAL, settings.server.public_url, accent=settings.brand.accent)


def _configured(ctx: typer.Context) -> bool:
    return surroundings(ctx).config.exists()


@contextmanager
def _own(ctx: typer.Context) -> Iterator[Any]:
    """The installation of the configuration, at its own address, which has to be one of this machine."""
    from selfserve.demo.setup import listener
    from selfserve.serving import asgi, in_thread, server_of

    around = surroundings(ctx)
    server = around.settings.server
    if server.public_host not in LOOPBACK or server.host not in LOOPBACK or not around.settings.store.sqlite:
        raise Stop(
            "--local serves this machine only: server.public_url and server.host have to be of this machine, such as "
            "http://127.0.0.1:8080, and the store has to be SQLite. For others run `selfserve serve`.",
            WRONG,
        )
    with ExitStack() as stack:
        door = stack.enter_context(listener(server.port))
        if door.getsockname()[1] != server.port:
            raise Stop(f"Port {server.port} is taken; end the other program, or set another server.port.", FAILED)
        app = build(around, upgrades=True)
        stack.callback(app.stop)
        made = server_of(asgi(app), host=server.host, port=server.port)
        stack.enter_context(in_thread(made, door, "web"))
        yield around.settings


@contextmanager
def _sample(data: Path | None) -> Iterator[Any]:
    """The demo's sample company, kept in a folder of the customer's own."""
    from selfserve.demo.run import running
    from selfserve.desktop import place

    folder = data or place.folder("selfserve-local", os.environ)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with running(folder, file=folder / FILE) as demo:
        yield demo.app.settings
