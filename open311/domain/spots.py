"""Where requests are, for lists: a cell of a grid, and the areas there.

A city has some thousands of spots, and each request is in one of them, or has no point.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import TypeAlias

__all__ = ["CELLS", "Spot", "area", "spot"]

CELLS = 400
"""Cells a degree: 278 m from south to north, and as much or less from west to east."""

Spot: TypeAlias = tuple[int, int, tuple[str, ...]]
"""Column and row of the cell, from west to east and south to north; and the areas, sorted."""


def area(layer: str, code: str) -> str:
    """An area in one word, as spots name it."""
    return f"{layer}={code}"


def spot(long: float, lat: float, areas: Mapping[str, str]) -> Spot:
    """The spot of a point.

    Args:
        long: degrees, WGS84.
        lat: degrees.
        areas: by layer, the code of the area that covers it.

    >>> spot(-66.2, 44.6, {"wards": "W2", "police": "P1"})
    (-26480, 17840, ('police=P1', 'wards=W2'))
    """
    named = sorted(area(layer, code) for layer, code in areas.items())
    return floor(long * CELLS), floor(lat * CELLS), tuple(named)
