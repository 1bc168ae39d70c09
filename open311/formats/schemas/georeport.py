"""The JSON Schemas of the answers.

Generated from the Structs, and told a little more than a type can say (`_TOLD`).

Source: GR-D, GR-S, GR-A, GR-P, GR-T, GR-Q, GR-E, GR-F-20, GR-X 10.5 to 10.9.
"""

from __future__ import annotations

import re
from typing import Any, get_args, get_type_hints

import msgspec

from open311.formats.schemas import city
from open311.formats.schemas.city import Schema
from open311.spec.documents import Document
from open311.spec.extensions import DOCUMENTS

__all__ = ["documents"]

_UTC = {  # GR-F-30: whole seconds
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
}

_ONE = {"minItems": 1, "maxItems": 1}
_LISTS = {"enum": ["singlevaluelist", "multivaluelist"]}

_SPAN = {"pattern": r"^-?P(?=.)(\d{1,5}D)?(T(?=.)(\d{1,6}H)?(\d{1,8}M)?)?$"}

_URL: Schema = {"pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://\S+$"}

_REQUEST: dict[str, Schema] = {
    "description": {"maxLength": 4000},
    "requested_datetime": _UTC,
    "updated_datetime": _UTC,
    "expected_datetime": _UTC,
    "lat": {"minimum": -90, "maximum": 90},
    "long": {"minimum": -180, "maximum": 180},
    "media_url": _URL,
}

_TOLD: dict[str, dict[str, Schema]] = {
    "Attribute": {"order": {"minimum": 1}},
    "ExtendedAttribute": {
        "order": {"minimum": 1},
        "min_length": {"minimum": 1},
        "max_length": {"minimum": 1},
        "max_items": {"minimum": 1},
        "earliest": _SPAN,
        "latest": _SPAN,
        "preset": {"minLength": 0},
    },
    "ExtendedDependencies": {"conditions": {"minItems": 1}},
    "Reporter": {"all_of": {"minItems": 1}, "one_of": {"minItems": 1}},
    "Media": {"least": {"minimum": 0}, "most": {"minimum": 0}},
    "ServiceRequest": _REQUEST,
    "AnsweredRequest": _REQUEST | {"definition_version": {"minimum": 1}, "notes": {"minItems": 1}},
    "Note": {"datetime": _UTC},
    "RequestUpdate": {"updated_datetime": _UTC, "media_url": _URL},
    "Address": {
        "lat": {"minimum": -90, "maximum": 90},
        "long": {"minimum": -180, "maximum": 180},
    },
    "RoutedReport": {
        "lat": {"minimum": -90, "maximum": 90},
        "long": {"minimum": -180, "maximum": 180},
        "moved": {"minimum": 0},
        "version": {"minimum": 0},
    },
    "Change": {"cursor": {"pattern": "^[0-9]+-[0-9]+$"}},
    "ExtendedDefinition": {"version": {"minimum": 1}, "offered_in": {"minItems": 1}},
    "OfferedIn": {"codes": {"minItems": 1}},
    "Tie": {"codes": {"minItems": 2}},
    "Endpoint": {
        "specification": {"const": "http://wiki.open311.org/GeoReport_v2"},
        "url": {"pattern": "^https?://.*[^/]$"},
        "changeset": _UTC,
        "formats": {
            "items": {"enum": ["text/xml", "application/json"]},
            "contains": {"const": "text/xml"},
            "uniqueItems": True,
        },
    },
    "Directory": {"changeset": _UTC, "endpoints": {"minItems": 1}},
    "Error": {"code": {"minimum": 400, "maximum": 599}},
}
"""What the standard says of a field beyond its type."""

_ROOTS: dict[str, Schema] = {
    "SubmittedRequests": _ONE,
    "RedeemedTokens": _ONE,
    "RecordedUpdates": _ONE,
    "Errors": {"minItems": 1},
}
"""How many items the array of an answer has, where it is not any number."""


def documents() -> dict[str, Schema]:
    """The JSON Schema of every answer, as JSON goes over the wire: the root is dropped.

    Returns:
        By the document's name in snake case, as `service_definition`.
    """
    return {_snake(each.__name__): _answer(each) for each in DOCUMENTS}


def _answer(document: type[Document]) -> Schema:
    (hint,) = get_type_hints(document).values()
    parts = _parts(hint)
    refs, defs = _components(parts)
    payload = refs[0]
    if hint is not parts[0]:
        items = refs[0] if len(refs) == 1 else {"oneOf": [*refs]}
        payload = {"type": "array", "items": items} | _ROOTS.get(document.__name__, {})
    head = city.head(f"georeport-v2:{_snake(document.__name__)}", document)
    return head | payload | {"$defs": defs}


def _parts(hint: Any) -> list[type[msgspec.Struct]]:
    """The Structs that a type is made of."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return [hint]
    return [each for inner in get_args(hint) for each in _parts(inner)]


def _components(parts: list[type[msgspec.Struct]]) -> tuple[tuple[Schema, ...], dict[str, Schema]]:
    """References to the parts, and the strict definitions of all that they need."""
    refs, defs = msgspec.json.schema_components(parts, ref_template="#/$defs/{name}")
    return refs, {name: _strict(name, each) for name, each in defs.items()}


def _strict(name: str, schema: Schema) -> Schema:
    """Every member is there and no other; text is null or something (GR-F-22), times are UTC.

    A member of an extension that nothing stands for is left out, and one that is there is not null.
    """
    members = {key: _member(each) for key, each in schema["properties"].items()}
    for key, more in _TOLD.get(name, {}).items():
        members[key] |= more
    told = schema["properties"]
    required = [key for key in told if key in schema["required"] or "default" in told[key]]
    strict = schema | {"properties": members, "required": required, "additionalProperties": False}
    if name in ("Attribute", "ExtendedAttribute"):
        some, none = {"minItems": 1}, {"maxItems": 0}
        strict |= {
            "if": {"properties": {"datatype": _LISTS}},
            "then": {"properties": {"values": some}},
            "else": {"properties": {"values": none}},
        }
    return strict


def _member(schema: Schema) -> Schema:
    told = {key: value for key, value in city.nullable(schema).items() if key != "default"}
    return told | {"minLength": 1} if "string" in told.get("type", ()) else told


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
