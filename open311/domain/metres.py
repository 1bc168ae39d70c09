"""Lengths and surfaces on the ellipsoid: degrees in, metres out.

The one home of geographiclib. Everything is on WGS84; positions are degrees, longitude first.

Source: C. F. F. Karney, Algorithms for geodesics, 2013 (distances); J. P. Snyder, Map
Projections: A Working Manual, 1987, eq. 3-12 (the surface from the equator to a latitude).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from geographiclib.geodesic import Geodesic
from numpy.typing import NDArray

__all__ = ["LEAST_RADIUS", "area", "distance", "geocentric", "sizes"]

Numbers = NDArray[np.float64]

_AXIS, _FLATTENING = 6_378_137.0, 1 / 298.257223563  # WGS84; metres
_E2 = _FLATTENING * (2 - _FLATTENING)
_E = math.sqrt(_E2)

_SEAM = 180.0  # degrees

LEAST_RADIUS = _AXIS * (1 - _E2)
"""Metres: no line on WGS84 is bent more than a circle of this radius.

So the distance of two positions is never less than on a sphere of this size.
"""

_NODES, _WEIGHTS = (
    (each + shift) / 2
    for each, shift in zip(np.polynomial.legendre.leggauss(8), (1.0, 0.0), strict=True)
)


def distance(long: float, lat: float, other_long: float, other_lat: float) -> float:
    """Metres of the shortest way from one position to another.

    Args:
        long: of the one, degrees; -180 and 180 are the same meridian.
        lat: of the one, degrees.
        other_long: of the other.
        other_lat: of the other.

    Returns:
        Metres, 0 or more, to some nanometres.

    >>> round(distance(179.5, 0, -179.5, 0), 3)
    111319.491
    """
    way = Geodesic.WGS84.Inverse(lat, long, other_lat, other_long, Geodesic.DISTANCE)
    return float(way["s12"])


def area(shape: Any) -> float:
    """Square metres of a shape; a line between two positions is straight in degrees.

    Args:
        shape: any geometry of shapely, degrees; a polygon's rings may run either way. Points and
            lines have no surface.

    Returns:
        Square metres, 0 or more, holes subtracted.

    Source: RFC 7946, 3.1.1 (lines).
    """
    if hasattr(shape, "geoms"):
        return sum(map(area, shape.geoms), 0.0)
    return float(sizes([shape])[0][0]) if shape.geom_type == "Polygon" else 0.0


def sizes(polygons: Sequence[Any] | NDArray[np.object_]) -> tuple[Numbers, Numbers]:
    """Surfaces and perimeters of many polygons at once, as `area` has them.

    Args:
        polygons: of shapely, n of them, degrees.

    Returns:
        (n,) square metres, and (n,) metres along all rings but for the antimeridian, which is an
        edge only where a map ends.
    """
    rings, owners = shapely.get_rings(polygons, return_index=True)
    positions, places = shapely.get_coordinates(rings, return_index=True)
    starts = np.flatnonzero(places[:-1] == places[1:])
    ends, rows = starts + 1, places[starts]  # of each line, and its ring
    longs, lats = np.radians(positions.T)
    rises, turns = lats[ends] - lats[starts], longs[ends] - longs[starts]
    along = lats[starts, None] + rises[:, None] * _NODES
    parallels = _to_equator(lats[np.searchsorted(places, rows)])  # of each ring its own
    below = (_to_equator(along) - parallels[:, None]) @ _WEIGHTS
    surfaces = abs(np.bincount(rows, below * turns, len(rings)))  # going back takes it off again
    surfaces[np.diff(owners, prepend=-1) == 0] *= -1  # holes
    space = geocentric(positions)
    lengths = np.linalg.norm(space[ends] - space[starts], axis=1)
    lengths[(turns == 0) & (abs(positions[starts, 0]) == _SEAM)] = 0
    count = len(polygons)
    areas: Numbers = np.bincount(owners, surfaces, count).clip(0.0).astype(float)
    perimeters: Numbers = np.bincount(owners[rows], lengths, count).astype(float)
    return areas, perimeters


def _to_equator(lats: Numbers) -> Numbers:
    """Square metres from the equator to a latitude, for each radian of longitude."""
    sines = np.sin(lats)
    whole: Numbers = sines / (1 - _E2 * sines**2) + np.arctanh(_E * sines) / _E
    return whole * (_AXIS**2 * (1 - _E2) / 2)


def geocentric(positions: Numbers) -> Numbers:
    """Positions in space, where there is neither a pole nor a seam.

    Args:
        positions: (..., 2), degrees.

    Returns:
        (..., 3), metres from the centre of the earth. What is d metres apart is nearer through
        the earth, by d * (d / 31,000 km) ** 2.
    """
    longs, lats = np.radians(positions[..., 0]), np.radians(positions[..., 1])
    sines, cosines = np.sin(lats), np.cos(lats)
    radii = _AXIS / np.sqrt(1 - _E2 * sines**2)
    there = np.empty((*sines.shape, 3))
    there[..., 0] = radii * cosines * np.cos(longs)
    there[..., 1] = radii * cosines * np.sin(longs)
    there[..., 2] = radii * (1 - _E2) * sines
    return there
