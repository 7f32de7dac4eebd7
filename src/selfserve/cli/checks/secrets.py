"""Are all secrets readable, and fit for what they are for?"""

from __future__ import annotations

from collections.abc import Iterator

from selfserve.cli.checks.finding import Finding, failure, ok
from selfserve.cli.surroundings import Surroundings
from selfserve.settings.sealing import read_key
from selfserve.settings.secrets import SecretUnavailable, all_references

AREA = "secrets"
SHORTEST = 32
LONG = ("server.secret_key", "server.metrics_token")
"""Secrets that could be guessed if they were short."""


def check_secrets(around: Surroundings) -> Iterator[Finding]:
    """One finding for each secret that is not right, or one that all are."""
    count, bad = 0, []
    for key, ref in all_references(around.settings):
        count += 1
        try:
            problem = _problem(key, around.secrets.resolve(ref))
        except SecretUnavailable as error:
            problem = str(error)
        if problem:
            bad.append(failure(AREA, f"{key}: {problem}"))
    yield from bad or [ok(AREA, f"All {count} secrets of the settings can be read.")]


def _problem(key: str, value: str) -> str:
    if key in LONG and len(value) < SHORTEST:
        return f"it has {len(value)} characters; at least {SHORTEST} are needed."
    if "sealing_key" in key:
        try:
            read_key(value)
        except ValueError as error:
            return f"{error}."
    return ""
