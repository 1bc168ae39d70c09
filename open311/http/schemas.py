"""JSON Schemas of reports, for form builders, beside the definitions that they are made of."""

from __future__ import annotations

import msgspec

from open311.actions import schemas, services
from open311.formats.schemas.body import MEDIA_TYPE
from open311.http.answers import Answer, Blob
from open311.http.calls import Call
from open311.http.desk import ENDPOINT
from open311.http.door import Resource

__all__ = ["RESOURCES"]

_SERVICES = f"{ENDPOINT}/services"


async def find_schema(call: Call) -> Answer:
    """The schema of what POST requests takes for a service."""
    desk, city, code = call.desk, call.city(), call.named("service_code")
    own, alone = desk.settings.base_url + _SERVICES, len(desk.register.cities) == 1
    schema = await schemas.of_reports(desk.reads.surely, city, code, own, alone=alone)
    # Where the city changed meanwhile, its pages were dropped already: this one would stay.
    is_current = call.city() is city
    return Answer(Blob(msgspec.json.encode(schema), MEDIA_TYPE, "json"), lasting=is_current)


async def find_schema_or_service(call: Call) -> Answer:
    """The same, unless a code itself ends so: then it is that service's definition."""
    whole = f"{call.rest}.schema"
    if call.city().offered(whole):
        return Answer(services.define(call.city(), whole), lasting=True)
    return await find_schema(call)


RESOURCES = [
    Resource(f"{_SERVICES}/*.schema", {"GET": find_schema_or_service}),
    Resource(f"{ENDPOINT}/schemas/*", {"GET": find_schema}),
]
"""The same schema under two names: beside its service, and with others of its kind."""
