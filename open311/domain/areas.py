"""The areas of a city as shapes: what a geometry must be, and when an area counts.

Coordinates are degrees, WGS84, longitude first; sizes are square metres on the ellipsoid.

Source: RFC 7946, 3.1.6.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any, TypeAlias

import shapely

from open311.domain import metres
from open311.domain.folder import Area

__all__ = [
    "BOUNDARY",
    "Flaw",
    "Place",
    "Shape",
    "counts",
    "encode",
    "joined",
    "mended",
    "parse",
    "shape",
]

BOUNDARY = "boundary"
"""The layer that holds the city itself, as one area."""

Shape: TypeAlias = Any  # shapely.Polygon | shapely.MultiPolygon; shapely ships no types

Place: TypeAlias = tuple[str | int, ...]
Flaw: TypeAlias = tuple[Place, str]
"""Where in a geometry, and what is wrong there."""

_SMALLEST_RING = 4  # positions, the last one the first again
_NUMBERS = (2, 3, 4)  # in a position: long, lat, altitude, measure
_LONG, _LAT = 180, 90  # degrees, farthest from zero


# --- one geometry -------------------------------------------------------------------------------


def parse(geometry: dict[str, Any]) -> tuple[Shape | None, list[Flaw]]:
    """A GeoJSON geometry as a shape.

    Args:
        geometry: `type` is Polygon or MultiPolygon, `coordinates` anything that JSON can say;
            degrees, WGS84, longitude first; altitudes are dropped.

    Returns:
        The shape, valid and not empty, and no flaws; or None and every flaw found.
    """
    many = geometry["type"] == "MultiPolygon"
    coordinates = geometry["coordinates"]
    found = [*dict.fromkeys(_listed(coordinates, many))]
    if found:
        return None, found
    made = [_made(each) for each in (coordinates if many else [coordinates])]
    whole = shapely.MultiPolygon(made) if many else made[0]
    if whole.is_valid:
        return whole, []
    reason = shapely.is_valid_reason(whole)
    return None, [(("coordinates",), f"is not valid: {reason}; a GIS can make it valid")]


def _made(polygon: list[list[list[float]]]) -> Shape:
    shell, *holes = [[position[:2] for position in ring] for ring in polygon]
    return shapely.Polygon(shell, holes)


def _listed(coordinates: object, many: bool) -> Iterator[Flaw]:
    """The flaws that can be seen without geometry."""
    where: Place = ("coordinates",)
    if not isinstance(coordinates, list) or not coordinates:
        yield where, "is empty"
    elif many:
        for index, polygon in enumerate(coordinates):
            yield from _polygon((*where, index), polygon)
    else:
        yield from _polygon(where, coordinates)


def _polygon(where: Place, polygon: object) -> Iterator[Flaw]:
    if not isinstance(polygon, list) or not polygon:
        yield where, "is not a list of rings"
        return
    for index, ring in enumerate(polygon):
        if not isinstance(ring, list) or not all(map(_position, ring)):
            yield (*where, index), "is not a list of [longitude, latitude]"
        elif len(ring) < _SMALLEST_RING:
            yield (*where, index), f"has {len(ring)} positions; a ring has {_SMALLEST_RING} or more"
        elif ring[0][:2] != ring[-1][:2]:
            yield (*where, index), "is not closed: its last position is not its first"
        elif any(abs(long) > _LONG or abs(lat) > _LAT for long, lat, *_ in ring):
            yield where[:1], "is not in degrees and looks projected; reproject to WGS84"


def _position(value: object) -> bool:
    if not isinstance(value, list) or len(value) not in _NUMBERS:
        return False
    return all(type(each) is int or (type(each) is float and math.isfinite(each)) for each in value)


def encode(whole: Shape) -> bytes:
    """A shape as `Area.geometry`.

    Args:
        whole: from `parse`.

    Returns:
        GeoJSON of the same doubles.
    """
    return str(shapely.to_geojson(whole)).encode()


def shape(area: Area) -> Shape:
    """The shape of an area.

    Args:
        area: of a folder that was read, or of the database that it was loaded into.
    """
    return shapely.from_geojson(area.geometry)


def mended(whole: Shape) -> tuple[Shape, str | None]:
    """A shape made valid, and what that did to it, in words; nothing where it was valid.

    Args:
        whole: any geometry in degrees.

    Returns:
        A valid Polygon or MultiPolygon, empty where nothing of it has a surface.
    """
    if whole.is_valid and whole.geom_type in ("Polygon", "MultiPolygon"):
        return whole, None
    reason = shapely.is_valid_reason(whole) if not whole.is_valid else whole.geom_type
    parts = [
        part
        for part in shapely.get_parts(shapely.make_valid(whole), return_index=False)
        for part in shapely.get_parts(part)
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    made = shapely.union_all(parts) if parts else shapely.Polygon()
    before, after = metres.area(whole), metres.area(made)
    return made, f"{reason}; made valid, {before:,.0f} m2 became {after:,.0f} m2"


def joined(wholes: list[Shape]) -> Shape:
    """Several valid shapes as one."""
    return shapely.union_all(wholes)


def counts(area: Area, on: date | None) -> bool:
    """Whether an area counts on a day; on None, whether it counts for ever once it does."""
    return area.valid_to == date.max if on is None else area.valid_from <= on < area.valid_to
