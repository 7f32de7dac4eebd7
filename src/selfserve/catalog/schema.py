"""JSON Schema of the catalog's files, so that an editor can help while they are written."""

from __future__ import annotations

from typing import Any

from selfserve.catalog.items import Item
from selfserve.catalog.policy import Policy
from selfserve.catalog.teams import Teams

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def item_schema() -> dict[str, Any]:
    """The schema of a file in `items/`."""
    return {"$schema": _DIALECT, **Item.model_json_schema(by_alias=True)}


def teams_schema() -> dict[str, Any]:
    """The schema of `teams.yaml`."""
    return {"$schema": _DIALECT, **Teams.model_json_schema(by_alias=True)}


def policy_schema() -> dict[str, Any]:
    """The schema of `policy.yaml`."""
    return {"$schema": _DIALECT, **Policy.model_json_schema(by_alias=True)}
