"""`selfserve serve`, `worker`, `demo`: the long-running commands.

The whole house is imported inside them, so that `selfserve --help` and the short commands stay quick.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from selfserve.cli.house import build
from selfserve.cli.surroundings import surroundings
from selfserve.telemetry import logs


def serve(
    ctx: typer.Context,
    worker: Annotated[
        bool | None, typer.Option("--worker/--no-worker", help="Also do the work; the setting worker.enabled decides.")
    ] = None,
) -> None:
    """Serve pages and REST, and do the work."""
    around = surroundings(ctx)
    server = around.settings.server
    logs.configure(sys.stderr)
    from selfserve import serving

    app = build(around, works=worker)
    serving.serve(app, serving.asgi(app), host=server.host, port=server.port)


def worker(ctx: typer.Context) -> None:
    """Do the work, without pages."""
    around = surroundings(ctx)
    logs.configure(sys.stderr)
    from selfserve import serving

    serving.work(build(around, works=True))


def demo(
    tour: Annotated[bool, typer.Option("--tour", help="Walk the main way as customers would, then stop.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    data: Annotated[Path | None, typer.Option(help="Keep the sample company's data here.")] = None,
) -> None:
    """Run everything on this machine with a sample company: provider, directory, licences, software repository."""
    logs.configure(sys.stderr, level="WARNING")
    from selfserve.demo.run import run_demo

    raise typer.Exit(run_demo(port=port, data=data, tour=tour))
