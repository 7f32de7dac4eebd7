"""`selfserve demo --tour`: exits 0 only where every effect was seen in its target."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from rich.console import Console
from tests.journey.conftest import environment

from selfserve.demo import tour
from selfserve.demo.run import Demo

MAIN = [sys.executable, "-W", "error", "-c", "from selfserve.cli import main; main()"]


def test_the_tour_sees_every_effect_in_under_a_minute() -> None:
    """From a fresh process to the last line: every step told with its time, exit code 0, nothing on standard error."""
    began = time.monotonic()
    walked = subprocess.run(
        [*MAIN, "demo", "--tour"],
        env={**environment(), "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert walked.returncode == 0, walked.stdout + walked.stderr
    assert walked.stderr == ""
    assert walked.stdout.count("✓") == 12
    assert "Everything was seen" in walked.stdout
    assert time.monotonic() - began < 60


def _not_seen(_: tour.Tour) -> Iterator[tuple[str, str]]:
    yield "This is seen", "it is there"
    tour.must(False, "the thing that should be there")


def _unreachable(_: tour.Tour) -> Iterator[tuple[str, str]]:
    yield "This is seen", "it is there"
    raise httpx.ConnectError("nobody answers")


@pytest.mark.parametrize(
    ("step", "sentence"), [(_not_seen, "the thing that should be there"), (_unreachable, "nobody answers")]
)
def test_a_tour_that_does_not_see_something_fails(step: Any, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1 with the sentence, and no step after it is walked."""
    walked: list[str] = []

    def never(_: tour.Tour) -> Iterator[tuple[str, str]]:
        walked.append("after")
        yield "After", "all"

    monkeypatch.setattr(tour, "STEPS", (step, never))
    said = io.StringIO()
    code = tour.walk(cast("Demo", SimpleNamespace(url="http://127.0.0.1")), Console(file=said, width=200))

    assert code == 1
    assert sentence in said.getvalue()
    assert walked == []
