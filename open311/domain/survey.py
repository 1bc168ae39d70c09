"""How the areas of a layer fit: overlaps, gaps, and what reaches beyond the boundary.

The layers of real cities overlap and leave gaps by slivers, so nothing here is a fault. What is
smaller than a square metre is taken for rounding and not found. Coordinates are degrees, WGS84,
longitude first; sizes are metres on the ellipsoid, and nothing is widened in degrees.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Literal, TypeAlias, get_args

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from open311.domain import metres
from open311.domain.areas import BOUNDARY, Shape, shape
from open311.domain.folder import Area
from open311.domain.map import rank

__all__ = ["SLIVER", "Finding", "Kind", "findings", "notes", "parted"]

Numbers = NDArray[np.float64]
Shapes = NDArray[np.object_]

Kind: TypeAlias = Literal["overlap", "gap", "beyond", "outside"]
"""Two areas of a layer share it; no area of a layer covers this part of the boundary; an area
reaches so far beyond the boundary; an area lies beyond it as a whole."""

SLIVER = 5.0
"""Metres: what is narrower on average is a sliver, as two drawings of one border leave them."""

_ROUNDING = 1.0  # square metres
_DEGREE = 111_700.0  # metres; the longest there is
_TILE = 10_000  # positions of a layer that are joined at once: joining all takes minutes
_BATCH = 2_000  # pairs of areas
_POLYGON = shapely.GeometryType.POLYGON
_SEAM = 180.0  # degrees
_SIDES = shapely.box((-_SEAM, _SEAM), -90, (_SEAM, 3 * _SEAM), 90)
_AROUND = np.array((360.0, 0.0))


class Finding(msgspec.Struct, frozen=True):
    """One of the things that do not fit."""

    layer: str
    kind: Kind
    codes: tuple[str, ...]
    """Two of an overlap, none of a gap, else one; in the order of `rank`."""

    shape: Shape
    """Polygon or MultiPolygon; a gap is one connected part."""

    square_metres: float
    width: float
    """Metres: twice the surface by the perimeter, which is the mean width of what is long and
    thin, and the half radius of a disc; of the widest of its parts."""

    @property
    def sliver(self) -> bool:
        """Whether all of its parts are long and thin, or tiny."""
        return self.width < SLIVER


def findings(areas: Iterable[Area]) -> tuple[Finding, ...]:
    """What does not fit, of every layer, and of the boundary whether its own areas overlap.

    Args:
        areas: those that count on one day, in any order. Without a boundary only overlaps are
            found; of several areas of that layer the city is all.

    Returns:
        By layer, kind and size, the largest first; of at least a square metre each.
    """
    ordered = sorted(areas, key=lambda each: (each.layer, rank(each.code)))
    layers = {layer: [*own] for layer, own in groupby(ordered, lambda each: each.layer)}
    city = shapely.union_all([shape(each) for each in layers.get(BOUNDARY, ())])
    found: list[Finding] = []
    for layer, own in layers.items():
        codes = [each.code for each in own]
        shapes = np.array([shape(each) for each in own], object)
        found += _overlaps(layer, codes, shapes)
        if layer != BOUNDARY and not city.is_empty:
            found += _gaps(layer, shapes, city)
            found += _beyond(layer, codes, shapes, city)
    return tuple(sorted(found, key=_order))


def _order(each: Finding) -> tuple[object, ...]:
    kind = get_args(Kind).index(each.kind)
    return each.layer, kind, -each.square_metres, [*map(rank, each.codes)], each.shape.wkb


def _found(
    layer: str, kind: Kind, codes: Sequence[tuple[str, ...]], shapes: Shapes
) -> Iterator[Finding]:
    """Those of many shapes that have a surface worth telling."""
    large = np.flatnonzero(shapely.area(shapes) * _DEGREE**2 > _ROUNDING)
    parts, owners = _polygons(shapes[large])
    areas, widths = _measured(parts)
    for place, index in enumerate(large.tolist()):
        own = slice(*np.searchsorted(owners, (place, place + 1)))
        size = math.fsum(areas[own])
        if size > _ROUNDING:
            whole = parts[own][0] if len(parts[own]) == 1 else shapely.MultiPolygon([*parts[own]])
            yield Finding(layer, kind, codes[index], whole, size, float(widths[own].max()))


def _measured(parts: Shapes) -> tuple[Numbers, Numbers]:
    """Square metres, and metres of mean width."""
    areas, perimeters = metres.sizes(parts)
    return areas, 2 * areas / np.maximum(perimeters, np.finfo(float).tiny)


def parted(found: Finding) -> tuple[Shape, Shape]:
    """The parts of a finding that are no slivers, and those that are; rounding is left out."""
    parts = shapely.get_parts(found.shape)
    areas, widths = _measured(parts)
    wide = widths >= SLIVER
    narrow = ~wide & (areas > _ROUNDING)
    return shapely.MultiPolygon([*parts[wide]]), shapely.MultiPolygon([*parts[narrow]])


def _polygons(shapes: Shapes) -> tuple[Shapes, NDArray[np.intp]]:
    """The polygons that shapes are made of, and of which; their points and lines are nothing."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    flat = (shapely.get_type_id(parts) == _POLYGON) & (shapely.area(parts) > 0)
    return parts[flat], owners[inner][flat]


def _overlaps(layer: str, codes: Sequence[str], shapes: Shapes) -> Iterator[Finding]:
    pairs = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = pairs[:, pairs[0] < pairs[1]]
    for batch in np.split(np.lexsort((other, one)), range(_BATCH, len(one), _BATCH)):
        names = [(codes[a], codes[b]) for a, b in zip(one[batch], other[batch], strict=True)]
        common = shapely.intersection(shapes[one[batch]], shapes[other[batch]])
        yield from _found(layer, "overlap", names, common)


def _beyond(layer: str, codes: Sequence[str], shapes: Shapes, city: Shape) -> Iterator[Finding]:
    shapely.prepare(city)
    reaching = np.flatnonzero(~shapely.covers(city, shapes)).tolist()
    names = [(codes[index],) for index in reaching]
    wholes = dict(zip(codes, shapes, strict=True))
    for each in _found(layer, "beyond", names, shapely.difference(shapes[reaching], city)):
        within = metres.area(wholes[each.codes[0]]) - each.square_metres
        yield msgspec.structs.replace(each, kind="outside") if within <= _ROUNDING else each


# --- gaps ---------------------------------------------------------------------------------------


def _gaps(layer: str, shapes: Shapes, city: Shape) -> Iterator[Finding]:
    rest = [each for tile in _tiles(shapes, city) for each in _uncovered(tile, shapes, city)]
    gaps = _connected(np.array(rest, object))
    yield from _found(layer, "gap", [()] * len(gaps), gaps)


def _tiles(shapes: Shapes, city: Shape) -> list[Shape]:
    """Boxes that cover the city, each with about as many positions of the areas in it.

    The time to join areas that nearly fit grows with the square of their number.
    """
    positions = shapely.get_coordinates(shapes)
    shares = np.linspace(0, 1, math.ceil(math.sqrt(len(positions) / _TILE)) + 1)[1:-1]
    west, south, east, north = city.bounds
    longs, lats = np.quantile(positions, shares, axis=0).T
    columns = np.unique([west, *longs.clip(west, east), east])
    rows = np.unique([south, *lats.clip(south, north), north])
    return [
        shapely.box(left, low, right, high)
        for left, right in pairwise(columns)
        for low, high in pairwise(rows)
    ]


def _uncovered(tile: Shape, shapes: Shapes, city: Shape) -> Shapes:
    """What of the city no area covers within a tile; what is tiny only where it goes on beside."""
    near = shapes[shapely.intersects(shapely.box(*shapely.bounds(shapes).T), tile)]
    areas, _ = _polygons(shapely.intersection(near, tile))
    whole, _ = _polygons(np.array([city & tile]))
    rest = shapely.MultiPolygon([*whole]) - shapely.union_all(areas)
    parts, _ = _polygons(np.array([rest]))
    beside = (shapely.bounds(parts) == np.array(tile.bounds)).any(axis=1)
    found: Shapes = parts[beside | (shapely.area(parts) * _DEGREE**2 > _ROUNDING)]
    return found


def _connected(parts: Shapes) -> Shapes:
    """Parts that meet at the edge of a tile, or at the antimeridian, as one."""
    bounds = shapely.bounds(parts)
    east, west = bounds[:, 2] == _SEAM, bounds[:, 0] == -_SEAM
    if east.any() and west.any():
        parts[west & ~east] = shapely.transform(parts[west & ~east], lambda at: at + _AROUND)
    joined: Shapes = shapely.get_parts(shapely.union_all(parts))
    for index in np.flatnonzero(shapely.bounds(joined)[:, 2] > _SEAM):
        pieces = shapely.intersection(joined[index], _SIDES)
        pieces[1] = shapely.transform(pieces[1], lambda at: at - _AROUND)
        joined[index] = shapely.MultiPolygon([*_polygons(pieces)[0]])
    return joined


# --- in words -----------------------------------------------------------------------------------

_WORDS: dict[Kind, str] = {
    "overlap": "pairs of areas that overlap",
    "gap": "parts of the boundary that are in no area",
    "beyond": "areas that reach beyond the boundary",
    "outside": "areas that lie outside of the boundary",
}


def notes(areas: Iterable[Area]) -> tuple[str, ...]:
    """What does not fit, in short: a sentence for each layer and kind.

    Args:
        areas: as `findings` takes them.

    Returns:
        Sentences, each beginning with the layer's file: how many, how large in all, and which is
        the largest.
    """
    told = []
    for (layer, kind), group in groupby(findings(areas), lambda each: (each.layer, each.kind)):
        found = [*group]
        total = sum(each.square_metres for each in found)
        most = "".join(f" {name}," for name in [" and ".join(map(repr, found[0].codes))] if name)
        told.append(
            f"areas/{layer}.geojson: {_WORDS[kind]}: {len(found)}, by {total:,.0f} m2 in all;"
            f" most{most} by {found[0].square_metres:,.0f} m2"
        )
    return tuple(told)
