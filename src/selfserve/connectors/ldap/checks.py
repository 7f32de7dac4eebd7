"""Findings about a directory for `doctor` and the canary; nothing is left behind."""

from __future__ import annotations

from selfserve.connectors.contract import Finding, Level
from selfserve.connectors.ldap.errors import BindRefusedError, DirectoryTrustError, DirectoryUnreachableError
from selfserve.connectors.ldap.links import Links
from selfserve.connectors.ldap.settings import DirectorySettings, Endpoint, Security
from selfserve.languages.messages import msg


def check_servers(settings: DirectorySettings, links: Links) -> list[Finding]:
    """One finding per server and per weakness of the configuration; never raises."""
    findings = [_server(endpoint, links) for endpoint in settings.endpoints]
    if settings.allow_legacy_ca:
        text = msg("allow_legacy_ca is on: certificates are verified, but not their form (RFC 5280).")
        findings.append(Finding(Level.WARNING, "tls", text))
    if any(endpoint.security is Security.PLAIN for endpoint in settings.endpoints):
        text = msg("insecure_loopback is on: nothing is encrypted on this machine.")
        findings.append(Finding(Level.WARNING, "tls", text))
    return findings


def _server(endpoint: Endpoint, links: Links) -> Finding:
    try:
        links.give(links.take(str(endpoint)))
    except DirectoryUnreachableError as error:
        return Finding(Level.ERROR, "reach", error.words)
    except DirectoryTrustError as error:
        return Finding(Level.ERROR, "tls", error.words)
    except BindRefusedError as error:
        return Finding(Level.ERROR, "bind", error.words)
    text = msg(
        "{endpoint} is reached ({how}) and accepts the service account.",
        endpoint=str(endpoint),
        how=endpoint.security.value,
    )
    return Finding(Level.INFO, "bind", text)
