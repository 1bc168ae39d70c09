"""Answers for tests: any that the server could write, and a sound one of each as JSON."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from hypothesis import strategies as st

from open311.spec import documents as d

TEXT = st.text("aé<&]😀 ", min_size=1, max_size=8)
MAYBE = st.none() | TEXT
TIMES = st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(microsecond=0))
LAT, LONG = st.floats(-90, 90), st.floats(-180, 180)
VALUE = st.builds(d.Value, TEXT, TEXT)


def attributes(datatypes: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        d.Attribute,
        variable=st.booleans(),
        code=TEXT,
        datatype=st.sampled_from(datatypes),
        required=st.booleans(),
        datatype_description=MAYBE,
        order=st.integers(1, 99),
        description=TEXT,
        values=values,
    )


def some(part: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(part, min_size=least, max_size=3).map(tuple)


ATTRIBUTE = attributes(["string", "number", "datetime", "text"], st.just(())) | attributes(
    ["singlevaluelist", "multivaluelist"], some(VALUE, 1)
)
SERVICE = st.builds(
    d.Service,
    service_code=TEXT,
    service_name=TEXT,
    description=MAYBE,
    metadata=st.booleans(),
    type=st.sampled_from(["realtime", "batch", "blackbox"]),
    keywords=MAYBE,
    group=MAYBE,
)
REQUEST = st.builds(
    d.ServiceRequest,
    service_request_id=TEXT,
    status=st.sampled_from(["open", "closed"]),
    status_notes=MAYBE,
    service_name=TEXT,
    service_code=TEXT,
    description=MAYBE,
    agency_responsible=MAYBE,
    service_notice=MAYBE,
    requested_datetime=TIMES,
    updated_datetime=TIMES,
    expected_datetime=st.none() | TIMES,
    address=MAYBE,
    address_id=MAYBE,
    zipcode=MAYBE,
    lat=st.none() | LAT,
    long=st.none() | LONG,
    media_url=st.none() | st.just("https://tiny.example/media/1.jpg"),
)
ENDPOINT = st.builds(
    d.Endpoint,
    specification=st.just("http://wiki.open311.org/GeoReport_v2"),
    url=st.just("https://tiny.example/open311/v2"),
    changeset=st.just("2026-01-02T03:04:05Z"),
    type=st.sampled_from(["production", "test"]),
    formats=st.sampled_from([("text/xml",), ("text/xml", "application/json")]),
)
DIRECTORY = st.builds(
    d.Directory,
    changeset=st.just("2026-01-02T03:04:05Z"),
    contact=TEXT,
    key_service=TEXT,
    endpoints=some(ENDPOINT, 1),
)
ERROR = st.builds(d.Error, code=st.sampled_from([400, 403, 404, 503]), description=TEXT)
SUBMITTED = (
    st.builds(d.Numbered, TEXT, MAYBE, MAYBE)
    | st.builds(d.Queued, TEXT, MAYBE, MAYBE)
    | st.builds(d.Noted, MAYBE, MAYBE)
)

ANSWERS: dict[str, st.SearchStrategy[Any]] = {  # in the order of DOCUMENTS
    "services": st.builds(d.Services, some(SERVICE)),
    "service_definition": st.builds(
        d.ServiceDefinition, st.builds(d.Definition, TEXT, some(ATTRIBUTE))
    ),
    "submitted_requests": st.builds(d.SubmittedRequests, st.tuples(SUBMITTED)),
    "redeemed_tokens": st.builds(d.RedeemedTokens, st.tuples(st.builds(d.Redeemed, MAYBE, TEXT))),
    "service_requests": st.builds(d.ServiceRequests, st.lists(REQUEST, max_size=3)),
    "discovery": st.builds(d.Discovery, DIRECTORY),
    "errors": st.builds(d.Errors, some(ERROR, 1)),
}


# --- as JSON --------------------------------------------------------------------------------------

SERVICES = [
    {
        "service_code": "1",
        "service_name": "Pothole",
        "description": None,
        "metadata": True,
        "type": "batch",
        "keywords": None,
        "group": "Street",
    }
]
DEFINITION = {
    "service_code": "1",
    "attributes": [
        {
            "variable": True,
            "code": "LANE",
            "datatype": "singlevaluelist",
            "required": True,
            "datatype_description": None,
            "order": 1,
            "description": "Which lane?",
            "values": [{"key": "l", "name": "Left"}],
        }
    ],
}
REQUESTS = [
    {
        "service_request_id": "1",
        "status": "open",
        "status_notes": None,
        "service_name": "Pothole",
        "service_code": "1",
        "description": "Deep.",
        "agency_responsible": None,
        "service_notice": None,
        "requested_datetime": "2026-01-02T03:04:05Z",
        "updated_datetime": "2026-01-02T03:04:05Z",
        "expected_datetime": None,
        "address": None,
        "address_id": None,
        "zipcode": "02110",
        "lat": 44.65,
        "long": -63.57,
        "media_url": None,
    }
]
DISCOVERY = {
    "changeset": "2026-01-02T03:04:05Z",
    "contact": "Ask.",
    "key_service": "Write.",
    "endpoints": [
        {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": "https://tiny.example/open311/v2",
            "changeset": "2026-01-02T03:04:05Z",
            "type": "production",
            "formats": ["text/xml", "application/json"],
        }
    ],
}
SOUND: dict[str, Any] = {
    "services": SERVICES,
    "service_definition": DEFINITION,
    "submitted_requests": [{"service_request_id": "1", "service_notice": None, "account_id": None}],
    "redeemed_tokens": [{"service_request_id": None, "token": "t"}],
    "service_requests": REQUESTS,
    "discovery": DISCOVERY,
    "errors": [{"code": 404, "description": "No such thing."}],
}
