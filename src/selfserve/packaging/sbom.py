"""The list of parts, as CycloneDX 1.6 writes it (cyclonedx.org/docs/1.6/json)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from selfserve.packaging.about import About, about

Component = dict[str, Any]
"""One part, in CycloneDX's words."""


def sbom(name: str, version: str, archives: Sequence[Path], when: datetime) -> str:
    """The parts of `name`: ourselves, and each archive that rides along, with its sum and licence."""
    return document(name, version, [component(about(archive)) for archive in archives], when)


def document(name: str, version: str, components: Sequence[Component], when: datetime) -> str:
    """The list of these parts of `name`, whatever order they come in."""
    found = sorted(components, key=lambda one: str(one["purl"]))
    ours = f"pkg:generic/{name}@{version}"
    listed: dict[str, Any] = {
        "metadata": {
            "timestamp": f"{when:%Y-%m-%dT%H:%M:%SZ}",
            "component": {
                "type": "application", "bom-ref": ours, "name": name, "version": version, "purl": ours,
                "licenses": [{"expression": "Apache-2.0"}],
            },
        },
        "components": found,
        "dependencies": [{"ref": ours, "dependsOn": [one["purl"] for one in found]}],
    }  # fmt: skip
    number = uuid5(NAMESPACE_URL, json.dumps(listed, sort_keys=True))
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{number}", "version": 1}
    return json.dumps({**head, **listed}, indent=1) + "\n"


def component(one: About) -> Component:
    """A package that rides along, as the list has it."""
    licence = {"expression": one.expression} if one.expression else {"license": {"name": one.licence}}
    sums = {"hashes": [{"alg": "SHA-256", "content": one.sha256}]} if one.sha256 else {}
    return {
        "type": "library", "bom-ref": one.purl, "name": one.name, "version": one.version, "purl": one.purl,
        **sums, "licenses": [licence],
    }  # fmt: skip
