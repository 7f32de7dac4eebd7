"""`make bench`: every figure in one run, on throw-away servers. Prints tables and writes build/bench.json."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from rich.console import Console
from tests.servers.postgres import start_postgres
from tests.servers.processes import free_port
from tests.servers.slapd import Slapd, start_slapd

from bench import desktop, empty, packages, pages, people_sync, raw, search, sockets, way
from bench.installation import Installation, install, open_app, signed_in
from bench.rows import Row, keep, row, show
from bench.sockets import Site
from selfserve.connectors.ldap.client import DirectoryClient
from selfserve.connectors.ldap.settings import LdapSettings
from selfserve.people.mapping import PeopleMapping

BUILD = Path("build/bench.json")
PEOPLE = 1_240
CONSOLE = Console(stderr=True)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; all by default")
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := sorted(set(chosen) - set(PARTS)):
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    rows: list[Row] = []
    with servers() as bench:
        for name in chosen:
            CONSOLE.print(f"[dim]measuring {name} …[/dim]")
            measured = PARTS[name](bench)
            rows += measured
            show(measured, name)
    keep(rows, BUILD)
    CONSOLE.print(f"[dim]{len(rows)} figures in {BUILD}[/dim]")


class Bench:
    """The servers of a run, and installations on them."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        (folder / "slapd").mkdir()
        self.slapd: Slapd = stack.enter_context(start_slapd(folder / "slapd", PEOPLE))
        self.postgres = stack.enter_context(start_postgres())

    def url(self, kind: str) -> str:
        """A fresh store of a kind; empty for SQLite in the installation's folder."""
        return "" if kind == "SQLite" else self.postgres.url(self.postgres.create_database())

    @contextmanager
    def running(self, name: str, kind: str, **how: str | int) -> Iterator[tuple[Installation, psutil.Process]]:
        """An installation of its own, serving."""
        made = install(self.folder / name, self.slapd, url=self.url(kind), **how)  # type: ignore[arg-type]
        with made.serving() as process:
            yield made, psutil.Process(process.pid)


@contextmanager
def servers() -> Iterator[Bench]:
    """Real servers in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="selfserve-bench-") as folder, ExitStack() as stack:
        yield Bench(stack, Path(folder))


def floors(bench: Bench) -> list[Row]:
    """What directory and engine can do without us."""
    people = [f"uid=p{number:05d},{bench.slapd.people}" for number in range(PEOPLE)]
    rows = [each for concurrency in (1, 8) for each in raw.directory(bench.slapd, people, concurrency)]
    return [*rows, *raw.engine(raw.sqlite_url(), "SQLite"), *raw.engine(bench.url("PostgreSQL"), "PostgreSQL")]


def the_way(bench: Bench) -> list[Row]:
    """Ask to verified, on both stores, beside the floors of the same run; idle memory."""
    rows = floors(bench)
    low = {each["name"]: each["value"] for each in rows}
    for kind in ("SQLite", "PostgreSQL"):
        with bench.running(f"way-{kind}", kind, people=PEOPLE) as (where, server):
            rows.append(row(f"idle process, {kind}: memory", server.memory_info().rss / 2**20, "MiB"))
            made = way.at_once(where, kind, [server])
            rows += [*made, *way.decisions(where, kind)]
            show(rows, f"so far, with {kind}")
        rate = next(each["value"] for each in made if "8 at once: rate" in each["name"])
        rows.append(
            row(f"{kind}: verified rate to raw LDAP", rate / low["raw LDAP add+compare, TLS, 8 at once: rate"], "×")
        )
        rows.append(
            row(
                f"{kind}: verified rate to raw engine",
                rate / low[f"raw engine, 3 steps through a queue, {kind}: rate"],
                "×",
            )
        )
        with bench.running(f"queue-{kind}", kind, people=400, budget="0s", poll="100ms") as (where, _):
            rows += way.queued(where, kind)
    return [*rows, *workers_apart(bench), *two_processes(bench)]


def workers_apart(bench: Bench) -> list[Row]:
    """The queue alone on one PostgreSQL, where `serve` only answers and one or two `worker` do all of it."""
    rows: list[Row] = []
    for count, kind in ((1, "PostgreSQL, one worker apart"), (2, "PostgreSQL, two workers apart")):
        made = install(
            bench.folder / f"queue-{count}", bench.slapd, url=bench.url("PostgreSQL"), budget="0s", poll="100ms"
        )
        with ExitStack() as stack:
            for _ in range(count):
                stack.enter_context(made.working())
            stack.enter_context(made.serving(works=False))
            rows += way.queued(made, kind)
    return rows


def two_processes(bench: Bench) -> list[Row]:
    """The same way through two `serve` on one PostgreSQL, which one machine with two cores can just hold."""
    with bench.running("way-two", "PostgreSQL", people=PEOPLE) as (where, first):
        port = free_port()
        with where.serving(port) as second:
            urls = [where.url, f"http://127.0.0.1:{port}"]
            return way.at_once(where, "PostgreSQL, two processes", [first, psutil.Process(second.pid)], urls, (8, 32))


def searching(_: Bench) -> list[Row]:
    """Search in a catalog of 10 000 items."""
    return [row(str(each["name"]), float(each["value"]), str(each["unit"])) for each in search.measure(10_000)]


def the_pages(bench: Bench) -> list[Row]:
    """First paint of the catalog with 24 items; 200 connected pages beside 200 empty ones; on SQLite."""
    with empty.serving(bench.folder / "empty.log") as (base, process):
        nothing = Site(base, {}, process)
        rows = [*sockets.connected(nothing, 200, "empty pages"), *sockets.answered(nothing, 200, "empty pages")]
    with bench.running("pages", "SQLite", people=20, items=22) as (where, server):
        cookies = signed_in(where)
        site = Site(where.url, cookies, server)
        rows += [*pages.first_paint(where.url, cookies), *sockets.connected(site, 200, "pages")]
        return [*rows, *sockets.interaction(site, 200), *sockets.answered(site, 200, "pages")]


def the_sockets(bench: Bench) -> list[Row]:
    """A thousand connected pages for five minutes."""
    with bench.running("sockets", "SQLite", people=20, items=22) as (where, server):
        return sockets.held(Site(where.url, signed_in(where), server), 1_000, 300)


def people(bench: Bench) -> list[Row]:
    """Reading 10 000 people from slapd over TLS."""
    (bench.folder / "many").mkdir()
    slapd = bench.stack.enter_context(start_slapd(bench.folder / "many", 10_000))
    rows: list[Row] = []
    for kind in ("SQLite", "PostgreSQL"):
        made = install(bench.folder / f"people-{kind}", bench.slapd, url=bench.url(kind), people=2)
        app = open_app(made.folder)
        try:
            settings = LdapSettings.model_validate(
                {
                    **app.settings.connectors["directory"].rest,
                    "urls": [slapd.tls_url],
                    "ca_file": slapd.ca_file,
                    "bind_password": slapd.svc_password,
                }
            )
            client = DirectoryClient(settings)
            rows += people_sync.measure(app.house.database, client, PeopleMapping(app.settings.directory), kind)
            client.close()
        finally:
            app.stop()
    return rows


def the_app(bench: Bench) -> list[Row]:
    """The desktop app's window, and its memory."""
    return desktop.measure(bench.folder / "app")


def the_packages(_: Bench) -> list[Row]:
    """What admins install."""
    return packages.measure()


PARTS = {
    "way": the_way,
    "search": searching,
    "pages": the_pages,
    "sockets": the_sockets,
    "people": people,
    "desktop": the_app,
    "packages": the_packages,
}

if __name__ == "__main__":
    main()
