"""The files of a city folder, as values: what a clerk writes and `open311 load` reads.

    jurisdiction.json        one `Jurisdiction`
    departments.json         `Departments`
    services/*.json          one `CityService` a file
    areas/LAYER.geojson      a FeatureCollection; each feature has `code` and `name`
    routing.json             one `RoutingFile` of `domain.rules`, if there is one

`schemas/city/*.schema.json` are generated from these Structs.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from open311.domain.members import Code, Extra, Keywords, Language, Line, Text
from open311.domain.translations import DepartmentTexts, ServiceTexts
from open311.spec.documents import ServiceType
from open311.spec.submission import Location

if TYPE_CHECKING:  # whose values are made of some of these
    from open311.domain.rules import RoutingFile


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A JSON file of the folder; `$schema` lets an editor check it while it is written."""

    schema: str | None = msgspec.field(default=None, name="$schema")


class Sparse(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value that is written without what goes without saying: a new member changes no hash."""


_BY = "by language; what is missing is shown as it stands above"


class AddressRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a city says of its register of addresses."""

    within: Annotated[
        float, Meta(ge=1, le=1000, description="metres from a point to the address that it gets")
    ]


class Jurisdiction(File, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who the city is. Source: GR-F-40, GR-D-04."""

    jurisdiction_id: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$(?!\n)",
            title="a domain name in lower case, without www",
            description="the city's main domain",
        ),
    ]
    name: Line
    timezone: Annotated[str, Meta(description="IANA name, as America/Halifax")]
    contact: Annotated[Text, Meta(description="discovery: whom to ask")]
    key_service: Annotated[Text, Meta(description="discovery: how to get an api_key")]
    max_span_days: Annotated[
        int, Meta(ge=0, le=36_600, description="longest range of GET requests; 0: no limit")
    ] = 90
    languages: Annotated[
        list[Language],
        Meta(min_length=1, description="the first is that of the folder itself"),
    ] = msgspec.field(default_factory=lambda: ["en"])
    addresses: AddressRule | None = None


class Department(Sparse, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A body that acts on requests."""

    code: Code
    name: Line
    phone: Line | None = None
    email: Line | None = None
    url: Line | None = None
    translations: Annotated[dict[str, DepartmentTexts], Meta(description=_BY)] = {}


class Departments(File, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All departments of the city."""

    departments: list[Department]


class CityValue(Sparse, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One choice of a list attribute."""

    key: Code
    name: Line
    extra: Extra = {}


CityDatatype = Literal[
    "string", "number", "datetime", "text", "singlevaluelist", "multivaluelist", "informational"
]
"""The standard's six, and Boston's `informational`: a text that is shown where it applies."""

Op = Literal["eq", "ne", "one_of", "contains", "in", "lt", "le", "gt", "ge", "answered"]
"""How an earlier answer is compared; `in` is Boston's word for `contains`."""


class Condition(Sparse, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the answer to an earlier question must be."""

    attribute: Annotated[str, Meta(description="code of a question with a lower order")]
    op: Op
    value: Annotated[
        Any, Meta(description="as the answer is sent; a list for one_of; none for answered")
    ] = None


class Dependencies(Sparse, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a question is asked at all: where all of its conditions hold, or any of them."""

    clause: Literal["AND", "OR"] = "AND"
    conditions: Annotated[list[Condition], Meta(min_length=1)]


Span = Annotated[
    str,
    Meta(
        pattern=r"^-?P(?=.)([0-9]{1,5}D)?(T(?=.)([0-9]{1,6}H)?([0-9]{1,8}M)?)?$(?!\n)",
        title="days, hours or minutes such as P30D or -PT12H",
    ),
]
"""How far from now; negative: before it."""

_WITHIN = Meta(ge=-999_999_999_999_999, le=999_999_999_999_999, description="of a number")


class CityAttribute(Sparse, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One question of a service, with the standard's members and more. Source: GR-A-04."""

    code: Annotated[
        str,
        Meta(
            max_length=100,
            pattern=r"^[^\s\[\],][^\[\],\t\r\n]*$(?!\n)",
            title="an attribute code: one line without brackets or commas",
        ),
    ]
    datatype: Annotated[
        CityDatatype,
        Meta(description="informational: shown where its dependencies hold, takes no answer"),
    ]
    description: Text
    required: bool = False
    variable: bool = True
    datatype_description: Line | None = None
    order: Annotated[int, Meta(ge=1, le=10_000, description="else its place, from 1")] | None = None
    values: list[CityValue] = []
    dependencies: Dependencies | None = None
    minimum: Annotated[float, _WITHIN] | None = None
    maximum: Annotated[float, _WITHIN] | None = None
    min_length: Annotated[int, Meta(ge=1, le=4000, description="characters")] | None = None
    max_length: Annotated[int, Meta(ge=1, le=4000, description="characters")] | None = None
    pattern: (
        Annotated[
            str,
            Meta(max_length=500, description="what a string or text must hold somewhere (RE2)"),
        ]
        | None
    ) = None
    max_items: Annotated[int, Meta(ge=1, le=1000, description="choices at most")] | None = None
    earliest: Annotated[Span, Meta(description="of a datetime, from now")] | None = None
    latest: Annotated[Span, Meta(description="of a datetime, from now")] | None = None
    automated: (
        Annotated[
            Literal["server_set", "hidden_field"],
            Meta(description="nobody is asked: the server knows `preset`, or the form sends it"),
        ]
        | None
    ) = None
    preset: Annotated[Text, Meta(description="the answer when none is sent")] | None = None
    private: Annotated[bool, Meta(description="shown to keys with a scope for it only")] = False
    extra: Extra = {}


ReporterField = Literal["email", "phone", "first_name", "last_name", "device_id", "account_id"]


class ReporterRule(Sparse, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a reporter must tell."""

    all_of: list[ReporterField] = []
    one_of: list[ReporterField] = []


class MediaRule(Sparse, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many pictures, links among them; `most` counts beside the server's own limit."""

    least: Annotated[int, Meta(ge=0, le=20)] = 0
    most: Annotated[int, Meta(ge=0, le=20)] = 20


class CityService(File, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One kind of request, with its questions. Source: GR-S-03."""

    service_code: Annotated[
        str,
        Meta(
            max_length=100,
            pattern=r"^(?!.*//)[^\s,/]([^,\t\r\n\u0085\u2028\u2029]*[^\s,])?$(?!\n)",
            title="a service code: one line, no comma, no //, no white space at its ends",
        ),
    ]
    service_name: Line
    description: Text
    keywords: Keywords = ""
    group: Line
    type: ServiceType = "realtime"
    department: Annotated[str, Meta(description="code of the department that acts")]
    service_notice: Text | None = None
    expected_hours: (
        Annotated[
            int, Meta(ge=1, le=87_600, description="wall-clock hours until fulfilled, as a rule")
        ]
        | None
    ) = None
    location: Annotated[Location, Meta(description="none: it is not even kept")] = "required"
    offered_in: (
        Annotated[
            dict[str, Annotated[list[str], Meta(min_length=1)]],
            Meta(
                min_length=1,
                description="by layer, any of its areas; of every layer named; else everywhere",
            ),
        ]
        | None
    ) = None
    reporter: ReporterRule | None = None
    media: MediaRule | None = None
    attributes: list[CityAttribute] = []
    translations: Annotated[dict[str, ServiceTexts], Meta(description=_BY)] = {}
    extra: Extra = {}


class Area(msgspec.Struct, frozen=True):
    """One area of a layer; `geometry` is a GeoJSON Polygon or MultiPolygon, WGS84, long first.

    It counts from the beginning of one day, in the city's zone, to that of another.
    """

    layer: str
    code: Code
    name: Line
    geometry: bytes
    valid_from: date = date.min
    valid_to: date = date.max


class CityFolder(msgspec.Struct, frozen=True):
    """A whole city folder, read and checked."""

    jurisdiction: Jurisdiction
    departments: tuple[Department, ...]
    services: tuple[CityService, ...]
    areas: tuple[Area, ...]
    routing: RoutingFile | None = None
