"""The list of parts, as CycloneDX 1.6 writes it (cyclonedx.org/docs/1.6/json)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from selfserve.packaging.about import About, about


def sbom(name: str, version: str, archives: Sequence[Path], when: datetime) -> str:
    """The parts of `name`: ourselves, and each archive that rides along, with its sum and licence."""
    found = sorted((about(archive) for archive in archives), key=lambda one: one.purl)
    ours = f"pkg:generic/{name}@{version}"
    listed: dict[str, Any] = {
        "metadata": {
            "timestamp": f"{when:%Y-%m-%dT%H:%M:%SZ}",
            "component": {
                "type": "application", "bom-ref": ours, "name": name, "version": version, "purl": ours,
                "licenses": [{"expression": "Apache-2.0"}],
            },
        },
        "components": [_component(one) for one in found],
        "dependencies": [{"ref": ours, "dependsOn": [one.purl for one in found]}],
    }  # fmt: skip
    number = uuid5(NAMESPACE_URL, json.dumps(listed, sort_keys=True))
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{number}", "version": 1}
    return json.dumps({**head, **listed}, indent=1) + "\n"


def _component(one: About) -> dict[str, Any]:
    licence = {"expression": one.expression} if one.expression else {"license": {"name": one.licence}}
    return {
        "type": "library", "bom-ref": one.purl, "name": one.name, "version": one.version, "purl": one.purl,
        "hashes": [{"alg": "SHA-256", "content": one.sha256}], "licenses": [licence],
    }  # fmt: skip
