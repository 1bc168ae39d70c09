"""Answers for tests: any that the server could write, and a sound one of each as JSON."""

from __future__ import annotations

from datetime import UTC
from typing import Any, get_args

from hypothesis import strategies as st
from msgspec import UNSET

from open311.spec import changes as c
from open311.spec import documents as d
from open311.spec import extensions as x
from open311.spec import routes as r
from open311.spec import updates as u

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


NUMBER = st.integers(-9, 9) | st.floats(-1e9, 1e9)
SPAN = st.sampled_from(["P30D", "-PT12H", "P1DT2H3M"])
FIELDS = st.sampled_from(["email", "phone", "device_id"])


def maybe(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A member of an extension."""
    return st.just(UNSET) | part


def conditions(op: st.SearchStrategy[str], value: st.SearchStrategy[Any]) -> Any:
    return st.builds(x.ExtendedCondition, attribute=TEXT, op=op, value=value)


CONDITION = (
    conditions(
        st.sampled_from(["eq", "ne", "contains", "in", "lt", "le", "gt", "ge"]), TEXT | NUMBER
    )
    | conditions(st.just("one_of"), some(TEXT | NUMBER, 1))
    | conditions(st.just("answered"), st.just(UNSET))
)


def extended(datatypes: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        x.ExtendedAttribute,
        variable=st.booleans(),
        code=TEXT,
        datatype=st.sampled_from(datatypes),
        required=st.booleans(),
        datatype_description=MAYBE,
        order=st.integers(1, 99),
        description=TEXT,
        values=values,
        minimum=maybe(NUMBER),
        maximum=maybe(NUMBER),
        min_length=maybe(st.integers(1, 9)),
        max_length=maybe(st.integers(1, 9)),
        pattern=maybe(TEXT),
        max_items=maybe(st.integers(1, 9)),
        earliest=maybe(SPAN),
        latest=maybe(SPAN),
        automated=maybe(st.sampled_from(["server_set", "hidden_field"])),
        preset=maybe(TEXT | st.just("")),
        private=maybe(st.just(True)),
        informational=maybe(st.just(True)),
        required_when_asked=maybe(st.just(True)),
        dependencies=maybe(
            st.builds(x.ExtendedDependencies, st.sampled_from(["AND", "OR"]), some(CONDITION, 1))
        ),
    )


EXTENDED = extended(["number", "text"], st.just(())) | extended(
    ["singlevaluelist", "multivaluelist"], some(VALUE, 1)
)
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
REQUEST_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "service_request_id": TEXT,
    "status": st.sampled_from(["open", "closed"]),
    "status_notes": MAYBE,
    "service_name": TEXT,
    "service_code": TEXT,
    "description": MAYBE,
    "agency_responsible": MAYBE,
    "service_notice": MAYBE,
    "requested_datetime": TIMES,
    "updated_datetime": TIMES,
    "expected_datetime": st.none() | TIMES,
    "address": MAYBE,
    "address_id": MAYBE,
    "zipcode": MAYBE,
    "lat": st.none() | LAT,
    "long": st.none() | LONG,
    "media_url": st.none() | st.just("https://tiny.example/media/1.jpg"),
}
REQUEST = st.builds(d.ServiceRequest, **REQUEST_FIELDS)
FINER = st.sampled_from(get_args(u.Finer))
NOTE = st.builds(
    u.Note,
    TIMES,
    st.sampled_from(["submitted", "opened", "activity", "closed"]),
    maybe(FINER),
    maybe(TEXT),
)
HISTORY = REQUEST_FIELDS | {"notes": some(NOTE, 1), "detailed_status": maybe(FINER)}
ANSWERED = st.builds(x.AnsweredRequest, **HISTORY) | st.builds(
    x.AnsweredRequest,
    **HISTORY,
    attributes=some(st.builds(x.Answered, TEXT, MAYBE, TEXT | NUMBER, MAYBE)),
    definition_version=st.integers(1, 99),
)
UPDATE = st.builds(
    u.RequestUpdate,
    TEXT,
    TEXT,
    st.sampled_from(["open", "closed", "unchanged"]) | FINER,
    TIMES,
    MAYBE,
    REQUEST_FIELDS["media_url"],
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

ROUTED = st.builds(
    r.RoutedReport,
    service_code=TEXT,
    accepted=st.booleans(),
    problems=some(TEXT),
    lat=st.none() | LAT,
    long=st.none() | LONG,
    moved=st.none() | st.floats(0, 1e4),
    address=MAYBE,
    address_id=MAYBE,
    department=st.none() | st.builds(r.RoutedDepartment, TEXT, TEXT),
    by=st.sampled_from([None, "rule", "service", "triage"]),
    reason=MAYBE,
    areas=st.dictionaries(TEXT, TEXT, max_size=3),
    ties=some(st.builds(r.Tie, TEXT, some(TEXT, 2))),
    rules=some(
        st.builds(r.TriedRule, TEXT, st.just("matched"), st.none(), TEXT)
        | st.builds(r.TriedRule, TEXT, st.just("failed"), TEXT, TEXT)
    ),
    version=st.integers(0, 9),
)

CURSOR = st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1)).map(c.cursor)
CHANGE = st.builds(
    c.Change, CURSOR, st.sampled_from(["created", "changed"]), TEXT, REQUEST
) | st.builds(c.Change, CURSOR, st.just("withdrawn"), TEXT, st.none())

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
    "extended_service_definition": st.builds(
        x.ExtendedServiceDefinition,
        st.builds(
            x.ExtendedDefinition,
            service_code=TEXT,
            attributes=some(EXTENDED),
            version=st.integers(1, 99),
            location=st.sampled_from(["required", "optional", "none"]),
            offered_in=maybe(some(st.builds(x.OfferedIn, TEXT, some(TEXT, 1)), 1)),
            reporter=maybe(st.builds(x.Reporter, some(FIELDS, 1), maybe(some(FIELDS, 1)))),
            media=maybe(st.builds(x.Media, st.integers(0, 9), st.integers(0, 9))),
        ),
    ),
    "answered_requests": st.builds(x.AnsweredRequests, st.lists(ANSWERED, max_size=3)),
    "addresses": st.builds(x.Addresses, some(st.builds(x.Address, TEXT, TEXT, MAYBE, LAT, LONG))),
    "route_answer": st.builds(r.RouteAnswer, ROUTED),
    "changes": st.builds(c.Changes, some(CHANGE)),
    "request_updates": st.builds(u.RequestUpdates, st.lists(UPDATE, max_size=3)),
    "recorded_updates": st.builds(u.RecordedUpdates, st.tuples(st.builds(u.RecordedUpdate, TEXT))),
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
EXTENDED_DEFINITION = {
    "service_code": "1",
    "attributes": [
        DEFINITION["attributes"][0],  # type: ignore[index]
        {
            "variable": True,
            "code": "HOW",
            "datatype": "number",
            "required": True,
            "datatype_description": None,
            "order": 2,
            "description": "How deep?",
            "values": [],
            "minimum": 1,
            "maximum": 2.5,
            "min_length": 1,
            "max_length": 9,
            "pattern": "^a",
            "max_items": 1,
            "earliest": "-P1D",
            "latest": "P1D",
            "automated": "hidden_field",
            "preset": "2",
            "private": True,
            "informational": True,
            "required_when_asked": True,
            "dependencies": {
                "clause": "OR",
                "conditions": [
                    {"attribute": "LANE", "op": "eq", "value": "l"},
                    {"attribute": "LANE", "op": "one_of", "value": ["l", "r"]},
                    {"attribute": "LANE", "op": "answered"},
                ],
            },
        },
    ],
    "version": 3,
    "location": "optional",
    "offered_in": [{"layer": "wards", "codes": ["1", "2"]}],
    "reporter": {"all_of": ["email"], "one_of": ["phone"]},
    "media": {"least": 0, "most": 2},
}
ANSWERED_REQUESTS = [
    REQUESTS[0]
    | {
        "attributes": [
            {"code": "LANE", "label": "Which lane?", "value": "l", "name": "Left"},
            {"code": "HOW", "label": "How deep?", "value": 2.5, "name": None},
        ],
        "definition_version": 3,
        "detailed_status": "fixed",
        "notes": [
            {"datetime": "2026-01-02T03:04:05Z", "type": "submitted"},
            {
                "datetime": "2026-01-03T03:04:05Z",
                "type": "closed",
                "summary": "fixed",
                "description": "Filled.",
            },
        ],
    }
]
UPDATES = [
    {
        "update_id": "7",
        "service_request_id": "1",
        "status": "fixed",
        "updated_datetime": "2026-01-03T03:04:05Z",
        "description": "Filled.",
        "media_url": None,
    }
]
ROUTE = {
    "service_code": "1",
    "accepted": True,
    "problems": ["lat, long: they are outside."],
    "lat": 44.65,
    "long": -63.57,
    "moved": 0.5,
    "address": None,
    "address_id": None,
    "department": {"code": "works", "name": "Works"},
    "by": "rule",
    "reason": "It is in the north.",
    "areas": {"boundary": "city", "wards": "2"},
    "ties": [{"layer": "wards", "codes": ["2", "10"]}],
    "rules": [
        {"code": "south", "outcome": "failed", "condition": "areas.wards", "reason": "No."},
        {"code": "north", "outcome": "matched", "condition": None, "reason": "North."},
    ],
    "version": 3,
}
SOUND: dict[str, Any] = {
    "services": SERVICES,
    "service_definition": DEFINITION,
    "submitted_requests": [{"service_request_id": "1", "service_notice": None, "account_id": None}],
    "redeemed_tokens": [{"service_request_id": None, "token": "t"}],
    "service_requests": REQUESTS,
    "discovery": DISCOVERY,
    "errors": [{"code": 404, "description": "No such thing."}],
    "extended_service_definition": EXTENDED_DEFINITION,
    "answered_requests": ANSWERED_REQUESTS,
    "addresses": [
        {
            "address_id": "a-1",
            "address": "100 Warren St",
            "zipcode": None,
            "lat": 44.6,
            "long": -66.2,
        }
    ],
    "route_answer": ROUTE,
    "changes": [
        {"cursor": "7-1", "event": "created", "service_request_id": "1", "request": REQUESTS[0]},
        {"cursor": "8-2", "event": "withdrawn", "service_request_id": "2", "request": None},
    ],
    "request_updates": UPDATES,
    "recorded_updates": [{"update_id": "7"}],
}
