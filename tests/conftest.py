"""Registers the real servers of `tests/servers` as fixtures for every test."""

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
