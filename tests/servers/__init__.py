"""Real servers as fixtures: each starts on loopback, on a port of its own, and is stopped at the end.

| fixture | scope | gives |
|---|---|---|
| `slapd` | session | OpenLDAP with ppolicy, memberof, refint and TLS: `Slapd` |
| `big_slapd` | session | the same with 10 000 people: `Slapd` |
| `slapd_with` | session | `slapd_with(people=2000)` -> another `Slapd` |
| `postgres` | session | PostgreSQL 15, fsync on: `Postgres` |
| `postgres_url` | test | the SQLAlchemy address of a fresh, empty database |
| `oidc_provider` | test | `oidc_provider(redirect_uri)` -> the certified npm `oidc-provider`: `OidcProvider` |
| `smtp` | test | a receiving mail server: `Mailbox` |
| `tcp_fault` | test | `tcp_fault(port)` -> a proxy that loses answers or goes away: `FaultProxy` |
| `browser`, `page` | test | Debian's Chromium by Playwright (sync), one process for the session |
| `axe` | session | `axe(page)` -> accessibility violations, one line each |
"""
