"""Where degrees come to lie on a drawn map: north is up, and a metre as long as a metre.

Degrees of longitude are narrowed by the cosine of the latitude in the middle, which is true for a
city and bearable for a country. A map has no seam: what lies on either side of the antimeridian
is drawn side by side.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from open311.domain import metres

__all__ = ["View"]

Numbers = NDArray[np.float64]
Tenths = NDArray[np.int64]
Shape = Any  # any geometry of shapely, which ships no types

_TURN = 360.0
_LEAST = 1e-4  # degrees that a map shows at least: eleven metres
_SLIM = 3.0  # a map is at most so many times as high as wide, or as wide as high
_ZERO = re.compile(r"\b0(?=\.)")  # 0.5 is .5
_CORNERS = 3  # of the smallest ring
_ROOM = 0.04  # beside what is shown, of its size
_NARROWEST = 0.01  # the cosine beyond which the poles are drawn no narrower


class View:
    """A part of the world on a rectangle of pixels, whose first corner is north-west."""

    width: float
    height: float
    """Pixels."""

    metres: float
    """How many a pixel is, from south to north in the middle."""

    def __init__(self, shapes: Sequence[Shape], width: float, height: float) -> None:
        """Choose what is shown.

        Args:
            shapes: what must be seen, degrees; without any, the place where both are zero.
            width: pixels, at most.
            height: pixels, at most.
        """
        parts = shapely.get_parts(np.array(shapes, object))
        bounds = shapely.bounds(parts[~shapely.is_empty(parts)])
        west, east = _longest(bounds) if len(bounds) else (0.0, 0.0)
        south, north = (bounds[:, 1].min(), bounds[:, 3].max()) if len(bounds) else (0.0, 0.0)
        self._middle = np.array(((west + east) / 2, (south + north) / 2))
        narrow = max(math.cos(math.radians(self._middle[1])), _NARROWEST)
        wide, high = (max(each, _LEAST) for each in ((east - west) * narrow, north - south))
        wide, high = max(wide, high / _SLIM), max(high, wide / _SLIM)
        scale = min(width / wide, height / high) / (1 + _ROOM)  # pixels a degree of latitude
        self.width, self.height = wide * scale * (1 + _ROOM), high * scale * (1 + _ROOM)
        self._scale = np.array((narrow * scale, -scale))
        self.metres = _a_degree(float(self._middle[1])) / scale

    def parts(self, shape: Shape) -> list[Shape]:
        """A shape as it is drawn: its points and polygons, one by one, not torn by the seam.

        Args:
            shape: degrees; its lines are left out.

        Returns:
            Points and polygons; longitudes within half a turn of the middle of the map.
        """
        turns: dict[float, list[Shape]] = {}
        for part in _simple(shape):
            west, _, east, _ = part.bounds
            turn = round((self._middle[0] - (west + east) / 2) / _TURN) * _TURN
            turns.setdefault(turn, []).append(part)
        moved = [
            shapely.transform(part, lambda at, turn=turn: np.add(at, (turn, 0))) if turn else part
            for turn, each in turns.items()
            for part in each
        ]
        return _simple(shapely.union_all(moved)) if len(turns) > 1 else moved

    def beside(self, positions: Numbers) -> Numbers:
        """Positions with longitudes within half a turn of the middle of the map.

        Args:
            positions: (n, 2), degrees, longitude first.
        """
        turns = np.round((self._middle[0] - positions[:, 0]) / _TURN) * _TURN
        found: Numbers = positions + np.column_stack((turns, np.zeros_like(turns)))
        return found

    def pixels(self, positions: Numbers) -> Numbers:
        """Where positions of `parts` lie.

        Args:
            positions: (n, 2), degrees, longitude first.

        Returns:
            (n, 2), pixels to the right and down; outside of the rectangle for what is not shown.
        """
        middle = np.array((self.width, self.height)) / 2
        found: Numbers = (positions - self._middle) * self._scale + middle
        return found

    def pixel(self, point: Shape) -> tuple[int, int]:
        """Where a point of `parts` lies, to whole pixels."""
        across, down = self.pixels(shapely.get_coordinates(point))[0].tolist()
        return round(across), round(down)

    def path(self, polygon: Shape) -> str:
        """A polygon of `parts` as a path of SVG, in tenths of a pixel.

        Of neighbours in one pixel the first stays, and a hole of less than three is none.
        """
        shell, *holes = map(self._thinned, (polygon.exterior, *polygon.interiors))
        return "".join(map(_path, (shell, *[each for each in holes if len(each) >= _CORNERS])))

    def _thinned(self, ring: Shape) -> Tenths:
        """Positions of a ring, the last one not the first again."""
        found = self.pixels(shapely.get_coordinates(ring)[:-1])
        cells = np.floor(found)
        kept = (cells != np.roll(cells, 1, axis=0)).any(axis=1)
        if not kept.any():
            found, kept = cells + 0.5, np.arange(len(cells)) == 0  # a dot
        tenths: Tenths = np.rint(found[kept] * 10).astype(np.int64)
        return tenths


def _path(ring: Tenths) -> str:
    start, *steps = (
        f"{across / 10:g} {down / 10:g}"
        for across, down in np.vstack((ring[:1], np.diff(ring, axis=0))).tolist()
    )
    short = _ZERO.sub("", f"{start}l{' '.join(steps) or '0 0'}")
    return f"M{short.replace(' -', '-')}z"


def _simple(shape: Shape) -> list[Shape]:
    if hasattr(shape, "geoms"):
        return [part for each in shape.geoms for part in _simple(each)]
    return [shape] if shape.geom_type in ("Point", "Polygon") and not shape.is_empty else []


def _longest(bounds: Numbers) -> tuple[float, float]:
    """The meridians that all lies between; the widest strip that holds nothing is left out."""
    order = bounds[:, 0].argsort(kind="stable")
    wests, easts = bounds[order, 0], np.maximum.accumulate(bounds[order, 2])
    free = np.append(wests[0] + _TURN - easts[-1], wests[1:] - easts[:-1])
    first = int(free.argmax())
    if not first:
        return float(wests[0]), float(easts[-1])
    return float(wests[first]), float(easts[first - 1] + _TURN)


def _a_degree(lat: float) -> float:
    """Metres of a degree of latitude."""
    south, north = max(lat - 0.5, -90.0), min(lat + 0.5, 90.0)
    return metres.distance(0.0, south, 0.0, north) / (north - south)
