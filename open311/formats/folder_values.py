"""Values of a file, of any type: what there is of what should be there, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from open311.formats import json_file
from open311.formats.json_file import Fault, Place, shown

__all__ = ["codes", "rows", "texts", "twice"]


def rows(value: object, key: str) -> list[tuple[Place, dict[str, Any]]]:
    """The objects in a list member, with their places; the schema tells what is none."""
    rows = value.get(key) if isinstance(value, dict) else None
    if not isinstance(rows, list):
        return []
    return [((key, index), each) for index, each in enumerate(rows) if isinstance(each, dict)]


def texts(value: object, key: str) -> list[str]:
    """A text member, or nothing."""
    text = value.get(key) if isinstance(value, dict) else None
    return [text] if isinstance(text, str) else []


def codes(value: object, key: str, code: str = "code") -> Iterator[tuple[Place, str]]:
    """The codes of the objects in a list member, as they are compared, with their places."""
    for place, row in rows(value, key):
        for each in texts(row, code):
            yield (*place, code), each.strip()


def twice(items: Iterable[tuple[Place, str | int]]) -> Iterator[Fault]:
    """A fault for each value that stood there before, at its second place."""
    first: dict[str | int, Place] = {}
    for place, value in items:
        other = first.setdefault(value, place)
        if other != place:
            yield Fault(f"{shown(value)} is also at {json_file.where(other)}", place)
