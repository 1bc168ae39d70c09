"""Questions and services, made in a few words."""

from __future__ import annotations

from typing import Any

from open311.domain.folder import (
    CityAttribute,
    CityDatatype,
    CityService,
    CityValue,
    Condition,
    Dependencies,
)

When = tuple[Any, ...]
"""A condition: (code, op) or (code, op, value)."""


def question(
    code: str, datatype: CityDatatype, keys: str = "", when: Dependencies | None = None, **more: Any
) -> CityAttribute:
    """A question; `keys` are those of a list, apart by blanks."""
    return CityAttribute(
        code=code,
        datatype=datatype,
        description=f"{code}?",
        values=[CityValue(key=key, name=key.upper()) for key in keys.split()],
        dependencies=when,
        **more,
    )


def all_of(*conditions: When) -> Dependencies:
    """Dependencies that hold where all conditions do."""
    return Dependencies(conditions=[*map(_condition, conditions)])


def any_of(*conditions: When) -> Dependencies:
    """Dependencies that hold where any condition does."""
    return Dependencies(clause="OR", conditions=[*map(_condition, conditions)])


def _condition(told: When) -> Condition:
    code, op, *value = told
    return Condition(attribute=code, op=op, value=value[0] if value else None)


def service(*questions: CityAttribute, **more: Any) -> CityService:
    """A service with these questions."""
    members = {
        "service_code": "pothole",
        "service_name": "Pothole",
        "description": "A hole in the road.",
        "group": "Street",
        "department": "works",
    }
    return CityService(**{**members, **more}, attributes=[*questions])
