"""Faults of a value against a schema: sentences with places, also where it may be null."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from open311.formats import json_file
from open311.formats.json_file import Fault
from open311.formats.schemas import city

INNER = {
    "type": "object",
    "properties": {
        "count": {"type": "integer", "minimum": 1},
        "kind": {"enum": ["a", "b"]},
        "deeper": {"anyOf": [{"$ref": "#/$defs/Inner"}, {"type": "null"}]},
    },
    "required": ["count"],
    "additionalProperties": False,
}
OUTER = {
    "type": "object",
    "properties": {"inner": {"anyOf": [{"$ref": "#/$defs/Inner"}, {"type": "null"}]}},
    "$defs": {"Inner": INNER},
}


def told(inner: object) -> list[str]:
    found = json_file.faults({"inner": inner}, json_file.validator(OUTER))
    return sorted(f"{json_file.where(each.place)}: {each.text}" for each in found)


@pytest.mark.parametrize(
    ("inner", "faults"),
    [
        (None, []),
        ({"count": 1}, []),
        ({"count": 1, "deeper": None}, []),
        ({"count": 1, "deeper": {"count": 2}}, []),
        (7, ["inner: 7 is not an object"]),
        ([], ["inner: a list is not an object"]),
        ({}, ["inner.count: is missing"]),
        (
            {"count": 0, "kind": "c", "knd": 1},
            [
                "inner.count: 0 is less than 1",
                "inner.kind: 'c' is not one of a, b",
                "inner.knd: is not a known member; did you mean kind?",
            ],
        ),
        (
            {"count": 1, "deeper": {"count": "x", "deeper": {}}},
            [
                "inner.deeper.count: 'x' is not a whole number",
                "inner.deeper.deeper.count: is missing",
            ],
        ),
    ],
)
def test_what_may_be_null_is_told_as_what_else_it_should_be(
    inner: object, faults: list[str]
) -> None:
    assert told(inner) == faults


def test_a_choice_that_may_be_null_names_no_null() -> None:
    by = json_file.validator({"enum": ["a", "b", None]})

    assert [*json_file.faults("c", by)] == [Fault("'c' is not one of a, b")]
    assert [*json_file.faults(None, by)] == []


COMBINING = {"$ref", "anyOf", "properties", "items", "required", "additionalProperties"}
NOT_RULES = {"$schema", "$id", "$defs", "title", "description", "default"}


@pytest.mark.parametrize("kind", ["jurisdiction", "departments", "service", "routing"])
def test_every_rule_of_the_schemas_of_a_folder_can_be_told(kind: str) -> None:
    used = set(keywords(city.files()[kind]))

    assert used - NOT_RULES - COMBINING <= set(json_file._SENTENCES)


def keywords(schema: Any) -> Iterator[str]:
    """Every keyword in a schema."""
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        yield key
        if key in ("properties", "$defs"):
            yield from (each for inner in value.values() for each in keywords(inner))
        elif key == "anyOf":
            first, null = value  # the two that `faults` knows: something, or null
            assert null == {"type": "null"}
            yield from keywords(first)
        else:
            yield from keywords(value)
