"""The floors under our figures: the directory client alone, and the durable engine alone."""

from __future__ import annotations

import ssl
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ldap3
from tests.servers.slapd import Slapd

from bench.rows import Row, quantile, row
from selfserve.fulfilment.engine import Engine
from selfserve.store import migrations
from selfserve.store.database import Database


def directory(slapd: Slapd, people: list[str], concurrency: int, calls: int = 600) -> list[Row]:
    """Membership add and compare by plain ldap3 over TLS, one warm connection per thread."""
    group = slapd.add_group()
    threads = threading.local()
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(slapd.ca_file))

    def connection() -> ldap3.Connection:
        if not hasattr(threads, "connection"):
            server = ldap3.Server("localhost", port=slapd.tls_port, use_ssl=True, tls=tls, get_info=ldap3.NONE)
            threads.connection = ldap3.Connection(
                server, slapd.svc_dn, slapd.svc_password, client_strategy=ldap3.SAFE_SYNC
            )
            threads.connection.bind()
        made: ldap3.Connection = threads.connection
        return made

    def one(dn: str) -> float:
        began = time.perf_counter()
        used = connection()
        used.modify(group, {"member": [(ldap3.MODIFY_ADD, [dn])]})
        found = used.compare(group, "member", dn)
        if not found[0]:
            raise RuntimeError(f"{dn} is not in {group}")
        return time.perf_counter() - began

    with ThreadPoolExecutor(concurrency) as pool:
        list(pool.map(one, people[-concurrency:]))
        began = time.perf_counter()
        took = list(pool.map(one, people[: min(calls, len(people) - concurrency)]))
        whole = time.perf_counter() - began
    name = f"raw LDAP add+compare, TLS, {concurrency} at once"
    return [row(f"{name}: rate", len(took) / whole, "1/s"), row(f"{name}: p50", quantile(took, 0.5) * 1000, "ms")]


def engine(url: str, kind: str, works: int = 300) -> list[Row]:
    """The engine's own 3-step workflow, through a queue, on the same store."""
    from dbos import DBOS

    database = Database(url)
    migrations.upgrade(database.engine)
    own = Engine(database, executor="bench", poll=0.05, concurrency=8)
    own.prepare()
    done = threading.Semaphore(0)

    def three(number: int) -> None:
        for step in range(3):
            DBOS.run_step(None, lambda at=step: at)
        done.release()

    own.register("three", three)
    own.start()
    try:
        began = time.perf_counter()
        for number in range(works):
            with database.write() as session:
                own.later(session, "three", f"bench:{number}", number)
        for _ in range(works):
            done.acquire()
        whole = time.perf_counter() - began
    finally:
        own.stop()
        database.close()
    return [row(f"raw engine, 3 steps through a queue, {kind}: rate", works / whole, "1/s")]


def sqlite_url() -> str:
    """A fresh SQLite file."""
    return f"sqlite:///{Path(tempfile.mkdtemp(prefix='bench-')) / 'engine.db'}"
