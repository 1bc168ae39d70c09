"""Areas that partition the boundary leave no point unrouted, on their borders least of all."""

from __future__ import annotations

import itertools
from typing import Any

import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from open311.domain import routing
from open311.domain.map import Map
from open311.domain.rules import Rule
from tests.domain.test_map import area, boundary
from tests.routings import ready, report, rule

DEGREES = st.integers(-2000, 2000).map(lambda each: each / 1000)
CORNERS = st.lists(st.tuples(DEGREES, DEGREES), min_size=3, max_size=12, unique=True)
PLACES = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.booleans()), min_size=1, max_size=9
)


def parts(corners: list[tuple[float, float]]) -> list[Any]:
    """Triangles that share their sides to the last digit, as the positions of their corners do."""
    whole = shapely.MultiPoint(corners)
    assume(whole.convex_hull.geom_type == "Polygon")
    return list(shapely.delaunay_triangles(whole).geoms)


def inside(triangle: Any, along: float, across: float, on_a_side: bool) -> tuple[float, float]:
    """A place of a triangle, maybe on a side as near as digits come, or a corner."""
    (ax, ay), (bx, by), (cx, cy), _ = triangle.exterior.coords
    if along + across > 1:
        along, across = 1 - along, 1 - across
    across = 0.0 if on_a_side else across
    return (
        ax + along * (bx - ax) + across * (cx - ax),
        ay + along * (by - ay) + across * (cy - ay),
    )


@given(CORNERS, PLACES, st.randoms(use_true_random=False))
def test_no_point_of_a_partition_is_unrouted(
    corners: list[tuple[float, float]], places: list[tuple[float, float, bool]], chance: Any
) -> None:
    triangles = parts(corners)
    areas = [area("wards", f"{number}", each) for number, each in enumerate(triangles)]
    chance.shuffle(areas)
    whole = Map([boundary(shapely.union_all(triangles)), *areas], tolerance=100.0)
    rules: list[Rule] = [rule(f"r{each.code}", areas={"wards": [each.code]}) for each in areas]
    made = ready(*rules)
    spots = [
        inside(one, *place) for one, place in zip(itertools.cycle(triangles), places, strict=False)
    ]

    for long, lat in [*spots, *corners]:
        located = whole.locate(long, lat)
        assert located is not None  # outside by a digit it is moved
        decision = routing.decide(made, report(located=located))
        assert decision.by == "rule"
        assert decision.rule == f"r{located.areas['wards']}"
