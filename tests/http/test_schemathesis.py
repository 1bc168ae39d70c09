"""schemathesis, with the server's own OpenAPI description: nothing it thinks of costs a 5xx."""

from __future__ import annotations

import warnings
from typing import Any

import requests
from hypothesis import HealthCheck, settings

from open311 import resources
from tests.conftest import RunningServer
from tests.validation import valid

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

EXAMPLES = 40  # of each operation
CHECKS = (
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
SCHEMA = schemathesis.openapi.from_path(resources.SCHEMAS / "georeport-v2" / "openapi.json")


@SCHEMA.exclude(path="/changes.sse").parametrize()  # which has no end
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
def test_no_call_that_schemathesis_makes_costs_a_5xx(
    case: Any, running_server: RunningServer
) -> None:
    if case.method == "POST" and isinstance(case.body, dict):
        case.body["service_code"] = running_server.realtime_code  # or it would never get further
    code = (case.path_parameters or {}).get("service_code")
    if isinstance(code, str) and len(code) % 2:  # every other service is one that there is
        case.path_parameters["service_code"] = running_server.attribute_code
    if isinstance(case.query, dict) and "wait" in case.query:
        case.query["wait"] = 0  # nobody changes anything
    with requests.Session() as session:
        answer = case.call(
            base_url=running_server.base_url,
            headers={"X-API-Key": running_server.whole_key},
            session=session,
        )

    if answer.status_code == 414 and not answer.content:
        return  # a URL of 64 kB: the HTTP library refuses it, and the server never sees it
    case.validate_response(answer, checks=CHECKS)
    if answer.status_code >= 400 and case.method != "HEAD":
        fmt = "json" if "json" in answer.headers["content-type"][0] else "xml"
        valid("errors", fmt, answer.content)
