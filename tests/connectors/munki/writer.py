"""A process of its own that installs many items on one device: `python writer.py REPO SERIAL ITEM…`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from selfserve.connectors.contract import Context, Done, Ports
from selfserve.connectors.munki import InstallArgs, MunkiConnector, MunkiSettings


def main(repo: str, device: str, *items: str) -> int:
    """Exit code 0 where every item was written by us."""
    connector = MunkiConnector("munki", MunkiSettings(repo=Path(repo), lock_seconds=30), Ports())
    now = datetime.now(UTC)
    context = Context("writer", now + timedelta(minutes=1), lambda: datetime.now(UTC))
    outcomes = [connector.apply("install", InstallArgs(device=device, item=item), context) for item in items]
    return 0 if all(isinstance(outcome, Done) for outcome in outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
