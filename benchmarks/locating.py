"""What it costs to say where a point lies, beside a bare STRtree and prepared covers.

A boundary of 40,000 vertices and five more layers of 150 areas, with 60,000 vertices; then 5,000
areas of 500 vertices each, for what they weigh in a process of their own.
"""

from __future__ import annotations

import math
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import shapely

from benchmarks import measure
from benchmarks.checking import by_turns
from benchmarks.table import Line
from open311.domain import areas
from open311.domain.folder import Area
from open311.domain.map import Map

SOUTH_WEST = (-71.2, 42.2)  # of a city of 0.2 by 0.2 degrees
SIDES = {"wards": 6, "police": 4, "works": 3, "parks": 8, "fire": 5}
POINTS, MANY = 500, 200_000
ALLOWED = 15  # microseconds above the floor

Numbers = np.ndarray[Any, np.dtype[np.float64]]


def measured() -> Iterator[Line]:
    """Three lines of the table."""
    city = [wheel("boundary", "1", (0.1, 0.1), 40_000)]
    city += [each for layer, side in SIDES.items() for each in squares(layer, side)]
    whole, floor = Map(city, 25.0), bare(city)
    generator = np.random.default_rng(311)
    spots = generator.uniform(0.05, 0.15, (2, MANY)) + np.array(SOUTH_WEST)[:, None]
    places = [(float(long), float(lat)) for long, lat in spots.T[:POINTS]]
    for place in places:
        located = whole.locate(*place)
        assert located is not None
        assert sum(map(len, located.ties.values())) + len(located.areas) >= len(floor(*place))
    theirs, ours = by_turns(in_turn(floor, places), in_turn(whole.locate, places))
    yield Line(
        "a point, six layers, 40,000 vertices of a boundary; floor: STRtree and prepared covers",
        f"< floor + {ALLOWED} µs",
        f"{ours:.0f} µs",
        ours < theirs + ALLOWED,
        f"{ours:.0f} | {theirs:.0f} | {theirs / ours:.2f} | {1e6 / ours:,.0f} / {1e6 / theirs:,.0f}"
        f" = {theirs / ours:.2f}",
    )
    rate = statistics.median(_rate(whole, *spots) for _ in range(measure.ROUNDS))
    yield Line("… many points at once, a second", "≥ 200,000", f"{rate:,.0f}", rate >= 200_000)
    with multiprocessing.get_context("spawn").Pool(1) as alone:
        size = alone.apply(_weight)
    name = "memory of 5,000 areas of 500 vertices, asked 10,000 times"
    yield Line(name, "< 60 MB", f"{size:.0f} MB", size < 60)


def bare(city: list[Area]) -> Callable[[float, float], Any]:
    """The areas that cover a point, by what shapely offers for it."""
    shapes = np.array([*map(areas.shape, city)])
    shapely.prepare(shapes)
    tree = shapely.STRtree(shapes)

    def covering(long: float, lat: float) -> Any:
        point = shapely.Point(long, lat)
        near = tree.query(point)
        return near[shapely.covers(shapes[near], point)]

    return covering


def in_turn(
    call: Callable[[float, float], object], places: list[tuple[float, float]]
) -> Callable[[], object]:
    """One place after another, at each call the next."""
    calls = iter(range(10**9))
    return lambda: call(*places[next(calls) % len(places)])


def _rate(whole: Map, longs: Numbers, lats: Numbers) -> float:
    began = time.process_time()
    whole.locate_many(longs, lats)
    return len(longs) / (time.process_time() - began)


def _weight() -> float:
    """Megabytes that a map adds to this process."""
    side = 71
    centres = [(each % side / side, each // side / side) for each in range(5_000)]
    many = [wheel(f"{n % 6}", f"{n}", each, 500, 0.6 / side) for n, each in enumerate(centres)]
    before = measure.resident(multiprocessing.current_process().pid or 0)
    whole = Map(many, 25.0)
    for long, lat in np.random.default_rng(311).uniform(0, 1, (10_000, 2)) + SOUTH_WEST:
        whole.locate(float(long), float(lat))
    return measure.resident(multiprocessing.current_process().pid or 0) - before


# --- a city -------------------------------------------------------------------------------------


def wheel(
    layer: str, code: str, middle: tuple[float, float], count: int, size: float = 0.09
) -> Area:
    """An area with a rough shore."""
    turns = np.linspace(0, math.tau, count, endpoint=False)
    far = size * (1 + 0.03 * np.sin(count / 100 * turns))
    ring = np.column_stack((far * np.cos(turns), far * np.sin(turns)))
    return area(layer, code, ring + np.array(middle))


def squares(layer: str, side: int, vertices: int = 100) -> Iterator[Area]:
    """A city in squares, whose sides have many vertices, shared with those beside them."""
    along = np.linspace(0, 1, vertices + 1)
    for place in range(side * side):
        low = np.array(divmod(place, side))
        edge = [np.column_stack((along, along * 0)), np.column_stack((along * 0 + 1, along))]
        ring = np.vstack((*edge, 1 - edge[0], 1 - edge[1]))
        yield area(layer, str(place), (ring + low) * 0.2 / side)


def area(layer: str, code: str, ring: Numbers) -> Area:
    whole = shapely.Polygon(ring + np.array(SOUTH_WEST))
    assert whole.is_valid
    return Area(layer=layer, code=code, name=code, geometry=areas.encode(whole))
