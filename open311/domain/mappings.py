"""A mapping: which column of a file of another system is which field of a request.

    source = "boston-311"

    [fields]
    source_id = "CASE_ENQUIRY_ID"
    requested_datetime = "OPEN_DT"
    updated_datetime = ["CLOSED_DT", "OPEN_DT"]
    status = { column = "CASE_STATUS", values = { "Closed" = "closed" } }

A clerk writes it; `formats/mapping_file.py` reads it.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from open311.domain.members import Code, Line

__all__ = [
    "COLUMN",
    "GEOREPORT",
    "TIMES",
    "Fields",
    "FileKind",
    "FileOptions",
    "Mapping",
    "Origin",
    "flaws",
    "named",
    "origins",
]

FileKind = Literal["csv", "ndjson", "geojson", "georeport"]

TIMES = ("w3c", "unix", "unix_ms")
"""Ways to write a time that are no strptime format."""

COLUMN = re.compile(r"\{([^{}]+)\}")
"""A column in a template."""

_WAYS = ("column", "columns", "template", "constant")


class Origin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a field comes from. A text alone is the name of a column, a list those of several."""

    column: Annotated[str, Meta(description="the name of a column")] | None = None
    columns: Annotated[
        tuple[str, ...], Meta(description="of these the first that is not empty")
    ] = ()
    template: (
        Annotated[str, Meta(description="text with columns in braces, as '{STREET} {NUMBER}'")]
        | None
    ) = None
    constant: Annotated[str, Meta(description="the same for every row")] | None = None
    values: Annotated[
        dict[str, str],
        Meta(description="what a value becomes, in any case; others stay as they are"),
    ] = {}
    digits: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=20,
                description="a whole number of so many digits: of 5, 2108.0 is 02108",
            ),
        ]
        | None
    ) = None
    otherwise: (
        Annotated[
            str,
            Meta(description="what stands where there is nothing, or what the city does not know"),
        ]
        | None
    ) = None


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where each field of a request comes from; one that is left out is empty."""

    source_id: Annotated[Origin, Meta(description="the id that the other system knows it by")]
    requested_datetime: Origin
    updated_datetime: Annotated[Origin | None, Meta(description="else when it was requested")] = (
        None
    )
    expected_datetime: Origin | None = None
    status: Annotated[Origin, Meta(description="open or closed")]
    detailed_status: Annotated[
        Origin | None, Meta(description="a finer state, as planned or fixed; others are let go")
    ] = None
    status_notes: Origin | None = None
    service_code: Annotated[Origin | None, Meta(description="this, or service_name, or both")] = (
        None
    )
    service_name: Annotated[
        Origin | None, Meta(description="as the city calls it, where there is no such code")
    ] = None
    description: Origin | None = None
    department: Annotated[
        Origin | None, Meta(description="its code or name; where empty, the service's own acts")
    ] = None
    queue: Origin | None = None
    service_notice: Origin | None = None
    address: Origin | None = None
    address_id: Origin | None = None
    zipcode: Origin | None = None
    lat: Origin | None = None
    long: Origin | None = None
    media_url: Origin | None = None


class FileOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the file is written; what is not said is told by its name."""

    format: FileKind | None = None
    delimiter: Annotated[
        str,
        Meta(max_length=1, pattern=r"^[^\r\n\"]$(?!\n)", title="one character"),
    ] = ","
    encoding: Annotated[Line, Meta(description="as utf-8, latin-1, windows-1252")] = "utf-8"


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which column of a file of another system is which field of a request."""

    source: Annotated[
        Code,
        Meta(description="a name for the other system; with source_id it tells a request"),
    ]
    keep_ids: Annotated[
        bool, Meta(description="service_request_id is source_id, where nobody else here has it")
    ] = False
    timezone: (
        Annotated[Line, Meta(description="of times without offset; else the city's")] | None
    ) = None
    times: Annotated[
        tuple[Line, ...],
        Meta(
            min_length=1,
            description="how times are written: strptime formats, w3c, unix or unix_ms; the first"
            " that fits",
        ),
    ] = ("w3c",)
    file: FileOptions = FileOptions()
    fields: Fields
    answers: Annotated[
        dict[str, Origin], Meta(description="by the code of a question, where its answer is from")
    ] = {}


def _column(*names: str, otherwise: str | None = None) -> Origin:
    return Origin(columns=names, otherwise=otherwise)


GEOREPORT = Fields(
    source_id=_column("service_request_id"),
    requested_datetime=_column("requested_datetime"),
    updated_datetime=_column("updated_datetime"),
    expected_datetime=_column("expected_datetime"),
    status=_column("status"),
    detailed_status=_column("detailed_status", "extended_attributes.detailed_status"),
    status_notes=_column("status_notes"),
    service_code=_column("service_code"),
    service_name=_column("service_name"),
    description=_column("description"),
    department=_column("agency_responsible", otherwise=""),
    service_notice=_column("service_notice"),
    address=_column("address"),
    address_id=_column("address_id"),
    zipcode=_column("zipcode"),
    lat=_column("lat"),
    long=_column("long"),
    media_url=_column("media_url"),
)
"""What the answers of a GeoReport server need no mapping for. Source: GR-Q 5.1, GR-X 10.9."""


def origins(mapping: Mapping) -> dict[tuple[str, str], Origin]:
    """Every origin that a mapping tells, by its place."""
    fields = mapping.fields
    found = {("fields", name): getattr(fields, name) for name in fields.__struct_fields__}
    told = {place: origin for place, origin in found.items() if origin is not None}
    return told | {("answers", code): origin for code, origin in mapping.answers.items()}


def named(origin: Origin) -> list[str]:
    """The columns that an origin names."""
    own = [origin.column] if origin.column else []
    return [*own, *origin.columns, *COLUMN.findall(origin.template or "")]


def flaws(mapping: Mapping) -> list[tuple[tuple[str, ...], str]]:
    """What a mapping says that makes no sense, by place; its schema knows the rest."""
    found: list[tuple[tuple[str, ...], str]] = []
    for place, origin in origins(mapping).items():
        ways = [each for each in _WAYS if getattr(origin, each) not in (None, ())]
        if len(ways) != 1:
            found.append((place, f"must have one of {', '.join(_WAYS)}"))
        elif ways != ["constant"] and not any(named(origin)):
            found.append(((*place, ways[0]), "names no column"))
    fields = mapping.fields
    if fields.service_code is None and fields.service_name is None:
        found.append((("fields", "service_code"), "is missing; say it, or service_name"))
    if (fields.lat is None) != (fields.long is None):
        found.append((("fields", "lat"), "and long count together; one of them is missing"))
    return found
