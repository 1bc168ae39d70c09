"""Where a point lies: which area of each layer covers it, and how far outside the city it is.

Coordinates are degrees, WGS84, longitude first; distances are metres on the ellipsoid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from open311.domain import metres
from open311.domain.areas import BOUNDARY, shape
from open311.domain.border import Border
from open311.domain.folder import Area

__all__ = ["Located", "LocatedMany", "Map", "rank"]

Numbers = NDArray[np.float64]
Indices = NDArray[np.intp]
Shapes = NDArray[np.object_]

_POLE, _SEAM = 90.0, 180.0  # degrees from zero
_ROOM, _READY, _PACKED = 46_000_000, 60, 16
"""Bytes that the areas may take; those of a position that is ready to be asked, or is not."""


class Located(msgspec.Struct, frozen=True):
    """Where a point is counted."""

    long: float
    lat: float
    moved: float
    """Metres from where it was reported; 0.0: it is there."""

    areas: dict[str, str]
    """By layer, the code of the area; a layer none of whose areas covers the point is left out."""

    ties: dict[str, tuple[str, ...]]
    """By layer, all codes of the areas that cover it, where there are several."""


class LocatedMany(msgspec.Struct, frozen=True, eq=False):
    """Where many points are counted: one item for each, in their order."""

    inside: NDArray[np.bool_]
    """Whether it was located at all; where not, it is in no area."""

    longs: Numbers
    lats: Numbers
    moved: Numbers
    areas: dict[str, NDArray[np.int32]]
    """By layer, which of `Map.codes` it is; -1: in none."""


def rank(code: str) -> tuple[list[str | int], str]:
    """What areas of a layer are ordered by: digits count as numbers, so that 2 is before 10.

    >>> sorted(["10", "2", "A10", "A2b", "A2"], key=rank)
    ['2', '10', 'A2', 'A2b', 'A10']
    """
    parts = re.split("([0-9]+)", code)  # text and digits by turns
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], code


class Map:
    """The areas of a city at one instant: built once, asked often, never changed.

    - The border of an area belongs to it.
    - Of several areas of a layer that cover a point, that one counts whose code comes first, in
      the order of `rank`; so the order of the areas never matters.
    - -180 and 180 are the same meridian: what touches it on either side covers a point on it. So
      does whatever touches a pole, whose longitude says nothing.
    - A city without a `boundary` has no outside. With one, a point outside of it is nowhere, but
      for a tolerance: then it is moved to the nearest position of the boundary, and counted there.

    Every area's box is compared with a point, a nanosecond each: no map for 100,000 parcels.
    May be asked by several threads at once.
    """

    codes: dict[str, tuple[str, ...]]
    """By layer, the codes of its areas, in the order of `rank`."""

    def __init__(self, areas: Iterable[Area], tolerance: float = 0.0) -> None:
        """Read the areas.

        Args:
            areas: those that are valid, in any order.
            tolerance: metres outside of the boundary that are taken for an error of the position.
        """
        ordered = sorted(areas, key=lambda each: (each.layer, rank(each.code)))
        self._names = [(each.layer, each.code) for each in ordered]
        self.codes = {}
        for layer, code in dict.fromkeys(self._names):
            self.codes[layer] = (*self.codes.get(layer, ()), code)
        self._kept, self._packed, boxes = _kept(ordered)
        self._west, self._south, self._east, self._north = boxes
        self._all_ready = not self._packed.any()
        self._bounding = np.flatnonzero([each.layer == BOUNDARY for each in ordered])
        self._tolerance = tolerance
        self._border = Border(self._rings() if tolerance > 0 else ())

    def _rings(self) -> Iterator[Numbers]:
        for ring in shapely.get_rings(shapely.get_parts(self._shapes(self._bounding))):
            yield shapely.get_coordinates(ring)

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """West, south, east and north of the boundary; None where there is none."""
        edges = [
            each[self._bounding] for each in (self._west, self._south, self._east, self._north)
        ]
        if not self._bounding.size:
            return None
        west, south, east, north = edges
        return float(west.min()), float(south.min()), float(east.max()), float(north.max())

    def locate(self, long: float, lat: float) -> Located | None:
        """Where a point is counted.

        Args:
            long: degrees, -180 to 180.
            lat: degrees, -90 to 90.

        Returns:
            Where, and in which areas; None: outside of the boundary, farther than the tolerance.
            Who was moved is covered by the boundary where they are counted.
        """
        located = self._there(long, lat, 0.0)
        if not self._bounding.size or BOUNDARY in located.areas:
            return located
        moved = self._moved(long, lat)
        return self._there(*moved) if moved else None

    def _there(self, long: float, lat: float, moved: float) -> Located:
        areas: dict[str, str] = {}
        ties: dict[str, tuple[str, ...]] = {}
        for index in self._covering(long, lat):
            layer, code = self._names[index]
            first = areas.setdefault(layer, code)
            if first != code:
                ties[layer] = (*ties.get(layer, (first,)), code)
        return Located(long, lat, moved, areas, ties)

    def _covering(self, long: float, lat: float) -> list[int]:
        """The areas that cover a point, in their order."""
        if abs(lat) == _POLE:
            farthest = self._north if lat > 0 else self._south
            return list(np.flatnonzero(farthest == lat))
        if abs(long) == _SEAM:
            return sorted({*self._asked(-_SEAM, lat), *self._asked(_SEAM, lat)})
        return self._asked(long, lat)

    def _asked(self, long: float, lat: float) -> list[int]:
        """Those whose coordinates do; `intersects_xy` spares making a point."""
        beside = (self._west <= long) & (long <= self._east)
        near = (beside & (self._south <= lat) & (lat <= self._north)).nonzero()[0]
        covered: list[int] = near[shapely.intersects_xy(self._shapes(near), long, lat)].tolist()
        return covered

    def _shapes(self, indices: Indices) -> Shapes:
        shapes = self._kept[indices]
        if not self._all_ready:
            packed = self._packed[indices]
            shapes[packed] = shapely.from_wkb(shapes[packed])
        return shapes

    def _moved(self, long: float, lat: float) -> tuple[float, float, float] | None:
        """The nearest position that the boundary covers, and metres to it; none if too many."""
        foot = self._border.nearest(long, lat, self._tolerance)
        if foot is None:
            return None
        longs, lats = foot.near().T
        bounding = self._shapes(self._bounding)[:, None]
        covered = shapely.intersects_xy(bounding, longs, lats).any(axis=0)
        there = int(covered.argmax())  # the ends of a line are always covered
        at = float(longs[there]), float(lats[there])
        metre = metres.distance(long, lat, *at)
        return (*at, metre) if metre <= self._tolerance else None

    def locate_many(self, longs: Numbers, lats: Numbers) -> LocatedMany:
        """Where many points are counted: the same as `locate` says, at a twentieth of its cost.

        Args:
            longs: (n,), degrees.
            lats: (n,), degrees.

        Returns:
            Of n points each; ties are not told.
        """
        order = longs.argsort()
        areas = self._many(longs[order], lats[order])
        back = order.argsort()
        areas = {layer: found[back] for layer, found in areas.items()}
        inside = areas[BOUNDARY] >= 0 if BOUNDARY in areas else np.ones(len(longs), bool)
        many = LocatedMany(inside, longs.copy(), lats.copy(), np.zeros(len(longs)), areas)
        alone = (abs(lats) == _POLE) | (abs(longs) == _SEAM)
        (beyond,) = (~(inside | alone)).nonzero()
        if self._tolerance > 0:  # few of them are so near
            alone[beyond] = self._border.reached(longs[beyond], lats[beyond], self._tolerance)
        for point in np.flatnonzero(alone).tolist():
            self._put(many, point, self.locate(*map(float, (longs[point], lats[point]))))
        for found in areas.values():
            found[~inside] = -1
        return many

    def _many(self, longs: Numbers, lats: Numbers) -> dict[str, NDArray[np.int32]]:
        """By layer, the places in `codes`, of points from west to east: a band for each area."""
        found = {layer: np.full(len(longs), -1, np.int32) for layer in self.codes}
        places = {
            layer: dict(zip(codes, count(), strict=False)) for layer, codes in self.codes.items()
        }
        firsts = longs.searchsorted(self._west, "left")
        lasts = longs.searchsorted(self._east, "right")
        for index in reversed(range(len(self._names))):  # so that the first one stays
            first, last = firsts[index], lasts[index]
            band = lats[first:last]
            near = first + np.flatnonzero(
                (self._south[index] <= band) & (band <= self._north[index])
            )
            if near.size:
                (whole,) = self._shapes(np.array([index]))
                shapely.prepare(whole)
                covered = near[shapely.intersects_xy(whole, longs[near], lats[near])]
                layer, code = self._names[index]
                found[layer][covered] = places[layer][code]
        return found

    def _put(self, many: LocatedMany, point: int, located: Located | None) -> None:
        """Correct one of many points."""
        many.inside[point] = located is not None
        if located:
            many.longs[point], many.lats[point] = located.long, located.lat
            many.moved[point] = located.moved
            for layer, found in many.areas.items():
                code = located.areas.get(layer)
                found[point] = -1 if code is None else self.codes[layer].index(code)


def _kept(areas: Sequence[Area]) -> tuple[Shapes, NDArray[np.bool_], Numbers]:
    """Their shapes, the largest ones ready to be asked, the others packed: which; their boxes."""
    kept = np.empty(len(areas), object)
    sizes = np.empty(len(areas), int)
    boxes = np.empty((4, len(areas)))
    for index, each in enumerate(areas):  # one by one: shapes take room even for a moment
        whole = shape(each)
        kept[index], boxes[:, index] = shapely.to_wkb(whole), shapely.bounds(whole)
        sizes[index] = shapely.get_num_coordinates(whole)
    largest = np.argsort(-sizes, kind="stable")
    more = sizes[largest].cumsum() * (_READY - _PACKED)
    packed = np.empty(len(areas), bool)
    packed[largest] = more > _ROOM - sizes.sum() * _PACKED
    ready = shapely.from_wkb(kept[~packed])
    shapely.prepare(ready)
    for _ in range(2):  # the second question makes an index; threads must find it there
        shapely.intersects_xy(ready, boxes[0, ~packed], boxes[1, ~packed])
    kept[~packed] = ready
    return kept, packed, boxes
