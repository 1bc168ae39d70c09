"""The JSON Schemas of a city folder's files; an editor checks by them, and so does `open311 check`.

Four are generated from the Structs of `domain.folder` and `domain.rules`; that of the areas is
GeoJSON (RFC 7946) and written here.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from open311.domain import folder, rules

__all__ = ["Schema", "areas", "files", "head", "nullable"]

Schema: TypeAlias = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_KINDS: dict[str, type[msgspec.Struct]] = {
    "jurisdiction": folder.Jurisdiction,
    "departments": folder.Departments,
    "service": folder.CityService,
    "routing": rules.RoutingFile,
}


def files() -> dict[str, Schema]:
    """The JSON Schema of every kind of file of a city folder.

    Returns:
        By `jurisdiction`, `departments`, `service`, `routing`, `areas`.
    """
    return {name: _file(name, kind) for name, kind in _KINDS.items()} | {"areas": areas()}


def _file(name: str, kind: type[msgspec.Struct]) -> Schema:
    (ref,), defs = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for each in defs.values():
        each["properties"] = {key: nullable(told) for key, told in each["properties"].items()}
    return head(f"city:{name}", kind) | ref | {"$defs": defs}


def head(name: str, kind: type[msgspec.Struct]) -> Schema:
    """How every schema begins.

    Args:
        name: without white space; becomes a URN, because nobody need fetch a schema by its id.
        kind: gives the title and the description.
    """
    return {
        "$schema": _DIALECT,
        "$id": f"urn:open311:{name}",
        "title": kind.__name__,
        "description": (kind.__doc__ or "").strip(),
    }


def nullable(schema: Schema) -> Schema:
    """`anyOf` a type and null said as one type, so that a fault has one place and one reason.

    Args:
        schema: of a member, as msgspec makes it; any other comes back as it is.
    """
    match schema.get("anyOf"):
        case [{"type": kind}, {"type": "null"}] as options:
            others = {key: value for key, value in schema.items() if key != "anyOf"}
            return {**options[0], **others, "type": [kind, "null"]}
        case [{"enum": words}, {"type": "null"}] as options:
            others = {key: value for key, value in schema.items() if key != "anyOf"}
            return {**options[0], **others, "enum": [*words, None]}
    return schema


_POSITION: Schema = {
    "type": "array",
    "prefixItems": [
        {"type": "number", "minimum": -180, "maximum": 180, "title": "degrees east"},
        {"type": "number", "minimum": -90, "maximum": 90, "title": "degrees north"},
    ],
    "items": {"type": "number"},
    "minItems": 2,
}
_RING: Schema = {"type": "array", "items": {"$ref": "#/$defs/Position"}, "minItems": 4}
_POLYGON: Schema = {"type": "array", "items": {"$ref": "#/$defs/Ring"}, "minItems": 1}
_MULTIPOLYGON: Schema = {"type": "array", "items": {"$ref": "#/$defs/Polygon"}, "minItems": 1}

_GEOMETRY: Schema = {
    "type": "object",
    "properties": {
        "type": {"enum": ["Polygon", "MultiPolygon"]},
        "coordinates": {"type": "array"},
    },
    "required": ["type", "coordinates"],
    "if": {"properties": {"type": {"const": "Polygon"}}},
    "then": {"properties": {"coordinates": {"$ref": "#/$defs/Polygon"}}},
    "else": {"properties": {"coordinates": {"$ref": "#/$defs/MultiPolygon"}}},
}

_WGS84: Schema = {
    "type": "string",
    "pattern": r"(^|:)(CRS84|4326)$(?!\n)",
    "title": "WGS84; reproject to WGS84",
}
_CRS: Schema = {  # a member of GeoJSON before RFC 7946, still written by many tools
    "type": ["object", "null"],
    "properties": {"properties": {"type": "object", "properties": {"name": _WGS84}}},
}


_DAY: Schema = {
    "type": ["string", "null"],
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)",
    "title": "a day such as 2026-01-31",
}


def areas() -> Schema:
    """The JSON Schema of a layer of areas; members that it does not name are let be.

    Returns:
        With `$defs` for each level of coordinates, which are too many to be checked by a schema
        in Python: who checks a file may put `True` in the place of `Polygon` and `MultiPolygon`.
    """
    area = msgspec.json.schema_components([folder.Area])[1]["Area"]["properties"]
    named = {
        "type": "object",
        "properties": {
            "code": area["code"],
            "name": area["name"],
            "valid_from": _DAY | {"description": "it counts from the beginning of this day"},
            "valid_to": _DAY | {"description": "and no more from the beginning of this one"},
        },
        "required": ["code", "name"],
    }
    feature = {
        "type": "object",
        "properties": {"type": {"const": "Feature"}, "properties": named, "geometry": _GEOMETRY},
        "required": ["type", "properties", "geometry"],
    }
    return {
        "$schema": _DIALECT,
        "$id": "urn:open311:city:areas",
        "title": "Areas",
        "description": "A layer of areas, named by its file; WGS84, longitude first.",
        "type": "object",
        "properties": {
            "type": {"const": "FeatureCollection"},
            "crs": _CRS,
            "features": {"type": "array", "items": feature, "minItems": 1},
        },
        "required": ["type", "features"],
        "$defs": {
            "Position": _POSITION,
            "Ring": _RING,
            "Polygon": _POLYGON,
            "MultiPolygon": _MULTIPOLYGON,
        },
    }
