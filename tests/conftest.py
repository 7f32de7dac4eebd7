"""Registers the real servers of `tests/servers` as fixtures for every test."""

import gc

from hypothesis import settings

settings.register_profile("house", deadline=None)  # how long a machine takes is measured by the bench, never by a test
settings.load_profile("house")

pytest_plugins = [
    "tests.servers.slapd",
    "tests.servers.postgres",
    "tests.servers.oidc_provider",
    "tests.servers.smtp",
    "tests.servers.tcp_fault",
    "tests.servers.browser",
]


def pytest_collection_finish() -> None:
    """What is imported by now stays to the end: garbage is looked for among what tests make, not in a million objects
    of modules, each time NiceGUI's reset asks for it (twice in a test of a page)."""
    gc.collect()
    gc.freeze()
