"""What a file of areas must say: one area of each code a day, and geometry that is one.

Source: RFC 7946.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import PurePath
from typing import Any

from open311.domain import areas
from open311.formats import json_file
from open311.formats.folder_values import rows, texts
from open311.formats.json_file import Fault, Place, shown

__all__ = ["broken"]

_DAYS = ("valid_from", "valid_to")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LAYER = re.compile(r"\w[\w-]{0,63}")


def broken(name: str, value: Any) -> Iterator[Fault]:
    """Every rule that a layer breaks by itself.

    Args:
        name: of its file, in the folder.
        value: what it holds.
    """
    layer = PurePath(name).stem
    if not _LAYER.fullmatch(layer):
        yield Fault("its name, which names the layer, is not of letters, digits, _ and -")
    features = rows(value, "features")
    yield from _periods(features, alone=layer == areas.BOUNDARY)
    for place, feature in features:
        yield from (Fault(each.text, place + each.place) for each in _geometry(feature))


def _periods(features: list[tuple[Place, dict[str, Any]]], *, alone: bool) -> Iterator[Fault]:
    """Of one code there is one area a day; of those that stand alone, whatever their code."""
    known: dict[str, list[tuple[date, date, Place]]] = {}
    for place, feature in features:
        named, at = feature.get("properties"), (*place, "properties")
        try:
            begins, ends = _day(named, "valid_from", date.min), _day(named, "valid_to", date.max)
        except ValueError:
            if all(_DAY.fullmatch(each) for name in _DAYS for each in texts(named, name)):
                yield Fault("valid_from or valid_to is no day of the calendar", at)
            continue  # else told by the schema
        if begins >= ends:
            yield Fault(f"is not before its valid_to, {ends}", (*at, "valid_from"))
        for code in texts(named, "code"):
            same = known.setdefault("" if alone else code.strip(), [])
            for others in (each for each in same if begins < each[1] and each[0] < ends):
                told = "the boundary is one, and another" if alone else shown(code)
                yield Fault(f"{told} is also at {json_file.where(others[2])}", (*at, "code"))
                break
            same.append((begins, ends, (*at, "code")))


def _day(named: object, name: str, without: date) -> date:
    return next((date.fromisoformat(each) for each in texts(named, name)), without)


def _geometry(feature: dict[str, Any]) -> Iterator[Fault]:
    """Told with the area's code, because nobody counts features in a map."""
    match feature:
        case {"geometry": {"type": "Polygon" | "MultiPolygon", "coordinates": list()} as geometry}:
            _, flaws = areas.parse(geometry)
            codes = texts(feature.get("properties"), "code")
            whose = f" (area {shown(codes[0])})" if codes else ""
            yield from (Fault(text + whose, ("geometry", *place)) for place, text in flaws)
