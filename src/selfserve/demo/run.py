"""`selfserve demo`: everything on this machine with a sample company, nothing outside."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from rich.console import Console
from rich.table import Table

from selfserve.app import App, build
from selfserve.demo import setup
from selfserve.demo.company import FERNHILL, Company
from selfserve.demo.directory import DemoDirectory
from selfserve.demo.identity_provider import Client, identity_provider
from selfserve.demo.setup import HOST, Ports
from selfserve.serving import asgi, server_of
from selfserve.settings.secrets import SecretSource
from selfserve.tasks import sync_people

READY_WITHIN = 30.0
"""Seconds a server of the demo may take until it listens."""


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    app: App
    directory: DemoDirectory
    company: Company
    ports: Ports
    folder: Path

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://{HOST}:{self.ports.web}"


def run_demo(*, port: int = 8080, data: Path | None = None, tour: bool = False) -> int:
    """Run the demo until it is interrupted, or walk the tour and stop; returns the exit code.

    `data` keeps everything in a folder; without it all is gone at the end. A taken `port` is replaced by a free one.
    """
    console = Console(file=sys.stdout)
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="selfserve-demo-")))
        folder.mkdir(parents=True, exist_ok=True)
        demo = stack.enter_context(running(folder, port=0 if tour else port, hurried=tour))
        if tour:
            from selfserve.demo.tour import walk

            return walk(demo, console)
        _welcome(console, demo)
        _until_stopped()
        console.print("\nStopping.")
    return 0


def _until_stopped() -> None:
    """Wait for Ctrl-C or SIGTERM: both end the demo in order, so that nothing of it stays on the machine."""
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    done.wait()


@contextmanager
def running(folder: Path, *, port: int = 8080, company: Company = FERNHILL, hurried: bool = False) -> Iterator[Demo]:
    """The demo's servers, up and filled: directory, identity provider, pages with worker."""
    kept = setup.secrets_of(folder)
    setup.prepare(folder)
    if hurried:
        setup.hurry(folder)
    directory = DemoDirectory(company, folder, service_password=kept["DEMO_DIRECTORY_PASSWORD"])
    with ExitStack() as stack:
        directory.start(HOST)
        stack.callback(directory.stop)
        provider_port = setup.free_port(port + 1 if port else 0)
        ports = Ports(setup.free_port(port), provider_port, directory.port, setup.free_port())
        settings = setup.settings_of(folder, company, ports, directory.service_dn)
        provider = identity_provider(
            company,
            settings.oidc.issuer,
            (Client("selfserve", (f"{settings.server.public_url}/auth/callback",), kept["DEMO_CLIENT_SECRET"],
                    (f"{settings.server.public_url}/auth/bye",)),),
            now=lambda: datetime.now(UTC),
            check=directory.check,
            groups=directory.groups,
            locked=directory.locked,
        )  # fmt: skip
        provider_config = uvicorn.Config(provider, host=HOST, port=ports.provider, log_config=None, access_log=False)
        stack.enter_context(_in_thread(uvicorn.Server(provider_config), "provider"))
        app = build(settings, SecretSource(folder, kept))
        stack.callback(app.stop)
        sync_people(app, full=True)
        stack.enter_context(_in_thread(server_of(asgi(app), host=HOST, port=ports.web), "web"))
        yield Demo(app, directory, company, ports, folder)


@contextmanager
def _in_thread(server: uvicorn.Server, name: str) -> Iterator[None]:
    """A server in a thread of its own, ready when this returns; a server that cannot start raises RuntimeError."""
    thread = threading.Thread(target=server.run, name=name, daemon=True)
    thread.start()
    give_up = time.monotonic() + READY_WITHIN
    while not server.started:
        if not thread.is_alive() or time.monotonic() > give_up:
            raise RuntimeError(f"The demo's {name} server did not start.")
        thread.join(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _welcome(console: Console, demo: Demo) -> None:
    table = Table(title=f"The people of {demo.company.name}", title_justify="left", show_edge=False, pad_edge=False)
    for heading in ("sign in as", "password", "name", "what they do"):
        table.add_column(heading, no_wrap=True)
    for person in demo.company.people:
        table.add_row(person.login, person.password, person.name, f"{person.title}, {person.department}")
    console.print()
    console.print(f"  selfserve is at  [bold]{demo.url}[/bold]")
    console.print(f"  catalog files    {demo.folder / 'catalog'}  (edit them; pages follow)")
    console.print("  everything runs on this machine; Ctrl-C ends it")
    console.print()
    console.print(table)
    console.print()
