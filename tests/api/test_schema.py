"""What the OpenAPI document allows, and much that it forbids, called by schemathesis: no fault, no surprise."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.api.calls import Api
from tests.api.test_tokens_and_roles import ROUTES

from selfserve.store.tables import PersonGroup


@pytest.fixture
def lived_in(api: Api) -> Api:
    """A house with something of everything: done, waiting for a decision, on the desk."""
    api.ask("tess", "lamp")
    api.ask("ada", "desk")
    api.ask("tess", "laptop")
    return api


@pytest.fixture
def document(lived_in: Api) -> BaseSchema:
    """The document as it is served."""
    told = lived_in.http.get("/api/openapi.json").json()
    return schemathesis.openapi.from_dict(told)


@pytest.fixture
def staff_who_audit(lived_in: Api) -> str:
    """A token that opens every route."""
    with lived_in.stand.house.database.write() as session:
        for group in ("auditors", "admins"):
            session.merge(PersonGroup(person_id=lived_in.stand.people["tess"], group=group))
    return lived_in.held("tess")


BOUNDED = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_api_is_as_its_document_says(
    lived_in: Api, document: BaseSchema, staff_who_audit: str, mode: GenerationMode
) -> None:
    """No 500, only statuses, media types and shapes that the document names; what it forbids is refused.

    What it allows may still be refused, in words: an answer that fits the schema need not fit the item's form.
    """
    headers = {"Authorization": f"Bearer {staff_who_audit}"}
    called: Counter[str] = Counter()
    for found in document.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and (operation.method, operation.path) == ("get", "/api/v1/me"):
            continue  # it takes nothing that could be wrong

        @BOUNDED
        @given(operation.as_strategy(generation_mode=mode))
        def conforms(case: Case[Any]) -> None:
            called[case.operation.label] += 1
            case.call_and_validate(base_url=lived_in.url, headers=headers, excluded_checks=[positive_data_acceptance])

        conforms()
    assert len(called) == len(ROUTES) - (mode is GenerationMode.NEGATIVE)


def test_the_document_names_every_route(lived_in: Api) -> None:
    """Nothing is served below `/api/v1` that the document, and so the test above, does not know."""
    paths = lived_in.http.get("/api/openapi.json").json()["paths"]
    assert {(method.upper(), path.removeprefix("/api/v1")) for path in paths for method in paths[path]} == set(ROUTES)
