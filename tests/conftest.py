"""Registers the real servers of `tests/servers` as fixtures for every test."""

pytest_plugins = [
    "tests.servers.slapd",
    "tests.servers.postgres",
    "tests.servers.oidc_provider",
    "tests.servers.smtp",
    "tests.servers.tcp_fault",
    "tests.servers.browser",
]
