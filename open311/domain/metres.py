"""Lengths and surfaces on the ellipsoid: degrees in, metres out.

The one home of geographiclib. Everything is on WGS84; positions are degrees, longitude first.

Source: C. F. F. Karney, Algorithms for geodesics, 2013 (distances); J. P. Snyder, Map
Projections: A Working Manual, 1987, eq. 3-12 (the surface from the equator to a latitude).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from geographiclib.geodesic import Geodesic
from numpy.typing import NDArray

__all__ = ["LEAST_RADIUS", "area", "distance", "geocentric"]

Numbers = NDArray[np.float64]

_AXIS, _FLATTENING = 6_378_137.0, 1 / 298.257223563  # WGS84; metres
_E2 = _FLATTENING * (2 - _FLATTENING)
_E = math.sqrt(_E2)

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
    if shape.geom_type != "Polygon" or shape.is_empty:
        return 0.0
    shell, *holes = (_ring(each.coords) for each in (shape.exterior, *shape.interiors))
    return max(shell - sum(holes), 0.0)


def _ring(coordinates: Any) -> float:
    """The surface between each edge and one parallel, summed up; going back takes it off again."""
    longs, lats = np.radians(np.asarray(coordinates)[:, :2]).T
    along = lats[:-1, None] + np.diff(lats)[:, None] * _NODES
    below = (_to_equator(along) - _to_equator(lats[0])) @ _WEIGHTS
    return abs(float(below @ np.diff(longs)))


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
