"""Munki: software for Macs, by editing the manifest of one device in a repository folder."""

from selfserve.connectors.munki.connector import InstallArgs, MunkiConnector
from selfserve.connectors.munki.settings import MunkiSettings

__all__ = ["InstallArgs", "MunkiConnector", "MunkiSettings"]
