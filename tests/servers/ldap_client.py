"""An ldap3 connection for tests, without the leaks and warnings of ldap3 2.9.1 under TLS."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import ldap3
from ldap3.core.exceptions import LDAPException

from tests.servers.processes import LOOPBACK


class CheckedTls(ldap3.Tls):  # type: ignore[misc]
    """TLS whose certificate and host name OpenSSL itself checks; ldap3's own check is deprecated in Python."""

    def __init__(self, ca_file: Path, host: str) -> None:
        """Trust only `ca_file`."""
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context, self._host = ssl.create_default_context(cafile=str(ca_file)), host

    def wrap_socket(self, connection: ldap3.Connection, do_handshake: bool = False) -> None:
        """Replace the connection's socket by its TLS form (called by ldap3, which leaks the socket on refusal)."""
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain = connection.socket
        try:
            connection.socket = self._context.wrap_socket(plain, server_hostname=self._host)
        except Exception:
            plain.close()
            raise


class Bound(ldap3.Connection):  # type: ignore[misc]
    """A connection that `with` closes; ldap3's own stays open where it was open before."""

    def __enter__(self) -> Bound:
        """Itself as it is; ldap3's own would bind once more, and count one more wrong password."""
        return self

    def __exit__(self, *error: object) -> None:
        """Say goodbye, or just close what the other side has closed already."""
        try:
            self.unbind()
        except LDAPException:
            self.strategy.close()


def connect(
    port: int, dn: str = "", password: str | bytes = b"", ca_file: Path | None = None, host: str = LOOPBACK
) -> Bound:
    """A SAFE_SYNC connection after its simple bind, over TLS where `ca_file` is given; use it by `with`.

    Look at `.bound` and `.result`: a refusal raises nothing. No `dn` binds anonymously.
    """
    tls = CheckedTls(ca_file, host) if ca_file else None
    server = ldap3.Server(host, port=port, use_ssl=bool(tls), tls=tls, get_info=ldap3.NONE, connect_timeout=3)
    secret = password.encode() if isinstance(password, str) else password
    # check_names would have ldap3 judge and rewrite names; tests want what the server makes of them.
    connection = Bound(
        server,
        dn or None,
        secret or None,
        client_strategy=ldap3.SAFE_SYNC,
        check_names=False,
        receive_timeout=10,
        auto_referrals=False,
    )
    connection.bind()
    return connection
