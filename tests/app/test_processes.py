"""Real processes: pages and orders here, the work there; one sentence where it cannot be; an end that is quick."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from tests.app.installation import Installation, installation
from tests.app.processes import command, environment, ran, write_config
from tests.servers.processes import free_port, running

from selfserve.store import migrations

QUICK = 8.0
"""Seconds an end may take on a busy machine; the engine alone waits one for what runs."""


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _says(log: Path, word: str) -> bool:
    return log.exists() and word in log.read_text()


def _ends(process: subprocess.Popen[bytes]) -> float:
    """Ask the process to end; the seconds that took. It has to end well."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    return time.monotonic() - began


@pytest.fixture
def shared(tmp_path: Path, postgres_url: str) -> Iterator[Installation]:
    """An installation on an empty PostgreSQL database."""
    with installation(tmp_path, postgres_url) as place:
        yield place


def test_a_process_without_work_takes_orders_that_a_worker_elsewhere_does(shared: Installation) -> None:
    """Both start in the same moment; what one is asked, the other does and sees; both end well."""
    port = free_port()
    config, url = write_config(shared, port), f"http://127.0.0.1:{port}"
    assert ran(shared, config, "db", "upgrade").returncode == 0
    logs = {name: shared.folder / f"{name}.log" for name in ("web", "worker")}
    with ExitStack() as stack:
        worker_line, web_line = command(config, "worker"), command(config, "serve", "--no-worker")
        with logs["worker"].open("wb") as out:
            worker = subprocess.Popen(worker_line, stdout=out, stderr=subprocess.STDOUT, env=environment(shared))
        stack.callback(worker.wait, 30)
        stack.callback(worker.kill)
        web = stack.enter_context(running(web_line, logs["web"], lambda: _answers(url), env=environment(shared)))
        _until(lambda: _says(logs["worker"], "worker_started"), logs["worker"])
        assert ran(shared, config, "people", "sync", "--full").returncode == 0
        made = ran(shared, config, "tokens", "create", "lukas", "--scope", "requests:write",
                   "--scope", "requests:read", "--label", "test")  # fmt: skip
        assert made.returncode == 0, made.stderr
        token = next(word for word in made.stdout.split() if word.startswith("ss_"))

        with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}) as http:
            asked = http.post("/requests", json={"item": "vpn-access"}).json()
            assert asked["state"] == "fulfilling"
            _until(lambda: http.get(f"/requests/{asked['id']}").json()["state"] == "fulfilled", logs["worker"])
        assert "vpn" in shared.directory.groups("lukas")
        assert max(_ends(web), _ends(worker)) < QUICK
    assert "Traceback" not in logs["web"].read_text() + logs["worker"].read_text()


def test_of_two_that_make_the_store_at_once_one_does_it_and_the_other_finds_it_done(shared: Installation) -> None:
    """On an empty PostgreSQL database, as where two machines were told the same; both end well and say where it is."""
    config = write_config(shared, free_port())
    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda _: ran(shared, config, "db", "upgrade"), range(2)))
    assert [(one.returncode, one.stderr) for one in both] == [(0, ""), (0, "")]
    assert all(one.stdout.rstrip().endswith(f"{migrations.head()}.") for one in both), both


def test_what_is_in_the_way_of_a_start_ends_with_two_where_trying_again_is_no_use(shared: Installation) -> None:
    """`serve` and `worker` alike on an empty database: systemd does not start them again (RestartPreventExitStatus)."""
    config = write_config(shared, free_port())
    for words in (("serve",), ("serve", "--no-worker"), ("worker",)):
        refused = ran(shared, config, *words)
        assert (refused.returncode, refused.stderr) == (2, "The store is empty; run `selfserve db upgrade`.\n")


def test_a_second_working_process_on_a_file_is_refused_in_one_sentence(place: Installation) -> None:
    """Exit code 1, one line, no trace; the first one goes on."""
    config = write_config(place, free_port())
    first = place.build()
    refused = ran(place, config, "worker")
    first.stop()

    assert refused.returncode == 1
    (line,) = refused.stderr.strip().splitlines()
    assert line.startswith("Another process works on ")


def test_an_address_that_is_taken_is_told_in_one_sentence(place: Installation) -> None:
    """The store is let go of, so that the next try can have it."""

    place.build().stop()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = ran(place, write_config(place, port), "serve")
    assert refused.returncode == 1
    assert refused.stderr.strip().splitlines()[-1] == f"127.0.0.1:{port}: address already in use."
    assert "Traceback" not in refused.stderr
    place.build().stop()


def _until(seen: object, log: Path) -> None:
    assert callable(seen)
    limit = time.monotonic() + 40
    while not seen():
        assert time.monotonic() < limit, log.read_text()[-3000:]
        time.sleep(0.1)  # another process gives no signal; asking again is the only way
