"""What `extensions=true` adds to an answer, after the standard's members and in place of none.

And the answers of resources that the standard does not have: what an address may become, and what
became of requests.

A member that says no more than the standard does is left out, in both formats. The roots are those
of the answers that are extended.

Source: GR-X 10.5 to 10.9.
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from open311.spec import documents, submission
from open311.spec.changes import Changes
from open311.spec.documents import Datatype, Document, Part, ServiceRequest, Value
from open311.spec.routes import RouteAnswer
from open311.spec.submission import Location, Pairs
from open311.spec.updates import Finer, Note, RecordedUpdates, RequestUpdates

__all__ = [
    "DOCUMENTS",
    "Address",
    "Addresses",
    "Answered",
    "AnsweredRequest",
    "AnsweredRequests",
    "ExtendedAttribute",
    "ExtendedCondition",
    "ExtendedDefinition",
    "ExtendedDependencies",
    "ExtendedServiceDefinition",
    "Media",
    "OfferedIn",
    "Reporter",
    "asked",
]


def asked(pairs: Pairs) -> bool:
    """Whether the arguments ask for extensions."""
    return (submission.argument(pairs, "extensions") or "").lower() == "true"


# --- GET service definition ---------------------------------------------------------------------


class ExtendedCondition(Part, frozen=True, gc=False):
    """What the answer to an earlier question must be; `value` as it is sent, a list for one_of."""

    attribute: str
    op: Literal["eq", "ne", "one_of", "contains", "in", "lt", "le", "gt", "ge", "answered"]
    value: str | float | tuple[str | float, ...] | UnsetType = UNSET


class ExtendedDependencies(Part, frozen=True, gc=False):
    """When a question is asked at all: where all conditions hold (AND), or any of them (OR)."""

    clause: Literal["AND", "OR"]
    conditions: tuple[ExtendedCondition, ...]


class ExtendedAttribute(Part, frozen=True, gc=False):
    """One question with all of its rules.

    The standard's members say what they say without extensions: GR-A-04 knows six datatypes, and
    what is required must be answered by everybody. Bounds in time are spans from now, such as P30D
    or -PT12H.
    """

    variable: bool
    code: str
    datatype: Datatype
    required: bool
    datatype_description: str | None
    order: int
    description: str
    values: tuple[Value, ...]
    minimum: float | UnsetType = UNSET
    maximum: float | UnsetType = UNSET
    min_length: int | UnsetType = UNSET  # characters
    max_length: int | UnsetType = UNSET
    pattern: str | UnsetType = UNSET  # of RE2; found somewhere in the answer
    max_items: int | UnsetType = UNSET
    earliest: str | UnsetType = UNSET
    latest: str | UnsetType = UNSET
    automated: Literal["server_set", "hidden_field"] | UnsetType = UNSET
    preset: str | UnsetType = UNSET  # the answer when none is sent
    private: Literal[True] | UnsetType = UNSET
    informational: Literal[True] | UnsetType = UNSET  # a text to show; plainly one without answer
    required_when_asked: Literal[True] | UnsetType = UNSET  # required where its dependencies hold
    dependencies: ExtendedDependencies | UnsetType = UNSET


class Reporter(Part, frozen=True, gc=False):
    """What a reporter must tell: all of these fields, and one of those."""

    all_of: tuple[str, ...] | UnsetType = UNSET
    one_of: tuple[str, ...] | UnsetType = UNSET


class Media(Part, frozen=True, gc=False):
    """How many pictures a report brings, a media_url among them."""

    least: int
    most: int


class OfferedIn(Part, frozen=True, gc=False):
    """A layer, and codes of its areas: the service is offered in any of these."""

    layer: str
    codes: tuple[str, ...]


class ExtendedDefinition(Part, frozen=True, gc=False):
    """One version of what a service asks."""

    service_code: str
    attributes: tuple[ExtendedAttribute, ...]
    version: int
    location: Location
    offered_in: tuple[OfferedIn, ...] | UnsetType = UNSET  # of every layer; else everywhere
    reporter: Reporter | UnsetType = UNSET
    media: Media | UnsetType = UNSET


class ExtendedServiceDefinition(Document, frozen=True):
    """GET service definition, with `extensions=true` or `version=N`."""

    service_definition: ExtendedDefinition


# --- GET requests -------------------------------------------------------------------------------


class Answered(Part, frozen=True, gc=False):
    """One answer, labelled as its question was when it was given.

    Of several choices each is one. `name` is that of a choice; None for other answers.
    """

    code: str
    label: str | None
    value: str | float
    name: str | None


class AnsweredRequest(ServiceRequest, frozen=True, gc=False, kw_only=True):
    """A request with its history, for everybody, and the finer state that it is in, if any.

    And for those who may see them with its answers, and the version of the definition that they
    were checked by.
    """

    attributes: tuple[Answered, ...] | UnsetType = UNSET
    definition_version: int | UnsetType = UNSET
    detailed_status: Finer | UnsetType = UNSET
    notes: tuple[Note, ...]


class AnsweredRequests(Document, frozen=True):
    """GET requests and GET request, with `extensions=true`; the answers need a key."""

    service_requests: list[AnsweredRequest]


# --- GET addresses ------------------------------------------------------------------------------


class Address(Part, frozen=True, gc=False):
    """One address of the city's register. `lat` and `long` are degrees, WGS84."""

    address_id: str
    address: str
    zipcode: str | None
    lat: float
    long: float


class Addresses(Document, frozen=True):
    """GET addresses: what an address may become that is being typed, the likeliest first."""

    addresses: tuple[Address, ...]


DOCUMENTS: tuple[type[Document], ...] = (
    *documents.DOCUMENTS,
    ExtendedServiceDefinition,
    AnsweredRequests,
    Addresses,
    RouteAnswer,
    Changes,
    RequestUpdates,
    RecordedUpdates,
)
"""Every document the server can answer with, the standard's first."""
