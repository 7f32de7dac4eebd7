"""`selfserve serve`, `worker`, `demo`: the long-running commands.

The whole house is imported inside them, so that `selfserve --help` and the short commands stay quick.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from selfserve.cli.checks.start import all_at_once
from selfserve.cli.house import build, refused
from selfserve.cli.stop import WRONG, Stop
from selfserve.cli.surroundings import Surroundings, surroundings
from selfserve.settings.loading import FILE
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
    _log(around)
    from selfserve import serving

    with all_at_once(around):
        app = build(around, works=worker)
    serving.serve(app, serving.asgi(app), host=server.host, port=server.port)


def worker(ctx: typer.Context) -> None:
    """Do the work, without pages."""
    around = surroundings(ctx)
    _log(around)
    from selfserve import serving

    with all_at_once(around):
        app = build(around, works=True)
    serving.work(app)


def demo(
    ctx: typer.Context,
    tour: Annotated[bool, typer.Option("--tour", help="Walk the main way as customers would, then stop.")] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes a free one; else as configured, at first 8080.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Keep everything in this folder, its selfserve.toml and catalog to be edited.")
    ] = None,
) -> None:
    """Run everything on this machine with a sample company: provider, directory, licences, software repository."""
    logs.configure(sys.stderr, level="WARNING")
    from selfserve.catalog.live import CatalogUnusable
    from selfserve.demo.run import run_demo
    from selfserve.schema import CannotStart

    try:
        raise typer.Exit(run_demo(port=port, file=_demo_file(ctx, data), tour=tour))
    except CannotStart as refusal:
        raise refused(refusal) from None
    except CatalogUnusable as broken:
        raise Stop(f"{broken}\nThe catalog cannot be used; mend it first.", WRONG) from None


def _demo_file(ctx: typer.Context, data: Path | None) -> Path | None:
    """The demo's configuration: in `--data`, or named by `--config` before the command.

    SELFSERVE_CONFIG is left aside, since where it is set it names a real installation.
    """
    root = ctx.find_root()
    source = root.get_parameter_source("config")
    config = surroundings(ctx).config if source is not None and source.name == "COMMANDLINE" else None
    if config is not None and data is not None and config.absolute() != (data / FILE).absolute():
        raise Stop("--config and --data name two places; give the demo one of them.", WRONG)
    return config or (data / FILE if data is not None else None)


def _log(around: Surroundings) -> None:
    wanted = around.settings.logs
    logs.configure(sys.stderr, level=wanted.level, json=wanted.json_lines)
