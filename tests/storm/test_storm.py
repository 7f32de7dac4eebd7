"""The storm: processes killed at random moments, in first attempts and in the queue; afterwards directory = ledger."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from selfserve.audit.seal import verify
from selfserve.store.database import Database
from selfserve.store.states import OPEN_RUN, GrantState, RequestState, StepState
from selfserve.store.tables import AuditEvent, Escalation, Grant, Notice, Request, Run, Step
from tests.servers.slapd import Slapd
from tests.stand.stores import store_url
from tests.storm.house import GROUPS, customer, gives_back, item_of, settle

ROOT = Path(__file__).parents[2]
CUSTOMERS = 200
KILLS = 8
DONE_WITHIN = 120.0


@dataclass
class Storm:
    """The processes of one storm; `kills` counts how many were killed at work."""

    url: str
    directory: dict[str, Any]
    log: Path
    chance: random.Random
    born: int = 0
    kills: int = 0
    lives: list[subprocess.Popen[str]] = field(default_factory=list)
    spare: subprocess.Popen[str] | None = None

    def bear(self) -> None:
        """Set a spare to work, and make the next spare ready beside it."""
        life = self.spare or self._fork()
        self.spare = self._fork()
        assert life.stdin is not None
        assert life.stdout is not None
        assert life.stdout.readline() == "warm\n", self.log.read_text()[-4000:]
        life.stdin.write("go\n")
        life.stdin.flush()
        assert life.stdout.readline() == "ready\n", self.log.read_text()[-4000:]
        self.lives.append(life)

    def _fork(self) -> subprocess.Popen[str]:
        self.born += 1
        order = {
            "url": self.url,
            "executor": f"storm-{self.born}",
            "directory": self.directory,
            "customers": CUSTOMERS,
            "seed": self.born,
        }
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
        with self.log.open("a") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.storm.driver", json.dumps(order)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env=environment,
            )  # fmt: skip

    def kill_one(self) -> None:
        """Let the living work for a moment, then kill one of them as the power would, and bear another."""
        time.sleep(self.chance.uniform(0.15, 1.2))
        living = [life for life in self.lives if life.poll() is None]
        if not living:
            return
        victim = self.chance.choice(living)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.kills += 1
        self.bear()

    def end(self) -> None:
        """Leave no process behind."""
        for life in [*self.lives, *([self.spare] if self.spare else [])]:
            life.kill()
            life.communicate()


@pytest.mark.storm
@pytest.mark.parametrize(("kind", "processes"), [("sqlite", 1), ("postgresql", 2)])
def test_storm(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    slapd_with: Callable[[int], Slapd],
    kind: str,
    processes: int,
) -> None:
    """200 requests and eight kills on each store: nothing twice, nothing lost, the directory is what the ledger
    says."""
    slapd = slapd_with(CUSTOMERS)
    for letter in "abcde":
        slapd.add_group(name=f"storm-{letter}")
    url = store_url(request, kind, tmp_path)
    database = Database(url)
    settle(database, CUSTOMERS)
    storm = Storm(url, _settings(slapd), tmp_path / "storm.log", random.Random(f"storm-{kind}"))
    try:
        for _ in range(processes):
            storm.bear()
        for _ in range(KILLS):
            storm.kill_one()
        ends = time.monotonic() + DONE_WITHIN
        for life in storm.lives:
            life.wait(timeout=max(1.0, ends - time.monotonic()))
        assert storm.kills >= KILLS // 2, "the storm was over before it had begun"
        _all_is_well(database, slapd)
    except subprocess.TimeoutExpired:
        pytest.fail(f"not all was done in time: {_left(database)}\n{storm.log.read_text()[-4000:]}")
    finally:
        storm.end()
        database.close()


def _settings(slapd: Slapd) -> dict[str, Any]:
    return {
        "urls": [slapd.tls_url],
        "ca_file": str(slapd.ca_file),
        "bind_dn": slapd.svc_dn,
        "bind_password": slapd.svc_password,
        "people_base": slapd.people,
        "groups_base": slapd.groups,
        "writable_groups": ["storm-*"],
    }


def _left(database: Database) -> dict[str, int]:
    with database.read() as session:
        states = Counter(session.scalars(sa.select(Request.state)).all())
        states.update(f"grant {state}" for state in session.scalars(sa.select(Grant.state)))
        states.update(
            f"run {run.purpose} {run.state}" for run in session.scalars(sa.select(Run)) if run.state in OPEN_RUN
        )
        states.update(f"case {case.why}" for case in session.scalars(sa.select(Escalation)))
    return dict(states)


def _all_is_well(database: Database, slapd: Slapd) -> None:
    numbers = range(CUSTOMERS)
    with database.snapshot() as session:
        requests = session.scalars(sa.select(Request)).all()
        assert sorted(one.customer_id for one in requests) == [customer(number) for number in numbers], "lost or double"
        assert {one.state for one in requests} == {RequestState.FULFILLED}
        assert not session.scalars(sa.select(Run).where(Run.state.in_(OPEN_RUN))).all()
        assert not session.scalars(sa.select(Escalation)).all()
        states = {grant.customer_id: grant.state for grant in session.scalars(sa.select(Grant))}
        steps = session.scalars(sa.select(Step)).all()
        told = Counter(session.execute(sa.select(AuditEvent.stream, AuditEvent.kind).where(_ONCE)).all())
        notices = Counter(session.scalars(sa.select(Notice.event)).all())
        verdict = verify(session)
    assert states == {
        customer(number): GrantState.ENDED if gives_back(number) else GrantState.ACTIVE for number in numbers
    }
    assert {step.state for step in steps} == {StepState.DONE, StepState.UNDONE}
    assert not verdict.breaks
    assert set(told.values()) == {1}, "said twice"
    assert max(notices.values(), default=1) == 1, "told twice"
    assert _there(slapd) == {
        (letter, customer(number)) for number in numbers if not gives_back(number) for letter in GROUPS[item_of(number)]
    }


_ONCE = AuditEvent.kind.in_(["request.asked", "request.fulfilled", "approval.approved", "grant.given_back"])


def _there(slapd: Slapd) -> set[tuple[str, str]]:
    """Who is in which of the storm's groups, as the directory itself says."""
    found = set()
    for letter in "abcde":
        members = slapd.attributes(f"cn=storm-{letter},{slapd.groups}", "member")["member"]
        found |= {(letter, dn.split(",")[0].removeprefix("uid=")) for dn in members if dn.startswith("uid=")}
    return found
