"""LDAP directories: `DirectoryClient` for reading and writing one, `LdapConnector` for what the catalog may do in
it."""

from selfserve.connectors.ldap.client import DirectoryClient
from selfserve.connectors.ldap.connector import LdapConnector
from selfserve.connectors.ldap.entry import Entry
from selfserve.connectors.ldap.errors import DirectoryError
from selfserve.connectors.ldap.names import escape_filter
from selfserve.connectors.ldap.settings import DirectorySettings, LdapSettings

__all__ = [
    "DirectoryClient",
    "DirectoryError",
    "DirectorySettings",
    "Entry",
    "LdapConnector",
    "LdapSettings",
    "escape_filter",
]
