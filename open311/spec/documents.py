"""Every GeoReport v2 answer as a frozen Struct, fields in the standard's order.

An answer is a `Document`: one field, whose name is the XML root. JSON drops the root and encodes
the payload; XML keeps it and names the items of each list by `ITEM` (the Spark convention).

Source: GR-D, GR-S, GR-A, GR-P, GR-T, GR-Q, GR-E, GR-F-20.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

ITEM = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
    "addresses": "address_point",
    "conditions": "condition",
    "value": "item",  # where a condition has several
    "all_of": "field",
    "one_of": "field",
    "offered_in": "area",
    "problems": "problem",
    "ties": "tie",
    "codes": "code",
    "rules": "rule",
    "changes": "change",
    "notes": "note",
    "service_request_updates": "request_update",
}
"""XML tag of the items of each list, by the name of the list."""

ENTRY = {"areas": ("area", "layer", "code")}
"""XML tags of each entry of a mapping, of its key and of its value, by the name of the mapping."""

LEFT_OUT = frozenset({"expected_datetime"})
"""Fields that XML leaves out when unknown; every other unknown field is an empty element."""

ServiceType = Literal["realtime", "batch", "blackbox"]
Datatype = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
Status = Literal["open", "closed"]


class Part(msgspec.Struct, frozen=True, gc=False):
    """A value inside a document."""


class Document(msgspec.Struct, frozen=True):
    """A whole answer: exactly one field, named like the XML root."""


# --- GET services -------------------------------------------------------------------------------


class Service(Part, frozen=True, gc=False):
    """One kind of request. Source: GR-S-03."""

    service_code: str
    service_name: str
    description: str | None
    metadata: bool
    type: ServiceType
    keywords: str | None
    group: str | None


class Services(Document, frozen=True):
    """GET services. Source: GR-S-02."""

    services: tuple[Service, ...]


# --- GET service definition ---------------------------------------------------------------------


class Value(Part, frozen=True, gc=False):
    """One choice of a list attribute: `key` is submitted, `name` is shown."""

    key: str
    name: str


class Attribute(Part, frozen=True, gc=False):
    """One question of a service. Source: GR-A-04."""

    variable: bool
    code: str
    datatype: Datatype
    required: bool
    datatype_description: str | None
    order: int
    description: str
    values: tuple[Value, ...] = ()


class Definition(Part, frozen=True, gc=False):
    """The questions of one service."""

    service_code: str
    attributes: tuple[Attribute, ...]


class ServiceDefinition(Document, frozen=True):
    """GET service definition; the one resource whose JSON is an object. Source: GR-A-02."""

    service_definition: Definition


# --- POST requests, GET tokens ------------------------------------------------------------------


class Numbered(Part, frozen=True, gc=False):
    """The answer of a realtime service. Source: GR-P-31."""

    service_request_id: str
    service_notice: str | None
    account_id: str | None


class Queued(Part, frozen=True, gc=False):
    """The answer of a batch service: the id is found later, by the token."""

    token: str
    service_notice: str | None
    account_id: str | None


class Noted(Part, frozen=True, gc=False):
    """The answer of a blackbox service: neither id nor token. Source: GR-P-32."""

    service_notice: str | None
    account_id: str | None


class SubmittedRequests(Document, frozen=True):
    """POST service request; always exactly one."""

    service_requests: tuple[Numbered | Queued | Noted, ...]


class Redeemed(Part, frozen=True, gc=False):
    """What became of a token; the id is None until it is given. Source: GR-T-02, GR-T-04."""

    service_request_id: str | None
    token: str


class RedeemedTokens(Document, frozen=True):
    """GET token; always exactly one."""

    service_requests: tuple[Redeemed, ...]


# --- GET requests -------------------------------------------------------------------------------


class ServiceRequest(Part, frozen=True, gc=False):
    """One service request, all seventeen fields. Source: GR-Q 5.1, GR-Q-32.

    Times are aware, UTC, whole seconds. `lat` and `long` are degrees, WGS84.
    """

    service_request_id: str
    status: Status
    status_notes: str | None
    service_name: str
    service_code: str
    description: str | None
    agency_responsible: str | None
    service_notice: str | None
    requested_datetime: datetime
    updated_datetime: datetime
    expected_datetime: datetime | None
    address: str | None
    address_id: str | None
    zipcode: str | None
    lat: float | None
    long: float | None
    media_url: str | None


class ServiceRequests(Document, frozen=True):
    """GET requests and GET request (a list of one)."""

    service_requests: list[ServiceRequest]


class Written(msgspec.Struct, gc=False):
    """What each format has made of a request; empty where it has not been asked to."""

    json: bytes = b""
    xml: bytes = b""


class ShownRequests(ServiceRequests, frozen=True):
    """The same of requests that are shown again and again.

    What is written of each is kept beside it, so a list that was shown before is only put together.
    """

    written: list[Written]  # no part of the answer; of each request, in their order

    def parts(
        self,
        name: Literal["json", "xml"],
        write: Callable[[list[ServiceRequest]], list[bytes]],
    ) -> list[bytes]:
        """What a format has made of each request.

        Args:
            name: of the format.
            write: makes it, of those that it has not been asked for.
        """
        found: list[bytes] = [getattr(each, name) for each in self.written]
        if not all(found):
            missing = [place for place, each in enumerate(found) if not each]
            made = write([self.service_requests[place] for place in missing])
            for place, each in zip(missing, made, strict=True):
                found[place] = each
                setattr(self.written[place], name, each)
        return found


TINY = 1e-4
"""Degrees; smaller coordinates are written in exponent form by Python, which readers refuse."""


def digits(number: float) -> str:
    """A number in digits only; a coordinate has 7 decimals where it is tiny. Source: GR-Q-31."""
    text = repr(number)
    if "e" not in text:
        return text
    short = f"{number:.7f}"
    return short if float(short) == number else f"{Decimal(text):f}"


# --- discovery ----------------------------------------------------------------------------------


class Endpoint(Part, frozen=True, gc=False):
    """One endpoint of the city. Source: GR-D-04."""

    specification: str
    url: str
    changeset: str
    type: Literal["production", "test"]
    formats: tuple[str, ...]


class Directory(Part, frozen=True, gc=False):
    """Where the city's endpoints are and whom to ask for a key."""

    changeset: str
    contact: str
    key_service: str
    endpoints: tuple[Endpoint, ...]


class Discovery(Document, frozen=True):
    """GET discovery. Source: GR-D-09."""

    discovery: Directory


# --- errors -------------------------------------------------------------------------------------


class Error(Part, frozen=True, gc=False):
    """One thing that went wrong, in words for people. Source: GR-E-01."""

    code: int
    description: str


class Errors(Document, frozen=True):
    """What any failing call answers."""

    errors: tuple[Error, ...]


DOCUMENTS: tuple[type[Document], ...] = (
    Services,
    ServiceDefinition,
    SubmittedRequests,
    RedeemedTokens,
    ServiceRequests,
    Discovery,
    Errors,
)
"""Every document the server can answer with; `schemas/georeport-v2` is generated from it."""
