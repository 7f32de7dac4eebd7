"""How large what admins install is, and how long it takes to build."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from bench.rows import Row, row
from selfserve.packaging.app_deb import app_deb
from selfserve.packaging.brand import load
from selfserve.packaging.builds import QUICK
from selfserve.packaging.server_deb import server_deb
from selfserve.packaging.server_files import archives

BRAND = Path("packaging/brand.toml")
WHEN = datetime(2026, 12, 1, tzinfo=UTC)


def measure() -> list[Row]:
    """Both packages, as `make package` packs them; fetching the archives is not counted."""
    brand = load(BRAND)
    app_deb(brand, WHEN)  # fetches what rides along
    begun = time.perf_counter()
    app = app_deb(brand, WHEN).written(WHEN)
    built = time.perf_counter()
    wheels = archives()
    fetched = time.perf_counter()
    server = server_deb(brand.package, wheels, WHEN).written(WHEN, QUICK)
    return [
        row("app .deb", len(app) / 1e3, "kB"),
        row("app .deb, built in", (built - begun) * 1e3, "ms"),
        row("server .deb", len(server) / 1e6, "MB"),
        row("server .deb, built in", time.perf_counter() - fetched, "s"),
    ]
