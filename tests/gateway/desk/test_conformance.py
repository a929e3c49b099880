"""What the desk answers is what its document says, whatever it is sent within the document's own terms."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.gateway.desk.desks import VALUES, Desk, Desks

EXAMPLES: Final = 3
SECONDS: Final = 30
"""After which each call is tried once: a busy machine takes no more than its share."""
CHECKS: Final = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance
]  # fmt: skip
BY_TAG: Final[Mapping[str, str]] = {"Prison": "prison-mdi", "Police": "police-13", "Inspectorate": "inspectorate-hmip"}


async def a_case(desks: Desks) -> dict[str, str]:
    """A case with something to find in it, and the ids that lead there."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    told = await prison.ask()
    exchange = told["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.share(exchange, VALUES)
    answer = await prison.until(exchange, "contact-answer")
    return {"id": exchange, "receipt": told["jti"], "leaf": str(answer["leaf"])}


async def test_every_call_answers_as_its_document_says(desks: Desks) -> None:
    """Bodies made from the schemas, to a case that is there: no error of the desk, and every answer in its own form."""
    found = await a_case(desks)
    document = await (await desks["prison-mdi"].http.get(f"{desks['prison-mdi'].url}/v1/openapi.json")).json()
    tried = await asyncio.to_thread(try_all, document, desks, found)
    assert len(tried) == sum(len(methods) for methods in document["paths"].values())
    assert {200, 401, 422} <= {status for statuses in tried.values() for status in statuses}


def try_all(document: dict[str, Any], desks: Desks, found: Mapping[str, str]) -> dict[str, set[int]]:
    """The statuses that each call answered. In a thread of its own, as a client is."""
    tried: dict[str, set[int]] = {}
    end = time.monotonic() + SECONDS
    with requests.Session() as http:
        for result in schemathesis.openapi.from_dict(document).get_all_operations():
            operation = result.ok()
            examples = EXAMPLES if time.monotonic() < end else 1
            desk = desk_of(operation, desks)
            tried[f"{operation.method} {operation.path}"] = try_one(operation, examples, desk, found, http)
    return tried


def desk_of(operation: Any, desks: Desks) -> Desk:
    tag = (operation.definition.raw.get("tags") or ["Every agency"])[0].split(",")[0]
    return desks[BY_TAG.get(tag, "prison-mdi")]


def try_one(operation: Any, examples: int, desk: Desk, found: Mapping[str, str], http: requests.Session) -> set[int]:
    """The statuses of one call. Every third time its key is wrong."""
    statuses: list[int] = []

    @given(case=operation.as_strategy())
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    def once(case: Any) -> None:
        given_ids = {"agency": desk.agency, "leaf": found["leaf"]}
        given_ids["id"] = found["receipt"] if "receipts" in operation.path else found["id"]
        for name in case.path_parameters or {}:
            case.path_parameters[name] = given_ids[name]
        if case.query and "wait" in case.query:
            case.query["wait"] = 0
        key = desk.key if len(statuses) % 3 != 2 else "not-a-key"
        headers = {"Authorization": f"Bearer {key}"}
        answer = case.call(base_url=desk.url, headers=headers, session=http)
        case.validate_response(answer, checks=CHECKS)
        statuses.append(answer.status_code)

    once()
    return set(statuses)
