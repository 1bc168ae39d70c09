"""The files of a city folder, as values: what a clerk writes and `open311 load` reads.

    jurisdiction.json        one `Jurisdiction`
    departments.json         `Departments`
    services/*.json          one `CityService` a file
    areas/LAYER.geojson      a FeatureCollection; each feature has `code` and `name`

`schemas/city/*.schema.json` are generated from these Structs.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from open311.spec.documents import Datatype, ServiceType

# A title says what a pattern wants: faults are told with it. `$(?!\n)` and not `$`, which in
# Python also stands before a last line feed.

Code = Annotated[
    str,
    Meta(
        max_length=100,
        pattern=r"^[^\s,]([^\t\r\n]*[^\s,])?$(?!\n)",
        title="a code: one line, no white space or comma at its ends",
    ),
]
"""An identifier."""

Line = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=r"^(?=\s*\S)[^\r\n]*$(?!\n)",
        title="one line of text, not blank",
    ),
]
"""One line of text for people."""

Text = Annotated[
    str,
    Meta(
        max_length=4000,
        pattern=r"^(?=\s*\S)[^\r]*$",
        title="text, not blank, with plain line feeds",
    ),
]
"""Lines of text for people; a carriage return would not survive XML. Source: GR-F-15."""


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A JSON file of the folder; `$schema` lets an editor check it while it is written."""

    schema: str | None = msgspec.field(default=None, name="$schema")


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


class Department(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A body that acts on requests."""

    code: Code
    name: Line
    phone: Line | None = None
    email: Line | None = None
    url: Line | None = None


class Departments(File, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All departments of the city."""

    departments: list[Department]


class CityValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One choice of a list attribute."""

    key: Code
    name: Line


class CityAttribute(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One question of a service, with the standard's members. Source: GR-A-04."""

    code: Annotated[
        str,
        Meta(
            max_length=100,
            pattern=r"^[^\s\[\],][^\[\],\t\r\n]*$(?!\n)",
            title="an attribute code: one line without brackets or commas",
        ),
    ]
    datatype: Datatype
    description: Text
    required: bool = False
    variable: bool = True
    datatype_description: Line | None = None
    order: Annotated[int, Meta(ge=1, le=10_000, description="else its place, from 1")] | None = None
    values: list[CityValue] = []


class CityService(File, frozen=True, forbid_unknown_fields=True, kw_only=True):
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
    keywords: Annotated[
        str,
        Meta(
            max_length=1000,
            pattern=r"^[^\r\n]*$(?!\n)",
            title="one line of text",
            description="comma-separated",
        ),
    ] = ""
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
    attributes: list[CityAttribute] = []


class Area(msgspec.Struct, frozen=True):
    """One area of a layer; `geometry` is a GeoJSON Polygon or MultiPolygon, WGS84, long first."""

    layer: str
    code: Code
    name: Line
    geometry: bytes


class CityFolder(msgspec.Struct, frozen=True):
    """A whole city folder, read and checked."""

    jurisdiction: Jurisdiction
    departments: tuple[Department, ...]
    services: tuple[CityService, ...]
    areas: tuple[Area, ...]
