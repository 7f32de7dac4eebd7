"""`selfserve demo`: everything on this machine with a sample company, nothing outside."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from rich.console import Console
from starlette.applications import Starlette

from selfserve.app import App, build
from selfserve.demo import configuration, setup
from selfserve.demo.company import FERNHILL, Company
from selfserve.demo.configuration import HOST, Ports
from selfserve.demo.directory import DemoDirectory
from selfserve.demo.directory.snapshot import SnapshotError
from selfserve.demo.identity_provider import Client, identity_provider
from selfserve.demo.welcome import welcome
from selfserve.schema import CannotStart
from selfserve.serving import asgi, in_thread, server_of
from selfserve.settings.loading import FILE
from selfserve.settings.model import Settings
from selfserve.settings.secrets import SecretSource
from selfserve.tasks import sync_people
from selfserve.telemetry import logs

PORT = 8080
"""Where the pages of a new demo are, if nobody else has it."""


@dataclass(frozen=True)
class Demo:
    """A running demo; `moved` is the port that was wanted and taken by somebody else, 0 where there was none."""

    app: App
    directory: DemoDirectory
    company: Company
    ports: Ports
    file: Path
    moved: int = 0

    @property
    def url(self) -> str:
        """Where its pages are."""
        return self.app.settings.server.public_url

    @property
    def folder(self) -> Path:
        """Where it keeps everything."""
        return self.file.parent


@dataclass(frozen=True)
class _Doors:
    """The listening sockets; `taken` is the port that was wanted for the pages and is somebody else's, or 0."""

    web: socket.socket
    provider: socket.socket
    taken: int


def run_demo(*, port: int | None = None, file: Path | None = None, tour: bool = False) -> int:
    """Run the demo until it is interrupted, or walk the tour and stop; returns the exit code.

    `file` is its configuration, whose folder keeps everything; without it all is gone at the end. `port` None is the
    one of the configuration; a taken one is replaced by a free one. Raises CannotStart, SettingsInvalid, and
    CatalogUnusable, each with the sentence for whoever started it.
    """
    console = Console(file=sys.stdout, highlight=False)
    with ExitStack() as stack:
        place = file or _temporary(stack)
        demo = stack.enter_context(running(place.parent, file=place, port=0 if tour else port, hurried=tour))
        if tour:
            from selfserve.demo.tour import walk

            return walk(demo, console)
        # As it is: no markup, no cropping, no wrapping. A password that is cut is no password.
        console.print(welcome(demo, kept=file is not None), markup=False, emoji=False, soft_wrap=True)
        _until_stopped()
        console.print("\nStopping.")
    return 0


def _temporary(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="selfserve-demo-"))) / FILE


def _until_stopped() -> None:
    """Wait for Ctrl-C or SIGTERM: both end the demo in order, so that nothing of it stays on the machine."""
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    done.wait()


@contextmanager
def running(
    folder: Path,
    *,
    file: Path | None = None,
    port: int | None = None,
    company: Company = FERNHILL,
    hurried: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Demo]:
    """The demo's servers, up and filled: directory, identity provider, pages with worker.

    `file` is the configuration, `selfserve.toml` of the folder unless given; it is written where there is none.
    """
    place = (file or folder / FILE).absolute()
    if place.exists():
        configuration.read(place, environ)  # before anything is written: it may be a real installation's, by mistake
    with ExitStack() as stack:
        setup.prepare(place.parent)
        stack.enter_context(_alone(place.parent))
        if hurried:
            setup.hurry(place.parent)
        secrets = SecretSource(place.parent, environ)
        directory = _directory(company, place.parent, secrets)
        stack.callback(directory.stop)
        doors = _listening(place, company, directory, port, environ, stack)
        settings = configuration.read(place, environ)
        ports = configuration.ports_of(settings, place)
        logs.configure(sys.stderr, level=settings.logs.level, json=settings.logs.json_lines)
        signs_in = uvicorn.Config(_provider(settings, secrets, directory), log_config=None, access_log=False)
        stack.enter_context(in_thread(uvicorn.Server(signs_in), doors.provider, "provider"))
        app = build(settings, secrets, upgrades=True)
        stack.callback(app.stop)
        sync_people(app, full=True)
        stack.enter_context(in_thread(server_of(asgi(app), host=HOST, port=ports.web), doors.web, "web"))
        yield Demo(app, directory, company, ports, place, doors.taken)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One demo in a folder: a second one would move the ports of the first one's configuration."""
    with (folder / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(f"A demo runs in {folder} already; end it, or name another folder.") from None
        yield


def _directory(company: Company, folder: Path, secrets: SecretSource) -> DemoDirectory:
    try:
        return DemoDirectory(company, folder, service_password=secrets.resolve(setup.DIRECTORY_PASSWORD))
    except SnapshotError as problem:
        raise CannotStart(str(problem)) from None


def _listening(
    file: Path,
    company: Company,
    directory: DemoDirectory,
    port: int | None,
    environ: Mapping[str, str],
    stack: ExitStack,
) -> _Doors:
    """Everything listening, at the configured ports where they are free; the configuration says where."""
    known = configuration.ports_of(configuration.read(file, environ), file) if file.exists() else None
    wanted = port if port is not None else known.web if known else PORT
    _listen(directory, known.directory if known else 0)
    web = stack.enter_context(setup.listener(wanted))
    at = _port_of(web)
    provider = stack.enter_context(setup.listener(known.provider if known else at + 1 if wanted else 0))
    ports = Ports(at, _port_of(provider), directory.port)
    if known is None:
        configuration.write(file, company, ports)
    elif known != ports:
        configuration.move(file, known, ports)
    return _Doors(web, provider, wanted if wanted not in (0, at) else 0)


def _port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def _listen(directory: DemoDirectory, port: int) -> None:
    """At `port` where it is free, else anywhere."""
    try:
        directory.start(HOST, port)
    except OSError:
        directory.start(HOST)


def _provider(settings: Settings, secrets: SecretSource, directory: DemoDirectory) -> Starlette:
    server, oidc = settings.server, settings.oidc
    secret = secrets.resolve(oidc.client_secret) if oidc.client_secret else ""
    ours = Client(oidc.client_id, (f"{server.public_url}/auth/callback",), secret, (f"{server.public_url}/auth/bye",))
    return identity_provider(
        directory.company,
        oidc.issuer,
        (ours,),
        now=lambda: datetime.now(UTC),
        check=directory.check,
        groups=directory.groups,
        locked=directory.locked,
    )
