"""The JSON Schema of a mapping file, which is TOML: for editors, and for `open311 requests import`.

Generated from the Structs of `domain.mappings`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from open311.domain.mappings import Mapping
from open311.formats.schemas.city import Schema, head

__all__ = ["file", "whole"]

_ORIGIN = {"$ref": "#/$defs/Origin"}
_SHORT: Schema = {
    "anyOf": [
        {"type": "string", "title": "the name of a column"},
        {"type": "array", "items": {"type": "string"}, "title": "of these the first with a value"},
        _ORIGIN,
    ]
}


def file() -> Schema:
    """As the file may be written: a field may be a text or a list, too."""
    schema = whole()
    for name, each in schema["$defs"].items():
        if name == "Fields":
            each["properties"] = {own: _short(told) for own, told in each["properties"].items()}
    answers = schema["$defs"]["Mapping"]["properties"]["answers"]
    answers["additionalProperties"] = _SHORT
    return schema


def _short(told: Schema) -> Schema:
    return {name: each for name, each in told.items() if name != "$ref"} | _SHORT


def whole() -> Schema:
    """As it is checked: with every field written at length."""
    (ref,), defs = msgspec.json.schema_components([Mapping], ref_template="#/$defs/{name}")
    for each in defs.values():
        each["properties"] = {name: _there(told) for name, told in each["properties"].items()}
    return head("mapping", Mapping) | ref | {"$defs": defs}


def _there(schema: Schema) -> Schema:
    """What may be null is left out, since TOML has no null."""
    schema = {name: each for name, each in schema.items() if name != "default"}
    options: list[Any] = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(options) != 1:
        return schema
    (option,) = options
    return {**{name: each for name, each in schema.items() if name != "anyOf"}, **option}
